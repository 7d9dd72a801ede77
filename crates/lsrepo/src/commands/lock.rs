//! `lsrepo lock --repin`: somebody looked at what changed at an address, and found it good.

use super::{prepare, runtime};
use crate::{cli::LockArgs, closure, context::Context, failure::of_fetch, output::print, progress::listen};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Lock,
    lock::{Proof, Repin},
};
use lsrepo_fetch::Wanted;
use lsrepo_types::{Bytes, Digest};
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};

/// What an address had, and what it has.
#[derive(Serialize)]
struct Change {
    url: String,
    old: Vec<Digest>,
    new: Digest,
    size: u64,
    /// the lock says so from now on
    written: bool,
}

pub(crate) fn run(context: &Context, args: &LockArgs) -> Result<()> {
    let old = prepare::read_lock(&args.lock_file)?;
    let mut lock = old.clone().unwrap_or_else(|| Lock::new(Vec::new()));
    let (runtime, store, client) = (runtime()?, context.store()?, closure::client(&args.upstreams)?);
    let mut changes = Vec::new();
    for url in &args.repin {
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        let wanted = [Wanted { digest: None, urls: vec![url.clone()], name }];
        let _guard = context.alone(&store)?;
        let task = Arc::new(context.progress.task("fetch", 0));
        let fetched = lsrepo_fetch::fetch_files(&client, &wanted, &store, context.now, listen::transfers(&task));
        let fetched = runtime.block_on(fetched).map_err(of_fetch)?.pop().context("nothing came")?.map_err(of_fetch)?;
        task.finish();
        let before = repin(&mut lock, url, fetched.digest, fetched.size);
        changes.push(Change {
            url: url.clone(),
            old: before.into_iter().collect(),
            new: fetched.digest,
            size: fetched.size,
            written: !args.dry_run,
        });
    }
    if !args.dry_run && old.as_ref() != Some(&lock) {
        prepare::write_lock(&args.lock_file, &lock)?;
    }
    print(args.output, &changes, |changes| changes.iter().map(text).collect())
}

/// Lets an address stand for a digest; gives those that it stood for.
fn repin(lock: &mut Lock, url: &str, digest: Digest, size: u64) -> BTreeSet<Digest> {
    let mut before: BTreeSet<Digest> = BTreeSet::new();
    for part in &mut lock.platforms {
        let stated = part.asked.files.iter().filter(|wish| wish.file.url == url).filter_map(|wish| wish.file.digest);
        before.extend(stated);
        for file in part.files.iter_mut().filter(|file| file.urls.first().is_some_and(|first| first == url)) {
            before.insert(file.digest);
            (file.digest, file.size, file.proof) = (digest, size, Proof::Repinned);
        }
        let packages = part.packages.iter().filter(|package| package.urls.first().is_some_and(|first| first == url));
        let packages: Vec<Digest> = packages.map(|package| package.digest).collect();
        if !packages.is_empty() {
            before.extend(packages);
            // What such a package needs may be other packages: that is resolved again.
            part.asked.files.retain(|wish| wish.file.url != url);
        }
    }
    before.extend(lock.repins.iter().filter(|one| one.url == url).map(|one| one.digest));
    lock.repins.retain(|one| one.url != url);
    let old = before.iter().find(|old| **old != digest).copied();
    lock.repins.push(Repin { url: url.to_owned(), old, digest });
    lock.repins.sort();
    before
}

fn text(change: &Change) -> String {
    let Change { url, old, new, size, written } = change;
    let old = match old.is_empty() {
        true => "not in the lock".to_owned(),
        false => old.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let done = if *written { "" } else { "nothing is written\n" };
    format!("{url}\n  old: {old}\n  new: {new}, {}\n{done}", Bytes(*size))
}
