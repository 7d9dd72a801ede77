//! `lsrepo prepare`: resolve, lock, download.

mod chart_images;
mod files;
mod images;
mod keep;
mod outline;
mod summary;
mod take;

use super::{preflight, resolve::refuse_conflicts, runtime};
use crate::{
    cli::PrepareArgs,
    closure,
    context::Context,
    failure::{exit_code, unsatisfied},
    output::print,
    wanted::{self, Wanted},
};
use anyhow::{Context as _, Result, bail};
use files::Files;
use images::Finder;
use keep::Kept;
use lsrepo_bom::{Lock, lock::PlatformLock};
use lsrepo_resolve::Conflict;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Platform};
use std::{fs, io, path::Path};

pub(crate) fn run(context: &Context, args: &PrepareArgs) -> Result<()> {
    let old = read_lock(&args.lock_file)?;
    let mut wanted = wanted::gather(context, &args.selection, &args.upstreams.sources, old.as_ref())?;
    if args.offline_metadata {
        return outline::show(&wanted, args.output);
    }
    let mut lock = old.clone().unwrap_or_else(|| Lock::new(Vec::new()));
    let (runtime, store) = (runtime()?, context.store()?);
    let repins = lock.repins.clone();
    let client = files::client(&args.upstreams)?;
    let files = Files { context, runtime: &runtime, store: &store, client, repins: &repins, dry_run: args.dry_run };
    let mut open = Vec::new();
    let (mut parts, mut shares, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &mut wanted {
        if args.chart_images {
            let files = lock.platform(&wanted.platform).map(|part| part.files.clone()).unwrap_or_default();
            chart_images::want(wanted, &files)?;
        }
        parts.push(match keep::keep(&lock, wanted, args)? {
            Kept::Whole(part) => (part, true),
            Kept::Packages(part) => {
                let pinned = files.pin(&wanted.platform, &wanted.asked, Some(&part))?;
                if args.chart_images {
                    chart_images::want(wanted, &pinned.files)?;
                }
                open.extend(pinned.open.into_iter().map(|one| (wanted.platform.clone(), one)));
                (PlatformLock { asked: wanted.asked.clone(), files: pinned.files, ..part }, false)
            }
            Kept::Nothing => {
                closure::check(wanted, &args.upstreams)?;
                let pinned = files.pin(&wanted.platform, &wanted.asked, lock.platform(&wanted.platform));
                let pinned = pinned.map_err(|error| all_that_fail(error, &files, wanted, args))?;
                if args.chart_images {
                    chart_images::want(wanted, &pinned.files)?;
                }
                open.extend(pinned.open.into_iter().map(|one| (wanted.platform.clone(), one)));
                let favour = keep::favour(&lock, wanted, args.update.as_deref())?;
                let solved = runtime.block_on(closure::resolve(context, wanted, &args.upstreams, &favour, &pinned.packages));
                let solved = solved.map_err(|error| all_that_fail(error, &files, wanted, args))?;
                solved.apart.iter().for_each(|text| context.progress.note(text));
                conflicts.extend(solved.conflicts.into_iter().map(|conflict| (wanted.platform.clone(), conflict)));
                shares.push((wanted.platform.clone(), solved.shares));
                let part = match args.dry_run {
                    true => solved.lock,
                    false => take::pinned(context, &runtime, solved.lock, &solved.unpinned, &args.upstreams)?,
                };
                (PlatformLock { files: pinned.files, ..part }, false)
            }
        });
    }
    refuse_conflicts(conflicts.iter().map(|(platform, conflict): &(Platform, Conflict)| (platform, conflict)))?;
    let mut finder = Finder::new(context, &runtime, &store, args, &wanted)?;
    let mut whole = Vec::new();
    for ((mut part, kept), wanted) in parts.into_iter().zip(&wanted) {
        if !kept {
            let before = lock.platform(&part.name);
            part.images = finder.resolve(wanted, before, args.update.as_deref())?;
            part.date = date(&part, before, context);
        }
        lock.replace(part.clone());
        // As it is in the lock: sorted.
        let part = lock.platform(&part.name).cloned().unwrap_or(part);
        let images = finder.manifests(&part)?;
        whole.push((part, images));
    }
    let summary = summary::of(&store, &whole, shares, open, args.dry_run)?;
    if !args.dry_run {
        refuse_full_disk(&store, summary.to_download, summary.free)?;
        if old.as_ref() != Some(&lock) {
            write_lock(&args.lock_file, &lock)?;
        }
        for (part, images) in &whole {
            chart_images::offer(context, part);
            take::take(context, &runtime, &store, part, images, (&args.upstreams, finder.registries.as_ref()))?;
        }
    }
    print(args.output, &summary, summary::text)
}

/// Where one upstream fails, all that do not answer are told: there may be no second visit.
fn all_that_fail(error: anyhow::Error, files: &Files<'_>, wanted: &Wanted, args: &PrepareArgs) -> anyhow::Error {
    let silent = preflight::silent(files.runtime, &files.client, wanted, (&args.upstreams, &args.registries));
    let silent: Vec<String> = silent.into_iter().filter(|one| !format!("{error:#}").contains(one.as_str())).collect();
    if silent.is_empty() {
        return error;
    }
    let text = format!(
        "{error:#}\nthese do not answer either:\n  {}\nhint: `lsrepo preflight` looks at everything first",
        silent.join("\n  ")
    );
    if exit_code(&error) == 1 { unsatisfied(text) } else { anyhow::anyhow!(text) }
}

/// What cannot lie on the disk is not begun.
fn refuse_full_disk(store: &Store, needed: u64, free: u64) -> Result<()> {
    if needed > free {
        bail!(
            "{}: {} are to be downloaded, {} are free\nhint: make room, or name a store on another disk with --home DIR",
            store.root().display(),
            Bytes(needed),
            Bytes(free)
        );
    }
    Ok(())
}

/// Of the packages' indexes. Where there are none: of the day when the tags stood for these images, and the addresses for these files.
fn date(part: &PlatformLock, before: Option<&PlatformLock>, context: &Context) -> lsrepo_types::Timestamp {
    match before {
        _ if !part.packages.is_empty() || part.images.is_empty() && part.files.is_empty() => part.date,
        Some(before) if before.packages.is_empty() && before.images == part.images && before.files == part.files => before.date,
        _ => context.now,
    }
}

pub(super) fn read_lock(path: &Path) -> Result<Option<Lock>> {
    match fs::read_to_string(path) {
        Ok(text) => Lock::parse(&text).map(Some).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

pub(super) fn write_lock(path: &Path, lock: &Lock) -> Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let write = || {
        let mut file = fs::File::create(&part)?;
        io::Write::write_all(&mut file, lock.render().as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&part))).with_context(|| path.display().to_string())
}
