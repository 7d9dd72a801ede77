//! The alphabet of DEFLATE (RFC 1951, 3.2.5): literals, lengths and distances.

/// The symbol that ends a block.
pub(crate) const END: usize = 256;
/// Literals, the end, lengths.
pub(crate) const LITERALS: usize = 286;
/// Distances.
pub(crate) const DISTANCES: usize = 30;
/// Lengths begin behind the end.
pub(crate) const FIRST_LENGTH: usize = END + 1;
/// The order in which the lengths of the codes for code lengths are written (3.2.7).
pub(crate) const CODE_LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bits behind each symbol of a length.
pub(crate) const LENGTH_EXTRA: [u8; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// Bits behind each symbol of a distance.
pub(crate) const DISTANCE_EXTRA: [u8; DISTANCES] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

/// Each symbol's first length, less 3.
const LENGTH_BASE: [u8; 29] = {
    let mut base = [0; 29];
    let mut symbol = 1;
    while symbol < 28 {
        base[symbol] = base[symbol - 1] + (1 << LENGTH_EXTRA[symbol - 1]);
        symbol += 1;
    }
    base[28] = 255;
    base
};

/// The symbol of each length, less 3.
const LENGTH_SYMBOL: [u8; 256] = {
    let mut symbols = [0; 256];
    let (mut length, mut symbol) = (0, 0);
    while length < 256 {
        while symbol < 28 && LENGTH_BASE[symbol + 1] as usize <= length {
            symbol += 1;
        }
        symbols[length] = symbol as u8;
        length += 1;
    }
    symbols
};

/// Each symbol's first distance, less 1.
const DISTANCE_BASE: [u16; DISTANCES] = {
    let mut base = [0; DISTANCES];
    let mut symbol = 1;
    while symbol < DISTANCES {
        base[symbol] = base[symbol - 1] + (1 << DISTANCE_EXTRA[symbol - 1]);
        symbol += 1;
    }
    base
};

/// Of a length less 3: the symbol behind [`FIRST_LENGTH`], and the value of its further bits.
#[inline]
pub(crate) fn length(less_3: u8) -> (usize, u32) {
    let symbol = usize::from(LENGTH_SYMBOL[usize::from(less_3)]);
    (symbol, u32::from(less_3 - LENGTH_BASE[symbol]))
}

/// Of a distance less 1: the symbol, and the value of its further bits.
#[inline]
pub(crate) fn distance(less_1: u16) -> (usize, u32) {
    // From 4 on two symbols share a highest bit; the one below it tells them apart.
    let symbol = match less_1 {
        0..4 => usize::from(less_1),
        _ => {
            let high = less_1.ilog2();
            2 * high as usize + usize::from(less_1 >> (high - 1) & 1)
        }
    };
    (symbol, u32::from(less_1 - DISTANCE_BASE[symbol]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_distance_is_its_symbol_and_what_is_behind_it() {
        for less_3 in 0..=255 {
            let (symbol, more) = length(less_3);
            assert_eq!(u32::from(LENGTH_BASE[symbol]) + more, u32::from(less_3));
            assert!(more >> LENGTH_EXTRA[symbol] == 0);
        }
        assert_eq!((length(254), length(255)), ((27, 30), (28, 0)));
        for less_1 in 0..32768 {
            let (symbol, more) = distance(less_1);
            assert_eq!(u32::from(DISTANCE_BASE[symbol]) + more, u32::from(less_1));
            assert!(more >> DISTANCE_EXTRA[symbol] == 0);
        }
    }
}
