//! Blobs from the store: opened, measured, read; never fewer bytes than promised without an error.
//!
//! Hot files stay open, and what the page cache holds is read on the spot (`RWF_NOWAIT`: the kernel says
//! "not now" instead of waiting for a disk). Only what has to come from a disk costs a hop to a
//! blocking thread. A blob never changes under its digest, so an open one cannot be stale.

use crate::budget::{Chunk, STREAMS};
use bytes::Bytes;
use lsrepo_store::{Blob, Store};
use lsrepo_types::Digest;
use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// The files that are open.
pub(crate) struct Files {
    opened: Mutex<Opened>,
    most: usize,
}

#[derive(Default)]
struct Opened {
    generation: u64,
    files: HashMap<Digest, Arc<Blob>>,
    order: VecDeque<Digest>,
}

impl Files {
    /// As many as the process may have open, less what connections, `others` and the rest need.
    pub(crate) fn new(others: usize) -> Self {
        let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let allowed = allowed.and_then(|allowed| usize::try_from(allowed).ok()).unwrap_or(usize::MAX);
        Self { opened: Mutex::default(), most: allowed.saturating_sub(STREAMS + 96 + others).clamp(16, 4096) }
    }

    /// An open file that still has `size` bytes.
    pub(crate) fn get(&self, generation: u64, digest: &Digest, size: u64) -> io::Result<Option<Arc<Blob>>> {
        let file = self.lock(generation).files.get(digest).cloned();
        match file {
            Some(file) => measured(file, digest, size).map(Some),
            None => Ok(None),
        }
    }

    /// Keeps a file open, and lets the oldest go. One that is still coming may never come.
    pub(crate) fn keep(&self, generation: u64, digest: Digest, file: Arc<Blob>) {
        if !file.is_whole() {
            return;
        }
        let mut opened = self.lock(generation);
        if opened.files.insert(digest, file).is_none() {
            opened.order.push_back(digest);
        }
        if opened.order.len() > self.most
            && let Some(oldest) = opened.order.pop_front()
        {
            opened.files.remove(&oldest);
        }
    }

    /// Another site may have dropped blobs: an open one would keep its place on the disk.
    fn lock(&self, generation: u64) -> std::sync::MutexGuard<'_, Opened> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.generation != generation {
            *opened = Opened { generation, ..Opened::default() };
        }
        opened
    }
}

/// Opens a blob that has exactly `size` bytes. May wait for a disk.
pub(crate) fn open(store: &Store, digest: &Digest, size: u64) -> io::Result<Arc<Blob>> {
    let file = store.open_blob(digest).map_err(|error| io::Error::other(format!("blob {digest}: {error}")))?;
    measured(Arc::new(file), digest, size)
}

/// Sees whether a blob of that size is there. May wait for a disk.
pub(crate) fn measure(store: &Store, digest: &Digest, size: u64) -> io::Result<()> {
    match store.size_of(digest).map_err(io::Error::other)? {
        Some(found) if found == size => Ok(()),
        Some(found) => Err(io::Error::other(format!("blob {digest}: expected {size} bytes, found {found}"))),
        None => Err(io::Error::other(format!("blob {digest}: it is not there"))),
    }
}

fn measured(file: Arc<Blob>, digest: &Digest, size: u64) -> io::Result<Arc<Blob>> {
    let actual = file.size()?;
    match actual == size {
        true => Ok(file),
        false => Err(wrong(format!("blob {digest}: expected {size} bytes, found {actual}"))),
    }
}

/// Fills a chunk: at once with what is in memory, be it less than a chunk, else by way of a thread that
/// may wait.
pub(crate) async fn read(file: Arc<Blob>, at: u64, mut chunk: Chunk) -> io::Result<Bytes> {
    let ready = read_now(&file, chunk.room(), at);
    if ready > 0 {
        chunk.truncate(ready);
        return Ok(chunk.into_bytes());
    }
    let work = move || {
        fill(&file, &mut chunk, at)?;
        Ok(chunk.into_bytes())
    };
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Fills a chunk to its end. May wait for a disk.
pub(crate) fn fill(file: &Blob, chunk: &mut Chunk, at: u64) -> io::Result<()> {
    let end = at + chunk.len() as u64;
    file.read_exact_at(chunk.room(), at).map_err(|error| wrong(format!("the blob ended before byte {end}: {error}")))
}

/// As many bytes as are in memory; none where the system cannot tell.
#[cfg(target_os = "linux")]
pub(crate) fn read_now(file: &Blob, room: &mut [u8], at: u64) -> usize {
    use rustix::io::{ReadWriteFlags, preadv2};
    let Some(file) = file.file() else { return 0 };
    preadv2(file, &mut [io::IoSliceMut::new(room)], at, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

/// Elsewhere every read may wait.
#[cfg(not(target_os = "linux"))]
pub(crate) fn read_now(_: &Blob, _: &mut [u8], _: u64) -> usize {
    0
}

fn wrong(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Whether the ends of a part are in memory; then the rest nearly always is, as the system reads ahead.
pub(crate) fn is_in_memory(file: &Blob, at: u64, end: u64) -> bool {
    let mut byte = [0];
    [at, end.saturating_sub(1)].into_iter().all(|at| read_now(file, &mut byte, at) == 1)
}

/// Reads a part, so that it is in memory. May wait for a disk; less than the part is no error here.
pub(crate) fn fetch(file: &Blob, mut at: u64, end: u64) -> io::Result<()> {
    let mut buffer = vec![0; crate::budget::LARGEST];
    while at < end {
        let most = buffer.len().min((end - at) as usize);
        match file.read_at(&mut buffer[..most], at)? {
            0 => break,
            read => at += read as u64,
        }
    }
    Ok(())
}
