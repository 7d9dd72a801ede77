//! zlib and GNU gzip: two programs by the same author, from the same decade, with the same decisions.
//!
//! Both keep a window of 64 KiB in which every position is chained to the last one with the same hash of three bytes.
//! Among the candidates of a chain the longest match wins, the nearest among equals. The quick levels take what they
//! find, the others look one byte further before they do. What was found gathers in a block of some ten thousand
//! symbols, which is then written in the cheapest of three ways.
//!
//! Every constant and every order of comparison shows in the bytes, and they have not moved: zlib from 1.2.3 to 1.3.1
//! writes the same. A zlib that was made faster, as zlib-ng or Intel's, is another program.

mod block;
mod codes;
mod lengths;
mod matching;
mod trees;
mod window;

#[cfg(test)]
mod tests;

use crate::{Bits, Encoder};
use block::Block;
use matching::Pending;
use window::Window;

/// Where the two differ: how long a block is, and what happens in the last 262 bytes of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Zlib,
    Gnu,
}

/// A stream in the making.
///
/// Both programs decide by what is in the window, and fill it whenever they run short. Here it is always filled to the
/// brim, as when the whole input is there from the start; so the cuts leave no trace. A tar archive comes in cuts of 512,
/// which is as good: what the real programs make of a cut shows only in odd places near the end of the window.
#[derive(Debug)]
pub(crate) struct Deflate {
    program: Program,
    effort: Effort,
    window: Window,
    block: Block,
    pending: Pending,
    bits: Bits,
}

impl Deflate {
    /// What Debian's `python3`, Java and most of the world link: the default strategy, 15 bits of window, memory level 8.
    pub(crate) fn zlib(level: u8) -> Self {
        Self::new(Program::Zlib, level)
    }

    /// GNU gzip, which also stands behind `tar --gzip`.
    pub(crate) fn gnu(level: u8) -> Self {
        Self::new(Program::Gnu, level)
    }

    /// Levels go from 1 to 9.
    fn new(program: Program, level: u8) -> Self {
        let effort = Effort::of(level);
        let block = match program {
            Program::Zlib => Block::new(0x4000, false),
            Program::Gnu => Block::new(0x8000, level > 2),
        };
        Self { program, effort, window: Window::new(), block, pending: Pending::default(), bits: Bits::default() }
    }

    fn advance<const AT_END: bool>(&mut self, out: &mut Vec<u8>) {
        if self.effort.lazy { self.match_lazily::<AT_END>(out) } else { self.match_at_once::<AT_END>(out) }
    }
}

impl Encoder for Deflate {
    fn write(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        while !plain.is_empty() {
            // As long as there is room the programs read on before they slide.
            if self.window.is_full() {
                self.window.slide_when_spent();
            }
            plain = self.window.fill(plain);
            self.advance::<false>(out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.program == Program::Gnu {
            self.window.slide_when_spent();
            self.window.end_of_input();
        }
        self.advance::<true>(out);
        self.end_block(true, out);
        self.bits.align(out);
        self.window.clear();
        self.pending = Pending::default();
    }
}

/// How hard a level tries.
#[derive(Debug, Clone, Copy)]
struct Effort {
    lazy: bool,
    /// With a match this long in hand, only a quarter of the chain is searched for a better one.
    good: usize,
    /// A match this long is not put off (lazy); the strings inside a longer one are not remembered (not lazy).
    patience: usize,
    /// A match this long ends the search.
    nice: usize,
    /// So many candidates are looked at.
    chain: usize,
}

impl Effort {
    fn of(level: u8) -> Self {
        let (good, patience, nice, chain) = match level {
            0..=1 => (4, 4, 8, 4),
            2 => (4, 5, 16, 8),
            3 => (4, 6, 32, 32),
            4 => (4, 4, 16, 16),
            5 => (8, 16, 32, 32),
            6 => (8, 16, 128, 128),
            7 => (8, 32, 128, 256),
            8 => (32, 128, 258, 1024),
            9.. => (32, 258, 258, 4096),
        };
        Self { lazy: level > 3, good, patience, nice, chain }
    }
}
