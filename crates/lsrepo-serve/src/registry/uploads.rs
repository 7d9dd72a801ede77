//! Uploads under way: who began them, how far they are, and when they are given up.
//!
//! An upload's bytes are in a file of the store and nowhere else. One request at a time adds to it; what arrived stays
//! when that request breaks, so that the client can ask how far it came and go on.

use super::{
    pushed::disk,
    quota::{Quota, UnderWay},
};
use lsrepo_oci::{
    RepositoryName,
    api::{ApiError, ErrorCode, UploadId},
};
use lsrepo_store::{BlobWriter, Mark, Store, StoreError};
use rand::{RngCore, rngs::OsRng};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// All uploads under way.
pub(crate) struct Uploads {
    sessions: Mutex<HashMap<UploadId, Arc<Session>>>,
    most: usize,
    idle: Duration,
}

/// One upload.
pub(crate) struct Session {
    pub(crate) id: UploadId,
    /// as it was asked for
    pub(crate) name: RepositoryName,
    /// as it is kept
    pub(crate) whole_name: String,
    busy: AtomicBool,
    inner: Mutex<Inner>,
}

struct Inner {
    /// none: it is done with
    writer: Option<BlobWriter>,
    under_way: UnderWay,
    touched: Instant,
}

impl Uploads {
    pub(crate) fn new(most: usize, idle: Duration) -> Self {
        Self { sessions: Mutex::default(), most, idle }
    }

    /// Begins an upload. Waits for the disk, briefly.
    pub(crate) fn begin(
        &self,
        store: &Store,
        quota: &Quota,
        name: RepositoryName,
        whole_name: String,
    ) -> Result<Arc<Session>, ApiError> {
        self.sweep();
        let mut sessions = self.lock();
        if sessions.len() >= self.most {
            let message = format!("{} uploads are under way, no more can be begun", self.most);
            return Err(ApiError::new(ErrorCode::TooManyRequests, message));
        }
        let mut random = [0; 16];
        OsRng.try_fill_bytes(&mut random).map_err(disk)?;
        let id = UploadId::from_random(random);
        let file = id.as_str().parse().map_err(disk)?;
        let writer = Some(store.upload(&file).map_err(written)?);
        let inner = Inner { writer, under_way: quota.begin(), touched: Instant::now() };
        let session = Session { id: id.clone(), name, whole_name, busy: AtomicBool::new(false), inner: Mutex::new(inner) };
        let session = Arc::new(session);
        sessions.insert(id, session.clone());
        Ok(session)
    }

    /// Finds an upload of a repository.
    pub(crate) fn get(&self, name: &RepositoryName, id: &UploadId) -> Result<Arc<Session>, ApiError> {
        self.sweep();
        let found = self.lock().get(id).filter(|session| session.name == *name).cloned();
        found.ok_or_else(|| {
            let message = "there is no such upload: it is done with, was given up, or never was; begin another";
            ApiError::new(ErrorCode::BlobUploadUnknown, message).about("id", id)
        })
    }

    /// Forgets an upload, and its file with it.
    pub(crate) fn end(&self, id: &UploadId) {
        self.lock().remove(id);
    }

    /// Gives up what nobody has touched for too long.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        let mut old = Vec::new();
        self.lock().retain(|_, session| {
            let keep = session.busy.load(Ordering::Acquire)
                || session.inner.try_lock().map_or(true, |inner| now.duration_since(inner.touched) < self.idle);
            if !keep {
                old.push(session.clone());
            }
            keep
        });
        // Files are removed here, where nobody waits for the list.
        drop(old);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// How many bytes have arrived.
    pub(crate) fn size(&self) -> u64 {
        self.lock().writer.as_ref().map_or(0, BlobWriter::size)
    }

    /// For the one request that may add to it, until that is dropped.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Busy, ApiError> {
        match self.busy.swap(true, Ordering::AcqRel) {
            false => Ok(Busy(self.clone())),
            true => Err(ApiError::new(ErrorCode::TooManyRequests, "another request is adding to this upload")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to add to an upload.
pub(crate) struct Busy(Arc<Session>);

impl Busy {
    /// Adds bytes. Waits for the disk.
    pub(crate) fn add(&self, bytes: &[u8]) -> Result<(), ApiError> {
        let mut inner = self.0.lock();
        inner.under_way.take(bytes.len() as u64)?;
        inner.touched = Instant::now();
        let Inner { writer: kept, under_way, .. } = &mut *inner;
        let writer = kept.as_mut().ok_or_else(gone)?;
        let mark = writer.mark();
        let Err(why) = writer.add(bytes) else { return Ok(()) };
        match why {
            // What came so far would only keep others from what little room there is.
            StoreError::Full { .. } => {
                *kept = None;
                under_way.keep(0);
            }
            _ => {
                _ = writer.back_to(mark);
                under_way.keep(writer.size());
            }
        }
        Err(written(why))
    }

    pub(crate) fn mark(&self) -> Result<Mark, ApiError> {
        self.0.lock().writer.as_ref().map(BlobWriter::mark).ok_or_else(gone)
    }

    /// Forgets what came behind a mark.
    pub(crate) fn back_to(&self, mark: Mark) -> Result<(), ApiError> {
        let mut inner = self.0.lock();
        let writer = inner.writer.as_mut().ok_or_else(gone)?;
        writer.back_to(mark).map_err(written)?;
        let size = writer.size();
        inner.under_way.keep(size);
        Ok(())
    }

    /// Takes the bytes out; the upload is over.
    pub(crate) fn finish(&self) -> Result<BlobWriter, ApiError> {
        self.0.lock().writer.take().ok_or_else(gone)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().touched = Instant::now();
        self.0.busy.store(false, Ordering::Release);
    }
}

fn gone() -> ApiError {
    ApiError::new(ErrorCode::BlobUploadUnknown, "this upload is done with")
}

/// What the store could not write.
pub(crate) fn written(why: StoreError) -> ApiError {
    match why {
        StoreError::Full { .. } => {
            ApiError::new(ErrorCode::Denied, "the disk of the registry is full; what came of this upload was given up")
        }
        why => disk(why),
    }
}
