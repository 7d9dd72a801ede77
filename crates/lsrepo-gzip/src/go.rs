//! What Go's `compress/flate` writes: docker, BuildKit, containerd, crane, kaniko, helm.
//!
//! Levels 2 to 9 search hash chains over four bytes, 2 and 3 without looking whether the next byte has a better match
//! (`chains`). Level 1 looks a match up in a table, as Snappy does (`table`). Blocks end after 16,384 tokens, or with the
//! 65,535 bytes that level 1 takes at once, and become stored, fixed or dynamic by their size (`block`). A stored block
//! of no bytes ends the stream. The decisions are those of Go 1.7 and later.

mod block;
mod chains;
mod huffman;
mod table;
mod token;

use crate::{Bits, Encoder};
use block::Blocks;
use chains::Chains;
use table::Table;

/// The encoder of a level.
pub(crate) struct Deflate {
    matches: Matches,
    blocks: Blocks,
    bits: Bits,
}

enum Matches {
    Chains(Box<Chains>),
    Table(Box<Table>),
}

impl Deflate {
    /// One of 1 to 9; others are taken for the nearest.
    pub(crate) fn new(level: u8) -> Self {
        let matches = match level {
            0 | 1 => Matches::Table(Box::new(Table::new())),
            _ => Matches::Chains(Box::new(Chains::new(level))),
        };
        Self { matches, blocks: Blocks::default(), bits: Bits::default() }
    }
}

impl Encoder for Deflate {
    fn write(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        let mut sink = block::Sink { blocks: &mut self.blocks, bits: &mut self.bits, out };
        match &mut self.matches {
            Matches::Chains(chains) => chains.write(plain, &mut sink),
            Matches::Table(table) => table.write(plain, &mut sink),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let mut sink = block::Sink { blocks: &mut self.blocks, bits: &mut self.bits, out };
        match &mut self.matches {
            Matches::Chains(chains) => chains.finish(&mut sink),
            Matches::Table(table) => table.finish(&mut sink),
        }
        sink.end();
    }
}

#[cfg(test)]
mod tests;
