//! A prepared set: one platform's part for one module, as an OCI manifest in the store.
//!
//! Its config is that part of the lock, its first layer says what the packages' own headers say, the others are
//! the packages.

use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, ModuleName,
    lock::{LockedPackage, PlatformLock},
};
use lsrepo_deb::archive;
use lsrepo_oci::{ARTIFACT_TYPE, Descriptor, Manifest, annotation, media_type};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Platform, Timestamp};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{BufReader, Read as _},
};

/// The largest config or record list.
const MOST: u64 = 256 << 20;

/// What is in the store of one set.
pub(crate) struct Prepared {
    pub(crate) lock: PlatformLock,
    /// control paragraphs by the digest of the package
    pub(crate) records: BTreeMap<Digest, String>,
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
    let packed = store.read(digest, MOST)?;
    let mut plain = Vec::new();
    zstd::Decoder::new(&packed[..])?.take(MOST).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Writes a platform's sets, whose packages are in the store, and lets its roots stand for them.
pub(crate) fn write(store: &Store, part: &PlatformLock) -> Result<()> {
    let mut controls: BTreeMap<Digest, String> = BTreeMap::new();
    for package in &part.packages {
        if let Entry::Vacant(free) = controls.entry(package.digest) {
            free.insert(control(store, package)?);
        }
    }
    let mut names = Vec::new();
    for module in part.modules() {
        let name = root_name(&part.name, &module);
        let manifest = manifest(store, part, &module, &controls)?;
        store.set_root(&name, &store.put(&manifest.to_bytes())?)?;
        names.push(name);
    }
    let prefix = root_prefix(&part.name);
    for name in store.roots()?.into_keys().filter(|name| name.starts_with(&prefix) && !names.contains(name)) {
        store.remove_root(&name)?;
    }
    Ok(())
}

fn manifest(store: &Store, part: &PlatformLock, module: &ModuleName, controls: &BTreeMap<Digest, String>) -> Result<Manifest> {
    let config = config(part, module)?;
    let config = Descriptor::new(media_type::LOCK, store.put(&config)?, config.len() as u64);
    let own = part.for_module(module);
    let mut records = BTreeMap::new();
    let mut layers = Vec::new();
    for package in &own.packages {
        if let Some(control) = controls.get(&package.digest)
            && records.insert(package.digest.to_string(), control).is_none()
        {
            let file = package.path.rsplit('/').next().unwrap_or(&package.path);
            layers.push(Descriptor::new(media_type::DEB, package.digest, package.size).with(annotation::TITLE, file));
        }
    }
    let packed = pack(&serde_json::to_vec(&records)?)?;
    layers.insert(0, Descriptor::new(media_type::RECORDS, store.put(&packed)?, packed.len() as u64));
    let mut manifest = Manifest::new(ARTIFACT_TYPE, config, layers);
    manifest.annotations.insert(annotation::PLATFORM.to_owned(), part.name.to_string());
    manifest.annotations.insert(annotation::MODULE.to_owned(), module.to_string());
    Ok(manifest)
}

/// What a package says of itself; it must be the package that the lock means.
fn control(store: &Store, package: &LockedPackage) -> Result<String> {
    let what = || format!("{} {}", package.name, package.version);
    let text = archive::control(BufReader::new(store.open_blob(&package.digest)?)).with_context(what)?;
    let stanza = lsrepo_deb::packages::scan(&text).next().with_context(what)?.with_context(what)?;
    if (stanza.package, stanza.version, stanza.architecture) != (&package.name, &package.version, &package.arch) {
        bail!("{}: the package calls itself {} {} {}", what(), stanza.package, stanza.version, stanza.architecture);
    }
    Ok(text)
}

/// Reads a set from the store.
pub(crate) fn read(store: &Store, root: &str, digest: &Digest) -> Result<Prepared> {
    let manifest = Manifest::parse(&store.read(digest, MOST)?).with_context(|| root.to_owned())?;
    let text = String::from_utf8(unpack(store, &manifest.config.digest).with_context(|| root.to_owned())?)?;
    let mut lock = Lock::parse(&text).with_context(|| root.to_owned())?;
    let Some(lock) = lock.platforms.pop() else { bail!("{root}: it holds no platform") };
    let mut records = BTreeMap::new();
    for layer in manifest.layers.iter().filter(|layer| layer.media_type == media_type::RECORDS) {
        let plain = unpack(store, &layer.digest).with_context(|| format!("{root}: records"))?;
        records.extend(serde_json::from_slice::<BTreeMap<Digest, String>>(&plain).with_context(|| format!("{root}: records"))?);
    }
    Ok(Prepared { lock, records })
}

/// The newest date among the sets.
pub(crate) fn newest(store: &Store, roots: &BTreeMap<String, Digest>) -> Result<Timestamp> {
    let mut newest = Timestamp(0);
    for (name, digest) in roots {
        newest = newest.max(read(store, name, digest)?.lock.date);
    }
    Ok(newest)
}
