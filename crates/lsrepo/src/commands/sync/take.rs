//! From somewhere else into this store: only what is not here yet, and as an import, with a snapshot of its own.
//!
//! ```text
//! mirrors/<hex>.json       what was taken last from a place: its date, and the sets that came from there
//! ```
//! Sets that are not there any more go here too, where they came from there and are still as they came.

use super::source::Source;
use crate::{
    cli::SyncArgs,
    commands::{runtime, snapshot},
    context::Context,
    failure::{OrUnsatisfied, of_fetch, unsatisfied},
    head::{Head, Piece, Signed},
    output, prepared,
    progress::listen::transfers,
    shelves,
};
use anyhow::{Context as _, Result};
use lsrepo_fetch::Report;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::runtime::Runtime;

/// What was taken last from a place.
#[derive(Serialize, Deserialize)]
struct Mirror {
    from: String,
    date: Timestamp,
    sets: BTreeMap<String, Digest>,
}

pub(super) fn run(context: &Context, args: &SyncArgs, from: &str) -> Result<()> {
    let source = Source::open(from, args)?;
    let store = context.store()?;
    let runtime = runtime()?;
    let signed = Signed::parse(&runtime.block_on(source.head())?, &source.name, &context.trusted()?, context.now)?;
    if !signed.trusted && !args.trust_on_first_use {
        return Err(unsatisfied(format!(
            "{}: signed by {}, who is not trusted here\nhint: compare the fingerprint, then `lsrepo key trust FILE`, or --trust-on-first-use",
            source.name, signed.signer
        )));
    }
    let head = &signed.head;
    let before = Mirror::load(&store, &source.name)?;
    if head.date < before.date && !args.older {
        return Err(unsatisfied(format!(
            "{}: what is shown there is of {}, and what was taken last of {}\nhint: is somebody showing an old state? --older takes it",
            source.name, head.date, before.date
        )));
    }
    if args.dry_run {
        return would(&runtime, &store, &source, head, &before.gone(&store, head)?);
    }
    let _guard = context.alone(&store)?;
    if !shelves::are_all_there(&store)? {
        return Err(unsatisfied(
            "a bundle that is used where it lies cannot be read: its sets would be missing in the new snapshot\nhint: bring the media back, or `lsrepo bundle forget`",
        ));
    }
    store.sweep()?;
    let report = fetch(context, &runtime, &store, &source, head)?;
    if !signed.trusted {
        context.trust(signed.key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", signed.signer));
    }
    let (before, here) = (Mirror::load(&store, &source.name)?, store.roots()?);
    let gone = before.gone(&store, head)?;
    for (name, piece) in &head.sets {
        let own = here.get(name).filter(|own| **own != piece.digest && before.sets.get(name) != Some(own));
        if own.is_some() {
            context.progress.note(&format!("{name}: was not from there, and is replaced"));
        }
        store.set_root(name, &piece.digest)?;
    }
    for name in &gone {
        store.remove_root(name)?;
        context.progress.note(&format!("{name}: not there any more"));
    }
    let sets = head.sets.iter().map(|(name, piece)| (name.clone(), piece.digest)).collect();
    Mirror { from: source.name.clone(), date: head.date, sets }.write(&store)?;
    let snapshot = snapshot::record(context, &store, &format!("sync {}", source.name))?;
    context.progress.note(&format!(
        "snapshot {}: {} blobs new ({}), {} were there",
        snapshot.number,
        Count(report.fetched),
        Bytes(report.bytes),
        Count(report.present)
    ));
    Ok(())
}

/// Brings everything that a head leads to: first the manifests of the sets, then what they name.
fn fetch(context: &Context, runtime: &Runtime, store: &Store, source: &Source, head: &Head) -> Result<Report> {
    let sets: Vec<Piece> = head.sets.values().copied().collect();
    let mut report = download(context, runtime, store, source, &sets)?;
    let mut all = BTreeSet::new();
    for (name, set) in &head.sets {
        let (_, pieces) = prepared::pieces_of(store, name, &set.digest).or_unsatisfied()?;
        all.extend(pieces.iter().map(|piece| (piece.digest, piece.size)));
    }
    let pieces: Vec<Piece> = all.into_iter().map(|(digest, size)| Piece { digest, size }).collect();
    let rest = download(context, runtime, store, source, &pieces)?;
    report.fetched += rest.fetched;
    report.present += rest.present;
    report.bytes += rest.bytes;
    // Nothing is named that could not be shown.
    for (name, set) in &head.sets {
        prepared::lock_of(store, name, &set.digest).or_unsatisfied()?;
    }
    Ok(report)
}

fn download(context: &Context, runtime: &Runtime, store: &Store, source: &Source, pieces: &[Piece]) -> Result<Report> {
    let absent: Vec<Piece> = pieces.iter().filter(|piece| !store.contains(&piece.digest, piece.size)).copied().collect();
    let bytes = absent.iter().map(|piece| piece.size).sum();
    context.refuse_full_disk(store, bytes)?;
    let present = (pieces.len() - absent.len()) as u64;
    if absent.is_empty() {
        return Ok(Report { present, ..Report::default() });
    }
    let task = Arc::new(context.progress.task("sync", bytes));
    let report = runtime.block_on(async {
        let plan = source.downloads(&absent).await?;
        tokio::select! {
            done = lsrepo_fetch::download(&source.client, &plan, store, context.now, transfers(&task)) => done.map_err(of_fetch),
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; it continues where it stopped")),
        }
    })?;
    task.finish();
    Ok(Report { present: present + report.present, ..report })
}

/// What would be done, in words. What the sets hold is only known where their manifests are here.
fn would(runtime: &Runtime, store: &Store, source: &Source, head: &Head, gone: &[String]) -> Result<()> {
    let mut text = format!("{}: snapshot {} of {}\n", source.name, head.number, head.date);
    let mut all = BTreeMap::new();
    for (name, set) in &head.sets {
        let known = store.contains(&set.digest, set.size);
        text += &format!("{} {name}\n", if known { "=" } else { "+" });
        if known {
            let (_, pieces) = prepared::pieces_of(store, name, &set.digest).or_unsatisfied()?;
            all.extend(pieces.iter().map(|piece| (piece.digest, piece.size)));
        } else {
            let bytes = runtime.block_on(async {
                let [one] = &source.downloads(&[*set]).await?[..] else { return Ok(Vec::new()) };
                source.client.document(&one.urls[0], set.size).await.map_err(of_fetch)
            })?;
            if Digest::of(&bytes) != set.digest {
                return Err(unsatisfied(format!("{}: {name} is not what the head says", source.name)));
            }
            let manifest = lsrepo_oci::Manifest::parse(&bytes).with_context(|| name.clone()).or_unsatisfied()?;
            all.extend(manifest.descriptors().map(|one| (one.digest, one.size)));
            all.insert(set.digest, set.size);
        }
    }
    text += &gone.iter().map(|name| format!("- {name}\n")).collect::<String>();
    let absent: Vec<u64> = all.into_iter().filter(|(digest, size)| !store.contains(digest, *size)).map(|(_, size)| size).collect();
    let (count, bytes, free) = (Count(absent.len() as u64), Bytes(absent.iter().sum()), Bytes(store.free_bytes()?));
    output::write(format!("{text}to take: {count} blobs, {bytes}; free: {free}\n").as_bytes())
}

impl Mirror {
    fn path(from: &str) -> Result<RelPath> {
        Ok(format!("mirrors/{}.json", &Digest::of(from.as_bytes()).hex()[..16]).parse()?)
    }

    fn load(store: &Store, from: &str) -> Result<Self> {
        let path = Self::path(from)?;
        match store.read_document(&path)? {
            Some(bytes) => serde_json::from_slice(&bytes).with_context(|| path.to_string()),
            None => Ok(Self { from: from.to_owned(), date: Timestamp(0), sets: BTreeMap::new() }),
        }
    }

    fn write(&self, store: &Store) -> Result<()> {
        Ok(store.write_document(&Self::path(&self.from)?, &serde_json::to_vec_pretty(self)?)?)
    }

    /// The sets that came from there, are not there any more, and are here as they came.
    fn gone(&self, store: &Store, head: &Head) -> Result<Vec<String>> {
        let here = store.roots()?;
        let is_gone = |(name, digest): &(&String, &Digest)| !head.sets.contains_key(*name) && here.get(*name) == Some(digest);
        Ok(self.sets.iter().filter(is_gone).map(|(name, _)| name.clone()).collect())
    }
}
