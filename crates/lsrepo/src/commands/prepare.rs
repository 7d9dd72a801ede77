//! `lsrepo prepare`: resolve, lock, download.

mod keep;

use super::{resolve::refuse_conflicts, runtime};
use crate::{
    cli::{PrepareArgs, Upstreams},
    closure::{self, Share, Unpinned},
    context::Context,
    failure::{of_fetch, unsatisfied},
    output::print,
    prepared,
    upstreams::yum,
    wanted,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock,
    lock::{LockedPackage, PackageSignatures, PlatformLock},
};
use lsrepo_fetch::{Download, Event};
use lsrepo_resolve::Conflict;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Platform};
use serde::Serialize;
use std::{collections::BTreeMap, fs, io, path::Path, sync::Arc};

/// What a platform takes.
#[derive(Serialize)]
struct Row {
    platform: Platform,
    packages: u64,
    bytes: u64,
    to_download: u64,
    requirements: Vec<Share>,
}

#[derive(Serialize)]
struct Summary {
    dry_run: bool,
    platforms: Vec<Row>,
    /// bytes that have to be downloaded
    to_download: u64,
    /// bytes that are free where the store is
    free: u64,
}

pub(crate) fn run(context: &Context, args: &PrepareArgs) -> Result<()> {
    let old = read_lock(&args.lock_file)?;
    let wanted = wanted::gather(&args.selection, &args.upstreams.sources, old.as_ref())?;
    let mut lock = old.clone().unwrap_or_else(|| Lock::new(Vec::new()));
    let runtime = runtime()?;
    let (mut parts, mut shares, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &wanted {
        let part = match keep::keep(&lock, wanted, args)? {
            Some(part) => part,
            None => {
                let favour = keep::favour(&lock, wanted, args.update.as_deref())?;
                let solved = runtime.block_on(closure::resolve(context, wanted, &args.upstreams, &favour))?;
                solved.apart.iter().for_each(|text| context.progress.note(text));
                conflicts.extend(solved.conflicts.into_iter().map(|conflict| (wanted.platform.clone(), conflict)));
                shares.push((wanted.platform.clone(), solved.shares));
                match args.dry_run {
                    true => solved.lock,
                    false => pinned(context, &runtime, solved.lock, &solved.unpinned, &args.upstreams)?,
                }
            }
        };
        lock.replace(part.clone());
        parts.push(part);
    }
    refuse_conflicts(conflicts.iter().map(|(platform, conflict): &(Platform, Conflict)| (platform, conflict)))?;
    let store = context.store()?;
    let summary = summary(&store, &parts, shares, args.dry_run)?;
    if !args.dry_run {
        if summary.to_download > summary.free {
            bail!(
                "{}: {} are to be downloaded, {} are free\nhint: make room, or name a store on another disk with --home DIR",
                store.root().display(),
                Bytes(summary.to_download),
                Bytes(summary.free)
            );
        }
        if old.as_ref() != Some(&lock) {
            write_lock(&args.lock_file, &lock)?;
        }
        for part in &parts {
            take(context, &runtime, &store, part, &args.upstreams)?;
        }
    }
    print(args.output, &summary, text)
}

/// The lock with the digests of packages of which the index has another checksum: they are fetched to be named.
fn pinned(
    context: &Context,
    runtime: &tokio::runtime::Runtime,
    mut part: PlatformLock,
    unpinned: &[Unpinned],
    flags: &Upstreams,
) -> Result<PlatformLock> {
    if unpinned.is_empty() {
        return Ok(part);
    }
    context.progress.note(&format!("{}: {} packages are fetched to be pinned by SHA-256", part.name, unpinned.len()));
    let store = context.store()?;
    let _guard = context.alone(&store)?;
    let client = yum::routed(closure::client(flags)?, &part, flags)?;
    let sources = part.sources.clone();
    for one in unpinned {
        let own =
            |package: &&mut LockedPackage| (&package.name, &package.version, &package.arch) == (&one.name, &one.version, &one.arch);
        let Some(package) = part.packages.iter_mut().find(own) else { continue };
        let source = sources.iter().find(|source| source.name == package.source);
        let source = source.with_context(|| format!("{}: its source is not in the lock", package.name))?;
        if one.checksum.kind().is_weak() && source.package_signatures == PackageSignatures::Unchecked {
            return Err(unsatisfied(format!(
                "{} of {}: only a {} checksum stands for it, and no signature is asked for\nhint: name the key of its packages: --source 'rpm [gpgkey=FILE] URL'",
                package.path,
                package.source,
                one.checksum.kind().word()
            )));
        }
        let urls: Vec<String> = source.uris.iter().map(|uri| below(uri, &package.path)).collect();
        let size = (package.size > 0).then_some(package.size);
        let fetched = runtime.block_on(lsrepo_fetch::pin(&client, &store, &urls, &one.checksum, size)).map_err(of_fetch)?;
        (package.digest, package.size) = fetched;
    }
    Ok(part)
}

/// Downloads a platform's packages and lets the store stand for its sets.
fn take(context: &Context, runtime: &tokio::runtime::Runtime, store: &Store, part: &PlatformLock, flags: &Upstreams) -> Result<()> {
    if prepared::is_complete(store, part)? {
        return Ok(());
    }
    let _guard = context.alone(store)?;
    store.sweep()?;
    let plan = plan(part);
    let missing = plan.iter().filter(|item| !store.contains(&item.digest, item.size)).map(|item| item.size).sum();
    if missing > 0 {
        let task = Arc::new(context.progress.task("fetch", missing));
        let shown = task.clone();
        let on_event = move |event: Event<'_>| match event {
            Event::Start { name, offset } => {
                shown.item(name);
                shown.advance(offset);
            }
            Event::Bytes(bytes) => shown.advance(bytes),
            Event::Restart(bytes) => shown.back(bytes),
            Event::Retry { name, why, after } => shown.warn(&format!("{name}: {why}; again in {:.1} s", after.as_secs_f32())),
            _ => {}
        };
        let client = yum::routed(closure::client(flags)?, part, flags)?;
        let done = runtime.block_on(async {
            tokio::select! {
                done = lsrepo_fetch::download(&client, &plan, store, context.now, Arc::new(on_event)) => done.map_err(of_fetch),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; it continues where it stopped")),
            }
        });
        done?;
        task.finish();
    }
    prepared::write(store, part)?.iter().for_each(|said| context.progress.warn(said));
    Ok(())
}

