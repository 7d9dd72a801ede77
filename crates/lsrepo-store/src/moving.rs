//! Blobs that go somewhere else, piece by piece.

use crate::{
    Blob,
    disk::sync_dir,
    error::{At, StoreError},
    store::Store,
};
use lsrepo_types::Digest;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::PathBuf,
};

impl Store {
    fn moving(&self, digest: &Digest) -> PathBuf {
        self.tmp().join(format!("{}.moving", digest.hex()))
    }

    /// A blob that began to go; what of it is gone reads as zeros.
    pub fn open_moving(&self, digest: &Digest) -> Result<Option<Blob>, StoreError> {
        let path = self.moving(digest);
        match File::open(&path) {
            Ok(file) => Blob::of_file(file, path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at(&path),
        }
    }

    /// These bytes of a blob are elsewhere, and on disk there. It is no blob of this store any more.
    pub fn free_moving(&self, digest: &Digest, from: u64, to: u64) -> Result<(), StoreError> {
        use rustix::fs::{FallocateFlags, fallocate};
        let (blob, moving) = (self.blob(digest), self.moving(digest));
        match fs::rename(&blob, &moving) {
            Ok(()) => sync_dir(&self.tmp())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).at(&blob),
        }
        // Where nothing is left of it, or the file system has no holes, it goes as a whole later.
        if let Ok(file) = OpenOptions::new().write(true).open(&moving) {
            let _ = fallocate(&file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, from, to - from);
        }
        Ok(())
    }

    /// All of a blob is elsewhere, and on disk there.
    pub fn remove_moved(&self, digest: &Digest) -> Result<(), StoreError> {
        for path in [self.blob(digest), self.moving(digest)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).at(&path),
                _ => {}
            }
        }
        Ok(())
    }
}
