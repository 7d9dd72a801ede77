//! The catalogue: what a snapshot holds, written once when it is published, and read in small pieces ever after.
//!
//! Pages ask for one package, for a page of names, for what a word occurs in; none of that may cost memory that grows with
//! the snapshot. So a catalogue is a document of sorted *things*, sixteen to a block, little-endian:
//!
//! ```text
//! 0   "lsrepo catalogue"
//! 16  version u32, length of the head u32, place of the table u64, things u32, 0 u32
//! 40  the head: JSON, with the places and the range of things of each kind and place
//! ..  the blocks' names: key (what it shares with the one before, the rest), bytes, mark, platforms, summary
//! ..  the blocks' rows: JSON texts behind their lengths, deflated
//! ..  the table: for each block where its names and its rows begin; one row more for their ends
//! ```
//!
//! A thing is found by halving, names are searched from front to back, a row is unpacked with its fifteen neighbours.
//! Whoever reads believes nothing: each number is checked where it is used, and what does not fit is
//! [`CatalogueError::Damaged`].

mod diff;
mod format;
mod needs;
mod read;
mod row;
mod search;
#[cfg(test)]
mod tests;
mod write;

pub use diff::{Diff, Difference, diff};
pub use format::Key;
pub use needs::{Facts, Relation, Sign, Want, deb_relations, packages};
pub use read::{Catalogue, Line, Range};
pub use row::{
    Chart, File, Image, ImageLayer, ImagePlatform, ImageReferrer, Kind, Module, ModulePart, Need, Package, PackageVersion, Row,
};
pub use search::{Found, Query};
pub use write::{Thing, write};

/// The version of the format: another one is made anew.
pub const VERSION: u32 = 1;

/// Why a catalogue cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// the reader under it failed
    #[error("the catalogue cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// not one, or not whole
    #[error("the catalogue is damaged: {0}")]
    Damaged(&'static str),
    /// by another lsrepo
    #[error("the catalogue has the format version {0}, this program reads version {VERSION}")]
    Version(u32),
    /// something that no page could show
    #[error("the catalogue takes no more than {most} {what}")]
    Large {
        /// what there is too much of
        what: &'static str,
        /// how much there may be
        most: u64,
    },
    /// a row that is no JSON of ours
    #[error("the catalogue is damaged: a row: {0}")]
    Row(#[from] serde_json::Error),
}
