//! Parity: what is added to one or several files so that damaged and lost parts of them come back.
//!
//! The files, whatever is in them, are cut into columns: several files (the volumes of a bundle) are a column each,
//! and a single file is cut into a hundred slices of equal length. Across the columns run rows of 64 KiB, and every
//! row is coded by itself (Reed-Solomon): with K recovery shards, any K of its shards may be lost. `percent` of the
//! columns is K, rounded up. Several files get K parity files with a recovery column each, so that a volume lost is a
//! parity file used; a single file gets one, which carries all of them. What follows from names, sizes and `percent`
//! is computed and not written down (module `layout`), so that a hostile file has little to say.
//!
//! ```text
//! 53 2a 4d 18  length u32                                    a skippable frame of zstd holds the table:
//!   "lsrepo parity 1\n"  ordinal u32                         which of the parity files this is, from 1
//!   percent u32  count u32  (size u64  length u16  name)…    the files
//!   (SHA-256)…                                               of each column: over the SHA-256 of each of its rows
//!   SHA-256  frame length u32                                of the table so far; closes the frame
//! for every row:
//!   checks  shard…  checks                                   one shard for each recovery column of this file
//! the table once more
//! ```
//! Checks are the first 8 bytes of the SHA-256 of each data and each recovery shard of the row, then of the row's
//! number and of those: they locate damage. All parity files carry all of them, twice, so that no damage to one takes
//! away what tells good from bad. Integers are little endian. The last row is as short as its longest
//! shard, in steps of 64 bytes; data shards that are shorter are thought to end in zeros.
//!
//! Parity is against accident. Whoever wants to know that a bundle is the sender's verifies its signature, afterwards.

mod checks;
mod error;
mod files;
mod layout;
mod repair;
mod report;
mod scan;
mod set;
mod stripes;
mod table;
mod write;

pub use error::ParityError;
pub use repair::{check, repair};
pub use report::{Damage, FileReport, FileState, ParityFile, ParityState, Report, Verdict};
pub use write::write;

/// Whether these bytes are the frame that a parity file begins with. Nothing else is believed of a file that has none.
pub fn is_table(frame: &[u8]) -> bool {
    table::Table::parse(frame).is_some()
}

#[cfg(test)]
mod tests;