fn plan(part: &PlatformLock) -> Vec<Download> {
    let sources: BTreeMap<&str, &[String]> = part.sources.iter().map(|source| (source.name.as_str(), &source.uris[..])).collect();
    let mut plan: BTreeMap<_, Download> = BTreeMap::new();
    let packages = part.packages.iter().map(|package| (package.digest, package.size, &package.source, &package.path));
    let documents = part.documents.iter().map(|document| (document.digest, document.size, &document.source, &document.path));
    for (digest, size, source, path) in packages.chain(documents) {
        let bases = sources.get(source.as_str()).copied().unwrap_or_default();
        plan.entry(digest).or_insert_with(|| Download {
            digest,
            size,
            urls: bases.iter().map(|base| below(base, path)).collect(),
            name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        });
    }
    plan.into_values().collect()
}

/// The address of a file below a source's.
fn below(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim_end_matches('/'))
}

fn summary(store: &Store, parts: &[PlatformLock], mut shares: Vec<(Platform, Vec<Share>)>, dry_run: bool) -> Result<Summary> {
    let mut platforms = Vec::new();
    let mut missing = BTreeMap::new();
    for part in parts {
        let absent = part.packages.iter().filter(|package| !store.contains(&package.digest, package.size));
        let absent: BTreeMap<_, _> = absent.map(|package| (package.digest, package.size)).collect();
        let requirements = shares.iter_mut().find(|(platform, _)| *platform == part.name).map(|(_, all)| std::mem::take(all));
        platforms.push(Row {
            platform: part.name.clone(),
            packages: part.packages.len() as u64,
            bytes: part.size(),
            to_download: absent.values().sum(),
            requirements: requirements.unwrap_or_default(),
        });
        missing.extend(absent);
    }
    Ok(Summary { dry_run, platforms, to_download: missing.values().sum(), free: store.free_bytes()? })
}

fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for row in &summary.platforms {
        let Row { platform, packages, bytes, .. } = row;
        text += &format!("{platform}: {} packages, {}\n", Count(*packages), Bytes(*bytes));
        for share in row.requirements.iter().filter(|_| summary.dry_run) {
            let Share { module, request, packages, bytes } = share;
            text += &format!("  {request} ({module}): {} packages, {}\n", Count(*packages), Bytes(*bytes));
        }
    }
    if summary.dry_run {
        text += &format!("to download: {}; free: {}\n", Bytes(summary.to_download), Bytes(summary.free));
        if summary.to_download > summary.free {
            text += "this disk will not do\n";
        }
    }
    text
}

fn read_lock(path: &Path) -> Result<Option<Lock>> {
    match fs::read_to_string(path) {
        Ok(text) => Lock::parse(&text).map(Some).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn write_lock(path: &Path, lock: &Lock) -> Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let write = || {
        let mut file = fs::File::create(&part)?;
        io::Write::write_all(&mut file, lock.render().as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&part))).with_context(|| path.display().to_string())
}
