//! The files of a platform: what each has to be, and those that are not here yet fetched into the store.
//!
//! What a file has to be is said, in this order: by somebody who looked at a change (`lsrepo lock --repin`), by whoever wants it,
//! by the lock, by a published file of checksums. Where nobody says it, what comes first counts from then on.

mod known;

use crate::{
    closure::{self, by_url::UrlPackage},
    context::Context,
    failure::{of_fetch, unsatisfied},
    progress::listen,
};
use anyhow::Result;
use lsrepo_bom::{
    FileKind, FileRequest, ModuleName,
    chart::ChartRequest,
    lock::{Asked, LockedFile, PlatformLock, Proof, Repin},
};
use lsrepo_fetch::{Client, Fetched};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Platform};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::runtime::Runtime;

/// What a platform's files and packages by URL are.
#[derive(Default)]
pub(super) struct Pinned {
    pub(super) files: Vec<LockedFile>,
    pub(super) packages: Vec<UrlPackage>,
    /// in a dry run: those of which the digest will be known when they are here
    pub(super) open: Vec<Open>,
}

/// A file that a dry run leaves where it is.
pub(super) struct Open {
    pub(super) name: String,
    /// as its server says; an error in words where it gives none
    pub(super) size: Result<Option<u64>, String>,
}

/// Who wants a file, and what is known of it.
struct Wish {
    kind: FileKind,
    chart: Option<ChartRequest>,
    file: FileRequest,
    modules: Vec<ModuleName>,
    digest: Option<Digest>,
    proof: Proof,
    size: Option<u64>,
}

pub(super) struct Files<'a> {
    pub(super) context: &'a Context,
    pub(super) runtime: &'a Runtime,
    pub(super) store: &'a Store,
    pub(super) client: Client,
    pub(super) repins: &'a [Repin],
    pub(super) dry_run: bool,
}

impl Files<'_> {
    /// The files that a platform wants. What `before` says of them stays.
    pub(super) fn pin(&self, platform: &Platform, asked: &Asked, before: Option<&PlatformLock>) -> Result<Pinned> {
        let mut wishes = self.wishes(asked, before)?;
        let mut pinned = Pinned::default();
        let missing: Vec<usize> =
            (0..wishes.len()).filter(|&number| wishes[number].size.is_none() || self.is_needed(&wishes[number])).collect();
        match self.dry_run {
            true => {
                let absent: BTreeSet<usize> = missing.iter().copied().collect();
                pinned.open = self.probe(missing.iter().map(|&number| &wishes[number]));
                let kept = wishes.into_iter().enumerate().filter(|(number, _)| !absent.contains(number));
                wishes = kept.map(|(_, wish)| wish).collect();
            }
            false if missing.is_empty() => {}
            false => {
                let fetched = self.fetch(platform, missing.iter().map(|&number| &wishes[number]).collect())?;
                for (number, Fetched { digest, size }) in missing.into_iter().zip(fetched) {
                    (wishes[number].digest, wishes[number].size) = (Some(digest), Some(size));
                }
            }
        }
        for Wish { kind, chart, file, modules, digest, proof, size } in wishes {
            let (Some(digest), Some(size)) = (digest, size) else { continue };
            let file_name = file.file_name().to_owned();
            let urls: Vec<String> = [file.url].into_iter().chain(file.mirrors).collect();
            match kind {
                FileKind::File => {
                    let mut file =
                        LockedFile { name: file.name, urls, size, digest, proof, wanted_by: modules, chart, images: Vec::new() };
                    if file.chart.is_some() && self.store.size_of(&file.digest)?.is_some() {
                        self.look_into(&mut file)?;
                    }
                    pinned.files.push(file);
                }
                FileKind::Package => pinned.packages.push(UrlPackage { modules, urls, file_name, digest, size, proof }),
            }
        }
        distinct(platform, pinned.files).map(|files| Pinned { files, ..pinned })
    }

    /// A package by URL must be read before anything can be resolved, a chart before its images are known; a file can be fetched
    /// when all else is known.
    fn is_needed(&self, wish: &Wish) -> bool {
        let here = |digest: &Digest| self.store.size_of(digest).ok().flatten().is_some();
        (wish.kind == FileKind::Package || wish.chart.is_some()) && !wish.digest.as_ref().is_some_and(here)
    }

    fn probe<'w>(&self, wishes: impl Iterator<Item = &'w Wish>) -> Vec<Open> {
        let ask = |wish: &Wish| {
            let url = wish.file.url.clone();
            let client = self.client.clone();
            async move { client.probe(&url).await.map_err(|error| error.to_string()) }
        };
        let (names, asks): (Vec<String>, Vec<_>) = wishes.map(|wish| (wish.file.name.clone(), ask(wish))).unzip();
        let sizes = self.runtime.block_on(futures_util::future::join_all(asks));
        names.into_iter().zip(sizes).map(|(name, size)| Open { name, size }).collect()
    }

    /// All of them into the store, or why not.
    fn fetch(&self, platform: &Platform, wishes: Vec<&Wish>) -> Result<Vec<Fetched>> {
        let sizes = self.probe(wishes.iter().copied());
        let known: u64 = sizes.iter().filter_map(|one| one.size.as_ref().ok().copied().flatten()).sum();
        super::refuse_full_disk(self.store, known, self.store.free_bytes()?)?;
        let _guard = self.context.alone(self.store)?;
        let wanted: Vec<lsrepo_fetch::Wanted> = wishes
            .iter()
            .map(|wish| lsrepo_fetch::Wanted {
                digest: wish.digest,
                urls: [&wish.file.url].into_iter().chain(&wish.file.mirrors).cloned().collect(),
                name: wish.file.name.clone(),
            })
            .collect();
        let task = Arc::new(self.context.progress.task("fetch files", known));
        let results = self.runtime.block_on(async {
            let fetch = lsrepo_fetch::fetch_files(&self.client, &wanted, self.store, self.context.now, listen::transfers(&task));
            tokio::select! {
                done = fetch => done.map_err(of_fetch),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; what is here stays")),
            }
        })?;
        task.finish();
        let (mut fetched, mut failed, mut is_answer, mut named) = (Vec::new(), Vec::new(), true, None);
        for (result, wish) in results.into_iter().zip(&wishes) {
            match result {
                Ok(one) => fetched.push(one),
                Err(error) => {
                    is_answer &= error.is_answer();
                    named = named.or(wish.digest.map(|_| wish.file.url.clone()));
                    failed.push(format!("{platform}: {error}"));
                }
            }
        }
        if let Some(url) = named {
            failed.push(format!("hint: where a file was changed by its owner, look at it and say `lsrepo lock --repin {url}`"));
        }
        match (failed.is_empty(), is_answer) {
            (true, _) => Ok(fetched),
            (false, true) => Err(unsatisfied(failed.join("\n"))),
            (false, false) => Err(anyhow::anyhow!(failed.join("\n"))),
        }
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

/// A client for files, with this machine's passwords.
pub(super) fn client(flags: &crate::cli::Upstreams) -> Result<Client> {
    closure::client(flags)
}
