//! What is known of wanted files: from the lock, from whoever wants them, from what is published beside them.

use super::{Files, Survey, Wish, places};
use crate::{
    charts,
    failure::{of_fetch, unsatisfied},
    progress::listen::questions,
    wanted::written_out,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Checksums, FileKind, FileRequest, ModuleName,
    chart::{self, CHART_LAYER, ChartEntry, ChartPlace, ChartRequest},
    checksums,
    lock::{Asked, LockedFile, PlatformLock, Proof},
};
use lsrepo_fetch::registry::{blob_address, manifest};
use lsrepo_oci::{Index, Manifest, Reference};
use lsrepo_sign::{Keyring, check_detached};
use lsrepo_types::Digest;
use std::{collections::BTreeMap, fs};

/// The largest file of checksums, signature or key.
const MOST_TEXT: u64 = 8 << 20;

/// The largest index of a chart repository.
const MOST_INDEX: u64 = 256 << 20;

/// What says what a file has to be, and how large it is.
type Known = (Digest, u64, Proof);

impl Files<'_> {
    /// Each file once, with what says what it has to be, and how large it is. What `before` says of them stays.
    pub(crate) fn survey(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Survey> {
        let mut wishes = self.wishes(asked, before)?;
        wishes.extend(self.charts(asked, before)?);
        let unknown: Vec<&mut Wish> = wishes.iter_mut().filter(|wish| wish.size.is_none() && wish.failure.is_none()).collect();
        let wanted: Vec<_> = unknown.iter().map(|wish| places(wish)).collect();
        let sizes = self.runtime.block_on(lsrepo_fetch::sizes(&self.client, &wanted));
        for (wish, size) in unknown.into_iter().zip(sizes) {
            match size.map_err(of_fetch) {
                Ok(size) => wish.size = size,
                Err(error) => wish.failure = Some(error),
            }
        }
        Ok(Survey(wishes))
    }

    fn wishes(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Vec<Wish>> {
        let mut all: BTreeMap<(FileKind, &FileRequest), Vec<ModuleName>> = BTreeMap::new();
        for wish in &asked.files {
            all.entry((wish.kind, &wish.file)).or_default().push(wish.module.clone());
        }
        // One address is one file: what one module states of it holds for all.
        let stated: BTreeMap<&str, Digest> = all.keys().filter_map(|(_, file)| Some((file.url.as_str(), file.digest?))).collect();
        let locked: BTreeMap<&str, Known> = before.map(locked).unwrap_or_default();
        let mut wishes = Vec::new();
        for ((kind, file), modules) in all {
            let known = locked.get(file.url.as_str()).copied();
            let (said, failure) = match self.said(file, file.digest.or(stated.get(file.url.as_str()).copied()), known) {
                Ok(said) => (said, None),
                Err(error) => (None, Some(error.context(file.url.clone()))),
            };
            wishes.push(self.wish((kind, None), file.clone(), modules, said, known, failure)?);
        }
        Ok(wishes)
    }

    /// What a file has to be, and who says so.
    fn said(&self, file: &FileRequest, stated: Option<Digest>, known: Option<Known>) -> Result<Option<(Digest, Proof)>> {
        let repin = self.repins.iter().find(|one| one.url == file.url).map(|one| (one.digest, Proof::Repinned));
        let stated = stated.map(|digest| (digest, Proof::Stated));
        // What came first counts until somebody says better.
        let better = |proof: Proof| proof == Proof::FirstFetch && file.checksums.is_some();
        let locked = known.map(|(digest, _, proof)| (digest, proof)).filter(|(_, proof)| !better(*proof));
        match (repin.or(stated).or(locked), &file.checksums) {
            (None, Some(published)) => self.published(file, published).map(Some),
            (said, _) => Ok(said),
        }
    }

    fn wish(
        &self,
        (kind, chart): (FileKind, Option<ChartRequest>),
        file: FileRequest,
        modules: Vec<ModuleName>,
        said: Option<(Digest, Proof)>,
        known: Option<Known>,
        failure: Option<anyhow::Error>,
    ) -> Result<Wish> {
        let (digest, proof) = said.map_or((None, Proof::FirstFetch), |(digest, proof)| (Some(digest), proof));
        let here = digest.map(|digest| self.store.size_of(&digest)).transpose()?.flatten();
        let of_lock = known.filter(|(known, ..)| Some(*known) == digest).map(|(_, size, _)| size);
        let size = here.or(of_lock);
        Ok(Wish { kind, chart, file, modules, digest, proof, size, is_sure: size.is_some(), failure })
    }

    /// Each chart once, as a file. What the lock has of it stays; otherwise its repository or its registry is asked.
    fn charts(&self, asked: &Asked, before: Option<&PlatformLock>) -> Result<Vec<Wish>> {
        let mut all: BTreeMap<&ChartRequest, Vec<ModuleName>> = BTreeMap::new();
        for wish in &asked.charts {
            all.entry(&wish.chart).or_default().push(wish.module.clone());
        }
        let mut wishes = Vec::new();
        for (chart, modules) in all {
            let of = (FileKind::File, Some(chart.clone()));
            let locked = before.and_then(|part| part.files.iter().find(|file| file.chart.as_ref() == Some(chart)));
            if let Some(locked) = locked {
                let mut urls = locked.urls.iter().cloned();
                let url = urls.next().unwrap_or_default();
                let (name, mirrors) = (locked.name.clone(), urls.collect());
                let file = FileRequest { url, name, digest: None, mirrors, checksums: None };
                let known = (locked.digest, locked.size, locked.proof);
                wishes.push(self.wish(of, file, modules, Some((locked.digest, locked.proof)), Some(known), None)?);
                continue;
            }
            let entry = match chart.place() {
                ChartPlace::Index(url) => self.listed(chart, &url),
                ChartPlace::Registry(reference) => self.pushed(chart, &reference),
            };
            let (file, size, failure) = match entry {
                Ok(entry) => {
                    let size = entry.size;
                    (chart.file(entry), size, None)
                }
                Err(error) => {
                    let name = format!("charts/{}", chart.name);
                    let file =
                        FileRequest { url: chart.repository.clone(), name, digest: None, mirrors: Vec::new(), checksums: None };
                    (file, None, Some(error))
                }
            };
            let repin = self.repins.iter().find(|one| one.url == file.url).map(|one| (one.digest, Proof::Repinned));
            let said = repin.or(file.digest.map(|digest| (digest, Proof::Checksums)));
            let wish = self.wish(of, file, modules, said, None, failure)?;
            wishes.push(Wish { size: wish.size.or(size), ..wish });
        }
        Ok(wishes)
    }

    /// A chart as the index of its repository has it.
    fn listed(&self, chart: &ChartRequest, url: &str) -> Result<ChartEntry> {
        let text = self.text(url, MOST_INDEX)?;
        let entry = chart::find(&String::from_utf8_lossy(&text), &chart.repository, &chart.name, chart.version.as_deref());
        entry.map_err(|why| unsatisfied(format!("{url}: {why}")))
    }

    /// A chart as its registry has it: the layer of an artifact.
    fn pushed(&self, chart: &ChartRequest, reference: &str) -> Result<ChartEntry> {
        let reference: Reference = reference.parse()?;
        let registries = self.registries.as_ref().with_context(|| format!("{reference}: no registry was named"))?;
        let asked = manifest(registries, &reference, questions(self.context.progress));
        let found = self.runtime.block_on(asked).map_err(of_fetch)?;
        let (_, bytes) = found.ok_or_else(|| unsatisfied(format!("{reference}: its registry has no such chart")))?;
        let odd = |why: &str| unsatisfied(format!("{reference}: {why}"));
        let no_chart = || odd("it is no Helm chart\nhint: an image is carried with --image");
        let manifest = match Manifest::parse(&bytes) {
            Ok(manifest) => manifest,
            Err(_) if Index::parse(&bytes).is_ok() => return Err(no_chart()),
            Err(why) => return Err(odd(&why.to_string())),
        };
        let layer = manifest.layers.iter().find(|layer| layer.media_type == CHART_LAYER).ok_or_else(no_chart)?;
        let version = chart.version.clone().unwrap_or_default();
        Ok(ChartEntry {
            version,
            urls: vec![blob_address(&reference, &layer.digest)],
            digest: Some(layer.digest),
            size: Some(layer.size),
        })
    }

    /// Finds the images of a chart that is here.
    pub(super) fn look_into(&self, file: &mut LockedFile) -> Result<()> {
        let found = charts::images(self.store, file)?;
        for place in &found.unread {
            self.context.progress.warn(&format!("{}: an image is named by `{place}`, which only rendering tells", file.name));
        }
        file.images =
            found.images.iter().map(|image| written_out(image)).collect::<Result<_>>().with_context(|| file.name.clone())?;
        Ok(())
    }

    /// What a published file of checksums says.
    fn published(&self, file: &FileRequest, published: &Checksums) -> Result<(Digest, Proof)> {
        let bytes = self.text(&published.url, MOST_TEXT)?;
        let proof = match (&published.signature, &published.key) {
            (Some(signature), Some(key)) => {
                let key = match key {
                    armored if armored.starts_with("-----BEGIN") => armored.clone().into_bytes(),
                    url if url.contains("://") => self.text(url, MOST_TEXT)?,
                    path => fs::read(path).with_context(|| path.clone())?,
                };
                let keyring = Keyring::parse(&key).context("the key of its checksums")?;
                let signed = check_detached(&bytes, &self.text(signature, MOST_TEXT)?, &keyring, self.context.now);
                signed.map_err(|why| unsatisfied(format!("{}: {why}", published.url)))?;
                Proof::SignedChecksums
            }
            _ => Proof::Checksums,
        };
        let name = FileRequest::name_in(&file.url);
        let listed = checksums::find(&String::from_utf8_lossy(&bytes), name);
        Ok((listed.map_err(|why| unsatisfied(format!("{}: {why}", published.url)))?, proof))
    }

    /// A text, asked for once.
    fn text(&self, url: &str, most: u64) -> Result<Vec<u8>> {
        if let Some(known) = self.texts.borrow().get(url) {
            return Ok(known.clone());
        }
        let bytes = self.runtime.block_on(self.client.text(url, most)).map_err(of_fetch)?;
        self.texts.borrow_mut().insert(url.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// What a lock says of addresses.
fn locked(before: &PlatformLock) -> BTreeMap<&str, Known> {
    let files = before.files.iter().map(|file| (&file.urls, file.digest, file.size, file.proof));
    let packages = before.packages.iter().filter_map(|one| Some((&one.urls, one.digest, one.size, one.proof?)));
    files.chain(packages).filter_map(|(urls, digest, size, proof)| Some((urls.first()?.as_str(), (digest, size, proof)))).collect()
}
