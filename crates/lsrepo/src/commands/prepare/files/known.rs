//! What is known of wanted files: from the lock, from whoever wants them, from what is published beside them.

use super::{Files, Wish};
use crate::{
    charts,
    failure::{of_fetch, unsatisfied},
};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Checksums, FileKind, FileRequest, ModuleName,
    chart::{self, ChartRequest},
    checksums,
    lock::{Asked, LockedFile, PlatformLock, Proof},
};
use lsrepo_sign::{Keyring, check_detached};
use lsrepo_types::Digest;
use std::{collections::BTreeMap, fs};

/// The largest file of checksums, signature or key.
const MOST_TEXT: u64 = 8 << 20;

/// The largest index of a chart repository.
const MOST_INDEX: u64 = 256 << 20;

impl Files<'_> {
    /// Each file once, with what says what it has to be.
    pub(super) fn wishes(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Vec<Wish>> {
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
            let chart = None;
            wishes.push(Wish { kind, chart, file: file.clone(), modules, digest, proof, size: here.or(of_lock) });
        }
        wishes.extend(self.charts(asked, before)?);
        Ok(wishes)
    }

    /// Each chart once, as a file. What the lock has of it stays; otherwise the index of its repository is asked.
    fn charts(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Vec<Wish>> {
        let mut all: BTreeMap<&ChartRequest, Vec<ModuleName>> = BTreeMap::new();
        for wish in &asked.charts {
            all.entry(&wish.chart).or_default().push(wish.module.clone());
        }
        let (mut wishes, mut indexes) = (Vec::new(), BTreeMap::new());
        for (chart, modules) in all {
            let locked = before.and_then(|part| part.files.iter().find(|file| file.chart.as_ref() == Some(chart)));
            if let Some(locked) = locked {
                let mut urls = locked.urls.iter().cloned();
                let url = urls.next().unwrap_or_default();
                let (name, mirrors) = (locked.name.clone(), urls.collect());
                let file = FileRequest { url, name, digest: None, mirrors, checksums: None };
                let (digest, size) = (Some(locked.digest), Some(locked.size));
                wishes.push(Wish {
                    kind: FileKind::File,
                    chart: Some(chart.clone()),
                    file,
                    modules,
                    digest,
                    proof: locked.proof,
                    size,
                });
                continue;
            }
            let url = chart.index_url();
            let file = match self.listed(chart, &url, &mut indexes) {
                Ok(file) => file,
                // A dry run says that it cannot be had, and goes on.
                Err(_) if self.dry_run => {
                    FileRequest { url, name: format!("charts/{}", chart.name), digest: None, mirrors: Vec::new(), checksums: None }
                }
                Err(error) => return Err(error),
            };
            let repin = self.repins.iter().find(|one| one.url == file.url);
            let (digest, proof) = match (repin, file.digest) {
                (Some(repin), _) => (Some(repin.digest), Proof::Repinned),
                (None, Some(digest)) => (Some(digest), Proof::Checksums),
                (None, None) => (None, Proof::FirstFetch),
            };
            let size = digest.map(|digest| self.store.size_of(&digest)).transpose()?.flatten();
            wishes.push(Wish { kind: FileKind::File, chart: Some(chart.clone()), file, modules, digest, proof, size });
        }
        Ok(wishes)
    }

    /// A chart as the index of its repository has it; each index is asked for once.
    fn listed(&self, chart: &ChartRequest, url: &str, indexes: &mut BTreeMap<String, String>) -> Result<FileRequest> {
        let text = match indexes.get(url) {
            Some(text) => text,
            None => {
                let bytes = self.runtime.block_on(self.client.text(url, MOST_INDEX)).map_err(of_fetch)?;
                indexes.entry(url.to_owned()).or_insert(String::from_utf8_lossy(&bytes).into_owned())
            }
        };
        let entry = chart::find(text, &chart.repository, &chart.name, chart.version.as_deref());
        Ok(chart.file(entry.map_err(|why| unsatisfied(format!("{url}: {why}")))?))
    }

    /// Finds the images of a chart that is here.
    pub(super) fn look_into(&self, file: &mut LockedFile) -> Result<()> {
        let found = charts::images(self.store, file)?;
        for place in &found.unread {
            self.context.progress.warn(&format!("{}: an image is named by `{place}`, which only rendering tells", file.name));
        }
        file.images = found.images.into_iter().collect();
        Ok(())
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
}

/// What a lock says of addresses.
fn locked(before: &PlatformLock) -> BTreeMap<&str, (Digest, u64, Proof)> {
    let files = before.files.iter().map(|file| (&file.urls, file.digest, file.size, file.proof));
    let packages = before.packages.iter().filter_map(|one| Some((&one.urls, one.digest, one.size, one.proof?)));
    files.chain(packages).filter_map(|(urls, digest, size, proof)| Some((urls.first()?.as_str(), (digest, size, proof)))).collect()
}
