//! What can be wrong with a bundle.

use lsrepo_sign::{KeyError, SignatureError};
use lsrepo_store::StoreError;
use lsrepo_types::{Bytes, Digest};
use std::{io, path::PathBuf};

/// A bundle that cannot be written or taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// a file or a pipe
    #[error("{what}: {why}")]
    Io {
        /// what was done
        what: String,
        /// what went wrong
        why: io::Error,
    },
    /// something else altogether
    #[error("this is not a bundle of lsrepo")]
    NotABundle,
    /// bytes that cannot be right
    #[error(
        "the bundle is damaged at byte {offset}: {what}\nhint: copy it again, and compare its checksum with that of the original"
    )]
    Damaged {
        /// counted from the start of the file
        offset: u64,
        /// what is wrong there
        what: String,
    },
    /// not all there
    #[error("the bundle ends at byte {offset}, in the middle of {what}\nhint: the copy was cut off; copy it again")]
    Truncated {
        /// counted from the start of the file
        offset: u64,
        /// what was being read
        what: String,
    },
    /// volumes that cannot be so small
    #[error("volumes of {} are too small: they are not cut within 8 MiB, nor within the tools\nhint: --split {least} or more", Bytes(*limit))]
    Split {
        /// what was asked for
        limit: u64,
        /// what would do
        least: Bytes,
    },
    /// no volumes at all
    #[error("{0}: no bundle is there")]
    NoVolumes(String),
    /// a volume that cannot be right
    #[error("{0}\nhint: it was cut off or changed; copy it again, or `lsrepo repair` where there are parity files")]
    Volume(String),
    /// volumes that are not there
    #[error("{} of {total} volumes {} missing: {}\nhint: put them beside the others and run this again; where there are parity files, `lsrepo repair` makes them", missing.len(), if missing.len() == 1 { "is" } else { "are" }, list(missing))]
    Missing {
        /// which
        missing: Vec<u32>,
        /// of how many
        total: u32,
    },
    /// what the bundle builds on is not here
    #[error("the bundle leaves out {} blobs ({}) that this store was said to have, and it has not:{}\nhint: import the bundle it was made against first, or have it made from a new `lsrepo receipt`", missing.len(), Bytes(*bytes), some(missing))]
    Base {
        /// which
        missing: Vec<Digest>,
        /// their size
        bytes: u64,
    },
    /// what a run that was killed had taken over
    #[error("{}: another `export --move` was cut off here, and what it had taken over from the store is in this file\nhint: run it again the same way; or remove the file, and `lsrepo prepare` fetches that again", .0.display())]
    Moved(PathBuf),
    /// two at once
    #[error("{}: another lsrepo writes this bundle", .0.display())]
    Busy(PathBuf),
    /// a receipt that is none
    #[error("this is not a receipt of lsrepo: {0}")]
    Receipt(String),
    /// signed by somebody unknown
    #[error(
        "the bundle is signed by {signer}, whose key is not trusted here\nhint: compare the fingerprint with the sender's, then `lsrepo key trust FILE`, or import with --trust-on-first-use"
    )]
    Untrusted {
        /// the fingerprint
        signer: String,
    },
    /// the signature is no good
    #[error("the signature of the bundle: {0}")]
    Signature(SignatureError),
    /// the signature of a receipt is no good
    #[error("the signature of the receipt: {0}")]
    ReceiptSignature(SignatureError),
    /// the key that it carries, or ours
    #[error("the key of the bundle")]
    Key(#[from] KeyError),
    /// a document in it
    #[error("the bundle")]
    Document(#[from] lsrepo_oci::Error),
    /// a document that points nowhere sensible
    #[error("the bundle: {0}")]
    Shape(String),
    /// the store
    #[error(transparent)]
    Store(#[from] StoreError),
    /// a blob of the store that is not what it says
    #[error("blob {0} of the store is damaged\nhint: remove it and run `lsrepo prepare` again")]
    Blob(Digest),
    /// a blob that does not come out of its pack
    #[error(
        "blob {blob} cannot be made of what the bundle has of it: {why}\nhint: have the bundle written again; without --level archive, if it stays so"
    )]
    Packed {
        /// which
        blob: Digest,
        /// what went wrong
        why: String,
    },
    /// used where it lies, which it cannot be
    #[error("the bundle was written with --level archive: {blobs} blobs ({}) must be made of what is in it, and cannot be used where it lies\nhint: `lsrepo import` makes them", Bytes(*bytes))]
    Archived {
        /// how many
        blobs: u64,
        /// their size
        bytes: u64,
    },
    /// no room
    #[error("the bundle needs {} in the store, {} are free\nhint: make room, or name a store on another disk with --home DIR", Bytes(*needed), Bytes(*free))]
    Space {
        /// bytes to be written
        needed: u64,
        /// bytes that are free
        free: u64,
    },
    /// no room where the bundle should be
    #[error("{}: the disk is full: the bundle has {}, {} are free\nhint: make room, or write it elsewhere; nothing was left behind", path.display(), Bytes(*needed), Bytes(*free))]
    Full {
        /// the bundle
        path: PathBuf,
        /// bytes to be written
        needed: u64,
        /// bytes that are free
        free: u64,
    },
    /// nothing to export
    #[error("there is nothing to export\nhint: `lsrepo prepare` first")]
    Nothing,
}

/// `2, 3, 7 …`
fn list(ordinals: &[u32]) -> String {
    let mut text = ordinals.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if ordinals.len() > 20 {
        text += " …";
    }
    text
}

/// The first of them, a line each.
fn some(digests: &[Digest]) -> String {
    let mut text: String = digests.iter().take(10).map(|digest| format!("\n  {digest}")).collect();
    if digests.len() > 10 {
        text += &format!("\n  and {} more", digests.len() - 10);
    }
    text
}

pub(crate) fn io(what: &str) -> impl FnOnce(io::Error) -> BundleError + '_ {
    move |why| BundleError::Io { what: what.to_owned(), why }
}
