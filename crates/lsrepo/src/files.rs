//! The files of a platform: what each has to be, and those that are not here yet fetched into the store.
//!
//! What a file has to be is said, in this order: by somebody who looked at a change (`lsrepo lock --repin`), by whoever wants it,
//! by the lock, by a published file of checksums. Where nobody says it, what comes first counts from then on.
//!
//! First everything is looked at ([`Files::survey`]), and nothing fetched: what cannot be had is known before anything came.

mod known;

use crate::{
    closure::by_url::UrlPackage,
    context::Context,
    failure::{all_of, of_fetch, unsatisfied},
    progress::listen,
};
use anyhow::Result;
use lsrepo_bom::{
    FileKind, FileRequest, ModuleName,
    chart::ChartRequest,
    lock::{LockedFile, Proof, Repin},
};
use lsrepo_fetch::{Client, registry::Registries};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Platform};
use serde::Serialize;
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};
use tokio::runtime::Runtime;

/// What it takes to know and to fetch files.
pub(crate) struct Files<'a> {
    context: &'a Context,
    runtime: &'a Runtime,
    store: &'a Store,
    client: Client,
    registries: Option<Registries>,
    repins: Vec<Repin>,
    /// indexes and checksums that were asked for, by address
    texts: RefCell<BTreeMap<String, Vec<u8>>>,
}

/// What is known of a platform's files before anything is fetched.
#[derive(Default)]
pub(crate) struct Survey(Vec<Wish>);

/// Who wants a file, and what is known of it.
struct Wish {
    kind: FileKind,
    chart: Option<ChartRequest>,
    file: FileRequest,
    modules: Vec<ModuleName>,
    digest: Option<Digest>,
    proof: Proof,
    size: Option<u64>,
    /// the size is that of bytes which were here once, not what a server says
    is_sure: bool,
    /// why it cannot be had
    failure: Option<anyhow::Error>,
}

/// What a platform's files and packages by URL are.
#[derive(Default)]
pub(crate) struct Pinned {
    pub(crate) files: Vec<LockedFile>,
    pub(crate) packages: Vec<UrlPackage>,
    /// those of which the digest will be known when they are here
    pub(crate) open: Vec<Open>,
}

/// A file that was left where it is.
#[derive(Clone, Serialize)]
pub(crate) struct Open {
    pub(crate) name: String,
    /// as its server says it
    pub(crate) bytes: Option<u64>,
    /// why it cannot be had
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Survey {
    /// Why some of them cannot be had.
    pub(crate) fn failures(&mut self) -> Vec<anyhow::Error> {
        self.0.iter_mut().filter_map(|wish| wish.failure.take()).collect()
    }
}

impl<'a> Files<'a> {
    pub(crate) fn new(
        context: &'a Context,
        (runtime, store): (&'a Runtime, &'a Store),
        client: Client,
        registries: Option<Registries>,
        repins: &[Repin],
    ) -> Self {
        let client = match &registries {
            Some(registries) => client.with_registries(registries.clone()),
            None => client,
        };
        Self { context, runtime, store, client, registries, repins: repins.to_vec(), texts: RefCell::default() }
    }

    /// What is known without fetching: the others stay where they are.
    pub(crate) fn settle(&self, platform: &Platform, survey: Survey) -> Result<Pinned> {
        let (open, known): (Vec<Wish>, Vec<Wish>) = survey.0.into_iter().partition(|wish| self.must_come(wish));
        let open = open.into_iter().map(|wish| Open {
            name: wish.file.name,
            bytes: wish.size,
            error: wish.failure.map(|why| format!("{why:#}")),
        });
        Ok(Pinned { open: open.collect(), ..self.pinned(platform, known)? })
    }

    /// All of them exactly, those that are not known fetched into the store.
    pub(crate) fn fetch(&self, platform: &Platform, survey: Survey) -> Result<Pinned> {
        let mut wishes = survey.0;
        // Whoever wants it, and under what name: one address is one file.
        let mut by_url: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, wish) in wishes.iter().enumerate().filter(|(_, wish)| self.must_come(wish)) {
            by_url.entry(wish.file.url.clone()).or_default().push(number);
        }
        let firsts: Vec<&Wish> = by_url.values().filter_map(|numbers| wishes.get(*numbers.first()?)).collect();
        let fetched = if firsts.is_empty() { Vec::new() } else { self.come(platform, &firsts)? };
        for (numbers, fetched) in by_url.into_values().zip(fetched) {
            for number in numbers {
                (wishes[number].digest, wishes[number].size) = (Some(fetched.digest), Some(fetched.size));
            }
        }
        self.pinned(platform, wishes)
    }

