//! What only the program knows of itself, for `/metrics`.

use crate::snapshots::Snapshot;
use lsrepo_serve::{Gauge, Identity};
use lsrepo_store::Store;
use std::{fs, sync::Arc};

/// What is gathered now and then; counting blobs reads one folder.
pub(crate) fn gather(store: &Store, snapshot: &Snapshot, identity: Option<&Arc<Identity>>, dropped_log_lines: u64) -> Vec<Gauge> {
    let gauge = |name, help, value: f64| Gauge { name, help, labels: String::new(), value };
    let (blobs, bytes) = blobs(store);
    let mut all = vec![
        gauge("snapshot", "The number of the snapshot that is shown.", snapshot.number as f64),
        gauge("snapshot_sets", "Sets of packages, files and images in it.", snapshot.roots.len() as f64),
        gauge("store_blobs", "Blobs in the store's own folder.", blobs as f64),
        gauge("store_bytes", "Their bytes.", bytes as f64),
        gauge("access_log_lines_dropped", "Lines of the access log that could not be written.", dropped_log_lines as f64),
    ];
    if let Some(date) = snapshot.date {
        all.push(gauge("snapshot_date_seconds", "The date that it bears, in seconds since 1970.", date.0 as f64));
    }
    if let Ok(free) = store.free_bytes() {
        all.push(gauge("store_free_bytes", "Bytes that can still be written there.", free as f64));
    }
    if let Some(end) = identity.and_then(|identity| identity.not_after()) {
        let left = (end.0 - crate::context::now().0) as f64;
        all.push(gauge("certificate_seconds_left", "Until the end of the server's certificate.", left));
    }
    for shelf in store.shelves() {
        let label = format!("bundle=\"{}\"", shelf.name().replace(['"', '\\', '\n'], "_"));
        let checked = shelf.progress();
        let figures = [
            ("bundle_blobs", "Blobs of a bundle that is used where it lies.", checked.all),
            ("bundle_blobs_checked", "Those that were read and are as they were written.", checked.good),
            ("bundle_blobs_bad", "Those that are not, and are not served.", checked.bad),
        ];
        all.extend(figures.map(|(name, help, value)| Gauge { name, help, labels: label.clone(), value: value as f64 }));
    }
    if let Some(cache) = store.cache_figures() {
        all.extend([
            gauge("cache_most_bytes", "Bytes that the cache of object storage may take.", cache.most as f64),
            gauge("cache_fetched_blobs", "Blobs that came from object storage since the start.", cache.fetched as f64),
            gauge("cache_fetched_bytes", "Their bytes.", cache.fetched_bytes as f64),
            gauge("cache_evicted_blobs", "Blobs that had to make room since the start.", cache.evicted as f64),
        ]);
    }
    // Prometheus wants the lines of a name together.
    all.sort_by_key(|gauge| gauge.name);
    all
}

fn blobs(store: &Store) -> (u64, u64) {
    let entries = fs::read_dir(store.root().join("blobs/sha256")).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| entry.metadata().ok()).filter(|data| data.is_file()).map(|data| data.len());
    sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
}
