//! `lsrepo fsck`: every blob is read; what is damaged or missing comes back from a bundle.

use super::carry;
use crate::{cli::FsckArgs, context::Context, failure::unsatisfied, output, prepared, site, snapshots};
use anyhow::Result;
use lsrepo_bundle::{Archive, BundleError};
use lsrepo_store::{Shelf, Store};
use lsrepo_types::{Count, Digest};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Checked {
    /// blobs that were read
    checked: u64,
    /// blobs that are not what their name says; they were moved aside
    bad: BTreeSet<String>,
    /// blobs that a snapshot needs and that are not there
    missing: BTreeSet<String>,
    /// those of both that came back
    repaired: BTreeSet<String>,
}

pub(crate) fn run(context: &Context, args: &FsckArgs) -> Result<()> {
    let store = context.store()?;
    let _guard = context.alone(&store)?;
    let report = store.fsck()?;
    let mut checked = Checked {
        checked: report.checked,
        bad: report.bad.into_iter().map(|bad| bad.name).collect(),
        missing: BTreeSet::new(),
        repaired: BTreeSet::new(),
    };
    let archive = match args.repair_from.is_empty() {
        true => None,
        false => {
            let asked = carry::Asked { approve: None, on_first_use: args.trust_on_first_use };
            Some(carry::opened_anyway(context, &args.repair_from, asked)?)
        }
    };
    // A manifest that came back says what else is needed.
    let mut tried = BTreeSet::new();
    loop {
        let lost: Vec<Digest> = lost(&store, &checked.bad)?.into_iter().filter(|digest| tried.insert(*digest)).collect();
        if lost.is_empty() {
            break;
        }
        for digest in lost {
            match &archive {
                Some(archive) if restore(&store, archive, &digest)? => drop(checked.repaired.insert(digest.hex())),
                _ if is_needed(&store, &digest.hex()) => drop(checked.missing.insert(digest.hex())),
                _ => {}
            }
        }
    }
    if site::kept::forget_broken(&store)? > 0 {
        context.progress.note("what was published is damaged too, and is made anew; a server that runs does that on SIGHUP");
    }
    let is_whole =
        checked.missing.is_empty() && checked.bad.iter().all(|name| checked.repaired.contains(name) || !is_needed(&store, name));
    output::print(args.output, &checked, text)?;
    match is_whole {
        true => Ok(()),
        false => Err(unsatisfied("the store is not whole\nhint: `lsrepo fsck --repair-from BUNDLE`, or import the bundle again")),
    }
}

fn is_needed(store: &Store, name: &str) -> bool {
    let Ok(digest) = Digest::from_hex(name) else { return false };
    needed(store).is_ok_and(|needed| needed.contains(&digest))
}

/// Blobs that are needed, or were there and damaged, and are not there.
fn lost(store: &Store, bad: &BTreeSet<String>) -> Result<BTreeSet<Digest>> {
    let mut lost = needed(store)?;
    lost.extend(bad.iter().filter_map(|name| Digest::from_hex(name).ok()));
    let mut gone = BTreeSet::new();
    for digest in lost {
        if store.size_of(&digest)?.is_none() {
            gone.insert(digest);
        }
    }
    Ok(gone)
}

/// What the store's sets and all snapshots need, as far as their manifests are there.
fn needed(store: &Store) -> Result<BTreeSet<Digest>> {
    let mut needed = BTreeSet::new();
    let snapshots = snapshots::all(store)?.into_iter().flat_map(|record| record.roots);
    for (name, digest) in store.roots()?.into_iter().chain(snapshots) {
        if needed.insert(digest) {
            needed.extend(prepared::blobs_of(store, &name, &digest).unwrap_or_default());
        }
    }
    Ok(needed)
}

/// Copies a blob out of a bundle, which checks it. False where it has none.
fn restore(store: &Store, archive: &Archive, digest: &Digest) -> Result<bool> {
    // What is damaged there, or cannot be read, is one that is not there.
    if archive.check(digest).is_err() {
        return Ok(false);
    }
    let mut writer = store.writer()?;
    match archive.copy(digest, &mut writer) {
        Err(BundleError::Packed { .. }) => return Ok(false),
        other => other?,
    }
    store.commit(vec![writer.finish()])?;
    Ok(true)
}

fn text(checked: &Checked) -> String {
    let mut text = format!("{} blobs were read\n", Count(checked.checked));
    for (what, names) in [("damaged", &checked.bad), ("missing", &checked.missing), ("brought back", &checked.repaired)] {
        text.extend(names.iter().map(|name| format!("{what}: sha256:{name}\n")));
    }
    text
}
