//! Blobs on disk, named by what is in them.
//!
//! ```text
//! blobs/sha256/<hex>   whole, verified, on disk before it has this name; the folder is that of an OCI image layout
//! tmp/<hex>.part       a download under way, continued by the next run
//! tmp/<pid>-<n>.new    a blob whose digest is not known yet
//! roots/<name>         the digest that a name stands for; what no root reaches may be collected
//! lock                 who works in it
//! ```
//! A crash at any byte leaves what was committed, and parts that the next run continues or sweeps.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod check;
mod disk;
mod error;
mod lock;
mod partial;
mod root;
mod store;
mod writer;

pub use check::{Bad, FsckReport, GcReport};
pub use disk::free_bytes;
pub use error::StoreError;
pub use lock::Guard;
pub use partial::Partial;
pub use store::Store;
pub use writer::{BlobWriter, Pending};

#[cfg(test)]
mod tests;
