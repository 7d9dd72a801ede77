//! Places besides the store's own folder where blobs lie: bundles on their media. *A bundle is a store too.*

use crate::{
    error::{At, StoreError},
    spool::Spool,
};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fmt::Debug,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::Arc,
};

/// Blobs that lie somewhere else. Nothing of a blob is given before all of it was checked.
pub trait Shelf: Debug + Send + Sync {
    /// What is told of it: `bundle.tar.zst`.
    fn name(&self) -> String;
    /// The sets that it holds, by name.
    fn roots(&self) -> &BTreeMap<String, Digest>;
    /// How long a blob is, where it lies here.
    fn size_of(&self, digest: &Digest) -> Option<u64>;
    /// Reads a whole blob where that was not done before, and says what is wrong with it. May take its time.
    fn check(&self, digest: &Digest) -> io::Result<()>;
    /// Checks every blob, one after the other, and tells of those that are bad. For a thread of its own.
    fn check_all(&self, bad: &dyn Fn(&str));
    /// How far checking has come.
    fn progress(&self) -> CheckProgress;
    /// As many bytes of a checked blob as fit, from `offset` on; none behind its end.
    fn read_at(&self, digest: &Digest, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// How far the check of a shelf has come, in blobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckProgress {
    /// that there are
    pub all: u64,
    /// that were read and are as they were written
    pub good: u64,
    /// that are not
    pub bad: u64,
}

/// A blob, open to be read.
#[derive(Debug)]
pub struct Blob {
    place: Place,
    size: u64,
    at: u64,
}

#[derive(Debug)]
enum Place {
    File(File, PathBuf),
    Shelf(Arc<dyn Shelf>, Digest),
    Spool(Arc<Spool>),
}

impl Blob {
    pub(crate) fn of_file(file: File, path: PathBuf) -> Result<Self, StoreError> {
        let size = file.metadata().at(&path)?.len();
        Ok(Self { place: Place::File(file, path), size, at: 0 })
    }

    pub(crate) fn of_shelf(shelf: Arc<dyn Shelf>, digest: Digest, size: u64) -> Result<Self, StoreError> {
        match shelf.check(&digest) {
            Ok(()) => Ok(Self { place: Place::Shelf(shelf, digest), size, at: 0 }),
            Err(why) => Err(StoreError::Shelf { digest, shelf: shelf.name(), why }),
        }
    }

    pub(crate) fn of_spool(spool: Arc<Spool>, size: u64) -> Self {
        Self { place: Place::Spool(spool), size, at: 0 }
    }

    /// How long it is now, in bytes.
    pub fn size(&self) -> io::Result<u64> {
        match &self.place {
            Place::File(file, _) => Ok(file.metadata()?.len()),
            Place::Shelf(..) | Place::Spool(_) => Ok(self.size),
        }
    }

    /// Whether it has all its bytes, and in a file of its own, or where they were checked before.
    pub fn is_whole(&self) -> bool {
        match &self.place {
            Place::Spool(spool) => spool.file().is_some(),
            Place::File(..) | Place::Shelf(..) => true,
        }
    }

    /// Whether it is on its way and will never come.
    pub fn is_lost(&self) -> bool {
        match &self.place {
            Place::Spool(spool) => spool.is_lost(),
            Place::File(..) | Place::Shelf(..) => false,
        }
    }

    /// Its own file, where it has one, and all of it.
    pub fn file(&self) -> Option<&File> {
        match &self.place {
            Place::File(file, _) => Some(file),
            Place::Shelf(..) => None,
            Place::Spool(spool) => spool.file(),
        }
    }

    /// Where its own file lies.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::File(_, path) => Some(path),
            Place::Shelf(..) | Place::Spool(_) => None,
        }
    }

    /// Reads from anywhere in it, as [`FileExt::read_at`] does.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.place {
            Place::File(file, _) => file.read_at(buffer, offset),
            Place::Shelf(shelf, digest) => shelf.read_at(digest, buffer, offset),
            Place::Spool(spool) => spool.read_at(buffer, offset),
        }
    }

    /// Fills the buffer from anywhere in it.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        fill_at(buffer, offset, |buffer, offset| self.read_at(buffer, offset))
    }
}

/// Fills a buffer by reads that may give less than is asked for.
pub fn fill_at(mut buffer: &mut [u8], mut offset: u64, read_at: impl Fn(&mut [u8], u64) -> io::Result<usize>) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_at(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => (buffer, offset) = (&mut buffer[read..], offset + read as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Blob {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.size, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
