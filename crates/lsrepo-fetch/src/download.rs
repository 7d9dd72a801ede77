//! Files into the store: those of known digest and size, and those of which either is found out on the way.

mod job;

use crate::{Client, Event, FetchError, host::Hosts};
use job::{Item, Job};
use lsrepo_store::{Pending, Store};
use lsrepo_types::{Digest, Timestamp};
use std::sync::Arc;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

/// Files that get their names together, by count and by bytes. One that waits for its name is not fetched again.
const BATCH: usize = 128;
const BATCH_BYTES: u64 = 256 << 20;
/// Files that have arrived, or are about to, and are not committed yet: each is an open file. More than [`BATCH`].
const MOST_OPEN: usize = 400;

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct Download {
    /// what it has to be
    pub digest: Digest,
    /// bytes
    pub size: u64,
    /// where it is, the best address first
    pub urls: Vec<String>,
    /// how messages call it
    pub name: String,
}

/// A file of which not all is known.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// what it has to be, where that is known
    pub digest: Option<Digest>,
    /// where it is, the best address first
    pub urls: Vec<String>,
    /// how messages call it
    pub name: String,
}

/// A file that is in the store now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// of its bytes
    pub digest: Digest,
    /// bytes
    pub size: u64,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// files that came over the network
    pub fetched: u64,
    /// files that were there already
    pub present: u64,
    /// bytes that came over the network
    pub bytes: u64,
}

/// Fetches what the store does not have yet.
///
/// Stops at the first file that no address gives. What has arrived of the others stays and is continued next time.
pub async fn download(
    client: &Client,
    plan: &[Download],
    store: &Store,
    now: Timestamp,
    on_event: Arc<dyn Fn(Event<'_>) + Send + Sync>,
) -> Result<Report, FetchError> {
    let mut report = Report::default();
    let hosts = Arc::new(Hosts::default());
    let open = Arc::new(Semaphore::new(MOST_OPEN));
    let mut tasks: JoinSet<Result<(Pending, u64, OwnedSemaphorePermit), FetchError>> = JoinSet::new();
    for item in plan {
        if store.contains(&item.digest, item.size) {
            report.present += 1;
            continue;
        }
        let job = Job { client: client.clone(), store: store.clone(), hosts: hosts.clone(), now, on_event: on_event.clone() };
        let item = Item::from(item);
        // Waiting files cost a task each, not a connection: every host has its own limit.
        let open = open.clone();
        tasks.spawn(async move {
            let place = open.acquire_owned().await.map_err(|error| FetchError::Client(error.to_string()))?;
            let (pending, bytes) = job.fetch(&item).await?;
            Ok((pending, bytes, place))
        });
    }
    let (mut batch, mut places, mut batch_bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (pending, bytes, place) = done.map_err(|error| FetchError::Client(error.to_string()))??;
        places.push(place);
        report.fetched += 1;
        report.bytes += bytes;
        batch_bytes += pending.size;
        batch.push(pending);
        if batch.len() >= BATCH || batch_bytes >= BATCH_BYTES || tasks.is_empty() {
            let (store, batch) = (store.clone(), std::mem::take(&mut batch));
            let committed = tokio::task::spawn_blocking(move || store.commit(batch)).await;
            committed.map_err(|error| FetchError::Client(error.to_string()))??;
            batch_bytes = 0;
            places.clear();
        }
    }
    Ok(report)
}

/// Fetches files of which not all is known. Each that could not be had says why, the others are in the store.
pub async fn fetch_files(
    client: &Client,
    wanted: &[Wanted],
    store: &Store,
    now: Timestamp,
    on_event: Arc<dyn Fn(Event<'_>) + Send + Sync>,
) -> Result<Vec<Result<Fetched, FetchError>>, FetchError> {
    let hosts = Arc::new(Hosts::default());
    let mut tasks = JoinSet::new();
    for (number, wanted) in wanted.iter().enumerate() {
        let job = Job { client: client.clone(), store: store.clone(), hosts: hosts.clone(), now, on_event: on_event.clone() };
        let Wanted { digest, urls, name } = wanted.clone();
        let item = Item { digest, size: None, urls, name };
        tasks.spawn(async move { (number, job.fetch(&item).await) });
    }
    let mut results: Vec<Option<Result<Fetched, FetchError>>> = wanted.iter().map(|_| None).collect();
    while let Some(done) = tasks.join_next().await {
        let (number, result) = done.map_err(|error| FetchError::Client(error.to_string()))?;
        results[number] = Some(match result {
            Err(error) => Err(error),
            Ok((pending, _)) => {
                let fetched = Fetched { digest: pending.digest, size: pending.size };
                let store = store.clone();
                let committed = tokio::task::spawn_blocking(move || store.commit(vec![pending])).await;
                committed.map_err(|error| FetchError::Client(error.to_string()))??;
                Ok(fetched)
            }
        });
    }
    Ok(results.into_iter().flatten().collect())
}
