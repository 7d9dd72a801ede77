//! `lsrepo snapshot`: what the store held, and which of it is shown.

use super::bom::artifacts;
use crate::{
    cli::SnapshotCommand,
    context::Context,
    failure::unsatisfied,
    output::{self, Format},
    prepared, site,
    snapshots::{self, Record, Snapshot},
};
use anyhow::Result;
use lsrepo_bom::inventory::{Artifact, Inventory, Kind};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Platform, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;

pub(crate) fn run(context: &Context, command: &SnapshotCommand) -> Result<()> {
    let store = context.store()?;
    match command {
        SnapshotCommand::List { output } => list(&store, *output),
        SnapshotCommand::Show { number, output } => show(&store, *number, *output),
        SnapshotCommand::Diff { before, after, output } => diff(&store, *before, *after, *output),
        SnapshotCommand::Take { cause } => take(context, &store, cause),
        SnapshotCommand::Switch { number, back } => switch(context, &store, number.filter(|_| !back)),
        SnapshotCommand::Rm { numbers } => remove(context, &store, numbers),
        SnapshotCommand::Keep { count } => {
            let _guard = context.alone(&store)?;
            snapshots::keep(&store, count.0)?;
            prune(context, &store)
        }
    }
}

/// Remembers what the store holds now, and shows it. The store must be locked.
pub(crate) fn record(context: &Context, store: &Store, cause: &str) -> Result<Snapshot> {
    let snapshot = snapshots::record(store, context.now, cause)?;
    // Published before it is shown: a server then only reads it. What cannot be published can still be shown without that.
    if let Err(error) = site::show(context, store, &snapshot, None) {
        context.progress.warn(&format!("snapshot {} cannot be published: {error:#}", snapshot.number));
    }
    snapshots::show(store, &snapshot)?;
    prune(context, store)?;
    Ok(snapshot)
}

/// What the store's sets are now is shown: what was prepared where it is served too.
fn take(context: &Context, store: &Store, cause: &str) -> Result<()> {
    let _guard = context.alone(store)?;
    if store.roots()?.is_empty() {
        return Err(unsatisfied("there is nothing in the store yet\nhint: `lsrepo prepare` or `lsrepo import` first"));
    }
    let snapshot = record(context, store, cause)?;
    context.progress.note(&format!("snapshot {} is shown", snapshot.number));
    Ok(())
}

fn prune(context: &Context, store: &Store) -> Result<()> {
    for number in snapshots::superfluous(store)? {
        snapshots::forget(store, number)?;
        context.progress.note(&format!("snapshot {number} is forgotten; `lsrepo gc` frees what only it needs"));
    }
    Ok(())
}

fn find(store: &Store, number: u64) -> Result<Record> {
    snapshots::find(store, number)?
        .ok_or_else(|| unsatisfied(format!("there is no snapshot {number}\nhint: `lsrepo snapshot list`")))
}

#[derive(Serialize)]
struct Listed {
    number: u64,
    shown: bool,
    made: Timestamp,
    cause: String,
    platforms: BTreeSet<Platform>,
}

fn list(store: &Store, format: Format) -> Result<()> {
    let shown = snapshots::shown(store)?.number;
    let mut all = Vec::new();
    for record in snapshots::all(store)? {
        let platforms = record.roots.keys().filter_map(|name| platform_of(name)).collect();
        all.push(Listed {
            number: record.number,
            shown: record.number == shown,
            made: record.made,
            cause: record.cause,
            platforms,
        });
    }
    output::print(format, &all, |all| {
        let line = |one: &Listed| {
            let platforms: Vec<String> = one.platforms.iter().map(ToString::to_string).collect();
            let mark = if one.shown { "*" } else { " " };
            format!("{mark} {:>4}  {}  {}  ({})\n", one.number, one.made, platforms.join(" "), one.cause)
        };
        match all.is_empty() {
            true => {
                "there is no snapshot yet; `lsrepo import` makes one, and `lsrepo snapshot take` one of what was prepared here\n"
                    .to_owned()
            }
            false => all.iter().map(line).collect(),
        }
    })
}

/// A set's name begins with its platform: `debian-12-x86_64--kafka`.
fn platform_of(root: &str) -> Option<Platform> {
    let (os, arch) = root.split_once("--")?.0.rsplit_once('-')?;
    format!("{os}/{arch}").parse().ok()
}

#[derive(Serialize)]
struct Held {
    number: u64,
    shown: bool,
    made: Timestamp,
    cause: String,
    platforms: Vec<HeldPlatform>,
}

#[derive(Serialize)]
struct HeldPlatform {
    platform: Platform,
    packages: u64,
    images: u64,
    files: u64,
    bytes: u64,
    modules: BTreeSet<String>,
}

