//! One blob on its way into a depot: in one piece where it is small, else in parts, hashed as it is read.

use crate::{Depot, DepotError, Event, Listener};
use bytes::Bytes;
use lsrepo_store::{Blob, Store, StoreError};
use lsrepo_types::{Digest, Hasher, VerifyError};
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// The size of a part, and of what is sent in one piece, in bytes.
const PART: u64 = 8 << 20;
/// Servers take 10,000 parts.
const MOST_PARTS: u64 = 9000;

pub(crate) async fn send(
    depot: &Depot,
    store: &Store,
    (digest, size): (Digest, u64),
    on_event: &Listener<'_>,
    stop: &AtomicBool,
) -> Result<(), DepotError> {
    if stop.load(Relaxed) {
        return Err(DepotError::Stopped);
    }
    on_event(Event::Blob(&digest));
    let (path, store) = (depot.blob(&digest), store.clone());
    let blob = Arc::new(waiting(move || store.open_blob(&digest)).await?);
    let part = PART.max(size.div_ceil(MOST_PARTS));
    let mut hasher = Hasher::new();
    if size <= part {
        let bytes = read(&blob, 0, size, digest).await?;
        hasher.update(&bytes);
        check(digest, &hasher)?;
        depot.objects.put(&path, PutPayload::from(bytes)).await.map_err(|error| depot.said(&path, &error))?;
        on_event(Event::Bytes(size));
        return Ok(());
    }
    let mut upload = depot.objects.put_multipart(&path).await.map_err(|error| depot.said(&path, &error))?;
    let sent = parts(depot, &mut *upload, &blob, (digest, size, part), (on_event, stop)).await;
    let done = match sent {
        Ok(()) => upload.complete().await.map(|_| ()).map_err(|error| depot.said(&path, &error)),
        Err(error) => Err(error),
    };
    if done.is_err() {
        // The server keeps parts of what was begun, and has them paid for.
        _ = upload.abort().await;
    }
    done
}

/// One part is read while the one before it is sent.
async fn parts(
    depot: &Depot,
    upload: &mut dyn MultipartUpload,
    blob: &Arc<Blob>,
    (digest, size, part): (Digest, u64, u64),
    (on_event, stop): (&Listener<'_>, &AtomicBool),
) -> Result<(), DepotError> {
    let path = depot.blob(&digest);
    let mut hasher = Hasher::new();
    let mut at = 0;
    let mut next = read(blob, 0, part.min(size), digest).await?;
    while at < size {
        if stop.load(Relaxed) {
            return Err(DepotError::Stopped);
        }
        hasher.update(&next);
        let length = next.len() as u64;
        at += length;
        if at == size {
            // A blob that is not what it should be is never completed.
            check(digest, &hasher)?;
        }
        let sending = upload.put_part(PutPayload::from(next));
        let (sent, read) = tokio::join!(sending, read(blob, at, part.min(size - at), digest));
        sent.map_err(|error| depot.said(&path, &error))?;
        on_event(Event::Bytes(length));
        next = read?;
    }
    Ok(())
}

fn check(expected: Digest, hasher: &Hasher) -> Result<(), DepotError> {
    match hasher.clone().finish() {
        actual if actual == expected => Ok(()),
        actual => Err(StoreError::Corrupt { digest: expected, why: VerifyError::Digest { expected, actual } }.into()),
    }
}

async fn read(blob: &Arc<Blob>, at: u64, length: u64, digest: Digest) -> Result<Bytes, DepotError> {
    let blob = blob.clone();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    waiting(move || {
        let mut bytes = vec![0; length];
        let read = blob.read_exact_at(&mut bytes, at);
        read.map(|()| bytes.into()).map_err(|why| StoreError::Shelf { digest, shelf: "the store".to_owned(), why })
    })
    .await
}

/// By a thread that may wait for a disk.
async fn waiting<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, DepotError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(DepotError::Access(error.to_string())),
    }
}
