//! Levels 2 to 9: hash chains.

use super::{block::Sink, token::Token};

const WINDOW: usize = 1 << 15;
const SHORTEST: usize = 4;
const LONGEST: usize = 258;
/// The window moves on from here, and nothing is looked up with less ahead.
const AHEAD: usize = SHORTEST + LONGEST;
const HASH_BITS: u32 = 17;
/// A match of four bytes must be as near as this.
const NEAR: usize = 4096;
/// Tokens of a block.
const TOKENS: usize = 1 << 14;
/// Positions are counted anew from here.
const REBASE: u32 = 1 << 24;

/// What a level searches for.
#[derive(Clone, Copy)]
struct Effort {
    /// Matches from this length on are not looked over for a better one at the next byte; none is eager.
    lazy: Option<usize>,
    /// a match so long ends the search
    nice: usize,
    /// candidates
    tries: usize,
    /// an eager match no longer than this has all its positions entered
    entered: usize,
}

impl Effort {
    fn of(level: u8) -> Self {
        let lazy = |lazy, nice, tries| Self { lazy: Some(lazy), nice, tries, entered: 0 };
        let eager = |nice, tries, entered| Self { lazy: None, nice, tries, entered };
        match level {
            ..=2 => eager(16, 8, 5),
            3 => eager(32, 32, 6),
            4 => lazy(4, 16, 16),
            5 => lazy(16, 32, 32),
            6 => lazy(16, 128, 128),
            7 => lazy(32, 128, 256),
            8 => lazy(128, 258, 1024),
            9.. => lazy(258, 258, 4096),
        }
    }
}

pub(super) struct Chains {
    effort: Effort,
    /// twice the window
    window: Vec<u8>,
    /// how far it is filled
    end: usize,
    /// what comes next
    at: usize,
    /// where the block begins, where that is still in the window
    block: Option<usize>,
    tokens: Vec<Token>,
    /// of each hash the last position, counted from `base`; 0 is none
    heads: Vec<u32>,
    /// of each position the one before with the same hash
    before: Vec<u32>,
    /// what a position is counted from
    base: u32,
    /// the candidate for `at`; near the end of the stream that of an earlier position
    candidate: u32,
    /// length and distance of the match at the byte before; `SHORTEST - 1` is none
    previous: (usize, usize),
    /// whether the byte before is still to be written
    waiting: bool,
}

impl Chains {
    pub(super) fn new(level: u8) -> Self {
        Self {
            effort: Effort::of(level),
            window: vec![0; 2 * WINDOW],
            end: 0,
            at: 0,
            block: Some(0),
            tokens: Vec::with_capacity(TOKENS),
            heads: vec![0; 1 << HASH_BITS],
            before: vec![0; WINDOW],
            base: 1,
            candidate: 0,
            previous: (SHORTEST - 1, 0),
            waiting: false,
        }
    }

