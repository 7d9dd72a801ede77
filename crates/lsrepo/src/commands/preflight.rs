//! `lsrepo preflight`: whether everything wanted can be had, before anything is fetched.

mod report;
mod upstreams;

use super::{prepare, runtime};
use crate::{
    cli::{PreflightArgs, RegistryFlags, Upstreams},
    closure,
    context::Context,
    failure::unsatisfied,
    output::print,
    wanted::{self, Chosen, Wanted},
};
use anyhow::Result;
use lsrepo_bom::{FileKind, FileRequest, lock::PlatformLock};
use lsrepo_fetch::Client;
use report::{ModuleRow, PlatformRow, Report, State};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How much is read to see how fast it comes, and for how long at most.
const SAMPLE: u64 = 16 << 20;
const SAMPLE_TIME: Duration = Duration::from_secs(3);

pub(crate) fn run(context: &Context, args: &PreflightArgs) -> Result<()> {
    let old = prepare::read_lock(&args.lock_file)?;
    let (runtime, store, client) = (runtime()?, context.store()?, closure::client(&args.upstreams)?);
    let chosen = Chosen::of(&args.selection)?;
    let mut report = Report { free: store.free_bytes()?, ..Report::default() };
    let mut sample = None;
    let mut files = BTreeMap::new();
    let all = wanted::gather(context, &args.selection, &args.upstreams.sources, None)?;
    for wanted in &all {
        let mut row = PlatformRow::new(wanted.platform.clone(), modules(&chosen, wanted));
        match runtime.block_on(closure::resolve(context, wanted, &args.upstreams, &[], &[])) {
            Ok(solved) => {
                let conflicts = solved.conflicts.iter().chain(&solved.exclusive).map(ToString::to_string);
                row.without_source.extend(conflicts);
                row.packages = solved.lock.packages.len() as u64;
                row.package_bytes = solved.lock.packages.iter().map(|package| package.size).sum();
                let missing = solved.lock.packages.iter().filter(|package| !store.contains(&package.digest, package.size));
                report.needed += missing.map(|package| package.size).sum::<u64>();
                sample = sample.or_else(|| sample_of(&solved.lock));
            }
            Err(error) => row.failures.push(format!("{error:#}")),
        }
        row.images = wanted.asked.images.iter().map(|wish| &wish.image).collect::<BTreeSet<_>>().len() as u64;
        let locked = old.as_ref().and_then(|lock| lock.platform(&wanted.platform));
        let image_bytes = locked.map_or(0, |part| part.images.iter().map(|image| image.bytes).sum());
        report.needed += image_bytes;
        row.images_of_unknown_size = if image_bytes == 0 { row.images } else { 0 };
        for wish in &wanted.asked.files {
            files.entry(wish.file.clone()).or_insert(wish.kind);
        }
        row.files = wanted.asked.files.iter().map(|wish| &wish.file).collect::<BTreeSet<_>>().len() as u64;
        report.platforms.push(row);
    }
    sizes(&runtime, &client, files, &mut report);
    report.upstreams = runtime.block_on(upstreams::ask(&client, &all, &args.upstreams, &args.registries))?;
    if let Some(url) = sample {
        report.bytes_per_second = runtime.block_on(client.rate(&url, SAMPLE, SAMPLE_TIME)).ok().flatten();
    }
    print(args.output, &report, report::text)?;
    match report.is_ready() {
        true => Ok(()),
        false => Err(unsatisfied("not everything that is wanted can be had")),
    }
}

/// What of the upstreams does not answer, in words: whoever failed at one of them wants to know of all.
pub(super) fn silent(
    runtime: &tokio::runtime::Runtime,
    client: &Client,
    wanted: &Wanted,
    (upstreams, registries): (&Upstreams, &RegistryFlags),
) -> Vec<String> {
    let asked = runtime.block_on(upstreams::ask(client, std::slice::from_ref(wanted), upstreams, registries));
    let failed = |upstream: report::Upstream| Some(format!("{}: {}", upstream.url, upstream.failure?));
    asked.unwrap_or_default().into_iter().filter_map(failed).collect()
}

/// Which of the chosen modules a platform can have.
fn modules(chosen: &Chosen, wanted: &Wanted) -> Vec<ModuleRow> {
    let row = |(module, reason): (&lsrepo_bom::Module, &lsrepo_bom::selection::Reason)| {
        let state = match module.supports(wanted.platform.arch) {
            false => State::Unsupported,
            true if module.requirements.is_empty() => State::OnlyRequires,
            true if module.wishes_for(&wanted.platform).is_empty() => State::NothingHere,
            true => State::Supported,
        };
        ModuleRow { name: module.name.to_string(), because: reason.to_string(), state }
    };
    chosen.modules().map(row).collect()
}

/// Asks how large files are; those that nobody gives have no source.
fn sizes(runtime: &tokio::runtime::Runtime, client: &Client, files: BTreeMap<FileRequest, FileKind>, report: &mut Report) {
    let ask = |file: FileRequest| async move {
        let mut failures = Vec::new();
        for url in [&file.url].into_iter().chain(&file.mirrors) {
            match client.probe(url).await {
                Ok(size) => return Ok(size),
                Err(error) => failures.push(error.to_string()),
            }
        }
        Err(format!("{}: {}", file.name, failures.join("; ")))
    };
    let answers = runtime.block_on(futures_util::future::join_all(files.into_keys().map(ask)));
    for answer in answers {
        match answer {
            Ok(Some(size)) => report.needed += size,
            Ok(None) => report.files_of_unknown_size += 1,
            Err(why) => report.files_without_source.push(why),
        }
    }
}

/// The address of the largest package, to see how fast it comes.
fn sample_of(part: &PlatformLock) -> Option<String> {
    let largest = part.packages.iter().max_by_key(|package| package.size)?;
    let source = part.sources.iter().find(|source| source.name == largest.source)?;
    Some(format!("{}/{}", source.uris.first()?.trim_end_matches('/'), largest.path))
}
