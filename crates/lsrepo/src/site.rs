//! What is shown to clients: a snapshot of the store's sets, published and signed.

mod deb;
mod rpm;

use crate::{
    context::Context,
    prepared::{self, Prepared},
};
use anyhow::{Context as _, Result};
use lsrepo_publish::{Tree, date_after};
use lsrepo_serve::{PublicKey, Site};
use lsrepo_store::{Store, StoreError};
use lsrepo_types::{Bytes, Count, Digest, Family, Os, Platform, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was shown last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) number: u64,
    pub(crate) date: Option<Timestamp>,
    pub(crate) roots: BTreeMap<String, Digest>,
}

fn document() -> Result<RelPath> {
    Ok("snapshots/current.json".parse()?)
}

/// The snapshot that was shown last.
fn last(store: &Store) -> Result<Snapshot> {
    match store.read_document(&document()?)? {
        Some(bytes) => serde_json::from_slice(&bytes).context("snapshots/current.json"),
        None => Ok(Snapshot::default()),
    }
}

/// [`snapshot`], or the last one while an import or a prepare is under way, whose names come one by one.
pub(crate) fn settled(store: &Store) -> Result<Snapshot> {
    match store.lock_shared() {
        Ok(_guard) => snapshot(store),
        Err(StoreError::Busy { .. }) => last(store),
        Err(other) => Err(other.into()),
    }
}

/// The snapshot of what the store holds now; a new one where that changed. Its date only ever rises.
/// The store must be locked.
pub(crate) fn snapshot(store: &Store) -> Result<Snapshot> {
    let last = last(store)?;
    let roots = store.roots()?;
    if last.roots == roots && last.date.is_some() {
        return Ok(last);
    }
    let date = date_after(prepared::newest(store, &roots)?, last.date);
    let next = Snapshot { number: last.number + 1, date: Some(date), roots };
    store.write_document(&document()?, &serde_json::to_vec_pretty(&next)?)?;
    Ok(next)
}

/// Publishes a snapshot. `older` are the trees that were shown before, by OS.
pub(crate) fn publish(
    context: &Context,
    store: &Store,
    snapshot: &Snapshot,
    older: &mut BTreeMap<Os, Tree>,
) -> Result<(Site, Vec<String>)> {
    let key = context.key()?;
    let public =
        PublicKey { armored: key.public_armored(), binary: key.public_binary(), fingerprint: key.fingerprint().to_string() };
    // Nothing is older than the key that signs it, however old an archive is.
    let date = snapshot.date.unwrap_or(context.now).max(key.created());
    let mut site = Site::new(public, date);
    let mut shown = Vec::new();
    let mut by_os: BTreeMap<Os, BTreeMap<Platform, Vec<Prepared>>> = BTreeMap::new();
    for (name, digest) in &snapshot.roots {
        let set = prepared::read(store, name, digest)?;
        by_os.entry(set.lock.name.os.clone()).or_default().entry(set.lock.name.clone()).or_default().push(set);
    }
    for (os, platforms) in by_os {
        let before = older.get(&os);
        let (fresh, summaries) = match os.family() {
            Family::Debian => deb::mount(context, &mut site, &os, platforms, (date, &key), before)?,
            Family::RedHat => rpm::mount(context, &mut site, &os, platforms, (date, &key), before)?,
        };
        older.insert(os, fresh);
        shown.extend(
            summaries.iter().map(|one| format!("{}: {} packages, {}", one.platform, Count(one.packages), Bytes(one.bytes))),
        );
    }
    Ok((site, shown))
}
