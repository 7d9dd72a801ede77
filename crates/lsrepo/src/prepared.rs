//! A prepared set: one platform's part for one module, as an OCI manifest in the store.
//!
//! Its config is that part of the lock, its first layer says what the packages' own headers say, then come the
//! documents that travel with them, reduced to what is carried, then the packages, the files, and then container images.

mod deb;
pub(crate) mod images;
mod rpm;

use crate::head::Piece;
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, ModuleName,
    lock::{DocumentKind, LockedPackage, PlatformLock},
};
use lsrepo_oci::{ARTIFACT_TYPE, Descriptor, Image, Manifest, annotation, media_type};
use lsrepo_rpm::Record;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Family, Platform, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, io::Read as _};

/// The largest config, record list or document.
const MOST: u64 = 512 << 20;

/// What is in the store of one set.
pub(crate) struct Prepared {
    pub(crate) lock: PlatformLock,
    pub(crate) records: Records,
    /// reduced to what is carried
    pub(crate) documents: Vec<(DocumentKind, String)>,
    /// container images, as far as they are wanted
    pub(crate) images: Vec<Image>,
}

/// What packages say of themselves, by their digests.
pub(crate) enum Records {
    /// control paragraphs
    Deb(BTreeMap<Digest, String>),
    /// pieces of indexes
    Rpm(BTreeMap<Digest, Record>),
}

/// The name of a set's root.
pub(crate) fn root_name(platform: &Platform, module: &ModuleName) -> String {
    format!("{}{module}", root_prefix(platform))
}

/// What the roots of a platform begin with.
pub(crate) fn root_prefix(platform: &Platform) -> String {
    format!("{}-{}--", platform.os, platform.arch)
}

/// Whether the store holds exactly this part: the same lock, and every package. Reads no package.
pub(crate) fn is_complete(store: &Store, part: &PlatformLock) -> Result<bool> {
    let roots = store.roots()?;
    for module in part.modules() {
        let Some(digest) = roots.get(&root_name(&part.name, &module)) else { return Ok(false) };
        let Ok(bytes) = store.read(digest, MOST) else { return Ok(false) };
        let manifest = Manifest::parse(&bytes)?;
        let same = manifest.config.digest == Digest::of(&config(part, &module)?);
        if !same || !manifest.descriptors().all(|one| store.contains(&one.digest, one.size)) {
            return Ok(false);
        }
    }
    let prefix = root_prefix(&part.name);
    Ok(roots.keys().filter(|name| name.starts_with(&prefix)).count() == part.modules().len())
}

/// A module's part of the lock, packed.
fn config(part: &PlatformLock, module: &ModuleName) -> Result<Vec<u8>> {
    pack(Lock::new(vec![part.for_module(module)]).render().as_bytes())
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(bytes, 9).context("packing a document")
}

/// The bytes of a packed blob; no more than [`MOST`].
fn unpack(store: &Store, digest: &Digest) -> Result<Vec<u8>> {
    unpacked(&store.read(digest, MOST)?)
}

/// The bytes of a packed document; no more than [`MOST`].
pub(crate) fn unpacked(packed: &[u8]) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    zstd::Decoder::new(packed)?.take(MOST).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Writes a platform's sets, whose packages and documents are in the store, and lets its roots stand for them.
/// Gives what is to be said of signatures that were good enough only because the platform is an old one.
pub(crate) fn write(store: &Store, part: &PlatformLock) -> Result<Vec<String>> {
    match part.name.os.family() {
        Family::Debian => {
            write_sets(store, part, &media(media_type::DEB, media_type::RECORDS), &deb::records(store, part)?, &[])?;
            Ok(Vec::new())
        }
        Family::RedHat => {
            let (records, said) = rpm::records(store, part)?;
            let documents = rpm::documents(store, part, &records)?;
            write_sets(store, part, &media(media_type::RPM, media_type::RPM_RECORDS), &records, &documents)?;
            Ok(said)
        }
    }
}

struct Media {
    package: &'static str,
    records: &'static str,
}

fn media(package: &'static str, records: &'static str) -> Media {
    Media { package, records }
}

fn write_sets<R: Serialize>(
    store: &Store,
    part: &PlatformLock,
    media: &Media,
    records: &BTreeMap<Digest, R>,
    documents: &[(DocumentKind, String)],
) -> Result<()> {
    let mut names = Vec::new();
    for module in part.modules() {
        let name = root_name(&part.name, &module);
        let manifest = manifest(store, part, &module, media, records, documents)?;
        store.set_root(&name, &store.put(&manifest.to_bytes())?)?;
        names.push(name);
    }
    let prefix = root_prefix(&part.name);
    for name in store.roots()?.into_keys().filter(|name| name.starts_with(&prefix) && !names.contains(name)) {
        store.remove_root(&name)?;
    }
    Ok(())
}

