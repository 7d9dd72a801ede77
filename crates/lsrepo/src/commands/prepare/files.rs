//! The files of a platform: what each has to be, and those that are not here yet fetched into the store.
//!
//! What a file has to be is said, in this order: by somebody who looked at a change (`lsrepo lock --repin`), by whoever wants it,
//! by the lock, by a published file of checksums. Where nobody says it, what comes first counts from then on.

use crate::{
    closure::{self, by_url::UrlPackage},
    context::Context,
    failure::{of_fetch, unsatisfied},
    progress::listen,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Checksums, FileKind, FileRequest, ModuleName, checksums,
    lock::{Asked, LockedFile, PlatformLock, Proof, Repin},
};
use lsrepo_fetch::{Client, Fetched};
use lsrepo_sign::{Keyring, check_detached};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Platform};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};
use tokio::runtime::Runtime;

/// The largest file of checksums, signature or key.
const MOST_TEXT: u64 = 8 << 20;

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
                let mut number = 0;
                wishes.retain(|_| (!absent.contains(&number), number += 1).0);
            }
            false if missing.is_empty() => {}
            false => {
                let fetched = self.fetch(platform, missing.iter().map(|&number| &wishes[number]).collect())?;
                for (number, Fetched { digest, size }) in missing.into_iter().zip(fetched) {
                    (wishes[number].digest, wishes[number].size) = (Some(digest), Some(size));
                }
            }
        }
        for Wish { kind, file, modules, digest, proof, size } in wishes {
            let (Some(digest), Some(size)) = (digest, size) else { continue };
            let file_name = file.file_name().to_owned();
            let urls: Vec<String> = [file.url].into_iter().chain(file.mirrors).collect();
            match kind {
                FileKind::File => pinned.files.push(LockedFile { name: file.name, urls, size, digest, proof, wanted_by: modules }),
                FileKind::Package => pinned.packages.push(UrlPackage { modules, urls, file_name, digest, size, proof }),
            }
        }
        distinct(platform, pinned.files).map(|files| Pinned { files, ..pinned })
    }

    /// A package by URL must be read before anything can be resolved; a file can be fetched when all else is known.
    fn is_needed(&self, wish: &Wish) -> bool {
        let here = |digest: &Digest| self.store.size_of(digest).ok().flatten().is_some();
        wish.kind == FileKind::Package && !wish.digest.as_ref().is_some_and(here)
    }

    /// Each file once, with what says what it has to be.
    fn wishes(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Vec<Wish>> {
        let mut all: BTreeMap<(FileKind, &FileRequest), Vec<ModuleName>> = BTreeMap::new();
        for wish in &asked.files {
            all.entry((wish.kind, &wish.file)).or_default().push(wish.module.clone());
        }
        let locked: BTreeMap<&str, (Digest, u64, Proof)> = before.map(locked).unwrap_or_default();
        let mut wishes = Vec::new();
        for ((kind, file), modules) in all {
            let repin = self.repins.iter().find(|one| one.url == file.url);
            let known = locked.get(file.url.as_str());
            let (digest, proof) = match (repin, file.digest, known, &file.checksums) {
                (Some(repin), ..) => (Some(repin.digest), Proof::Repinned),
                (None, Some(stated), ..) => (Some(stated), Proof::Stated),
                (None, None, Some((digest, _, proof)), _) => (Some(*digest), *proof),
                (None, None, None, Some(published)) => match self.published(file, published) {
                    Ok((digest, proof)) => (Some(digest), proof),
                    // A dry run says of the file itself that it cannot be had.
                    Err(_) if self.dry_run => (None, Proof::Checksums),
                    Err(error) => return Err(error).with_context(|| file.url.clone()),
                },
                (None, None, None, None) => (None, Proof::FirstFetch),
            };
            let of_lock = known.filter(|(known, ..)| Some(*known) == digest).map(|(_, size, _)| *size);
            let here = digest.map(|digest| self.store.size_of(&digest)).transpose()?.flatten();
            wishes.push(Wish { kind, file: file.clone(), modules, digest, proof, size: here.or(of_lock) });
        }
        Ok(wishes)
    }

    /// What a published file of checksums says.
    fn published(&self, file: &FileRequest, published: &Checksums) -> Result<(Digest, Proof)> {
        let text = |url: &str| self.runtime.block_on(self.client.text(url, MOST_TEXT)).map_err(of_fetch);
        let bytes = text(&published.url)?;
        let proof = match (&published.signature, &published.key) {
            (Some(signature), Some(key)) => {
                let key = match key {
                    armored if armored.starts_with("-----BEGIN") => armored.clone().into_bytes(),
                    url if url.contains("://") => text(url)?,
                    path => fs::read(path).with_context(|| path.clone())?,
                };
                let keyring = Keyring::parse(&key).context("the key of its checksums")?;
                let signed = check_detached(&bytes, &text(signature)?, &keyring, self.context.now);
                signed.map_err(|why| unsatisfied(format!("{}: {why}", published.url)))?;
                Proof::SignedChecksums
            }
            _ => Proof::Checksums,
        };
        let name = FileRequest::name_in(&file.url);
        let listed = checksums::find(&String::from_utf8_lossy(&bytes), name);
        Ok((listed.map_err(|why| unsatisfied(format!("{}: {why}", published.url)))?, proof))
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
        let _guard = self.context.alone(self.store)?;
        let wanted: Vec<lsrepo_fetch::Wanted> = wishes
            .iter()
            .map(|wish| lsrepo_fetch::Wanted {
                digest: wish.digest,
                urls: [&wish.file.url].into_iter().chain(&wish.file.mirrors).cloned().collect(),
                name: wish.file.name.clone(),
            })
            .collect();
        let task = Arc::new(self.context.progress.task("fetch files", wishes.iter().filter_map(|wish| wish.size).sum()));
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

/// What a lock says of addresses.
fn locked(before: &PlatformLock) -> BTreeMap<&str, (Digest, u64, Proof)> {
    let files = before.files.iter().map(|file| (&file.urls, file.digest, file.size, file.proof));
    let packages = before.packages.iter().filter_map(|one| Some((&one.urls, one.digest, one.size, one.proof?)));
    files.chain(packages).filter_map(|(urls, digest, size, proof)| Some((urls.first()?.as_str(), (digest, size, proof)))).collect()
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
