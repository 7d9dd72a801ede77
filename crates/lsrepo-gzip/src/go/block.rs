//! Blocks: which of the three kinds they become, and how they are written (RFC 1951, 3.2.3 to 3.2.7).

use super::{
    huffman::{self, Code},
    token::{Symbols, Token},
};
use crate::{
    Bits,
    symbols::{CODE_LENGTH_ORDER, DISTANCE_EXTRA, DISTANCES, END, FIRST_LENGTH, LENGTH_EXTRA, LITERALS},
};

/// The most that a stored block has.
pub(super) const STORED: usize = 65_535;

/// Codes and counts, kept from one block to the next for their room alone.
pub(super) struct Blocks {
    literals: Alphabet<LITERALS>,
    distances: Alphabet<DISTANCES>,
    lengths: Alphabet<19>,
    /// the code lengths in runs: a symbol and what is behind it
    runs: Vec<(u8, u8)>,
    fixed: (Vec<Code>, Vec<Code>),
}

struct Alphabet<const N: usize> {
    counts: [u32; N],
    codes: [Code; N],
}

impl<const N: usize> Alphabet<N> {
    const NEW: Self = Self { counts: [0; N], codes: [Code { bits: 0, length: 0 }; N] };

    fn assign(&mut self, longest: usize) {
        huffman::assign(&self.counts, longest, &mut self.codes);
    }

    fn cost(&self) -> usize {
        huffman::cost(&self.codes, &self.counts)
    }
}

impl Default for Blocks {
    fn default() -> Self {
        Self { literals: Alphabet::NEW, distances: Alphabet::NEW, lengths: Alphabet::NEW, runs: Vec::new(), fixed: fixed() }
    }
}

/// The codes of fixed blocks (3.2.6).
fn fixed() -> (Vec<Code>, Vec<Code>) {
    let code = |bits: u16, length: u8| Code { bits: bits.reverse_bits() >> (16 - length), length };
    let literal = |symbol: u16| match symbol {
        0..144 => code(0x30 + symbol, 8),
        144..256 => code(0x190 + symbol - 144, 9),
        256..280 => code(symbol - 256, 7),
        _ => code(0xC0 + symbol - 280, 8),
    };
    ((0..LITERALS as u16).map(literal).collect(), (0..DISTANCES as u16).map(|symbol| code(symbol, 5)).collect())
}

/// Where blocks go.
pub(super) struct Sink<'a> {
    pub(super) blocks: &'a mut Blocks,
    pub(super) bits: &'a mut Bits,
    pub(super) out: &'a mut Vec<u8>,
}

impl Sink<'_> {
    /// A block of the smallest kind; stored only where the bytes that it stands for are given.
    pub(super) fn smallest(&mut self, tokens: &[Token], plain: Option<&[u8]>) {
        let (literals, distances) = self.count(tokens);
        self.blocks.plan_lengths(literals, distances);
        let extra = self.blocks.extra();
        let of_fixed = {
            let (literal_codes, distance_codes) = &self.blocks.fixed;
            let (literals, distances) = (&self.blocks.literals.counts, &self.blocks.distances.counts);
            3 + huffman::cost(literal_codes, literals) + huffman::cost(distance_codes, distances) + extra
        };
        let of_dynamic = self.blocks.dynamic_bits() + extra;
        if let Some(plain) = plain.filter(|plain| plain.len() <= STORED && stored_bits(plain) < of_fixed.min(of_dynamic)) {
            return self.stored(plain);
        }
        match of_dynamic < of_fixed {
            true => self.dynamic(tokens, literals, distances),
            false => {
                self.put(0b010, 3);
                self.tokens(tokens, true);
            }
        }
    }

    /// A dynamic block, or a stored one where that saves less than a sixteenth.
    pub(super) fn worthwhile(&mut self, tokens: &[Token], plain: &[u8]) {
        let (literals, distances) = self.count(tokens);
        self.blocks.plan_lengths(literals, distances);
        let bits = self.blocks.dynamic_bits();
        match stored_bits(plain) < bits + bits / 16 {
            true => self.stored(plain),
            false => self.dynamic(tokens, literals, distances),
        }
    }

    /// [`Sink::worthwhile`] of literals alone.
    pub(super) fn literals(&mut self, plain: &[u8]) {
        let blocks = &mut *self.blocks;
        blocks.literals.counts.fill(0);
        plain.iter().for_each(|&byte| blocks.literals.counts[usize::from(byte)] += 1);
        blocks.literals.counts[END] = 1;
        blocks.literals.assign(15);
        blocks.distances.counts.fill(0);
        blocks.distances.counts[0] = 1;
        blocks.distances.assign(15);
        blocks.plan_lengths(END + 1, 1);
        let bits = blocks.dynamic_bits();
        if stored_bits(plain) < bits + bits / 16 {
            return self.stored(plain);
        }
        self.dynamic_header(END + 1, 1);
        for &byte in plain {
            let code = self.blocks.literals.codes[usize::from(byte)];
            self.put(u32::from(code.bits), u32::from(code.length));
        }
        let end = self.blocks.literals.codes[END];
        self.put(u32::from(end.bits), u32::from(end.length));
    }

    /// A stored block.
    pub(super) fn stored(&mut self, plain: &[u8]) {
        self.stored_header(plain.len() as u16, false);
        self.out.extend_from_slice(plain);
    }

    /// The end of the stream.
    pub(super) fn end(&mut self) {
        self.stored_header(0, true);
    }

    fn stored_header(&mut self, length: u16, last: bool) {
        self.put(u32::from(last), 3);
        self.bits.align(self.out);
        self.out.extend(length.to_le_bytes());
        self.out.extend((!length).to_le_bytes());
    }

    #[inline]
    fn put(&mut self, value: u32, count: u32) {
        self.bits.put(value, count, self.out);
    }

    /// Counts, and assigns codes; how many literals and distances there are up to the last that occurs.
    fn count(&mut self, tokens: &[Token]) -> (usize, usize) {
        let Blocks { literals, distances, .. } = &mut *self.blocks;
        literals.counts.fill(0);
        distances.counts.fill(0);
        for token in tokens {
            match token.symbols() {
                Symbols::Literal(byte) => literals.counts[byte] += 1,
                Symbols::Match((length, _), (distance, _)) => {
                    literals.counts[FIRST_LENGTH + length] += 1;
                    distances.counts[distance] += 1;
                }
            }
        }
        literals.counts[END] += 1;
        let upto = |counts: &[u32]| counts.iter().rposition(|&count| count > 0).map_or(0, |at| at + 1);
        if upto(&distances.counts) == 0 {
            // There is no way to write that there are none.
            distances.counts[0] = 1;
        }
        literals.assign(15);
        distances.assign(15);
        (upto(&literals.counts), upto(&distances.counts))
    }

    fn dynamic(&mut self, tokens: &[Token], literals: usize, distances: usize) {
        self.dynamic_header(literals, distances);
        self.tokens(tokens, false);
    }

    fn dynamic_header(&mut self, literals: usize, distances: usize) {
        let written = self.blocks.code_lengths();
        self.put(0b100, 3);
        self.put((literals - 257) as u32, 5);
        self.put((distances - 1) as u32, 5);
        self.put((written - 4) as u32, 4);
        for symbol in &CODE_LENGTH_ORDER[..written] {
            let length = self.blocks.lengths.codes[*symbol].length;
            self.put(u32::from(length), 3);
        }
        let Blocks { lengths, runs, .. } = &*self.blocks;
        for &(symbol, more) in runs {
            let code = lengths.codes[usize::from(symbol)];
            self.bits.put(u32::from(code.bits), u32::from(code.length), self.out);
            self.bits.put(u32::from(more), behind_run(symbol), self.out);
        }
    }

    fn tokens(&mut self, tokens: &[Token], fixed: bool) {
        let Blocks { literals, distances, fixed: (fixed_literals, fixed_distances), .. } = &*self.blocks;
        let (literals, distances) = match fixed {
            true => (&fixed_literals[..], &fixed_distances[..]),
            false => (&literals.codes[..], &distances.codes[..]),
        };
        let mut put = |code: Code, more: u32, behind: u8| {
            let both = u32::from(code.bits) | more << code.length;
            self.bits.put(both, u32::from(code.length + behind), self.out);
        };
        for token in tokens {
            match token.symbols() {
                Symbols::Literal(byte) => put(literals[byte], 0, 0),
                Symbols::Match((length, more), (distance, further)) => {
                    put(literals[FIRST_LENGTH + length], more, LENGTH_EXTRA[length]);
                    put(distances[distance], further, DISTANCE_EXTRA[distance]);
                }
            }
        }
        put(literals[END], 0, 0);
    }
}

