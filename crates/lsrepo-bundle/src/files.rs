//! The files that a bundle is written to: one, or its volumes. Each gets its name when all of it is on disk; what a run that
//! was killed left under `.NAME.part` (`.NAME.moving`, where a store gives its blobs away) is gone on with.

use crate::{
    behind::Behind,
    error::{BundleError, io as failed},
    export::files_dir,
    volume::{HEAD, VolumeHeader, volume_name},
    writer::Output,
};
use lsrepo_types::Digest;
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Bytes that are written together. More would be slower: the page cache looks for larger pieces of memory then.
const BUFFER: usize = 128 << 10;

/// How long another run is waited for: one that was killed may not be gone yet.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a bundle is written to.
pub(crate) struct Files {
    parts: Vec<Part>,
    at: usize,
    open: Option<Open>,
    /// what was left is compared so far; afterwards everything is written anew
    comparing: bool,
}

struct Part {
    path: PathBuf,
    hidden: PathBuf,
    /// a volume's header, and the bytes of the bundle in it
    volume: Option<(VolumeHeader, u64)>,
}

struct Open {
    file: File,
    /// bytes of the bundle before this place in it, the buffer's among them
    done: u64,
    buffer: Vec<u8>,
    /// whether it has its name already
    named: bool,
    behind: Option<Behind>,
}

impl Files {
    /// One file. What is `moving` lies nowhere else until it is whole: it is never begun anew.
    pub(crate) fn one(path: &Path, moving: bool) -> Result<Self, BundleError> {
        Self::new(vec![Part::new(path.to_owned(), None, moving)])
    }

    /// Volumes of so many bytes each.
    pub(crate) fn volumes(path: &Path, bundle: Digest, lengths: &[u64], moving: bool) -> Result<Self, BundleError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (total, whole) = (lengths.len() as u32, lengths.iter().sum());
        let mut start = 0;
        let parts = (1..).zip(lengths).map(|(ordinal, &length)| {
            let header = VolumeHeader { bundle, ordinal, total, start, length, whole };
            start += length;
            Part::new(path.with_file_name(volume_name(&name, ordinal)), Some((header, length)), moving)
        });
        Self::new(parts.collect())
    }

    fn new(parts: Vec<Part>) -> Result<Self, BundleError> {
        let mut files = Self { parts, at: 0, open: None, comparing: true };
        files.open().map_err(|error| match (error.kind(), files.parts.first()) {
            (io::ErrorKind::ResourceBusy, Some(part)) => BundleError::Busy(part.path.clone()),
            (_, part) => failed(&part.map(|part| part.path.display().to_string()).unwrap_or_default())(error),
        })?;
        Ok(files)
    }

    /// Bytes that an earlier run left.
    pub(crate) fn there(&self) -> u64 {
        let size = |path: &Path| fs::metadata(path).map(|data| data.len()).unwrap_or_default();
        self.parts.iter().map(|part| size(&part.hidden) + if part.volume.is_some() { size(&part.path) } else { 0 }).sum()
    }

    fn open(&mut self) -> io::Result<()> {
        let Some(part) = self.parts.get(self.at) else { return Err(io::ErrorKind::WriteZero.into()) };
        self.open = Some(part.open(self.comparing)?);
        Ok(())
    }

    /// Goes on to the next file where this one is full.
    fn turn(&mut self) -> io::Result<()> {
        let full = self.parts.get(self.at).and_then(|part| part.volume).map(|(_, length)| length);
        if self.open.as_ref().is_some_and(|open| Some(open.done) == full) && self.at + 1 < self.parts.len() {
            self.close()?;
            self.at += 1;
            self.open()?;
        }
        Ok(())
    }

    /// This file is whole, and gets its name.
    fn close(&mut self) -> io::Result<()> {
        let (Some(mut open), Some(part)) = (self.open.take(), self.parts.get(self.at)) else { return Ok(()) };
        if !open.named {
            open.flush()?;
            open.file.sync_all()?;
            fs::rename(&part.hidden, &part.path)?;
            File::open(files_dir(&part.path))?.sync_all()?;
        }
        Ok(())
    }

    /// All files are whole.
    pub(crate) fn finish(&mut self) -> io::Result<Vec<PathBuf>> {
        self.close()?;
        Ok(self.parts.iter().map(|part| part.path.clone()).collect())
    }

    /// Leaves nothing behind that is not whole.
    pub(crate) fn abandon(&mut self) {
        self.open = None;
        self.parts.iter().for_each(|part| drop(fs::remove_file(&part.hidden)));
    }
}

