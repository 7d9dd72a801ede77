//! A blob on its way. What has arrived stays for the next run; where digest or size are not known before, they are
//! found out on the way.

use crate::{
    Pending,
    disk::sync_dir,
    error::{At, StoreError},
    lock::Guard,
    store::Store,
};
use lsrepo_types::{Digest, Hasher, VerifyError};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

/// The start of a blob, in `tmp/<hex>.part`. One process at a time has it.
pub struct Partial {
    /// what it is called here: its digest, or that of where it comes from
    key: Digest,
    digest: Option<Digest>,
    size: Option<u64>,
    file: File,
    path: PathBuf,
    hasher: Hasher,
    offset: u64,
}

impl Partial {
    pub(crate) fn open(store: &Store, key: &Digest, digest: Option<Digest>, size: Option<u64>) -> Result<Self, StoreError> {
        let path = store.tmp().join(format!("{}.part", key.hex()));
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).at(&path)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(StoreError::Busy { root: store.root().to_owned() });
        }
        let mut partial = Self { key: *key, digest, size, file, path, hasher: Hasher::new(), offset: 0 };
        partial.rehash()?;
        Ok(partial)
    }

    /// What an earlier run left is hashed again; too much of it is nothing of use.
    fn rehash(&mut self) -> Result<(), StoreError> {
        let there = self.file.metadata().at(&self.path)?.len();
        if self.size.is_some_and(|size| there > size) {
            return self.restart();
        }
        let mut buffer = vec![0; 1 << 16];
        while self.offset < there {
            let read = self.file.read(&mut buffer).at(&self.path)?;
            if read == 0 {
                break;
            }
            self.hasher.update(&buffer[..read]);
            self.offset += read as u64;
        }
        Ok(())
    }

    /// How many bytes are there; the next ones go behind them.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Adds bytes; more than the blob has are refused before they are written.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if let Some(size) = self.size.filter(|&size| self.offset + bytes.len() as u64 > size) {
            return Err(StoreError::TooLong { digest: self.digest.unwrap_or(self.key), size });
        }
        self.file.write_all(bytes).at(&self.path)?;
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// What is there is on disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().at(&self.path)?;
        // So is its name.
        self.path.parent().map_or(Ok(()), sync_dir)
    }

    /// Forgets what is there.
    pub fn restart(&mut self) -> Result<(), StoreError> {
        self.file.set_len(0).at(&self.path)?;
        self.file.seek(SeekFrom::Start(0)).at(&self.path)?;
        (self.hasher, self.offset) = (Hasher::new(), 0);
        Ok(())
    }

    /// Checks size and digest. What does not fit is removed; what fits stays, even if it never gets its name.
    pub fn finish(self) -> Result<Pending, StoreError> {
        let found = self.hasher.finish();
        let size = self.size.unwrap_or(self.offset);
        let expected = self.digest.unwrap_or(found);
        let why = match (self.offset == size, found == expected) {
            (false, _) => Some(VerifyError::Size { expected: size, actual: self.offset }),
            (true, false) => Some(VerifyError::Digest { expected, actual: found }),
            (true, true) => None,
        };
        if let Some(why) = why {
            fs::remove_file(&self.path).at(&self.path)?;
            return Err(StoreError::Corrupt { digest: expected, why });
        }
        Ok(Pending::kept(found, size, self.path, self.file))
    }
}

const _: fn() = || {
    fn sent<T: Send>() {}
    sent::<(Partial, Guard)>();
};