/// Bits of a stored block, its header rounded up.
fn stored_bits(plain: &[u8]) -> usize {
    (plain.len() + 5) * 8
}

/// How many bits follow a symbol of the code lengths.
fn behind_run(symbol: u8) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

impl Blocks {
    /// Puts the lengths of so many codes into runs, and assigns codes to those.
    fn plan_lengths(&mut self, literals: usize, distances: usize) {
        let of = |codes: &[Code]| codes.iter().map(|code| code.length).collect::<Vec<_>>();
        let lengths = [of(&self.literals.codes[..literals]), of(&self.distances.codes[..distances])].concat();
        self.runs.clear();
        for run in lengths.chunk_by(|a, b| a == b) {
            let (length, mut left) = (run[0], run.len());
            if length != 0 {
                self.runs.push((length, 0));
                left -= 1;
                while left >= 3 {
                    let part = left.min(6);
                    self.runs.push((16, part as u8 - 3));
                    left -= part;
                }
            } else {
                while left >= 11 {
                    let part = left.min(138);
                    self.runs.push((18, part as u8 - 11));
                    left -= part;
                }
                if left >= 3 {
                    self.runs.push((17, left as u8 - 3));
                    left = 0;
                }
            }
            self.runs.extend(std::iter::repeat_n((length, 0), left));
        }
        self.lengths.counts.fill(0);
        self.runs.iter().for_each(|&(symbol, _)| self.lengths.counts[usize::from(symbol)] += 1);
        self.lengths.assign(7);
    }

    /// How many of the lengths of the codes for code lengths are written.
    fn code_lengths(&self) -> usize {
        let last = CODE_LENGTH_ORDER.iter().rposition(|&symbol| self.lengths.counts[symbol] > 0);
        last.map_or(4, |last| (last + 1).max(4))
    }

    /// Bits of a dynamic block, but for those behind lengths and distances.
    fn dynamic_bits(&self) -> usize {
        let behind: usize = self.runs.iter().map(|&(symbol, _)| behind_run(symbol) as usize).sum();
        17 + 3 * self.code_lengths() + self.lengths.cost() + behind + self.literals.cost() + self.distances.cost()
    }

    /// Bits behind lengths and distances.
    fn extra(&self) -> usize {
        let sum = |counts: &[u32], extra: &[u8]| {
            counts.iter().zip(extra).map(|(&count, &extra)| count as usize * usize::from(extra)).sum::<usize>()
        };
        sum(&self.literals.counts[FIRST_LENGTH..], &LENGTH_EXTRA) + sum(&self.distances.counts, &DISTANCE_EXTRA)
    }
}
