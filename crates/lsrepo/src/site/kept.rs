//! A publication that is kept: a server that shows it again begins at once.
//!
//! ```text
//! snapshots/published/<number>-<date>.json   what is shown of a snapshot under a date; its trees are blobs of the store
//! ```
//! The last two are kept: a server may still show the one before. Another program, another key or another date make it anew.

use super::{Keys, Shown, Snapshot};
use crate::{prepared::images, progress::Progress};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::Lock;
use lsrepo_oci::Image;
use lsrepo_publish::Tree;
use lsrepo_serve::SiteRecord;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Os, Platform, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "snapshots/published";
/// Says by which program, in which form.
const FORM: &str = concat!("lsrepo ", env!("CARGO_PKG_VERSION"), " form 2");
/// So many stay.
const MOST: usize = 2;

#[derive(Serialize, Deserialize)]
struct Document {
    form: String,
    /// the fingerprint of the key that signed it
    key: String,
    date: Timestamp,
    /// the platforms that `/lsrepo` was told to show
    top: Vec<Platform>,
    /// what it was made from
    roots: BTreeMap<String, Digest>,
    site: SiteRecord,
    images: Images,
    lines: Vec<String>,
}

/// What the images of a publication are read from.
#[derive(Serialize, Deserialize)]
pub(super) struct Images {
    /// parts of locks that have images, without everything else
    locks: Vec<String>,
    /// all manifests, for who fetches them before they are read
    manifests: BTreeSet<Digest>,
}

impl Images {
    pub(super) fn new(locks: Vec<String>, images: &[(Timestamp, Image)]) -> Self {
        let all = images.iter().flat_map(|(_, image)| image.manifests());
        Self { locks, manifests: all.filter_map(|one| one.digest.sha256()).collect() }
    }
}

/// Where a publication is kept.
pub(crate) fn path(snapshot: &Snapshot) -> Result<RelPath> {
    let date = snapshot.date.map_or(0, |date| date.0);
    Ok(format!("{FOLDER}/{}-{date}.json", snapshot.number).parse()?)
}

/// What was published of this snapshot under this date; none where it has to be made.
pub(super) fn load(
    progress: Progress,
    store: &Store,
    snapshot: &Snapshot,
    (keys, top): (&Keys, Option<&[Platform]>),
) -> Result<Option<Shown>> {
    let Some(bytes) = store.read_document(&path(snapshot)?)? else { return Ok(None) };
    // Another lsrepo may have written it in another form.
    let Ok(document) = serde_json::from_slice::<Document>(&bytes) else { return Ok(None) };
    let is_as_asked = top.is_none_or(|top| top == document.top);
    if document.form != FORM || document.key != keys.signing.fingerprint || document.roots != snapshot.roots || !is_as_asked {
        return Ok(None);
    }
    let mut site = keys.site(document.date);
    if site.restore(&document.site, store).is_err() {
        return Ok(None);
    }
    site.mount_images(super::registry(progress, store, images_of(store, &document.images.locks)?)?);
    Ok(Some(Shown { site, lines: document.lines }))
}

/// What somebody else published, who alone has the key. `fetch` is told of all blobs that are read for it, before they are.
pub(crate) fn of_others(
    progress: Progress,
    store: &Store,
    bytes: &[u8],
    keys: &Keys,
    fetch: impl FnOnce(&BTreeSet<Digest>) -> Result<()>,
) -> Result<Shown> {
    #[derive(Deserialize)]
    struct Form {
        form: String,
    }
    let form: Form = serde_json::from_slice(bytes).context("what is published")?;
    if form.form != FORM {
        bail!("it was published by `{}`, and this is `{FORM}`\nhint: use the same lsrepo for both", form.form.escape_debug());
    }
    let document: Document = serde_json::from_slice(bytes).context("what is published")?;
    fetch(&document.images.manifests.iter().copied().chain(document.site.tables()).collect())?;
    let mut site = keys.site(document.date);
    site.restore(&document.site, store).context("what is published")?;
    site.mount_images(super::registry(progress, store, images_of(store, &document.images.locks)?)?);
    Ok(Shown { site, lines: document.lines })
}

/// Every blob that a publication needs besides those of its sets.
pub(crate) fn blobs_in(store: &Store, bytes: &[u8]) -> Result<BTreeSet<Digest>> {
    let document: Document = serde_json::from_slice(bytes).context("what is published")?;
    Ok(document.site.blobs(store)?)
}

