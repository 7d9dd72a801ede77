//! What goes wrong with a disk.

use crate::disk;
use lsrepo_types::{Bytes, Digest, VerifyError};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A store that cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// the file system said no
    #[error("{}: {why}", path.display())]
    Io {
        /// where
        path: PathBuf,
        /// what it said
        why: io::Error,
    },
    /// no room
    #[error("{}: the disk is full ({} and {files} files free)\nhint: make room, or name a store on another disk with --home DIR; what is there already is kept", path.display(), Bytes(*free))]
    Full {
        /// where
        path: PathBuf,
        /// bytes that are free
        free: u64,
        /// how many more files there may be
        files: u64,
    },
    /// a blob that is not there
    #[error("blob {digest} is not in the store {}", root.display())]
    Missing {
        /// which
        digest: Digest,
        /// which store
        root: PathBuf,
    },
    /// not the bytes that the name promises
    #[error("blob {digest}: {why}")]
    Corrupt {
        /// which
        digest: Digest,
        /// what is wrong
        why: VerifyError,
    },
    /// more bytes than were announced
    #[error("blob {digest}: more than the {size} bytes that it should have")]
    TooLong {
        /// which
        digest: Digest,
        /// how many it should have
        size: u64,
    },
    /// larger than the reader wants it
    #[error("blob {digest} has {size} bytes, more than {limit}")]
    TooLarge {
        /// which
        digest: Digest,
        /// how many it has
        size: u64,
        /// how many are allowed
        limit: u64,
    },
    /// a blob of a bundle on its media that is not what it should be
    #[error("blob {digest} in {shelf}: {why}")]
    Shelf {
        /// which
        digest: Digest,
        /// in what
        shelf: String,
        /// what is wrong
        why: io::Error,
    },
    /// a blob that the rest of the store, which lies elsewhere, cannot give now
    #[error("blob {digest} of {origin}: {why}")]
    Origin {
        /// which
        digest: Digest,
        /// of what
        origin: String,
        /// what is wrong
        why: io::Error,
    },
    /// another process works in it
    #[error("{}: another lsrepo works in this store\nhint: wait for it, or name another store with --home DIR", root.display())]
    Busy {
        /// which store
        root: PathBuf,
    },
    /// a server takes pushes into it
    #[error("{}: a server that takes pushes runs on this store\nhint: stop it first", root.display())]
    Pushing {
        /// which store
        root: PathBuf,
    },
    /// not a name for a root
    #[error("`{0}` cannot name a root")]
    RootName(String),
    /// a root that does not say a digest
    #[error("{}: it does not hold a digest", .0.display())]
    RootContent(PathBuf),
}

/// Says where something went wrong; a full disk is told apart.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, StoreError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, StoreError> {
        self.map_err(|why| match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let dir = path.parent().unwrap_or(path);
                let (free, files) = disk::room(dir).unwrap_or_default();
                StoreError::Full { path: dir.to_owned(), free, files }
            }
            _ => StoreError::Io { path: path.to_owned(), why },
        })
    }
}
