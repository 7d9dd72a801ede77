//! A depot as what a cache is filled from.

use crate::Depot;
use bytes::Bytes;
use futures_util::StreamExt;
use lsrepo_store::{Filler, Origin, StoreError};
use lsrepo_types::Digest;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};
use std::{
    fmt,
    future::Future,
    io,
    sync::{Arc, mpsc},
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{Semaphore, SemaphorePermit},
};

/// Large blobs that are fetched at once.
const AT_ONCE: usize = 32;
/// Others do not wait for large ones, in bytes.
const SMALL: u64 = 1 << 20;
/// How often a transfer may break off.
const TRIES: usize = 20;

/// Fetches for a cache, by threads of its own: who asks may be within any runtime, or none.
pub struct DepotOrigin {
    depot: Depot,
    places: Arc<Semaphore>,
    /// none: it has ended
    runtime: Option<Runtime>,
}

impl DepotOrigin {
    /// For this depot.
    pub fn new(depot: Depot) -> io::Result<Self> {
        // Each writes what it gets to a disk, too.
        let runtime = Builder::new_multi_thread().worker_threads(4).thread_name("depot").enable_all().build()?;
        Ok(Self { depot, places: Arc::new(Semaphore::new(AT_ONCE)), runtime: Some(runtime) })
    }

    /// Waits for an answer of the depot.
    pub fn wait<T: Send + 'static>(&self, asked: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
        let runtime = self.runtime.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, answer) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            _ = sender.send(asked.await);
        });
        answer.recv().map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// The depot.
    pub fn depot(&self) -> &Depot {
        &self.depot
    }
}

impl Origin for DepotOrigin {
    fn name(&self) -> String {
        self.depot.name().to_owned()
    }

    fn size_of(&self, digest: &Digest) -> io::Result<Option<u64>> {
        let (depot, digest) = (self.depot.clone(), *digest);
        self.wait(async move { depot.size_of(&digest).await })?.map_err(io::Error::other)
    }

    fn fetch(&self, digest: &Digest, into: Filler) {
        let Some(runtime) = &self.runtime else { return into.fail("the server stops") };
        let (depot, places, digest) = (self.depot.clone(), self.places.clone(), *digest);
        runtime.spawn(async move { fetch(&depot, &digest, &places, into).await });
    }

    fn read_at(&self, digest: &Digest, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let (depot, path, end) = (self.depot.clone(), self.depot.blob(digest), offset + buffer.len() as u64);
        let bytes: Bytes = self
            .wait(async move { depot.objects.get_range(&path, offset..end).await.map_err(|error| depot.said(&path, &error)) })?
            .map_err(io::Error::other)?;
        let read = bytes.len().min(buffer.len());
        buffer[..read].copy_from_slice(&bytes[..read]);
        Ok(read)
    }
}

/// Brings a blob; where the line breaks, it goes on where it was.
async fn fetch(depot: &Depot, digest: &Digest, places: &Semaphore, mut into: Filler) {
    let path = depot.blob(digest);
    let mut answer = match depot.objects.get(&path).await {
        Ok(answer) => answer,
        Err(object_store::Error::NotFound { .. }) => return into.absent(),
        Err(error) => return into.fail(&depot.said(&path, &error).to_string()),
    };
    let (size, tag) = (answer.meta.size, answer.meta.e_tag.clone());
    into.begin(size);
    let _place = if size > SMALL { turn(places, &into).await } else { None };
    for _ in 0..TRIES {
        let error = match copy(answer, &mut into).await {
            // What is wrong with it is told to who reads.
            Ok(()) => {
                _ = into.finish();
                return;
            }
            Err(Cut::Here(error)) => return into.fail(&error.to_string()),
            Err(Cut::There(error)) => error,
        };
        let rest = GetOptions { range: Some(GetRange::Offset(into.filled())), if_match: tag.clone(), ..GetOptions::default() };
        answer = match depot.objects.get_opts(&path, rest).await {
            Ok(answer) if into.filled() < size => answer,
            _ => return into.fail(&depot.said(&path, &error).to_string()),
        };
    }
    into.fail(&format!("blob {digest}: {} breaks off again and again", depot.name()));
}

/// Why a transfer ended.
enum Cut {
    Here(StoreError),
    There(object_store::Error),
}

async fn copy(answer: GetResult, into: &mut Filler) -> Result<(), Cut> {
    let mut stream = answer.into_stream();
    while let Some(next) = stream.next().await {
        into.add(&next.map_err(Cut::There)?).map_err(Cut::Here)?;
    }
    Ok(())
}

/// A place among the large ones; meanwhile whoever wants it hears that it will come.
async fn turn<'a>(places: &'a Semaphore, into: &Filler) -> Option<SemaphorePermit<'a>> {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), places.acquire()).await {
            Ok(place) => return place.ok(),
            Err(_) => into.has_to_wait(),
        }
    }
}

impl Drop for DepotOrigin {
    fn drop(&mut self) {
        // It may be dropped within another runtime, where waiting for this one is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for DepotOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DepotOrigin").field(&self.depot).finish()
    }
}