impl HeldPlatform {
    fn of(platform: &Platform, inventory: &Inventory) -> Self {
        let own: Vec<&Artifact> = inventory.artifacts.iter().filter(|one| one.platforms.contains(platform)).collect();
        let count = |is: &dyn Fn(Kind) -> bool| own.iter().filter(|one| is(one.kind)).count() as u64;
        Self {
            platform: platform.clone(),
            packages: count(&|kind| matches!(kind, Kind::Deb | Kind::Rpm)),
            images: count(&|kind| kind == Kind::Image),
            files: count(&|kind| kind == Kind::File),
            bytes: own.iter().map(|one| one.size).sum(),
            modules: own.iter().flat_map(|one| &one.modules).map(ToString::to_string).collect(),
        }
    }
}

fn show(store: &Store, number: Option<u64>, format: Format) -> Result<()> {
    let shown = snapshots::shown(store)?.number;
    let record = find(store, number.unwrap_or(shown))?;
    let inventory = artifacts::of_roots(store, &record.roots)?;
    let platforms: BTreeSet<&Platform> = inventory.artifacts.iter().flat_map(|one| &one.platforms).collect();
    let held = Held {
        number: record.number,
        shown: record.number == shown,
        made: record.made,
        cause: record.cause.clone(),
        platforms: platforms.into_iter().map(|platform| HeldPlatform::of(platform, &inventory)).collect(),
    };
    output::print(format, &held, |held| {
        let state = if held.shown { ", shown" } else { "" };
        let mut text = format!("snapshot {}{state}: {} ({})\n", held.number, held.made, held.cause);
        for one in &held.platforms {
            text += &format!(
                "{}: {} packages, {} images, {} files, {}; modules: {}\n",
                one.platform,
                Count(one.packages),
                Count(one.images),
                Count(one.files),
                Bytes(one.bytes),
                one.modules.iter().cloned().collect::<Vec<_>>().join(", ")
            );
        }
        text
    })
}

fn diff(store: &Store, before: u64, after: Option<u64>, format: Format) -> Result<()> {
    let after = after.unwrap_or(snapshots::shown(store)?.number);
    let held = |number| artifacts::of_roots(store, &find(store, number)?.roots);
    let (before, after) = (held(before)?, held(after)?);
    artifacts::print_diff(&before, &after, format)
}

fn switch(context: &Context, store: &Store, number: Option<u64>) -> Result<()> {
    let _guard = context.alone(store)?;
    let shown = snapshots::shown(store)?.number;
    let number = match number {
        Some(number) => number,
        None => {
            let before = snapshots::all(store)?.into_iter().map(|record| record.number).filter(|number| *number < shown).max();
            before.ok_or_else(|| unsatisfied("there is no snapshot before the one that is shown\nhint: `lsrepo snapshot list`"))?
        }
    };
    let record = find(store, number)?;
    refuse_incomplete(store, &record)?;
    let next = snapshots::next(store, &record)?;
    site::show(context, store, &next, None)?;
    snapshots::show(store, &next)?;
    let newest = snapshots::all(store)?.last().map_or(number, |last| last.number);
    context.progress.note(&format!("snapshot {number} is shown"));
    if newest != number {
        context.progress.note(&format!("the next import adds to snapshot {newest}, the newest, and shows what comes of it"));
    }
    Ok(())
}

/// What lost blobs would be found out by clients.
fn refuse_incomplete(store: &Store, record: &Record) -> Result<()> {
    let mut missing = 0;
    for (name, digest) in &record.roots {
        match prepared::blobs_of(store, name, digest) {
            Ok(blobs) => {
                for blob in blobs {
                    missing += u64::from(store.size_of(&blob)?.is_none());
                }
            }
            Err(_) => missing += 1,
        }
    }
    match missing {
        0 => Ok(()),
        _ => Err(unsatisfied(format!(
            "snapshot {}: the store lacks {} of its blobs\nhint: `lsrepo fsck --repair-from BUNDLE` brings them back",
            record.number,
            Count(missing)
        ))),
    }
}

fn remove(context: &Context, store: &Store, numbers: &[u64]) -> Result<()> {
    let _guard = context.alone(store)?;
    let shown = snapshots::shown(store)?.number;
    for number in numbers {
        find(store, *number)?;
        if *number == shown {
            return Err(unsatisfied(format!("snapshot {number} is shown\nhint: `lsrepo snapshot switch` to another one first")));
        }
    }
    let newest = snapshots::all(store)?.last().map(|record| record.number);
    if newest.is_some_and(|newest| numbers.contains(&newest)) {
        return Err(unsatisfied(
            "the newest snapshot is what the store's sets stand for\nhint: import something else first, or keep it and show another one",
        ));
    }
    for number in numbers {
        snapshots::forget(store, *number)?;
        context.progress.note(&format!("snapshot {number} is forgotten"));
    }
    context.progress.note("`lsrepo gc` frees what nothing else needs");
    Ok(())
}
