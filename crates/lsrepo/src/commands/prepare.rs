//! `lsrepo prepare`: resolve, lock, download.

mod chart_images;
pub(super) mod images;
mod keep;
mod outline;
pub(super) mod summary;
mod take;

use super::{preflight, resolve::refuse_conflicts, runtime};
use crate::{
    cli::{ExportArgs, PrepareArgs},
    closure::{self, Share, by_url::UrlPackage},
    context::Context,
    failure::{Hint as _, all_of},
    files::{Files, Open, Survey},
    output::print,
    wanted::{self, Wanted},
    whole,
};
use anyhow::{Context as _, Result};
use images::Finder;
use keep::Kept;
use lsrepo_bom::{Lock, lock::PlatformLock};
use lsrepo_resolve::Conflict;
use lsrepo_types::Platform;
use std::{fs, io, path::Path};
use tokio::runtime::Runtime;

pub(crate) fn run(context: &Context, args: &PrepareArgs) -> Result<()> {
    let old = read_lock(&args.lock_file)?;
    let mut wanted = wanted::gather(context, &args.selection, &args.upstreams.sources, old.as_ref())?;
    if args.offline_metadata {
        return outline::show(&wanted, args.output);
    }
    let mut lock = old.clone().unwrap_or_else(|| Lock::new(Vec::new()));
    let (runtime, store, client) = (runtime()?, context.store()?, closure::client(&args.upstreams)?);
    let flags = (&args.registries, args.upstreams.proxy.as_deref());
    if args.chart_images {
        // Those that the lock knows; what other charts use is known when these are here.
        let known = |wanted: &Wanted| lock.platform(&wanted.platform).map(|part| part.files.clone()).unwrap_or_default();
        wanted.iter_mut().for_each(|wanted| chart_images::want(wanted, &known(wanted)));
    }
    let mut finder = Finder::new(context, (&runtime, &store), flags, &args.verify_keys, &wanted)?;
    let files = Files::new(context, (&runtime, &store), client.clone(), finder.registries.clone(), &lock.repins);
    let mut run = Run { context, args, runtime: &runtime, files, open: Vec::new(), shares: Vec::new(), conflicts: Vec::new() };
    let mut kept = Vec::new();
    let mut obstacles = Vec::new();
    for wanted in &wanted {
        let one = keep::keep(&lock, wanted, args)?;
        let mut survey = run.survey(&lock, wanted, &one)?;
        if !args.dry_run && !matches!(one, Kept::Whole(_)) {
            obstacles.extend(survey.failures());
            obstacles.extend(finder.resolve(wanted, lock.platform(&wanted.platform), args.update.as_deref()).err());
            if matches!(one, Kept::Nothing) {
                obstacles.extend(preflight::silent(&runtime, &client, wanted, &args.upstreams)?);
            }
        }
        kept.push((one, survey));
    }
    // There may be no second visit: all that stands in the way is told before anything is fetched.
    all_of(obstacles)?;
    let mut parts = Vec::new();
    for (wanted, (kept, survey)) in wanted.iter_mut().zip(kept) {
        parts.push(run.part(&lock, wanted, kept, survey)?);
    }
    let Run { open, shares, conflicts, .. } = run;
    refuse_conflicts(conflicts.iter().map(|(platform, conflict): &(Platform, Conflict)| (platform, conflict)))?;
    if args.chart_images {
        finder.extend(flags, &wanted)?;
    }
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
        context.refuse_full_disk(&store, summary.to_download)?;
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

/// What a lock says, downloaded into the store: no index is asked, and nobody's wishes.
pub(super) fn from_lock(context: &Context, args: &ExportArgs) -> Result<()> {
    let lock = read_lock(&args.lock_file)?;
    let lock = lock
        .with_context(|| args.lock_file.display().to_string())
        .hint("`lsrepo prepare --dry-run` makes none; `lsrepo prepare` does")?;
    let (runtime, store) = (runtime()?, context.store()?);
    let wanted = |part: &PlatformLock| Wanted { platform: part.name.clone(), asked: part.asked.clone(), base: None };
    let fits = |part: &&PlatformLock| {
        (args.os.is_empty() || args.os.contains(&part.name.os)) && (args.arch.is_empty() || args.arch.contains(&part.name.arch))
    };
    let parts: Vec<&PlatformLock> = lock.platforms.iter().filter(fits).collect();
    let all: Vec<Wanted> = parts.iter().map(|part| wanted(part)).collect();
    let flags = (&args.registries, args.upstreams.proxy.as_deref());
    let finder = Finder::new(context, (&runtime, &store), flags, &[], &all)?;
    for part in parts {
        let images = finder.manifests(part)?;
        take::take(context, &runtime, &store, part, &images, (&args.upstreams, finder.registries.as_ref()))?;
    }
    Ok(())
}

/// What a run finds out, platform by platform.
struct Run<'a> {
    context: &'a Context,
    args: &'a PrepareArgs,
    runtime: &'a Runtime,
    files: Files<'a>,
    /// files that a dry run leaves where they are
    open: Vec<(Platform, Open)>,
    shares: Vec<(Platform, Vec<Share>)>,
    conflicts: Vec<(Platform, Conflict)>,
}

impl Run<'_> {
    /// What is known of a platform's files before anything is fetched.
    fn survey(&self, lock: &Lock, wanted: &Wanted, kept: &Kept) -> Result<Survey> {
        match kept {
            Kept::Whole(_) => Ok(Survey::default()),
            Kept::Packages(part) => self.files.survey(&wanted.asked, Some(part)),
            Kept::Nothing => {
                closure::check(wanted, &self.args.upstreams)?;
                self.files.survey(&wanted.asked, lock.platform(&wanted.platform))
            }
        }
    }

    /// A platform's part of the lock but for its images, and whether it is the one that was there.
    fn part(&mut self, lock: &Lock, wanted: &mut Wanted, kept: Kept, survey: Survey) -> Result<(PlatformLock, bool)> {
        if let Kept::Whole(part) = kept {
            return Ok((part, true));
        }
        let pinned = match self.args.dry_run {
            true => self.files.settle(&wanted.platform, survey)?,
            false => self.files.fetch(&wanted.platform, survey)?,
        };
        if self.args.chart_images {
            chart_images::want(wanted, &pinned.files);
        }
        self.open.extend(pinned.open.into_iter().map(|one| (wanted.platform.clone(), one)));
        let part = match kept {
            Kept::Packages(part) => PlatformLock { asked: wanted.asked.clone(), ..part },
            _ => self.resolved(lock, wanted, &pinned.packages)?,
        };
        Ok((PlatformLock { files: pinned.files, ..part }, false))
    }

    fn resolved(&mut self, lock: &Lock, wanted: &Wanted, by_url: &[UrlPackage]) -> Result<PlatformLock> {
        let favour = keep::favour(lock, wanted, self.args.update.as_deref())?;
        let resolved = closure::resolve(self.context, wanted, &self.args.upstreams, &favour, by_url);
        let solved = self.runtime.block_on(resolved)?;
        solved.apart.iter().for_each(|text| self.context.progress.note(text));
        self.conflicts.extend(solved.conflicts.into_iter().map(|conflict| (wanted.platform.clone(), conflict)));
        self.shares.push((wanted.platform.clone(), solved.shares));
        match self.args.dry_run {
            true => Ok(solved.lock),
            false => take::pinned(self.context, self.runtime, solved.lock, &solved.unpinned, &self.args.upstreams),
        }
    }
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
    whole::write(path, |out| Ok(out.write_all(lock.render().as_bytes())?))
}
