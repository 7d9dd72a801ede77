//! Symbols gather until a block is full, and are then written in the way that takes the fewest bytes.

use super::codes::{
    Codes, DISTANCES, END, FIXED_DISTANCE, LENGTH_SYMBOLS, LITERALS, distance_extra, distance_symbol, fixed_literal, length_extra,
};
use super::lengths::Head;
use super::trees::code_lengths;
use super::window::{Match, SHORTEST};
use crate::Bits;

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
    distances: [u32; 32],
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
            distances: [0; 32],
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
        let distance = found.distance as u32;
        self.lengths[usize::from(length)] += 1;
        self.distances[distance_symbol(distance - 1) % 32] += 1;
        self.push(distance << 8 | u32::from(length), size)
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
        let distances = self.distances.iter().enumerate();
        let distances: usize = distances.map(|(symbol, &n)| n as usize * (5 + distance_extra(symbol) as usize)).sum();
        let written = (8 * self.count + distances) / 8;
        (matches as usize) < self.count / 2 && written < size / 2
    }

    /// Writes the block, and empties it. `text` is the same unpacked, if that is still known.
    pub(super) fn write(&mut self, text: Option<&[u8]>, size: usize, last: bool, bits: &mut Bits, out: &mut Vec<u8>) {
        let (literals, distances) = self.frequencies();
        let literal_lengths = code_lengths(&literals, 15);
        let distance_lengths = code_lengths(&distances, 15);
        let head = Head::new(&literal_lengths, &distance_lengths);
        let extra = weigh(&literals, length_extra) + weigh(&distances, distance_extra);
        let own = weigh(&literals, |symbol| literal_lengths[symbol].into())
            + weigh(&distances, |symbol| distance_lengths[symbol].into())
            + head.size_bits();
        let fixed = weigh(&literals, |symbol| fixed_literal(symbol).into()) + weigh(&distances, |_| FIXED_DISTANCE.into());
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
        for (&symbol, count) in LENGTH_SYMBOLS.iter().zip(self.lengths) {
            literals[usize::from(symbol)] += count;
        }
        (literals, std::array::from_fn(|symbol| self.distances[symbol]))
    }

    fn write_symbols(&self, codes: &Codes, bits: &mut Bits, out: &mut Vec<u8>) {
        for &symbol in &self.symbols[..self.count] {
            let low = symbol as u8 as usize;
            if symbol < 256 {
                let code = codes.literals[low];
                bits.put(code.bits(), code.count(), out);
            } else {
                let code = codes.lengths[low];
                bits.put(code.bits(), code.count(), out);
                let distance = (symbol >> 8) - 1;
                let symbol = distance_symbol(distance);
                let extra = distance_extra(symbol);
                let code = codes.distances[symbol % 32];
                let more = distance & ((1 << extra) - 1);
                bits.put(code.bits() | more << code.count(), code.count() + extra, out);
            }
        }
        bits.put(codes.end.bits(), codes.end.count(), out);
    }
}

/// So many bits for every symbol.
fn weigh(frequencies: &[u32], bits: impl Fn(usize) -> u32) -> usize {
    frequencies.iter().enumerate().map(|(symbol, &frequency)| (frequency * bits(symbol)) as usize).sum()
}