fn manifest<R: Serialize>(
    store: &Store,
    part: &PlatformLock,
    module: &ModuleName,
    media: &Media,
    records: &BTreeMap<Digest, R>,
    documents: &[(DocumentKind, String)],
) -> Result<Manifest> {
    let packed = |media_type: &'static str, plain: &[u8]| -> Result<Descriptor> {
        let packed = pack(plain)?;
        Ok(Descriptor::new(media_type, store.put(&packed)?, packed.len() as u64))
    };
    let config = config(part, module)?;
    let config = Descriptor::new(media_type::LOCK, store.put(&config)?, config.len() as u64);
    let own = part.for_module(module);
    let mut own_records = BTreeMap::new();
    let mut layers = Vec::new();
    for package in &own.packages {
        if let Some(record) = records.get(&package.digest)
            && own_records.insert(package.digest.to_string(), record).is_none()
        {
            layers.push(Descriptor::new(media.package, package.digest, package.size).with(annotation::TITLE, file_name(package)));
        }
    }
    let mut all = vec![packed(media.records, &serde_json::to_vec(&own_records)?)?];
    for (kind, text) in documents {
        all.push(packed(media_of(*kind), text.as_bytes())?);
    }
    all.append(&mut layers);
    all.extend(
        own.files.iter().map(|file| Descriptor::new(media_type::FILE, file.digest, file.size).with(annotation::TITLE, &file.name)),
    );
    all.append(&mut images::layers(&images::images(store, &own)?)?);
    let mut manifest = Manifest::new(ARTIFACT_TYPE, config, all);
    manifest.annotations.insert(annotation::PLATFORM.to_owned(), part.name.to_string());
    manifest.annotations.insert(annotation::MODULE.to_owned(), module.to_string());
    Ok(manifest)
}

fn file_name(package: &LockedPackage) -> &str {
    package.path.rsplit('/').next().unwrap_or(&package.path)
}

fn media_of(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Comps => media_type::COMPS,
        DocumentKind::Modules => media_type::MODULES,
        DocumentKind::Updateinfo => media_type::UPDATEINFO,
    }
}

/// Reads a set from the store.
pub(crate) fn read(store: &Store, root: &str, digest: &Digest) -> Result<Prepared> {
    let manifest = Manifest::parse(&store.read(digest, MOST)?).with_context(|| root.to_owned())?;
    let lock = read_lock(store, root, &manifest)?;
    let records = records(store, root, &manifest, &lock)?;
    let mut documents = Vec::new();
    for kind in [DocumentKind::Comps, DocumentKind::Modules, DocumentKind::Updateinfo] {
        for layer in manifest.layers.iter().filter(|layer| layer.media_type == media_of(kind)) {
            let plain = unpack(store, &layer.digest).with_context(|| format!("{root}: {}", kind.as_str()))?;
            documents.push((kind, String::from_utf8(plain).with_context(|| format!("{root}: {}", kind.as_str()))?));
        }
    }
    let images = images::images(store, &lock).with_context(|| root.to_owned())?;
    Ok(Prepared { lock, records, documents, images })
}

/// What the packages of a set say of themselves.
pub(crate) fn records_of(store: &Store, root: &str, digest: &Digest) -> Result<Records> {
    let manifest = Manifest::parse(&store.read(digest, MOST)?).with_context(|| root.to_owned())?;
    records(store, root, &manifest, &read_lock(store, root, &manifest)?)
}

fn records(store: &Store, root: &str, manifest: &Manifest, lock: &PlatformLock) -> Result<Records> {
    Ok(match lock.name.os.family() {
        Family::Debian => Records::Deb(read_records(store, root, manifest, media_type::RECORDS)?),
        Family::RedHat => Records::Rpm(read_records(store, root, manifest, media_type::RPM_RECORDS)?),
    })
}

/// Everything that a set needs.
pub(crate) fn blobs_of(store: &Store, root: &str, digest: &Digest) -> Result<Vec<Digest>> {
    let manifest = Manifest::parse(&store.read(digest, MOST)?).with_context(|| root.to_owned())?;
    Ok(manifest.descriptors().map(|one| one.digest).collect())
}

/// A set's manifest, and everything that it names.
pub(crate) fn pieces_of(store: &Store, root: &str, digest: &Digest) -> Result<(Piece, Vec<Piece>)> {
    let bytes = store.read(digest, MOST)?;
    let manifest = Manifest::parse(&bytes).with_context(|| root.to_owned())?;
    let pieces = manifest.descriptors().map(|one| Piece { digest: one.digest, size: one.size }).collect();
    Ok((Piece { digest: *digest, size: bytes.len() as u64 }, pieces))
}

/// The part of the lock that a set answers.
pub(crate) fn lock_of(store: &Store, root: &str, digest: &Digest) -> Result<PlatformLock> {
    let manifest = Manifest::parse(&store.read(digest, MOST)?).with_context(|| root.to_owned())?;
    read_lock(store, root, &manifest)
}

fn read_lock(store: &Store, root: &str, manifest: &Manifest) -> Result<PlatformLock> {
    let text = String::from_utf8(unpack(store, &manifest.config.digest).with_context(|| root.to_owned())?)?;
    let mut lock = Lock::parse(&text).with_context(|| root.to_owned())?;
    let Some(lock) = lock.platforms.pop() else { bail!("{root}: it holds no platform") };
    Ok(lock)
}

fn read_records<R: DeserializeOwned>(
    store: &Store,
    root: &str,
    manifest: &Manifest,
    media_type: &str,
) -> Result<BTreeMap<Digest, R>> {
    let mut records = BTreeMap::new();
    for layer in manifest.layers.iter().filter(|layer| layer.media_type == media_type) {
        let plain = unpack(store, &layer.digest).with_context(|| format!("{root}: records"))?;
        records.extend(serde_json::from_slice::<BTreeMap<Digest, R>>(&plain).with_context(|| format!("{root}: records"))?);
    }
    Ok(records)
}

/// The newest date among the sets.
pub(crate) fn newest(store: &Store, roots: &BTreeMap<String, Digest>) -> Result<Timestamp> {
    let mut newest = Timestamp(0);
    for (name, digest) in roots {
        newest = newest.max(lock_of(store, name, digest)?.date);
    }
    Ok(newest)
}
