//! A backup: one archive with what modules handed out, and a metadata file that says what it is and proves every byte.
//!
//! ```text
//! demo_20261127-061500.tar.zst     the cluster and the time; `…_1` where that name is taken
//!   metadata.json                  time, modules with their versions, size and digest of each file
//!   postgresql/roles.sql           module, and a file of its own
//! ```
//! It may hold what only its owners may see, and nobody else may read the file.

mod file;

pub use file::{ArchiveError, gather, read, write};

use crate::schema::Settings;
use lsrepo_bom::ModuleName;
use lsrepo_types::{Digest, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of the archive that this program writes.
pub const FORM: u32 = 1;

/// What an archive is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// the form of the archive
    pub form: u32,
    /// the name of the cluster
    pub cluster: String,
    /// of its state
    pub lineage: String,
    /// of its state
    pub serial: u64,
    /// when it was begun
    pub time: Timestamp,
    /// the version of the program that wrote it
    pub lambdastack: String,
    /// what was saved
    pub modules: BTreeMap<ModuleName, Saved>,
}

/// What was saved of a module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// of the module
    pub version: String,
    /// what its apply returned of each machine, such as versions of packages
    pub returns: BTreeMap<String, Settings>,
    /// its files
    pub files: BTreeMap<RelPath, Piece>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// its size
    pub size_bytes: u64,
    /// of its bytes
    pub digest: Digest,
}

/// The name of an archive; `attempt` counts those with the same name that are there already.
pub fn name(cluster: &str, time: Timestamp, attempt: u32) -> String {
    let digits: String = time.to_string().replace('T', "-").chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
    let (day, second) = digits.rsplit_once('-').unwrap_or((&digits, ""));
    let again = if attempt == 0 { String::new() } else { format!("_{attempt}") };
    format!("{cluster}_{}-{second}{again}.tar.zst", day.replace('-', ""))
}

#[cfg(test)]
mod tests;
