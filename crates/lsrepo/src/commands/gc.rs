//! `lsrepo gc`: what nothing needs any more goes from the store.
//!
//! A set that a name stands for keeps its blobs, and so do all snapshots that are remembered, and what was published last: a
//! server may show it right now.
//! Of what was pushed stays what has a tag, what an image that stays lists, and what refers to one that stays.

use crate::{cli::GcArgs, context::Context, failure::unsatisfied, output::print, prepared, shelves, site, snapshots};
use anyhow::Result;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest};
use serde::Serialize;
use std::{collections::BTreeSet, time::Duration};

#[derive(Serialize)]
struct Gone {
    dry_run: bool,
    /// manifests that were pushed
    manifests: u64,
    /// repositories that were pushed
    repositories: u64,
    blobs: u64,
    bytes: u64,
}

pub(crate) fn run(context: &Context, args: &GcArgs) -> Result<()> {
    let store = context.store()?;
    let _guard = context.alone(&store)?;
    if !shelves::are_all_there(&store)? {
        return Err(unsatisfied(
            "a bundle that is used where it lies cannot be read, so what it needs of the store is not known\nhint: bring the media back, or `lsrepo bundle forget`",
        ));
    }
    let live = live(&store, args.grace)?;
    let stays = |digest: &Digest| live.contains(digest) || is_young(&store, digest, args.grace);
    let done = lsrepo_serve::collect(&store, stays, context.now, args.grace, args.dry_run);
    let done = done?;
    if !args.dry_run {
        // What an export had packed that never ended.
        lsrepo_bundle::pack::forget(&store, args.grace)?;
        // What was published of snapshots that are forgotten.
        site::kept::forget_broken(&store)?;
    }
    let gone = Gone {
        dry_run: args.dry_run,
        manifests: done.manifests,
        repositories: done.repositories,
        blobs: done.disk.removed,
        bytes: done.disk.bytes,
    };
    print(args.output, &gone, text)
}

/// Every blob that a snapshot needs, or what is published of it. What was published of one that is forgotten is needed for as
/// long as a server may not have heard of the next one.
pub(crate) fn live(store: &Store, grace: Duration) -> Result<BTreeSet<Digest>> {
    let remembered = snapshots::all(store)?;
    let numbers: BTreeSet<u64> = remembered.iter().map(|record| record.number).collect();
    let has_just_changed = snapshots::shown_since(store).is_none_or(|since| since < grace);
    let mut live: BTreeSet<Digest> = site::kept::blobs(store, |number| has_just_changed || numbers.contains(&number))?;
    let remembered = remembered.into_iter().flat_map(|record| record.roots);
    for (name, digest) in store.roots()?.into_iter().chain(remembered) {
        // A snapshot with a bundle that was forgotten may lack some.
        if live.contains(&digest) || store.size_of(&digest)?.is_none() {
            continue;
        }
        live.insert(digest);
        live.extend(prepared::blobs_of(store, &name, &digest)?);
    }
    // What is looked at is needed as long as its snapshot is remembered.
    live.extend(site::page_blobs(store)?);
    Ok(live)
}

/// A prepare that was interrupted wants to go on with what it has.
fn is_young(store: &Store, digest: &Digest, grace: Duration) -> bool {
    let modified = store.open_blob(digest).ok().and_then(|blob| blob.file()?.metadata().ok()?.modified().ok());
    modified.is_some_and(|modified| modified.elapsed().is_ok_and(|age| age < grace))
}

fn text(gone: &Gone) -> String {
    let Gone { dry_run, manifests, blobs, bytes, .. } = gone;
    let would = if *dry_run { "would remove" } else { "removed" };
    let pushed = match manifests {
        0 => String::new(),
        some => format!("; {} manifests that were pushed", Count(*some)),
    };
    format!("{would} {} blobs, {}{pushed}\n", Count(*blobs), Bytes(*bytes))
}
