//! `lsrepo preflight`: whether everything wanted can be had, before anything is fetched.

mod report;
mod upstreams;

use super::{
    prepare::{self, images::Finder, summary},
    runtime,
};
use crate::{
    cli::{PreflightArgs, Upstreams},
    closure::{self, Share},
    context::Context,
    failure::unsatisfied,
    files::Files,
    output::print,
    wanted::{self, Chosen, Wanted},
};
use anyhow::Result;
use lsrepo_bom::lock::PlatformLock;
use lsrepo_fetch::Client;
use report::{ModuleRow, PlatformRow, Report, State};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How much is read to see how fast it comes, and for how long at most.
const SAMPLE: u64 = 16 << 20;
const SAMPLE_TIME: Duration = Duration::from_secs(3);

pub(crate) fn run(context: &Context, args: &PreflightArgs) -> Result<()> {
    let old = prepare::read_lock(&args.lock_file)?;
    let (runtime, store, client) = (runtime()?, context.store()?, closure::client(&args.upstreams)?);
    let chosen = Chosen::of(&args.selection)?;
    let all = wanted::chosen(context, &args.selection, &args.upstreams.sources, &chosen)?;
    let registries = (&args.registries, args.upstreams.proxy.as_deref());
    let mut finder = Finder::new(context, (&runtime, &store), registries, &[], &all)?;
    let repins = old.as_ref().map(|lock| lock.repins.clone()).unwrap_or_default();
    let files = Files::new(context, (&runtime, &store), client.clone(), finder.registries.clone(), &repins);
    let (mut rows, mut parts, mut open, mut shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for wanted in &all {
        let platform = &wanted.platform;
        let before = old.as_ref().and_then(|lock| lock.platform(platform));
        let pinned = files.settle(platform, files.survey(&wanted.asked, before)?)?;
        let mut failures: Vec<String> =
            pinned.open.iter().filter_map(|one| Some(format!("{}: {}", one.name, one.error.as_ref()?))).collect();
        open.extend(pinned.open.into_iter().map(|one| (platform.clone(), one)));
        let (mut part, share) = match runtime.block_on(closure::resolve(context, wanted, &args.upstreams, &[], &pinned.packages)) {
            Ok(solved) => {
                failures.extend(solved.conflicts.iter().chain(&solved.exclusive).map(ToString::to_string));
                (solved.lock, solved.shares)
            }
            Err(error) => {
                failures.push(format!("{error:#}"));
                (PlatformLock::new(platform.clone(), wanted.asked.clone()), Vec::<Share>::new())
            }
        };
        part.files = pinned.files;
        match finder.resolve(wanted, before, None) {
            Ok(images) => part.images = images,
            Err(error) => failures.push(format!("{error:#}")),
        }
        let images = finder.manifests(&part)?;
        rows.push(PlatformRow { platform: platform.clone(), modules: modules(&chosen, wanted), failures });
        shares.push((platform.clone(), share));
        parts.push((part, images));
    }
    let sample = parts.iter().find_map(|(part, _)| sample_of(part));
    let rate = sample.and_then(|url| runtime.block_on(client.rate(&url, SAMPLE, SAMPLE_TIME)).ok().flatten());
    let report = Report {
        platforms: rows,
        upstreams: upstreams::ask(&runtime, &client, &all, &args.upstreams)?,
        takes: summary::of(&store, &parts, shares, open, true)?,
        bytes_per_second: rate,
    };
    print(args.output, &report, report::text)?;
    match report.is_ready() {
        true => Ok(()),
        false => Err(unsatisfied("not everything that is wanted can be had")),
    }
}

/// The package upstreams that do not answer.
pub(super) fn silent(runtime: &Runtime, client: &Client, wanted: &Wanted, flags: &Upstreams) -> Result<Vec<anyhow::Error>> {
    let asked = upstreams::ask(runtime, client, std::slice::from_ref(wanted), flags)?;
    Ok(asked.into_iter().filter_map(|upstream| upstream.failure).map(|why| anyhow::anyhow!("{}: {why}", wanted.platform)).collect())
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

/// The address of the largest package, to see how fast it comes.
fn sample_of(part: &PlatformLock) -> Option<String> {
    let largest = part.packages.iter().max_by_key(|package| package.size)?;
    let source = part.sources.iter().find(|source| source.name == largest.source)?;
    Some(format!("{}/{}", source.uris.first()?.trim_end_matches('/'), largest.path))
}
