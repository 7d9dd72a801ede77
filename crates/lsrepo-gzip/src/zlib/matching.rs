//! Which matches are taken.

use super::window::{AHEAD, Match, SHORTEST};
use super::{Deflate, Program};

/// Beyond this distance a match of three bytes costs more than the bytes.
const TOO_FAR: usize = 4096;
/// No match.
const NONE: Match = Match { length: SHORTEST - 1, distance: 0 };

/// What the lazy search has put off: the byte before, and the match that starts there.
#[derive(Debug)]
pub(super) struct Pending {
    byte: bool,
    found: Match,
}

impl Default for Pending {
    fn default() -> Self {
        Self { byte: false, found: NONE }
    }
}

impl Deflate {
    /// Takes the longest match there is, byte after byte, until too little is ahead.
    pub(super) fn match_at_once<const AT_END: bool>(&mut self, out: &mut Vec<u8>) {
        while self.may_go_on::<AT_END>() {
            let at = self.window.at();
            let mut found = NONE;
            if self.may_remember::<AT_END>() {
                let candidate = self.window.remember(at);
                if self.window.reaches(candidate) {
                    found = self.search::<AT_END>(candidate, NONE);
                }
            }
            let full = if found.length >= SHORTEST {
                let full = self.block.repeat(found, self.window.block_size());
                self.window.step(found.length);
                if found.length <= self.effort.patience && self.may_remember::<AT_END>() {
                    for inside in at + 1..at + found.length {
                        self.window.remember(inside);
                    }
                }
                full
            } else {
                let full = self.block.literal(self.window.byte(at), self.window.block_size());
                self.window.step(1);
                full
            };
            if full {
                self.end_block(false, out);
            }
        }
    }

    /// Takes a match only if none longer starts one byte later, until too little is ahead.
    pub(super) fn match_lazily<const AT_END: bool>(&mut self, out: &mut Vec<u8>) {
        while self.may_go_on::<AT_END>() {
            let at = self.window.at();
            let before = self.pending.found;
            let mut found = NONE;
            if self.may_remember::<AT_END>() {
                let candidate = self.window.remember(at);
                if before.length < self.effort.patience && self.window.reaches(candidate) {
                    found = self.search::<AT_END>(candidate, before);
                    if found.length == SHORTEST && found.distance > TOO_FAR {
                        found = NONE;
                    }
                }
            }
            if before.length >= SHORTEST && found.length <= before.length {
                let full = self.block.repeat(before, self.window.block_size());
                let end = at - 1 + before.length;
                for inside in at + 1..end {
                    if !AT_END || self.program == Program::Gnu || inside + SHORTEST <= at + self.window.ahead() {
                        self.window.remember(inside);
                    }
                }
                self.window.step(end - at);
                self.pending = Pending::default();
                if full {
                    self.end_block(false, out);
                }
                continue;
            }
            if self.pending.byte {
                // The block then ends before the byte in hand, which is not yet decided.
                if self.block.literal(self.window.byte(at - 1), self.window.block_size()) {
                    self.end_block(false, out);
                }
            }
            self.pending = Pending { byte: true, found };
            self.window.step(1);
        }
        if AT_END && self.pending.byte {
            self.block.literal(self.window.byte(self.window.at() - 1), self.window.block_size());
        }
    }

    /// Whether there is enough ahead. zlib may have to make room up to the very end, GNU gzip then rather stops
    /// matching.
    #[inline(always)]
    fn may_go_on<const AT_END: bool>(&mut self) -> bool {
        if !AT_END {
            return self.window.ahead() >= AHEAD;
        }
        if self.program == Program::Zlib {
            self.window.slide_when_spent();
        }
        self.window.ahead() > 0
    }

    /// Whether the string here may be hashed: zlib stops short of the end, GNU gzip hashes what lies behind it too.
    #[inline(always)]
    fn may_remember<const AT_END: bool>(&self) -> bool {
        !AT_END || self.program == Program::Gnu || self.window.ahead() >= SHORTEST
    }

    /// The longest match that exceeds the one in hand. At the end zlib is content with what reaches it, while GNU gzip
    /// goes on comparing what lies behind; for both it is cut off there.
    #[inline(always)]
    fn search<const AT_END: bool>(&self, candidate: u16, before: Match) -> Match {
        let effort = &self.effort;
        let chain = if before.length >= effort.good { effort.chain / 4 } else { effort.chain };
        let ahead = self.window.ahead();
        let nice = if AT_END && self.program == Program::Zlib { effort.nice.min(ahead) } else { effort.nice };
        let found = self.window.longest(candidate, before.length, chain, nice);
        Match { length: if AT_END { found.length.min(ahead) } else { found.length }, ..found }
    }

    /// Writes what has gathered.
    #[cold]
    pub(super) fn end_block(&mut self, last: bool, out: &mut Vec<u8>) {
        let size = self.window.block_size();
        self.block.write(self.window.take_block(), size, last, &mut self.bits, out);
    }
}
