//! What is shown to clients: a snapshot of the store's sets, published and signed.

mod deb;
mod files;
mod pages;
mod rpm;

pub(crate) use pages::blobs as page_blobs;

use crate::{
    context::Context,
    prepared::{self, Prepared},
};
use anyhow::{Context as _, Result};
use lsrepo_oci::{AnyDigest, Image};
use lsrepo_publish::{Tree, date_after};
use lsrepo_serve::{PublicKey, RegistryImages, Site};
use lsrepo_store::{Store, StoreError};
use lsrepo_types::{Bytes, Count, Digest, Family, Os, Platform, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was shown last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) number: u64,
    pub(crate) date: Option<Timestamp>,
    pub(crate) roots: BTreeMap<String, Digest>,
}

fn document() -> Result<RelPath> {
    Ok("snapshots/current.json".parse()?)
}

/// The snapshot that was shown last.
fn last(store: &Store) -> Result<Snapshot> {
    match store.read_document(&document()?)? {
        Some(bytes) => serde_json::from_slice(&bytes).context("snapshots/current.json"),
        None => Ok(Snapshot::default()),
    }
}

/// The sets that were shown last.
pub(crate) fn shown(store: &Store) -> Result<BTreeMap<String, Digest>> {
    Ok(last(store)?.roots)
}

/// [`snapshot`], or the last one while an import or a prepare is under way, whose names come one by one.
pub(crate) fn settled(store: &Store) -> Result<Snapshot> {
    match store.lock_shared() {
        Ok(_guard) => snapshot(store),
        Err(StoreError::Busy { .. }) => last(store),
        Err(other) => Err(other.into()),
    }
}

/// The snapshot of what the store holds now; a new one where that changed. Its date only ever rises.
/// The store must be locked.
pub(crate) fn snapshot(store: &Store) -> Result<Snapshot> {
    let last = last(store)?;
    let roots = store.roots()?;
    if last.roots == roots && last.date.is_some() {
        return Ok(last);
    }
    let date = date_after(prepared::newest(store, &roots)?, last.date);
    let next = Snapshot { number: last.number + 1, date: Some(date), roots };
    store.write_document(&document()?, &serde_json::to_vec_pretty(&next)?)?;
    Ok(next)
}

/// Publishes a snapshot. `older` are the trees that were shown before, by OS.
pub(crate) fn publish(
    context: &Context,
    store: &Store,
    snapshot: &Snapshot,
    older: &mut BTreeMap<Os, Tree>,
) -> Result<(Site, Vec<String>)> {
    let key = context.key()?;
    let public =
        PublicKey { armored: key.public_armored(), binary: key.public_binary(), fingerprint: key.fingerprint().to_string() };
    // Nothing is older than the key that signs it, however old an archive is.
    let date = snapshot.date.unwrap_or(context.now).max(key.created());
    let mut site = Site::new(public, date);
    let mut pages = pages::Pages::begin(store, snapshot, date);
    let (mut images, mut figures, mut all_files) = (Vec::new(), BTreeMap::new(), files::Files::default());
    let mut by_os: BTreeMap<Os, BTreeMap<Platform, Vec<Prepared>>> = BTreeMap::new();
    for (name, digest) in &snapshot.roots {
        let set = prepared::read(store, name, digest)?;
        pages = pages.and_then(|mut pages| pages.add(store, name, &set).map(|()| pages));
        let platform = set.lock.name.clone();
        figures.entry(platform.clone()).or_insert_with(Figures::default).add(&set);
        images.extend(set.images.iter().map(|image| (set.lock.date, image.clone())));
        // Where somebody asked for packages, apt and dnf find a repository, though it be empty.
        all_files.add(context, &set);
        if !set.lock.packages.is_empty() || set.images.is_empty() && set.lock.files.is_empty() {
            by_os.entry(platform.os.clone()).or_default().entry(platform).or_default().push(set);
        }
    }
    if !all_files.is_empty() {
        site.mount("files".parse()?, all_files.tree(store)?, date);
    }
    site.mount_images(registry(context, store, images)?);
    for (os, platforms) in by_os {
        let before = older.get(&os);
        let (fresh, summaries) = match os.family() {
            Family::Debian => deb::mount(context, &mut site, &os, platforms, (date, &key), before)?,
            Family::RedHat => rpm::mount(context, &mut site, &os, platforms, (date, &key), before)?,
        };
        older.insert(os, fresh);
        for one in summaries {
            figures.entry(one.platform.clone()).or_default().packages = Some((one.packages, one.bytes));
        }
    }
    // Without its lists a snapshot can be installed from all the same.
    site = match pages.and_then(|pages| pages.finish(store, snapshot, date, older)) {
        Ok(finished) => finished.shown_by(site)?,
        Err(error) => {
            context.progress.warn(&format!("pages: {error:#}; the web page shows no lists"));
            site
        }
    };
    let shown = figures.iter().map(|(platform, figures)| format!("{platform}: {}", figures.text())).collect();
    Ok((site, shown))
}

/// Images as a registry shows them. Where platforms were prepared on days when a tag stood for different things, the newest
/// is what it stands for; the others are there by digest.
fn registry(context: &Context, store: &Store, mut images: Vec<(Timestamp, Image)>) -> Result<RegistryImages> {
    images.sort_by_key(|(date, _)| *date);
    let (mut registry, mut tags) = (RegistryImages::new(), BTreeMap::new());
    for (_, image) in &images {
        registry.add(image, store).with_context(|| image.reference.to_string())?;
        let before = tags.insert(&image.reference, image.root.digest).filter(|before| *before != image.root.digest);
        if let Some(before) = before {
            context.progress.warn(&format!(
                "{}: prepared as {before} and later as {}; the tag stands for the later one\nhint: `lsrepo prepare --update {}` for all platforms",
                image.reference, image.root.digest, image.reference
            ));
        }
    }
    Ok(registry)
}

/// What a platform has, for the lines that a server says when it starts.
#[derive(Default)]
struct Figures {
    packages: Option<(u64, u64)>,
    /// their names, and the sizes of what belongs to them
    images: BTreeSet<String>,
    content: BTreeMap<AnyDigest, u64>,
    /// by name
    files: BTreeMap<String, u64>,
}

impl Figures {
    fn add(&mut self, set: &Prepared) {
        self.files.extend(set.lock.files.iter().map(|file| (file.name.clone(), file.size)));
        for image in &set.images {
            self.images.insert(image.reference.to_string());
            self.content.extend(image.manifests().chain(image.blobs()).map(|one| (one.digest, one.size)));
        }
    }

    fn text(&self) -> String {
        let packages = self.packages.map(|(count, bytes)| format!("{} packages, {}", Count(count), Bytes(bytes)));
        let images = (!self.images.is_empty()).then(|| {
            let bytes = Bytes(self.content.values().sum());
            match self.images.len() {
                1 => format!("1 image, {bytes}"),
                several => format!("{} images, {bytes}", Count(several as u64)),
            }
        });
        let files = (!self.files.is_empty()).then(|| {
            let bytes = Bytes(self.files.values().sum());
            match self.files.len() {
                1 => format!("1 file, {bytes}"),
                several => format!("{} files, {bytes}", Count(several as u64)),
            }
        });
        packages.into_iter().chain(images).chain(files).collect::<Vec<_>>().join("; ")
    }
}
