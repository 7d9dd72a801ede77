//! What each symbol of a block is written as.

use super::lengths;
use crate::symbols::{self, DISTANCES, END, FIRST_LENGTH, LENGTH_EXTRA, LITERALS};

/// The bits to write for a symbol, with the bits behind it where they are known: at most 20, and in the top byte how many.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Code(u32);

impl Code {
    fn new(bits: u32, count: u32) -> Self {
        Self(bits | count << 24)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 0xff_ffff
    }

    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        self.0 >> 24
    }

    /// With these bits behind it.
    fn then(self, bits: u32, count: u32) -> Self {
        Self::new(self.bits() | bits << self.count(), self.count() + count)
    }
}

impl From<(u16, u8)> for Code {
    /// The first bit of a prefix code is its highest.
    fn from((code, count): (u16, u8)) -> Self {
        if count == 0 {
            return Self::default();
        }
        Self::new((code.reverse_bits() >> (16 - count)).into(), count.into())
    }
}

/// What a block is written with.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) literals: [Code; 256],
    /// By the length less three, with the bits behind it.
    pub(super) lengths: [Code; 256],
    /// The symbols alone.
    pub(super) distances: [Code; DISTANCES],
    pub(super) end: Code,
}

impl Codes {
    pub(super) fn new(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> Self {
        Self::assign(&lengths::codes(literals), lengths::codes(distances))
    }

    /// The code everyone knows.
    pub(super) fn fixed() -> Self {
        // Two symbols that do not exist have a share of it nevertheless.
        let literals: [u8; LITERALS + 2] = std::array::from_fn(fixed_literal);
        Self::assign(&lengths::codes(&literals), lengths::codes(&[FIXED_DISTANCE; DISTANCES]))
    }

    fn assign(literals: &[Code], distances: [Code; DISTANCES]) -> Self {
        let lengths = std::array::from_fn(|less_3| {
            let (symbol, more) = symbols::length(less_3 as u8);
            literals[FIRST_LENGTH + symbol].then(more, LENGTH_EXTRA[symbol].into())
        });
        Self { literals: std::array::from_fn(|byte| literals[byte]), lengths, distances, end: literals[END] }
    }
}

/// How long the fixed code of a literal is.
pub(super) fn fixed_literal(symbol: usize) -> u8 {
    match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    }
}

/// How long the fixed code of a distance is.
pub(super) const FIXED_DISTANCE: u8 = 5;
