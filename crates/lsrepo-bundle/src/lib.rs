//! The bundle: everything that was prepared, in one signed file that any zstd, tar and OCI tool can read.
//!
//! ```text
//! (tools, a plain tar)                                   what a bare host begins with
//! oci-layout  index.json  index.json.asc  key.asc        who says what is in it
//! blobs/sha256/…                                         manifests, locks, package records
//! blobs/sha256/…                                         packages, a platform after the other
//! (end of the tar)  (seek table)
//! ```
//! A normalised tar in zstd frames of at most 8 MiB, each with its checksum, none with parts of two members. The
//! frames hold raw blocks, for what is in a bundle is compressed already: writing is a copy. Every byte that is not
//! content follows from names and sizes (module `plan`), so the writer and the reader walk through the same plan, a
//! bundle has no bit that could be another, and where a blob lies is arithmetic: a bundle is served where it lies
//! ([`Archive`]). The contents hang from `index.json` by their digests, and `index.json` is signed.
//!
//! For the smallest bundle, what is in several blobs is compressed together ([`pack`]).
//!
//! For media it is cut between frames into volumes (module `volume`), which [`parity`] repairs. What the far side has
//! already ([`Receipt`]) stays out of it: the signed index says so.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod archive;
pub mod artifact;
mod behind;
mod contents;
mod describe;
mod error;
mod export;
mod files;
mod hashing;
mod head;
pub mod image_archive;
mod import;
mod inspect;
mod moving;
pub mod pack;
pub mod parity;
mod plan;
mod planned;
mod reader;
mod receipt;
mod side_by_side;
mod source;
mod tools;
mod verify;
mod volume;
mod watch;
mod writer;

pub use archive::Archive;
pub use contents::Contents;
pub use describe::{Described, describe};
pub use error::BundleError;
pub use export::{Event, Moving, Options, Summary, export, export_to_path};
pub use import::{Imported, Trust, import, import_from};
pub use inspect::{Image, Inspection, Item, Part, inspect};
pub use receipt::{Receipt, SignedReceipt};
pub use source::Source;
pub use tools::Tools;
pub use verify::{Damage, Verified, verify, verify_stream};
pub use volume::{VolumeHeader, bundle_name, volume_name};
pub use watch::Watched;

#[cfg(test)]
mod tests;
