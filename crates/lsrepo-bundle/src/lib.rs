//! The bundle: everything that was prepared, in one signed file that any zstd, tar and OCI tool can read.
//!
//! ```text
//! oci-layout  index.json  index.json.asc  key.asc        who says what is in it
//! blobs/sha256/…                                         manifests, locks, package records
//! blobs/sha256/…                                         packages, a platform after the other
//! (end of the tar)  (seek table)
//! ```
//! A normalised tar, one zstd frame a member. The frames hold raw blocks, for what is in a bundle is compressed
//! already: writing is a copy. Every byte that is not content follows from names and sizes (module `plan`), so the
//! writer and the reader walk through the same plan, and a bundle has no bit that could be another. The contents
//! hang from `index.json` by their digests, and `index.json` is signed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

pub mod artifact;
mod describe;
mod error;
mod export;
mod head;
pub mod image_archive;
mod import;
mod inspect;
pub mod parity;
mod plan;
mod reader;
mod writer;

pub use describe::{Described, describe};
pub use error::BundleError;
pub use export::{Contents, Event, Summary, export, export_to_path};
pub use import::{Imported, Trust, import};
pub use inspect::{Image, Inspection, Item, Part, inspect};

#[cfg(test)]
mod tests;
