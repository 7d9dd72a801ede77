//! Huffman codes of limited length, by package-merge; where several are as good, the one that Go takes.

/// A code: the bits as they are written, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) length: u8,
}

/// Symbols of the largest alphabet.
const MOST: usize = crate::symbols::LITERALS;
/// The longest code is shorter.
const LEVELS: usize = 16;

/// The bits that symbols of these frequencies take.
pub(super) fn cost(codes: &[Code], frequencies: &[u32]) -> usize {
    codes.iter().zip(frequencies).map(|(code, &frequency)| frequency as usize * usize::from(code.length)).sum()
}

/// Gives every symbol that occurs a code of at most `longest` bits.
pub(super) fn assign(frequencies: &[u32], longest: usize, codes: &mut [Code]) {
    codes.fill(Code::default());
    let mut sorted: Vec<(u32, u16)> = Vec::with_capacity(MOST);
    sorted.extend((0..).zip(frequencies).filter(|(_, frequency)| **frequency > 0).map(|(symbol, &frequency)| (frequency, symbol)));
    if sorted.len() <= 2 {
        for (at, &(_, symbol)) in (0..).zip(&sorted) {
            codes[usize::from(symbol)] = Code { bits: at, length: 1 };
        }
        return;
    }
    sorted.sort_unstable();
    let counts = counts(&sorted, longest.min(sorted.len() - 1));
    // The rarest symbols have the longest codes; among codes of a length the symbols are in order (RFC 1951, 3.2.2).
    let (mut code, mut rest) = (0_u16, &mut sorted[..]);
    for (length, &count) in (1..).zip(&counts) {
        code <<= 1;
        let (shorter, these) = rest.split_at_mut(rest.len() - count);
        these.sort_unstable_by_key(|&(_, symbol)| symbol);
        for &mut (_, symbol) in these {
            codes[usize::from(symbol)] = Code { bits: code.reverse_bits() >> (16 - length), length: length as u8 };
            code += 1;
        }
        rest = shorter;
    }
}

/// How many symbols have codes of 1, 2 … `longest` bits.
///
/// Each of `longest` levels merges the symbols with the pairs of the level below; a pair that is as frequent as a symbol goes
/// before it. What the first 2n - 2 of the highest level are made of tells how long the codes are.
fn counts(sorted: &[(u32, u16)], longest: usize) -> Vec<usize> {
    let wanted = 2 * sorted.len() - 2;
    let mut below: Vec<u32> = sorted.iter().map(|&(frequency, _)| frequency).collect();
    let mut merged: Vec<u32> = Vec::with_capacity(wanted);
    // of each level's items, whether they are symbols
    let mut symbols = [[true; 2 * MOST]; LEVELS];
    for level in &mut symbols[1..longest] {
        let mut leaves = sorted.iter().map(|&(frequency, _)| frequency).peekable();
        let mut pairs = below.chunks_exact(2).map(|pair| pair[0].saturating_add(pair[1])).peekable();
        merged.clear();
        for is_symbol in &mut level[..wanted] {
            *is_symbol = match (leaves.peek(), pairs.peek()) {
                (Some(leaf), Some(pair)) => leaf < pair,
                (leaf, _) => leaf.is_some(),
            };
            let Some(item) = (if *is_symbol { leaves.next() } else { pairs.next() }) else { break };
            merged.push(item);
        }
        std::mem::swap(&mut below, &mut merged);
    }
    let (mut counts, mut items, mut above) = (vec![0; longest], wanted, 0);
    for (at, level) in symbols[..longest].iter().rev().enumerate() {
        let leaves = level[..items].iter().filter(|&&is_symbol| is_symbol).count();
        // Of the highest level all symbols count, of the next those with codes of at least 2 bits, and so on.
        if at > 0 {
            counts[at - 1] = above - leaves;
        }
        (above, items) = (leaves, 2 * (items - leaves));
    }
    counts[longest - 1] = above;
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_complete_and_no_longer_than_it_may_be() {
        let rising: Vec<u32> = (0..30).map(|at| 1 << (at / 2)).collect();
        for longest in [5, 7, 15] {
            let mut codes = [Code::default(); 30];
            assign(&rising, longest, &mut codes);
            let room: u32 = codes.iter().map(|code| 1 << (15 - code.length)).sum();
            assert_eq!(room, 1 << 15);
            assert!(codes.iter().all(|code| usize::from(code.length) <= longest));
        }
    }
}
