//! A store that gives its blobs to a bundle: what is in the bundle, and on disk there, goes from the store, so that the disk
//! holds it once. A large blob goes piece by piece.
//!
//! A blob that begins to go is no blob any more: before its first byte is given back to the file system it is called
//! `tmp/<hex>.moving`, so that nobody takes it for whole. A run that goes on where another was killed finds it there.

use crate::{
    error::BundleError,
    export::{Moving, Options, files_dir},
    files::hidden,
    plan,
    planned::Planned,
    reader::Reader,
    source::{Source, files_in, header},
    volume::bundle_name,
    writer::Content,
};
use lsrepo_oci::{Descriptor, media_type};
use lsrepo_store::{Blob, Store};
use lsrepo_types::Digest;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Blobs that go together, by bytes.
const BATCH: u64 = 64 << 20;

pub(crate) struct Mover<'a> {
    store: &'a Store,
    moving: &'a Moving,
    batch: Vec<Digest>,
    bytes: u64,
}

impl<'a> Mover<'a> {
    pub(crate) fn new(store: &'a Store, moving: &'a Moving) -> Self {
        Self { store, moving, batch: Vec::new(), bytes: 0 }
    }

    /// Whether the bundle takes a blob over. What describes stays.
    pub(crate) fn takes(&self, blob: &Descriptor) -> bool {
        !media_type::DESCRIBING.contains(&blob.media_type.as_str()) && !self.moving.keep.contains(&blob.digest)
    }

    /// A blob is in the bundle.
    pub(crate) fn add(&mut self, blob: &Descriptor, sync: impl FnOnce() -> Result<(), BundleError>) -> Result<(), BundleError> {
        if self.takes(blob) {
            self.batch.push(blob.digest);
            self.bytes += blob.size;
        }
        if self.bytes >= BATCH { self.flush(sync) } else { Ok(()) }
    }

    pub(crate) fn flush(&mut self, sync: impl FnOnce() -> Result<(), BundleError>) -> Result<(), BundleError> {
        sync()?;
        self.bytes = 0;
        self.batch.drain(..).try_for_each(|digest| Ok(self.store.remove_moved(&digest)?))
    }
}

/// A blob of the store, opened when its first byte is needed: where all of it is in the bundle already, it may be gone.
pub(crate) struct StoredBlob<'a> {
    store: &'a Store,
    blob: &'a Descriptor,
    open: Option<Blob>,
    at: u64,
    freed: u64,
    moving: bool,
}

impl<'a> StoredBlob<'a> {
    pub(crate) fn new(store: &'a Store, blob: &'a Descriptor, moving: bool) -> Self {
        Self { store, blob, open: None, at: 0, freed: 0, moving: moving && blob.size > BATCH }
    }

    fn opened(&mut self) -> io::Result<&mut Blob> {
        if self.open.is_none() {
            let digest = &self.blob.digest;
            let open = match self.store.open_moving(digest).map_err(io::Error::other)? {
                Some(blob) => blob,
                None => self.store.open_blob(digest).map_err(io::Error::other)?,
            };
            if open.size()? != self.blob.size {
                let what = format!("blob {digest} of the store is damaged\nhint: remove it and run `lsrepo prepare` again");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.open = Some(open);
        }
        let at = self.at;
        let open = self.open.as_mut().ok_or(io::ErrorKind::NotFound)?;
        open.seek(SeekFrom::Start(at))?;
        Ok(open)
    }
}

impl Read for StoredBlob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.opened()?.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Content for StoredBlob<'_> {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.at += bytes;
        Ok(())
    }

    fn wants_to_know(&self) -> bool {
        self.moving
    }

    fn taken(&mut self, upto: u64) -> io::Result<()> {
        self.store.free_moving(&self.blob.digest, self.freed, upto).map_err(io::Error::other)?;
        self.freed = upto;
        Ok(())
    }
}

/// Whether this very bundle is in a file already. What it says of itself is enough: it got its name when it was whole.
pub(crate) fn lies_at(planned: &Planned<'_>, path: &Path) -> bool {
    let Ok(source) = Source::open(&[path.to_owned()]) else { return false };
    let source = Arc::new(source);
    let mut reader = Reader::new(source.reader(0, 64 << 10));
    let mut head = planned.head.iter();
    let same = reader.pass_tools().is_ok()
        && head.all(|(name, bytes)| reader.open(name, bytes.len() as u64).is_ok_and(|found| found == *bytes));
    same && source.paths().eq([path])
}

/// What an export of another bundle left that had begun to move it to the same place.
pub(crate) fn other_at(planned: &Planned<'_>, options: &Options, path: &Path) -> Result<Option<PathBuf>, BundleError> {
    let whole = hidden(path, true);
    // Nothing is taken over before the head is on disk.
    let head: u64 = planned.head.iter().map(|(_, bytes)| plan::packed(bytes.len() as u64)).sum();
    if fs::metadata(&whole).is_ok_and(|data| data.len() > options.tools.packed() + head) && !lies_at(planned, &whole) {
        return Ok(Some(whole));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_volume = |other: &str| {
        let other = other.strip_prefix('.').and_then(|other| other.strip_suffix(".moving"));
        other.and_then(bundle_name) == Some(&name)
    };
    let is_other = |file: &PathBuf| {
        let header = File::open(file).and_then(|file| header(&file)).ok().flatten();
        header.is_some_and(|header| header.bundle != planned.digest)
    };
    Ok(files_in(files_dir(path), is_volume)?.into_iter().find(is_other))
}
