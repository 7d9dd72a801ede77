//! A depot as what a cache is filled from.

use crate::Depot;
use bytes::Bytes;
use futures_util::StreamExt;
use lsrepo_store::{Filler, Origin};
use lsrepo_types::Digest;
use object_store::ObjectStoreExt;
use std::{
    fmt,
    future::Future,
    io,
    sync::{Arc, mpsc},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};

/// Blobs that are fetched at once.
const AT_ONCE: usize = 32;

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
        runtime.spawn(async move {
            let _place = places.acquire().await;
            fetch(&depot, &digest, into).await;
        });
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

async fn fetch(depot: &Depot, digest: &Digest, mut into: Filler) {
    let path = depot.blob(digest);
    let answer = match depot.objects.get(&path).await {
        Ok(answer) => answer,
        Err(object_store::Error::NotFound { .. }) => return into.absent(),
        Err(error) => return into.fail(&depot.said(&path, &error).to_string()),
    };
    into.begin(answer.meta.size);
    let mut stream = answer.into_stream();
    while let Some(next) = stream.next().await {
        let added = match next {
            Ok(bytes) => into.add(&bytes).map_err(|error| error.to_string()),
            Err(error) => Err(depot.said(&path, &error).to_string()),
        };
        if let Err(why) = added {
            return into.fail(&why);
        }
    }
    // What is wrong with it is told to who reads.
    _ = into.finish();
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
