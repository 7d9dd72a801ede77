//! Why files cannot be protected, or not be repaired.

use lsrepo_types::Bytes;
use std::{io, path::PathBuf};

/// Parity that cannot be written, found or used.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// a file or a folder
    #[error("{}: {why}", path.display())]
    Io {
        /// which one
        path: PathBuf,
        /// what went wrong
        why: io::Error,
    },
    /// no room
    #[error("{}: the disk is full: {} are needed, {} are free\nhint: make room, or copy the files to another disk; nothing was left behind", path.display(), Bytes(*needed), Bytes(*free))]
    Full {
        /// what was being written
        path: PathBuf,
        /// bytes to be written
        needed: u64,
        /// bytes that are free
        free: u64,
    },
    /// out of range
    #[error("parity of {0} % cannot be written\nhint: from 1 to 100")]
    Percent(u32),
    /// no file, or no byte in them
    #[error("there is nothing to protect")]
    Nothing,
    /// more columns than are sensible
    #[error("{count} files are too many for one set of parity, which has room for {limit}\nhint: use larger volumes")]
    TooMany {
        /// how many files
        count: usize,
        /// how many are possible
        limit: usize,
    },
    /// a size beyond all media
    #[error("{} are too many for one set of parity", Bytes(*.0))]
    TooLarge(u64),
    /// a name that cannot stand in a table
    #[error("`{0}` cannot be the name of a file with parity\nhint: plain text in UTF-8, and not that of a parity file")]
    Name(String),
    /// one file, twice
    #[error("`{0}` is named twice")]
    Twice(String),
    /// parity lies beside what it protects
    #[error("{}: it is not in the folder of the other files\nhint: parity and all that it protects stand in one folder", .0.display())]
    Apart(PathBuf),
    /// a link, a folder, a device
    #[error("{}: it is not a plain file\nhint: put the file itself there", .0.display())]
    NotAFile(PathBuf),
    /// none there, or all of it spoilt
    #[error(
        "{}: there is no parity file that can be read{}\nhint: parity files are called NAME.parity-01 and lie beside what they protect", path.display(),
        if unreadable.is_empty() { String::new() } else { format!(" (damaged: {})", unreadable.join(", ")) }
    )]
    NoParity {
        /// where
        path: PathBuf,
        /// what is called so, and is damaged
        unreadable: Vec<String>,
    },
    /// more sets than one
    #[error("{}: there are several sets of parity, by {}\nhint: name one of these files", path.display(), sets.join(", "))]
    Several {
        /// where
        path: PathBuf,
        /// the first file of each
        sets: Vec<String>,
    },
    /// beyond repair
    #[error(
        "`{name}` cannot be repaired: of the row with its bytes {offset} to {}, {needed} shards are lost or damaged, and {left} can be brought back\nhint: nothing was changed; put one more of the files or parity files there, or copy a damaged one again, and repeat",
        offset.saturating_add(*length)
    )]
    Lost {
        /// the file
        name: String,
        /// where in it
        offset: u64,
        /// how many bytes from there
        length: u64,
        /// shards that are lost in the row
        needed: usize,
        /// sound recovery shards of the row
        left: usize,
    },
    /// all rows came back, and the file is not what it was
    #[error("`{0}` was repaired as far as its parity knows, and is not what it was\nhint: copy it again from its source")]
    Unproven(String),
}