/// What a file is called until it is whole.
pub(crate) fn hidden(path: &Path, moving: bool) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", if moving { "moving" } else { "part" }))
}

impl Part {
    fn new(path: PathBuf, volume: Option<(VolumeHeader, u64)>, moving: bool) -> Self {
        let hidden = hidden(&path, moving);
        Self { path, hidden, volume }
    }

    fn open(&self, comparing: bool) -> io::Result<Open> {
        let head = self.volume.map(|(header, _)| header.to_bytes());
        if comparing
            && let Some(head) = &head
            && let Ok(mut file) = OpenOptions::new().read(true).write(true).open(&self.path)
            && begins(&mut file, head)
        {
            return Ok(Open { file, done: 0, buffer: Vec::new(), named: true, behind: None });
        }
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&self.hidden)?;
        let begun = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err(io::ErrorKind::ResourceBusy.into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        let head = head.as_ref().map_or(&[][..], |head| head);
        if !comparing || !begins(&mut file, head) {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(head)?;
        }
        Ok(Open { file, done: 0, buffer: Vec::with_capacity(BUFFER), named: false, behind: None })
    }

    fn head(&self) -> u64 {
        if self.volume.is_some() { HEAD as u64 } else { 0 }
    }
}

/// Whether a file begins with these bytes; it is read up to their end.
fn begins(file: &mut File, head: &[u8]) -> bool {
    let mut found = vec![0; head.len()];
    file.read_exact(&mut found).is_ok() && found == head
}

impl Open {
    /// Hands on what was collected.
    fn pass(&mut self) -> io::Result<()> {
        let behind = match &mut self.behind {
            Some(behind) => behind,
            none => none.insert(Behind::new(&self.file)?),
        };
        self.buffer = behind.write(std::mem::take(&mut self.buffer))?;
        Ok(())
    }

    /// Everything is in the file.
    fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.pass()?;
        }
        self.behind.take().map_or(Ok(()), |mut behind| behind.finish())
    }
}

impl Write for Files {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn()?;
        let length = self.parts.get(self.at).and_then(|part| part.volume).map(|(_, length)| length);
        let Some(open) = &mut self.open else { return Err(io::ErrorKind::WriteZero.into()) };
        let room = length.map_or(u64::MAX, |length| length - open.done);
        let part = &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        if part.is_empty() && !bytes.is_empty() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        open.buffer.extend_from_slice(part);
        open.done += part.len() as u64;
        if open.buffer.len() >= BUFFER {
            open.pass()?;
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), Open::flush)
    }
}

impl Output for Files {
    fn left(&mut self, size: u64) -> io::Result<Vec<u8>> {
        self.turn()?;
        let head = self.parts.get(self.at).map_or(0, Part::head);
        let Some(open) = &mut self.open else { return Ok(Vec::new()) };
        let mut bytes = Vec::with_capacity(size as usize);
        open.file.seek(SeekFrom::Start(head + open.done))?;
        Read::by_ref(&mut open.file).take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn keep(&mut self, size: u64) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            open.done += size;
        }
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        self.comparing = false;
        let (Some(open), Some(part)) = (&mut self.open, self.parts.get(self.at)) else { return Ok(()) };
        if open.named {
            fs::rename(&part.path, &part.hidden)?;
            open.named = false;
        }
        let end = part.head() + open.done;
        open.file.set_len(end)?;
        open.file.seek(SeekFrom::Start(end)).map(drop)
    }

    fn sync(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some(open) => {
                open.flush()?;
                open.file.sync_data()
            }
            None => Ok(()),
        }
    }
}
