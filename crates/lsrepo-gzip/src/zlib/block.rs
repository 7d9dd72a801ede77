//! Symbols gather until a block is full, and are then written in the way that takes the fewest bytes.

use super::codes::{Codes, FIXED_DISTANCE, fixed_literal};
use super::lengths::Head;
use super::trees::code_lengths;
use super::window::{Match, SHORTEST};
use crate::Bits;
use crate::symbols::{self, DISTANCE_EXTRA, DISTANCES, END, FIRST_LENGTH, LENGTH_EXTRA, LITERALS};

/// The largest block there is.
const MOST: usize = 0x8000;

/// What has been found since the last block.
#[derive(Debug)]
pub(super) struct Block {
    /// Above the lowest byte the distance, zero with a literal; the lowest byte is the literal, or the length less three.
    symbols: Box<[u32; MOST]>,
    count: usize,
    literals: [u32; 256],
    lengths: [u32; 256],
    distances: [u32; DISTANCES],
    full: usize,
    may_end_early: bool,
}

impl Block {
    /// A block is full with one symbol less than there is room for.
    pub(super) fn new(room: usize, may_end_early: bool) -> Self {
        Self {
            symbols: Box::new([0; MOST]),
            count: 0,
            literals: [0; 256],
            lengths: [0; 256],
            distances: [0; DISTANCES],
            full: room - 1,
            may_end_early,
        }
    }

    /// Adds a byte; whether the block should end here, `size` bytes of text after its start.
    #[inline(always)]
    pub(super) fn literal(&mut self, byte: u8, size: usize) -> bool {
        self.literals[usize::from(byte)] += 1;
        self.push(byte.into(), size)
    }

    /// Adds a match.
    #[inline(always)]
    pub(super) fn repeat(&mut self, found: Match, size: usize) -> bool {
        let length = (found.length - SHORTEST) as u8;
        let (symbol, _) = symbols::distance((found.distance - 1) as u16);
        self.lengths[usize::from(length)] += 1;
        self.distances[symbol] += 1;
        self.push((found.distance as u32) << 8 | u32::from(length), size)
    }

    #[inline(always)]
    fn push(&mut self, symbol: u32, size: usize) -> bool {
        self.symbols[self.count % MOST] = symbol;
        self.count += 1;
        self.count == self.full || (self.may_end_early && self.count.is_multiple_of(4096) && self.pays_already(size))
    }

    /// GNU gzip's guess: few matches, and yet even a careless code takes half the text.
    #[cold]
    fn pays_already(&self, size: usize) -> bool {
        let matches: u32 = self.distances.iter().sum();
        let distances = weigh(&self.distances, |symbol| FIXED_DISTANCE + DISTANCE_EXTRA[symbol]);
        let written = (8 * self.count + distances) / 8;
        (matches as usize) < self.count / 2 && written < size / 2
    }

    /// Writes the block, and empties it. `text` is the same unpacked, if that is still known.
    pub(super) fn write(&mut self, text: Option<&[u8]>, size: usize, last: bool, bits: &mut Bits, out: &mut Vec<u8>) {
        let (literals, distances) = self.frequencies();
        let literal_lengths = code_lengths(&literals, 15);
        let distance_lengths = code_lengths(&distances, 15);
        let head = Head::new(&literal_lengths, &distance_lengths);
        let extra =
            weigh(&literals[FIRST_LENGTH..], |symbol| LENGTH_EXTRA[symbol]) + weigh(&distances, |symbol| DISTANCE_EXTRA[symbol]);
        let own = head.size_bits()
            + weigh(&literals, |symbol| literal_lengths[symbol])
            + weigh(&distances, |symbol| distance_lengths[symbol]);
        let fixed = weigh(&literals, fixed_literal) + weigh(&distances, |_| FIXED_DISTANCE);
        // Compared are bytes, with the three bits every block begins with.
        let own_bytes = (3 + own + extra).div_ceil(8);
        let fixed_bytes = (3 + fixed + extra).div_ceil(8);

        let last = u32::from(last);
        match text {
            Some(text) if size + 4 <= own_bytes.min(fixed_bytes) => {
                bits.put(last, 3, out);
                bits.align(out);
                out.extend((size as u16).to_le_bytes());
                out.extend((!size as u16).to_le_bytes());
                out.extend_from_slice(text);
            }
            _ if fixed_bytes <= own_bytes => {
                bits.put(0b010 | last, 3, out);
                self.write_symbols(&Codes::fixed(), bits, out);
            }
            _ => {
                bits.put(0b100 | last, 3, out);
                head.write(bits, out);
                self.write_symbols(&Codes::new(&literal_lengths, &distance_lengths), bits, out);
            }
        }
        self.count = 0;
        self.literals.fill(0);
        self.lengths.fill(0);
        self.distances.fill(0);
    }

    fn frequencies(&self) -> ([u32; LITERALS], [u32; DISTANCES]) {
        let mut literals = [0; LITERALS];
        literals[..256].copy_from_slice(&self.literals);
        literals[END] = 1;
        for (less_3, count) in (0..=255).zip(self.lengths) {
            literals[FIRST_LENGTH + symbols::length(less_3).0] += count;
        }
        (literals, self.distances)
    }

    fn write_symbols(&self, codes: &Codes, bits: &mut Bits, out: &mut Vec<u8>) {
        for &symbol in &self.symbols[..self.count] {
            let low = usize::from(symbol as u8);
            let code = if symbol < 256 { codes.literals[low] } else { codes.lengths[low] };
            bits.put(code.bits(), code.count(), out);
            if symbol >= 256 {
                let (symbol, more) = symbols::distance(((symbol >> 8) - 1) as u16);
                let code = codes.distances[symbol];
                bits.put(code.bits() | more << code.count(), code.count() + u32::from(DISTANCE_EXTRA[symbol]), out);
            }
        }
        bits.put(codes.end.bits(), codes.end.count(), out);
    }
}

/// So many bits for every symbol.
fn weigh(frequencies: &[u32], bits: impl Fn(usize) -> u8) -> usize {
    frequencies.iter().enumerate().map(|(symbol, &frequency)| frequency as usize * usize::from(bits(symbol))).sum()
}
