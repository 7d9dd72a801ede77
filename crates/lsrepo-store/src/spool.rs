//! A blob on its way from an [`Origin`]: who wants it reads what has come so far. It is hashed while it comes, and its last
//! bytes are given to nobody before all of it was found to be what its name says: whoever gets all of it got the right one.

use crate::{BlobWriter, Origin, cache::Cache, error::StoreError};
use lsrepo_types::{Digest, VerifyError};
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// What is held back until the whole is known to be right, in bytes.
const HELD_BACK: u64 = 64 << 10;
/// Who wants something so far behind what has come does not wait for it.
const FAR: u64 = 16 << 20;
/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(90);
/// Threads that wait for something to come. What is here already is given by others, so there have to be some left.
const MOST_WAITING: usize = 1536;

static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The end of it that is read.
pub(crate) struct Spool {
    digest: Digest,
    origin: Arc<dyn Origin>,
    /// the file that is being written, and later the blob
    file: File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// nothing has come yet
    Asked,
    /// so many bytes of `size` have come
    Filling {
        size: u64,
        filled: u64,
    },
    /// all of them, and they are right
    Whole {
        size: u64,
    },
    /// there is no such blob
    Absent,
    Failed(String),
}

impl Spool {
    pub(crate) fn new(digest: Digest, origin: Arc<dyn Origin>, file: File) -> Self {
        Self { digest, origin, file, state: Mutex::new(State::Asked), changed: Condvar::new() }
    }

    /// Waits for the first bytes and gives the size; none where there is no such blob.
    pub(crate) fn opened(&self) -> io::Result<Option<u64>> {
        let is_open = |state: &State| match state {
            State::Asked => false,
            State::Filling { size, filled } => *filled >= (*size).min(1),
            _ => true,
        };
        match &*self.wait_until(is_open)? {
            State::Filling { size, .. } | State::Whole { size } => Ok(Some(*size)),
            State::Absent => Ok(None),
            State::Failed(why) => Err(io::Error::other(why.clone())),
            State::Asked => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// The blob's own file, once it is whole.
    pub(crate) fn file(&self) -> Option<&File> {
        matches!(*self.lock(), State::Whole { .. }).then_some(&self.file)
    }

    /// Reads what has come, and waits for what is about to.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = match &*self.lock() {
            State::Filling { size, filled } if offset < *size && offset > filled.saturating_add(FAR) => Some(*size),
            _ => None,
        };
        if let Some(size) = state {
            // The end is only given once all of it is right.
            let most = (size.saturating_sub(HELD_BACK)).saturating_sub(offset).min(buffer.len() as u64) as usize;
            if most > 0 {
                return self.origin.read_at(&self.digest, &mut buffer[..most], offset);
            }
        }
        let is_there = |state: &State| state.given().is_none_or(|given| given > offset);
        let given = match &*self.wait_until(is_there)? {
            State::Failed(why) => return Err(io::Error::other(why.clone())),
            State::Absent => return Err(io::ErrorKind::NotFound.into()),
            state => state.given(),
        };
        match given {
            None => self.file.read_at(buffer, offset),
            Some(given) => {
                let most = buffer.len().min((given - offset) as usize);
                self.file.read_at(&mut buffer[..most], offset)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it will never be whole.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(*self.lock(), State::Failed(_) | State::Absent)
    }

    /// Waits as long as something comes now and then.
    fn wait_until(&self, is_so: impl Fn(&State) -> bool) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        if is_so(&state) {
            return Ok(state);
        }
        let _waiter = Waiter::enter().ok_or_else(|| {
            let why = format!("blob {}: too many wait for {}", self.digest, self.origin.name());
            io::Error::new(io::ErrorKind::ResourceBusy, why)
        })?;
        while !is_so(&state) {
            let (next, waited) = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() && !is_so(&state) {
                let why = format!("blob {}: nothing more came from {}", self.digest, self.origin.name());
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
        }
        Ok(state)
    }

    fn set(&self, state: State) {
        *self.lock() = state;
        self.changed.notify_all();
    }
}

/// Somebody who waits.
struct Waiter;

impl Waiter {
    fn enter() -> Option<Self> {
        let waiter = (WAITING.fetch_add(1, Relaxed) < MOST_WAITING).then_some(Self);
        if waiter.is_none() {
            WAITING.fetch_sub(1, Relaxed);
        }
        waiter
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Relaxed);
    }
}

impl State {
    /// How far it may be read; none: to its end.
    fn given(&self) -> Option<u64> {
        match self {
            State::Filling { size, filled } => Some((*filled).min(size.saturating_sub(HELD_BACK))),
            State::Asked => Some(0),
            State::Whole { .. } | State::Absent | State::Failed(_) => None,
        }
    }
}

/// The end of it that is written. Where it is dropped before its end, whoever reads hears of it.
pub struct Filler {
    spool: Arc<Spool>,
    cache: Weak<Cache>,
    writer: Option<BlobWriter>,
}

impl Filler {
    pub(crate) fn new(spool: Arc<Spool>, cache: Weak<Cache>, writer: BlobWriter) -> Self {
        Self { spool, cache, writer: Some(writer) }
    }