    pub(super) fn write(&mut self, mut plain: &[u8], sink: &mut Sink<'_>) {
        while !plain.is_empty() {
            self.step(false, sink);
            let part = self.fill(plain);
            plain = &plain[part..];
        }
    }

    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        self.step(true, sink);
        if self.waiting {
            self.tokens.push(Token::literal(self.window[self.at - 1]));
        }
        if !self.tokens.is_empty() {
            self.end_block(sink);
        }
        let Self { effort, .. } = *self;
        *self = Self { effort, ..Self::new(0) };
    }

    /// Takes what there is room for, after moving the window on where that is due. Go does so a little earlier where a write ends
    /// in just the right place; here it is always filled to the brim before, so that cuts leave no trace.
    fn fill(&mut self, plain: &[u8]) -> usize {
        if self.at >= 2 * WINDOW - AHEAD && self.end == self.window.len() {
            self.window.copy_within(WINDOW.., 0);
            self.at -= WINDOW;
            self.end -= WINDOW;
            self.block = self.block.and_then(|block| block.checked_sub(WINDOW));
            self.base += WINDOW as u32;
            if self.base > REBASE {
                let less = self.base - 1;
                self.base = 1;
                // A candidate that is stale stays out of reach.
                self.candidate = self.candidate.saturating_sub(less);
                self.before.iter_mut().chain(&mut self.heads).for_each(|position| *position = position.saturating_sub(less));
            }
        }
        let part = plain.len().min(self.window.len() - self.end);
        self.window[self.end..self.end + part].copy_from_slice(&plain[..part]);
        self.end += part;
        part
    }

    fn step(&mut self, last: bool, sink: &mut Sink<'_>) {
        while self.end - self.at >= if last { 1 } else { AHEAD } {
            match self.effort.lazy {
                Some(lazy) => self.lazily(lazy, sink),
                None => self.eagerly(sink),
            }
        }
    }

    fn eagerly(&mut self, sink: &mut Sink<'_>) {
        self.enter_here();
        let found = if self.end - self.at >= SHORTEST { self.search() } else { None };
        match found {
            Some((length, distance)) => {
                self.tokens.push(Token::matching(length, distance));
                if length <= self.effort.entered {
                    (self.at + 1..self.at + length).for_each(|at| self.enter(at));
                }
                self.at += length;
            }
            None => {
                self.tokens.push(Token::literal(self.window[self.at]));
                self.at += 1;
            }
        }
        self.end_full_block(sink);
    }

    fn lazily(&mut self, lazy: usize, sink: &mut Sink<'_>) {
        self.enter_here();
        let (length, distance) = self.previous;
        let found = if length < lazy && self.end - self.at > length { self.search() } else { None };
        self.previous = found.unwrap_or((SHORTEST - 1, 0));
        if length >= SHORTEST && self.previous.0 <= length {
            self.tokens.push(Token::matching(length, distance));
            let behind = self.at + length - 1;
            (self.at + 1..behind).for_each(|at| self.enter(at));
            self.at = behind;
            self.waiting = false;
            self.previous = (SHORTEST - 1, 0);
            self.end_full_block(sink);
            return;
        }
        let literal = self.waiting.then(|| self.window[self.at.wrapping_sub(1)]);
        if let Some(literal) = literal {
            self.tokens.push(Token::literal(literal));
            self.end_full_block(sink);
        }
        self.at += 1;
        self.waiting = true;
    }

    fn end_full_block(&mut self, sink: &mut Sink<'_>) {
        if self.tokens.len() == TOKENS {
            self.end_block(sink);
        }
    }

    fn end_block(&mut self, sink: &mut Sink<'_>) {
        let plain = self.block.map(|block| &self.window[block..self.at]);
        sink.smallest(&self.tokens, plain);
        self.block = Some(self.at);
        self.tokens.clear();
    }

    /// Enters what comes next, and takes the candidate; without four bytes ahead the candidate stays what it was.
    fn enter_here(&mut self) {
        if let Some(hash) = self.hash(self.at) {
            self.candidate = self.heads[hash];
            self.put(hash, self.at);
        }
    }

    fn enter(&mut self, at: usize) {
        if let Some(hash) = self.hash(at) {
            self.put(hash, at);
        }
    }

    #[inline]
    fn put(&mut self, hash: usize, at: usize) {
        self.before[at % WINDOW] = self.heads[hash];
        self.heads[hash] = at as u32 + self.base;
    }

    #[inline]
    fn hash(&self, at: usize) -> Option<usize> {
        let four = self.window[..self.end].get(at..)?.first_chunk::<4>()?;
        Some((u32::from_be_bytes(*four).wrapping_mul(0x1E35_A7BD) >> (32 - HASH_BITS)) as usize)
    }

    /// The longest match at `at`: the nearest of those.
    fn search(&self) -> Option<(usize, usize)> {
        let here = &self.window[self.at..self.end.min(self.at + LONGEST)];
        let nice = self.effort.nice.min(here.len());
        let oldest = self.at.saturating_sub(WINDOW);
        let (mut best, mut distance) = (SHORTEST - 1, 0);
        let mut candidate = self.candidate;
        for _ in 0..self.effort.tries {
            let Some(at) = candidate.checked_sub(self.base).map(|at| at as usize).filter(|&at| at >= oldest) else { break };
            if self.window[at + best] == here[best] {
                let length = common(&self.window[at..], here);
                if length > best && (length > SHORTEST || self.at - at <= NEAR) {
                    (best, distance) = (length, self.at - at);
                    if length >= nice {
                        break;
                    }
                }
            }
            // The place of what is a whole window away has been taken since.
            if at + WINDOW == self.at {
                break;
            }
            candidate = self.before[at % WINDOW];
        }
        (distance > 0).then_some((best, distance))
    }
}

/// How far two stretches agree, at most as long as the second.
#[inline]
pub(super) fn common(there: &[u8], here: &[u8]) -> usize {
    let there = &there[..there.len().min(here.len())];
    let (wide_there, wide_here) = (there.as_chunks::<8>().0, here.as_chunks::<8>().0);
    for (at, (one, other)) in wide_there.iter().zip(wide_here).enumerate() {
        let differing = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if differing != 0 {
            return at * 8 + differing.trailing_zeros() as usize / 8;
        }
    }
    let done = wide_there.len() * 8;
    done + there[done..].iter().zip(&here[done..]).take_while(|(one, other)| one == other).count()
}