    /// A package by URL must be read before anything can be resolved, a chart before its images are known, and what nobody knows
    /// before it can be locked; any other file can come when all else is known.
    fn must_come(&self, wish: &Wish) -> bool {
        let here = || wish.digest.is_some_and(|digest| self.store.size_of(&digest).ok().flatten().is_some());
        let is_read = wish.kind == FileKind::Package || wish.chart.is_some();
        wish.digest.is_none() || !wish.is_sure || is_read && !here()
    }

    fn pinned(&self, platform: &Platform, wishes: Vec<Wish>) -> Result<Pinned> {
        let mut pinned = Pinned::default();
        for Wish { kind, chart, file, modules, digest, proof, size, .. } in wishes {
            let (Some(digest), Some(size)) = (digest, size) else { continue };
            let file_name = file.file_name().to_owned();
            let urls: Vec<String> = [file.url].into_iter().chain(file.mirrors).collect();
            match kind {
                FileKind::Package => pinned.packages.push(UrlPackage { modules, urls, file_name, digest, size, proof }),
                FileKind::File => {
                    let mut file =
                        LockedFile { name: file.name, urls, size, digest, proof, wanted_by: modules, chart, images: Vec::new() };
                    if file.chart.is_some() {
                        self.look_into(&mut file)?;
                    }
                    pinned.files.push(file);
                }
            }
        }
        distinct(platform, pinned.files).map(|files| Pinned { files, ..pinned })
    }

    /// Fetches all of them, or says why not.
    fn come(&self, platform: &Platform, wishes: &[&Wish]) -> Result<Vec<lsrepo_fetch::Fetched>> {
        let known: u64 = wishes.iter().filter_map(|wish| wish.size).sum();
        self.context.refuse_full_disk(self.store, known)?;
        let _guard = self.context.alone(self.store)?;
        let wanted: Vec<lsrepo_fetch::Wanted> = wishes.iter().map(|wish| places(wish)).collect();
        let task = Arc::new(self.context.progress.task("fetch files", known));
        let results = self.runtime.block_on(async {
            let fetch = lsrepo_fetch::fetch_files(&self.client, &wanted, self.store, self.context.now, listen::transfers(&task));
            tokio::select! {
                done = fetch => done.map_err(of_fetch),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; what is here stays")),
            }
        })?;
        task.finish();
        let (mut fetched, mut failed) = (Vec::new(), Vec::new());
        for (result, wish) in results.into_iter().zip(wishes) {
            let of = |error: anyhow::Error| {
                let hint =
                    format!("hint: where it was changed by its owner, look at it and say `lsrepo lock --repin {}`", wish.file.url);
                let hint = if wish.digest.is_some() { format!("\n{hint}") } else { String::new() };
                let text = format!("{platform}: {error:#}{hint}");
                if crate::failure::exit_code(&error) == 1 { unsatisfied(text) } else { anyhow::anyhow!(text) }
            };
            match result.map_err(of_fetch) {
                Ok(one) => fetched.push(one),
                Err(error) => failed.push(of(error)),
            }
        }
        all_of(failed).map(|()| fetched)
    }
}

/// Where a file is asked for.
fn places(wish: &Wish) -> lsrepo_fetch::Wanted {
    lsrepo_fetch::Wanted {
        digest: wish.digest,
        urls: [&wish.file.url].into_iter().chain(&wish.file.mirrors).cloned().collect(),
        name: wish.file.name.clone(),
    }
}

/// Files of one name are one file.
fn distinct(platform: &Platform, files: Vec<LockedFile>) -> Result<Vec<LockedFile>> {
    let mut all: BTreeMap<String, LockedFile> = BTreeMap::new();
    for file in files {
        match all.get_mut(&file.name) {
            None => drop(all.insert(file.name.clone(), file)),
            Some(other) if other.digest == file.digest => other.wanted_by.extend(file.wanted_by),
            Some(other) => {
                return Err(unsatisfied(format!(
                    "{platform}: two files would be called `{}`: {} and {}\nhint: give one of them another `name` or `folder`",
                    file.name,
                    other.urls.join(", "),
                    file.urls.join(", ")
                )));
            }
        }
    }
    Ok(all.into_values().collect())
}
