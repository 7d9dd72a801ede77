//! `lsrepo resolve`: the closure alone.

use super::runtime;
use crate::{
    cli::ResolveArgs,
    closure::{self, Solved},
    context::Context,
    failure::unsatisfied,
    output::print,
    wanted,
};
use anyhow::Result;
use lsrepo_resolve::Conflict;
use lsrepo_types::{Bytes, Count, Platform};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Answer {
    platform: Platform,
    packages: Vec<Package>,
    /// by name; what belongs to them is found by `lsrepo prepare --dry-run`
    images: Vec<String>,
    /// by address; packages among them are resolved by `lsrepo prepare`, once they are here
    files: Vec<String>,
    /// by repository, name and version
    charts: Vec<String>,
    conflicts: Vec<Conflict>,
}

#[derive(Serialize)]
struct Package {
    name: String,
    version: String,
    arch: String,
    source: String,
    size: u64,
    wanted_by: Vec<String>,
    sets: Vec<String>,
}

pub(crate) fn run(context: &Context, args: &ResolveArgs) -> Result<()> {
    let runtime = runtime()?;
    let mut answers = Vec::new();
    for wanted in wanted::gather(context, &args.selection, &args.upstreams.sources, None)? {
        let solved = runtime.block_on(closure::resolve(context, &wanted, &args.upstreams, &[], &[]))?;
        // What excludes each other is told below, as a conflict, where no host could have it all.
        solved.apart.iter().filter(|_| solved.exclusive.is_empty()).for_each(|text| context.progress.note(text));
        answers.push(answer(solved));
    }
    match &answers[..] {
        [one] => print(args.output, one, text)?,
        several => print(args.output, &several, |all| all.iter().map(text).collect())?,
    }
    refuse_conflicts(answers.iter().flat_map(|answer| answer.conflicts.iter().map(|conflict| (&answer.platform, conflict))))
}

/// Exit code 1 and the conflicts in words, where there are any.
pub(crate) fn refuse_conflicts<'a>(conflicts: impl Iterator<Item = (&'a Platform, &'a Conflict)>) -> Result<()> {
    let all: Vec<String> = conflicts.map(|(platform, conflict)| format!("{platform}: {conflict}")).collect();
    if all.is_empty() { Ok(()) } else { Err(unsatisfied(all.join("\n"))) }
}

fn answer(solved: Solved) -> Answer {
    let packages = solved.lock.packages.into_iter().map(|package| Package {
        name: package.name,
        version: package.version,
        arch: package.arch,
        source: package.source,
        size: package.size,
        wanted_by: package.wanted_by.iter().map(ToString::to_string).collect(),
        sets: package.sets,
    });
    let files: BTreeSet<String> = solved.lock.asked.files.iter().map(|wish| wish.file.url.clone()).collect();
    let charts: BTreeSet<String> = solved.lock.asked.charts.iter().map(|wish| wish.chart.to_string()).collect();
    let images: BTreeSet<String> = solved.lock.asked.images.into_iter().map(|wish| wish.image).collect();
    let conflicts = solved.conflicts.into_iter().chain(solved.exclusive).collect();
    Answer {
        platform: solved.lock.name,
        packages: packages.collect(),
        images: images.into_iter().collect(),
        files: files.into_iter().collect(),
        charts: charts.into_iter().collect(),
        conflicts,
    }
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for package in &answer.packages {
        text += &format!("{} {} {} ({})\n", package.name, package.version, package.arch, package.source);
    }
    answer.files.iter().for_each(|file| text += &format!("file {file}\n"));
    answer.charts.iter().for_each(|chart| text += &format!("chart {chart}\n"));
    answer.images.iter().for_each(|image| text += &format!("image {image}\n"));
    let bytes = answer.packages.iter().map(|package| package.size).sum();
    text + &format!("{}: {} packages, {}\n", answer.platform, Count(answer.packages.len() as u64), Bytes(bytes))
}