/// Keeps what was published.
pub(super) fn keep(
    store: &Store,
    snapshot: &Snapshot,
    (key, top): (&str, &[Platform]),
    shown: &Shown,
    images: Images,
    date: Timestamp,
) -> Result<()> {
    let document = Document {
        form: FORM.to_owned(),
        key: key.to_owned(),
        date,
        top: top.to_vec(),
        roots: snapshot.roots.clone(),
        site: shown.site.record(store)?,
        images,
        lines: shown.lines.clone(),
    };
    store.write_document(&path(snapshot)?, &serde_json::to_vec(&document)?)?;
    let all = all(store)?;
    for (_, old) in all.iter().rev().skip(MOST) {
        store.remove_document(old)?;
    }
    Ok(())
}

/// Publications that are kept, by their dates.
fn all(store: &Store) -> Result<Vec<(i64, RelPath)>> {
    let date = |path: &RelPath| path.file_name().strip_suffix(".json")?.rsplit_once('-')?.1.parse().ok();
    let mut all: Vec<(i64, RelPath)> =
        store.documents(&FOLDER.parse()?)?.into_iter().filter_map(|path| Some((date(&path)?, path))).collect();
    all.sort_by_key(|(date, _)| *date);
    Ok(all)
}

/// The last publication, for what the next one keeps of it.
pub(super) struct Before(Option<Document>);

impl Before {
    pub(super) fn load(store: &Store) -> Result<Self> {
        let Some((_, path)) = all(store)?.pop() else { return Ok(Self(None)) };
        let bytes = store.read_document(&path)?.unwrap_or_default();
        Ok(Self(serde_json::from_slice(&bytes).ok()))
    }

    /// The platforms that `/lsrepo` was told to show.
    pub(super) fn top(&self) -> &[Platform] {
        self.0.as_ref().map_or(&[], |document| &document.top)
    }

    /// The repository of an OS; none where there was none, or where it is not whole any more.
    pub(super) fn tree(&self, store: &Store, os: &Os) -> Option<Tree> {
        let is_index = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name == "Packages" || name.starts_with("Packages.") || path.contains("/repodata/")
        };
        let record = &self.0.as_ref()?.site;
        let tree = |kind: &str| record.tree(&format!("{kind}/{os}"), store, is_index).ok().flatten();
        tree("apt").or_else(|| tree("yum"))
    }
}

/// The blobs of the publications that are kept, of those snapshots that `counts`. One that cannot be read any more needs none.
pub(crate) fn blobs(store: &Store, counts: impl Fn(u64) -> bool) -> Result<BTreeSet<Digest>> {
    let mut live = BTreeSet::new();
    for (_, path) in all(store)? {
        let number = path.file_name().split_once('-').and_then(|(number, _)| number.parse().ok());
        if !number.is_some_and(&counts) {
            continue;
        }
        let bytes = store.read_document(&path)?.unwrap_or_default();
        let document = serde_json::from_slice::<Document>(&bytes).ok();
        live.extend(document.and_then(|document| document.site.blobs(store).ok()).unwrap_or_default());
    }
    Ok(live)
}

/// The digests of what is kept, for who has it as blobs elsewhere.
pub(crate) fn documents(store: &Store) -> Result<BTreeSet<Digest>> {
    all(store)?.iter().map(|(_, path)| Ok(Digest::of(&store.read_document(path)?.unwrap_or_default()))).collect()
}

/// Forgets publications that lack blobs, so that they are made anew; how many those were.
pub(crate) fn forget_broken(store: &Store) -> Result<u64> {
    let mut gone = 0;
    for (_, path) in all(store)? {
        let bytes = store.read_document(&path)?.unwrap_or_default();
        let blobs = serde_json::from_slice::<Document>(&bytes).ok().and_then(|document| document.site.blobs(store).ok());
        let is_there = |digest: &Digest| store.size_of(digest).is_ok_and(|size| size.is_some());
        if !blobs.is_some_and(|blobs| blobs.iter().all(is_there)) {
            store.remove_document(&path)?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// The part of a set's lock that its images need; none where it has no image.
pub(super) fn images_part(lock: &lsrepo_bom::lock::PlatformLock) -> Option<String> {
    if lock.images.is_empty() {
        return None;
    }
    let mut part = lock.clone();
    (part.packages, part.files, part.sources) = Default::default();
    (part.keys, part.documents) = Default::default();
    Some(Lock::new(vec![part]).render())
}

fn images_of(store: &Store, parts: &[String]) -> Result<Vec<(Timestamp, Image)>> {
    let mut all = Vec::new();
    for part in parts {
        for lock in Lock::parse(part).context("the images of a publication")?.platforms {
            all.extend(images::images(store, &lock)?.into_iter().map(|image| (lock.date, image)));
        }
    }
    Ok(all)
}
