//! The alphabet (RFC 1951, 3.2.5): lengths and distances come as a symbol and some extra bits.

use super::lengths;
use super::window::SHORTEST;

/// Bytes, the end of the block, and classes of lengths.
pub(super) const LITERALS: usize = 286;
/// Classes of distances.
pub(super) const DISTANCES: usize = 30;
/// The end of the block.
pub(super) const END: usize = 256;

/// The bits to write for a symbol, with the extra bits where they are known: at most 20, and in the top byte how many.
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

/// What a block is written with.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) literals: [Code; 256],
    /// By the length less three.
    pub(super) lengths: [Code; 256],
    /// The symbols alone.
    pub(super) distances: [Code; 32],
    pub(super) end: Code,
}

impl Codes {
    pub(super) fn new(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> Self {
        Self::assign(&lengths::codes(literals), &lengths::codes(distances))
    }

    /// The code everyone knows.
    pub(super) fn fixed() -> Self {
        // The two symbols that do not exist have a share of the code nevertheless.
        let all: [u8; 288] = std::array::from_fn(fixed_literal);
        Self::assign(&lengths::codes(&all), &lengths::codes(&[FIXED_DISTANCE; 32]))
    }

    fn assign(literals: &[Code], distances: &[Code]) -> Self {
        Self {
            literals: std::array::from_fn(|byte| literals[byte]),
            lengths: std::array::from_fn(|length| {
                let symbol = LENGTH_SYMBOLS[length];
                let extra = length_extra(symbol.into());
                literals[usize::from(symbol)].then(length as u32 & ((1 << extra) - 1), extra)
            }),
            distances: std::array::from_fn(|symbol| distances.get(symbol).copied().unwrap_or_default()),
            end: literals[END],
        }
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

/// How many bits follow a literal: none but after a length.
pub(super) const fn length_extra(symbol: usize) -> u32 {
    match symbol {
        265..285 => (symbol as u32 - 261) / 4,
        _ => 0,
    }
}

/// How many bits follow a distance.
#[inline(always)]
pub(super) const fn distance_extra(symbol: usize) -> u32 {
    (symbol as u32 / 2).saturating_sub(1)
}

/// The class of a distance less one: twice the place of the highest bit, and the bit below it.
#[inline(always)]
pub(super) fn distance_symbol(distance: u32) -> usize {
    let wide = distance.max(2);
    let highest = wide.ilog2();
    let symbol = 2 * highest + (wide >> (highest - 1) & 1);
    (if distance < 2 { distance } else { symbol }) as usize
}

/// The class of a length less three. The longest has one of its own.
pub(super) const LENGTH_SYMBOLS: [u16; 256] = {
    let mut symbols = [0; 256];
    let (mut symbol, mut length) = (257, 0);
    while length < symbols.len() {
        let mut count = 1 << length_extra(symbol);
        while count > 0 {
            symbols[length] = symbol as u16;
            length += 1;
            count -= 1;
        }
        symbol += 1;
    }
    symbols[258 - SHORTEST] = 285;
    symbols
};

impl From<(u16, u8)> for Code {
    /// The first bit of a prefix code is its highest.
    fn from((code, count): (u16, u8)) -> Self {
        if count == 0 {
            return Self::default();
        }
        Self::new((code.reverse_bits() >> (16 - count)).into(), count.into())
    }
}
