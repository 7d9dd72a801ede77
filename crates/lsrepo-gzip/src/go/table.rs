//! Level 1: one place in a table for each hash, 65,535 bytes at a time.

use super::{
    block::{STORED, Sink},
    chains::common,
    token::Token,
};

const BITS: u32 = 14;
const FARTHEST: u64 = 1 << 15;
const LONGEST: usize = 258;
/// No match begins so near the end of a block.
const MARGIN: usize = 15;
/// Fewer bytes than this, which end the stream, are not searched.
const FEW: usize = 128;
/// And so few are stored.
const FEWEST: usize = 16;

pub(super) struct Table {
    /// the four bytes at a place, and where it is
    entries: Vec<(u32, u64)>,
    /// the block before, then this one
    window: Vec<u8>,
    /// bytes of the block before
    previous: usize,
    /// where this one begins, among places
    start: u64,
    tokens: Vec<Token>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            entries: vec![(0, 0); 1 << BITS],
            window: Vec::with_capacity(2 * STORED),
            previous: 0,
            // What was never entered is too far away.
            start: STORED as u64,
            tokens: Vec::with_capacity(STORED),
        }
    }

    pub(super) fn write(&mut self, mut plain: &[u8], sink: &mut Sink<'_>) {
        while !plain.is_empty() {
            if self.window.len() - self.previous == STORED {
                self.block(sink);
            }
            let part = plain.len().min(STORED - (self.window.len() - self.previous));
            self.window.extend_from_slice(&plain[..part]);
            plain = &plain[part..];
        }
    }

    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        let here = &self.window[self.previous..];
        match here.len() {
            0 => {}
            1..=FEWEST => sink.stored(here),
            17..FEW => sink.literals(here),
            _ => self.block(sink),
        }
        *self = Self::new();
    }

    fn block(&mut self, sink: &mut Sink<'_>) {
        self.search();
        let here = &self.window[self.previous..];
        match self.tokens.len() > here.len() - here.len() / 16 {
            true => sink.literals(here),
            false => sink.worthwhile(&self.tokens, here),
        }
        self.start += here.len() as u64;
        self.window.drain(..self.previous);
        self.previous = self.window.len();
    }

    /// Fills `tokens` with what the block comes to.
    fn search(&mut self) {
        self.tokens.clear();
        let here = &self.window[self.previous..];
        let last = here.len() - MARGIN;
        let four = |at: usize| u32::from_le_bytes([here[at], here[at + 1], here[at + 2], here[at + 3]]);
        let hash = |bytes: u32| (bytes.wrapping_mul(0x1E35_A7BD) >> (32 - BITS)) as usize;
        let start = self.start;
        let mut entries = std::mem::take(&mut self.entries);
        // Enters a place, and gives the distance to what stood there, where those are the same four bytes.
        let mut enter = |at: usize, bytes: u32| {
            let place = start + at as u64;
            let (entered, before) = std::mem::replace(&mut entries[hash(bytes)], (bytes, place));
            (entered == bytes && place - before <= FARTHEST).then_some((place - before) as usize)
        };
        let (mut at, mut written) = (0, 0);
        'block: loop {
            // The longer nothing is found, the larger the steps.
            let mut steps = 32;
            let distance = loop {
                let next = at + steps / 32;
                steps += steps / 32;
                if next > last {
                    break 'block;
                }
                if let Some(distance) = enter(at, four(at)) {
                    break distance;
                }
                at = next;
            };
            self.tokens.extend(here[written..at].iter().map(|&byte| Token::literal(byte)));
            let mut distance = distance;
            loop {
                let length = self.reach(at, distance);
                self.tokens.push(Token::matching(length, distance));
                at += length;
                written = at;
                if at >= last {
                    break 'block;
                }
                enter(at - 1, four(at - 1));
                match enter(at, four(at)) {
                    Some(further) => distance = further,
                    None => break,
                }
            }
            at += 1;
        }
        self.tokens.extend(here[written..].iter().map(|&byte| Token::literal(byte)));
        self.entries = entries;
    }

    /// How long the match is, which is of four bytes at least.
    fn reach(&self, at: usize, distance: usize) -> usize {
        let place = self.previous + at;
        let here = &self.window[place..self.window.len().min(place + LONGEST)];
        match place.checked_sub(distance) {
            Some(there) => common(&self.window[there..], here),
            None => 4,
        }
    }
}
