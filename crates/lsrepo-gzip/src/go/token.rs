//! A literal, or a match: what matching hands to the blocks.

use crate::symbols;

/// A literal's byte; or the highest bit, a length less 3 and a distance less 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(u32);

const MATCH: u32 = 1 << 31;

/// What a token is in the alphabet of DEFLATE.
pub(super) enum Symbols {
    Literal(usize),
    /// of each of length and distance: the symbol and the value of its further bits
    Match((usize, u32), (usize, u32)),
}

impl Token {
    #[inline]
    pub(super) fn literal(byte: u8) -> Self {
        Self(u32::from(byte))
    }

    /// A length of 3 to 258, a distance of 1 to 32,768.
    #[inline]
    pub(super) fn matching(length: usize, distance: usize) -> Self {
        debug_assert!((3..=258).contains(&length) && (1..=32768).contains(&distance));
        Self(MATCH | ((length - 3) as u32) << 16 | (distance - 1) as u32)
    }

    #[inline]
    pub(super) fn symbols(self) -> Symbols {
        match self.0 & MATCH {
            0 => Symbols::Literal(self.0 as usize),
            _ => Symbols::Match(symbols::length((self.0 >> 16) as u8), symbols::distance(self.0 as u16)),
        }
    }
}
