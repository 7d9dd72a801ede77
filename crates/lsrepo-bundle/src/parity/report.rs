//! What was found, for people and machines.

use serde::Serialize;

/// The state of a set of files and of its parity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// tells sets apart: the SHA-256 of the table
    pub set: String,
    /// how much of the files may be lost
    pub percent: u32,
    /// what follows from the rest
    pub verdict: Verdict,
    /// what is protected
    pub files: Vec<FileReport>,
    /// what protects; the files are whole without it
    pub parity: Vec<ParityFile>,
    /// what is called like parity of this set, and has no table that can be read
    pub unreadable: Vec<String>,
}

impl Report {
    /// Is there parity that ought to be written again?
    pub fn parity_is_damaged(&self) -> bool {
        self.parity.iter().any(|one| one.state != ParityState::Whole)
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// nothing: every byte is what it was
    Whole,
    /// a repair brings everything back
    Repairable,
    /// parity is not enough
    Lost,
    /// nothing any more: this was found, and is repaired
    Repaired,
}

/// One of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// its name, in the folder of the set
    pub name: String,
    /// how many bytes it should have
    pub size: u64,
    /// how it was found
    pub state: FileState,
    /// what of it is missing or wrong, in order
    pub damage: Vec<Damage>,
}

/// How a file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// as it was
    Whole,
    /// not there
    Missing,
    /// longer or shorter
    WrongSize {
        /// how many bytes it has
        actual: u64,
    },
    /// other bytes than it had
    Damaged,
}

/// A range of a file that is not what it was. Damage is found by rows, so that it is a little larger than it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// where it begins
    pub offset: u64,
    /// how many bytes
    pub length: u64,
    /// recovery shards that a repair needs, in the row where there are the fewest to spare
    pub needed: usize,
    /// sound recovery shards in that row
    pub left: usize,
}

impl Damage {
    /// Takes in what follows immediately.
    pub(super) fn merge(&mut self, next: &Self) -> bool {
        let adjacent = self.offset.checked_add(self.length) == Some(next.offset);
        if adjacent {
            self.length += next.length;
            let spare = |one: &Self| one.left as isize - one.needed as isize;
            if spare(next) < spare(self) {
                (self.needed, self.left) = (next.needed, next.left);
            }
        }
        adjacent
    }
}

/// One of the parity files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParityFile {
    /// which one, from 1
    pub ordinal: usize,
    /// its name, where there is such a file
    pub name: Option<String>,
    /// how it was found
    pub state: ParityState,
}

/// How a parity file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParityState {
    /// as it was
    Whole,
    /// not there, or not to be recognised
    Missing,
    /// some of its rows are of no use
    Damaged,
}
