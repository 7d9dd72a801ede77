//! What is shown to clients: a snapshot of the store's sets, published and signed.

use crate::{context::Context, prepared};
use anyhow::{Context as _, Result};
use lsrepo_publish::{
    Tree, apt,
    apt::{PlatformPackages, PublishedPackage},
    date_after,
};
use lsrepo_serve::{AptRepository, PlatformSummary, PublicKey, Site};
use lsrepo_store::{Store, StoreError};
use lsrepo_types::{Digest, Os, RelPath, Timestamp};
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
    let date = snapshot.date.unwrap_or(context.now);
    let mut site = Site::new(public, date);
    let mut shown = Vec::new();
    for (os, platforms) in platforms(store, snapshot)? {
        let mut tree = apt::publish(&platforms, date, &key)?;
        for finding in platforms.iter().flat_map(apt::lint) {
            context.progress.warn(&format!("{os}: {finding}"));
        }
        let fresh = tree.clone();
        if let Some(before) = older.get(&os) {
            apt::keep_older_indexes(&mut tree, &[before])?;
        }
        older.insert(os.clone(), fresh);
        let summaries: Vec<PlatformSummary> = platforms.iter().map(PlatformSummary::of).collect();
        for one in &summaries {
            shown.push(format!(
                "{}: {} packages, {}",
                one.platform,
                lsrepo_types::Count(one.packages),
                lsrepo_types::Bytes(one.bytes)
            ));
        }
        let mut components: Vec<String> = summaries.iter().flat_map(|one| one.components.clone()).collect();
        components.sort_by_key(|name| (name != apt::MAIN, name.clone()));
        components.dedup();
        site.mount_apt(AptRepository { os, tree, date, components, platforms: summaries });
    }
    Ok((site, shown))
}

/// The packages of every platform, the modules' parts joined.
fn platforms(store: &Store, snapshot: &Snapshot) -> Result<BTreeMap<Os, Vec<PlatformPackages>>> {
    let mut all: BTreeMap<_, BTreeMap<Digest, PublishedPackage>> = BTreeMap::new();
    for (name, digest) in &snapshot.roots {
        let set = prepared::read(store, name, digest)?;
        let platform = all.entry(set.lock.name.clone()).or_default();
        for package in &set.lock.packages {
            let control = set.records.get(&package.digest).with_context(|| format!("{name}: no record of {}", package.name))?;
            let stanza = lsrepo_deb::packages::scan(control).next().transpose()?;
            let source = stanza.map_or(String::new(), |stanza| stanza.source_name().to_owned());
            let entry = platform.entry(package.digest).or_insert_with(|| PublishedPackage {
                name: package.name.clone(),
                version: package.version.clone(),
                architecture: package.arch.clone(),
                source,
                size: package.size,
                digest: package.digest,
                components: Vec::new(),
                control: control.clone(),
            });
            for set in &package.sets {
                if !entry.components.contains(set) {
                    entry.components.push(set.clone());
                }
            }
        }
    }
    let mut by_os: BTreeMap<Os, Vec<PlatformPackages>> = BTreeMap::new();
    for (platform, packages) in all {
        by_os
            .entry(platform.os.clone())
            .or_default()
            .push(PlatformPackages { platform, packages: packages.into_values().collect() });
    }
    Ok(by_os)
}
