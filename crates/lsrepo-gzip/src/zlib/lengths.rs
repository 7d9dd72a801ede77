//! How a block's codes travel: as the lengths of the codes, which are themselves written in a code (RFC 1951, 3.2.7).

use super::codes::Code;
use super::trees::code_lengths;
use crate::Bits;
use crate::symbols::{CODE_LENGTH_ORDER, DISTANCES, LITERALS};

/// The codes that follow from their lengths (RFC 1951, 3.2.2).
pub(super) fn codes<const N: usize>(lengths: &[u8; N]) -> [Code; N] {
    let mut next = [0u16; 17];
    for &length in lengths.iter().filter(|length| **length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = next[length].wrapping_add(next[length - 1]) << 1;
    }
    lengths.map(|length| {
        let code = &mut next[usize::from(length)];
        let this = *code;
        *code = code.wrapping_add(1);
        Code::from((this, length))
    })
}

/// The head of a block with codes of its own.
#[derive(Debug)]
pub(super) struct Head {
    literals: usize,
    distances: usize,
    runs: Vec<Run>,
    lengths: [u8; 19],
    /// How many of `lengths` are written, in their order.
    shown: usize,
}

impl Head {
    pub(super) fn new(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> Self {
        let literals = up_to_last(literals);
        let distances = up_to_last(distances);
        // The format would let a run go on from the one list into the other; these programs don't.
        let mut runs = Vec::with_capacity(LITERALS + DISTANCES);
        write_runs(literals, &mut runs);
        write_runs(distances, &mut runs);
        let mut frequencies = [0; 19];
        for run in &runs {
            frequencies[run.symbol] += 1;
        }
        let lengths = code_lengths(&frequencies, 7);
        let shown = CODE_LENGTH_ORDER.iter().rposition(|&symbol| lengths[symbol] > 0).map_or(0, |last| last + 1).max(4);
        Self { literals: literals.len(), distances: distances.len(), runs, lengths, shown }
    }

    /// How many bits it takes.
    pub(super) fn size_bits(&self) -> usize {
        let runs = self.runs.iter().map(|run| usize::from(self.lengths[run.symbol]) + run.extra() as usize);
        5 + 5 + 4 + 3 * self.shown + runs.sum::<usize>()
    }

    pub(super) fn write(&self, bits: &mut Bits, out: &mut Vec<u8>) {
        bits.put(self.literals as u32 - 257, 5, out);
        bits.put(self.distances as u32 - 1, 5, out);
        bits.put(self.shown as u32 - 4, 4, out);
        for &symbol in &CODE_LENGTH_ORDER[..self.shown] {
            bits.put(self.lengths[symbol].into(), 3, out);
        }
        let codes = codes(&self.lengths);
        for run in &self.runs {
            let code = codes[run.symbol];
            bits.put(code.bits(), code.count(), out);
            bits.put(run.more, run.extra(), out);
        }
    }
}

fn up_to_last(lengths: &[u8]) -> &[u8] {
    let count = lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
    &lengths[..count]
}

/// A length, or the order to repeat the last one (16) or zero (17, 18), so many times `more` than the least.
#[derive(Debug)]
struct Run {
    symbol: usize,
    more: u32,
}

impl Run {
    fn extra(&self) -> u32 {
        match self.symbol {
            16 => 2,
            17 => 3,
            18 => 7,
            _ => 0,
        }
    }
}

fn write_runs(lengths: &[u8], runs: &mut Vec<Run>) {
    for same in lengths.chunk_by(|one, other| one == other) {
        let length = usize::from(same[0]);
        let mut left = same.len();
        let mut said = false;
        while left > 0 {
            // A length that is not zero must be said before it can be repeated.
            let once = usize::from(!said && length > 0);
            let most = if length == 0 { 138 } else { 6 + once };
            let count = left.min(most);
            let repeated = count - once;
            let literally = if repeated < 3 { count } else { once };
            runs.extend((0..literally).map(|_| Run { symbol: length, more: 0 }));
            if repeated >= 3 {
                let (symbol, least) = match (length, repeated) {
                    (1.., _) => (16, 3),
                    (0, ..=10) => (17, 3),
                    (0, _) => (18, 11),
                };
                runs.push(Run { symbol, more: (repeated - least) as u32 });
            }
            left -= count;
            said = true;
        }
    }
}