    /// The blob is there, and so long.
    pub fn begin(&mut self, size: u64) {
        self.spool.set(State::Filling { size, filled: 0 });
    }

    /// How many bytes have come.
    pub fn filled(&self) -> u64 {
        match *self.spool.lock() {
            State::Filling { filled, .. } => filled,
            _ => 0,
        }
    }

    /// It will come, and has to wait for its turn: whoever waits for it goes on waiting.
    pub fn has_to_wait(&self) {
        self.spool.changed.notify_all();
    }

    /// Its next bytes. More than it has are refused.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let (Some(writer), State::Filling { size, filled }) = (&mut self.writer, self.spool.lock().clone()) else { return Ok(()) };
        if filled + bytes.len() as u64 > size {
            return Err(StoreError::TooLong { digest: self.spool.digest, size });
        }
        let (mark, seen) = (writer.mark(), self.cache.upgrade().map_or(0, |cache| cache.evictions.load(Relaxed)));
        match writer.add(bytes) {
            Err(StoreError::Full { .. }) if self.cache.upgrade().is_some_and(|cache| cache.make_room(seen)) => {
                writer.back_to(mark)?;
                writer.add(bytes)?;
            }
            other => other?,
        }
        self.spool.set(State::Filling { size, filled: filled + bytes.len() as u64 });
        Ok(())
    }

    /// All of it has come. Readers get the rest where it is right, and it is kept.
    pub fn finish(mut self) -> Result<(), StoreError> {
        let (Some(writer), State::Filling { size, .. }) = (self.writer.take(), self.spool.lock().clone()) else { return Ok(()) };
        let pending = writer.finish();
        let expected = self.spool.digest;
        let why = match (pending.size == size, pending.digest == expected) {
            (false, _) => VerifyError::Size { expected: size, actual: pending.size },
            (true, false) => VerifyError::Digest { expected, actual: pending.digest },
            (true, true) => {
                self.spool.set(State::Whole { size });
                return self.cache.upgrade().map_or(Ok(()), |cache| cache.keep(pending));
            }
        };
        let error = StoreError::Corrupt { digest: expected, why };
        self.spool.set(State::Failed(error.to_string()));
        Err(error)
    }

    /// There is no such blob.
    pub fn absent(self) {
        self.spool.set(State::Absent);
    }

    /// It cannot be had.
    pub fn fail(self, why: &str) {
        self.spool.set(State::Failed(why.to_owned()));
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let is_open = matches!(*self.spool.lock(), State::Asked | State::Filling { .. });
        if is_open {
            self.spool.set(State::Failed(format!("blob {}: it was given up", self.spool.digest)));
        }
        if let Some(cache) = self.cache.upgrade() {
            cache.forget(&self.spool.digest, &self.spool);
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("digest", &self.digest).field("state", &*self.lock()).finish_non_exhaustive()
    }
}
