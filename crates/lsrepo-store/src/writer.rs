//! A blob whose digest is known once it is written.

use crate::error::{At, StoreError};
use lsrepo_types::{Digest, Hasher, Sha512, Sha512Hasher};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file that has not its last name yet; removed when it is dropped, unless it is to be kept.
#[derive(Debug)]
struct Nameless {
    path: PathBuf,
    file: File,
    keep: bool,
}

impl Drop for Nameless {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes bytes and hashes them on their way to the disk.
pub struct BlobWriter {
    file: Nameless,
    hasher: Hasher,
    size: u64,
}

/// A place in a blob that is being written.
#[derive(Clone)]
pub struct Mark {
    hasher: Hasher,
    size: u64,
}

/// A written blob that is not under its digest yet; [`Store::commit`](crate::Store::commit) does that for many at once.
#[derive(Debug)]
pub struct Pending {
    /// of the bytes
    pub digest: Digest,
    /// how many
    pub size: u64,
    file: Nameless,
}

impl BlobWriter {
    pub(crate) fn new(tmp: &Path) -> Result<Self, StoreError> {
        Self::named(tmp, &format!("{}-{}.new", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// In a file of this name, which must not be there yet.
    pub(crate) fn named(tmp: &Path, name: &str) -> Result<Self, StoreError> {
        let path = tmp.join(name);
        let file = OpenOptions::new().create_new(true).read(true).write(true).open(&path).at(&path)?;
        Ok(Self { file: Nameless { path, file, keep: false }, hasher: Hasher::new(), size: 0 })
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.file.write_all(bytes).at(&self.file.path)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its file, for who reads while it is written.
    pub(crate) fn reader(&self) -> Result<File, StoreError> {
        self.file.file.try_clone().at(&self.file.path)
    }

    /// Where we are, to come back to.
    pub fn mark(&self) -> Mark {
        Mark { hasher: self.hasher.clone(), size: self.size }
    }

    /// Forgets all bytes behind a mark.
    pub fn back_to(&mut self, mark: Mark) -> Result<(), StoreError> {
        self.file.file.set_len(mark.size).at(&self.file.path)?;
        self.file.file.seek(SeekFrom::Start(mark.size)).at(&self.file.path)?;
        (self.hasher, self.size) = (mark.hasher, mark.size);
        Ok(())
    }

    /// The SHA-512 of the bytes so far, for which they are read again.
    pub fn sha512(&mut self) -> Result<Sha512, StoreError> {
        let (file, path) = (&mut self.file.file, &self.file.path);
        file.seek(SeekFrom::Start(0)).at(path)?;
        let mut hasher = Sha512Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).at(path)? {
                0 => return Ok(hasher.finish()),
                read => hasher.update(&buffer[..read]),
            }
        }
    }

    /// The end of the blob.
    pub fn finish(self) -> Pending {
        Pending { digest: self.hasher.finish(), size: self.size, file: self.file }
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pending {
    /// One that stays where it is, if it never gets its name.
    pub(crate) fn kept(digest: Digest, size: u64, path: PathBuf, file: File) -> Self {
        Self { digest, size, file: Nameless { path, file, keep: true } }
    }

    /// Its bytes, which nobody has checked where the digest was not asked for.
    pub fn open(&self) -> Result<File, StoreError> {
        File::open(&self.file.path).at(&self.file.path)
    }

    /// Removes it: it is needed no more.
    pub fn discard(self) -> Result<(), StoreError> {
        fs::remove_file(&self.file.path).at(&self.file.path)
    }

    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.file.file.sync_data().at(&self.file.path)
    }

    pub(crate) fn name(mut self, blob: &Path) -> Result<(), StoreError> {
        fs::rename(&self.file.path, blob).at(blob)?;
        self.file.keep = true;
        Ok(())
    }
}
