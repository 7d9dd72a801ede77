//! Blobs on disk, named by what is in them.
//!
//! ```text
//! blobs/sha256/<hex>   whole, verified, on disk before it has this name; the folder is that of an OCI image layout
//! tmp/<hex>.part       a download under way, continued by the next run
//! blobs/sha512/<hex>   a link to the same under blobs/sha256, for what is asked for by that digest
//! tmp/<pid>-<n>.new    a blob whose digest is not known yet
//! tmp/<hex>.moving     a blob that goes to a bundle, and is no blob any more
//! tmp/<id>.upload      the same, from a client that pushes
//! registry/            what was pushed: a document for each repository, and the lock of who takes pushes
//! roots/<name>         the digest that a name stands for; what no root reaches may be collected
//! bundles/<hex>.json   bundles that lie on their media, and are looked into where `blobs` has nothing
//! lock                 who works in it
//! ```
//! A crash at any byte leaves what was committed, and parts that the next run continues or sweeps.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod cache;
mod check;
mod disk;
mod error;
mod lock;
mod moving;
mod origin;
mod partial;
mod root;
mod sha512;
mod shelf;
mod spool;
mod store;
mod writer;

pub use cache::CacheFigures;
pub use check::{Bad, FsckReport, GcReport};
pub use disk::free_bytes;
pub use error::StoreError;
pub use lock::Guard;
pub use origin::Origin;
pub use partial::Partial;
pub use shelf::{Blob, CheckProgress, Shelf, fill_at};
pub use spool::Filler;
pub use store::Store;
pub use writer::{BlobWriter, Mark, Pending};

#[cfg(test)]
mod cache_tests;
#[cfg(test)]
mod tests;
