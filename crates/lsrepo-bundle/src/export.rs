//! From the store to a bundle, in one pass.

use crate::{
    error::{BundleError, io},
    head::{KEY_DIGEST, blob_name, named, order},
    writer::Writer,
};
use lsrepo_oci::{Descriptor, ImageLayout, Index, Manifest, annotation, media_type};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Hasher, Timestamp};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::Path,
};

/// What a caller may want to show.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// so many blobs and bytes are to be done
    Total {
        /// blobs
        blobs: u64,
        /// their bytes
        bytes: u64,
    },
    /// a blob begins
    Blob(&'a Descriptor),
    /// more is done
    Bytes(u64),
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// blobs in the bundle
    pub blobs: u64,
    /// their bytes
    pub content: u64,
    /// bytes of the bundle
    pub size: u64,
}

/// What a bundle will hold: the prepared sets that some roots stand for.
#[derive(Debug)]
pub struct Contents {
    /// one for each set, with its bytes in the store
    manifests: Vec<(Descriptor, Vec<u8>)>,
    /// container images, by their names: for tools that know image layouts, and nothing of sets
    images: Vec<Descriptor>,
    /// what the sets name, in the order of the bundle
    blobs: Vec<Descriptor>,
}

impl Contents {
    /// Reads the manifests of `roots`.
    pub fn of(store: &Store, roots: &BTreeMap<String, Digest>) -> Result<Self, BundleError> {
        if roots.is_empty() {
            return Err(BundleError::Nothing);
        }
        let mut parsed = Vec::new();
        let mut manifests = Vec::new();
        let mut images: BTreeMap<String, Descriptor> = BTreeMap::new();
        for (name, digest) in roots {
            let bytes = store.read(digest, 64 << 20)?;
            let manifest = Manifest::parse(&bytes)?;
            let mut descriptor = Descriptor::new(media_type::MANIFEST, *digest, bytes.len() as u64);
            descriptor.artifact_type = manifest.artifact_type.clone();
            descriptor.annotations = manifest.annotations.clone();
            manifests.push((descriptor.with(annotation::REF_NAME, name.as_str()), bytes));
            images.extend(named(&manifest).map(|(name, image)| (name.to_owned(), image.clone())));
            parsed.push(manifest);
        }
        let images = images.into_values().collect();
        Ok(Self { manifests, images, blobs: order(parsed.iter())?.into_iter().cloned().collect() })
    }

    /// The manifests of the sets and their bytes, to be kept elsewhere than in a file.
    pub fn manifests(&self) -> impl Iterator<Item = (&Descriptor, &[u8])> {
        self.manifests.iter().map(|(descriptor, bytes)| (descriptor, &bytes[..]))
    }

    /// What the sets name: first what describes, then what is described.
    pub fn blobs(&self) -> &[Descriptor] {
        &self.blobs
    }

    /// How many blobs.
    pub fn count(&self) -> u64 {
        self.blobs.len() as u64
    }

    /// Their bytes; the bundle is a little larger.
    pub fn bytes(&self) -> u64 {
        self.blobs.iter().map(|one| one.size).sum()
    }
}

/// Writes a bundle. Equal contents, key and date give equal bytes.
pub fn export(
    store: &Store,
    contents: &Contents,
    key: &SecretKey,
    date: Timestamp,
    out: impl Write,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Summary, BundleError> {
    write(store, contents, key, date, out, on_event).map(|(_, summary)| summary)
}

/// [`export`] into a file, which is there as a whole or not at all.
pub fn export_to_path(
    store: &Store,
    contents: &Contents,
    key: &SecretKey,
    date: Timestamp,
    path: &Path,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Summary, BundleError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = path.display().to_string();
    let full = || BundleError::Full {
        path: path.to_owned(),
        needed: contents.bytes(),
        free: lsrepo_store::free_bytes(dir).unwrap_or_default(),
    };
    if lsrepo_store::free_bytes(dir).is_ok_and(|free| free < contents.bytes()) {
        return Err(full());
    }
    let write = || {
        let file = File::create(&part).map_err(io(&shown))?;
        let out = std::io::BufWriter::with_capacity(1 << 20, file);
        let (out, summary) = write(store, contents, key, date, out, on_event)?;
        let file = out.into_inner().map_err(|error| io(&shown)(error.into_error()))?;
        file.sync_all().map_err(io(&shown))?;
        fs::rename(&part, path).map_err(io(&shown))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(io(&shown))?;
        Ok(summary)
    };
    write().map_err(|error| {
        let lacking = matches!(&error, BundleError::Io { why, .. } if why.kind() == std::io::ErrorKind::StorageFull);
        let error = if lacking { full() } else { error };
        let _ = fs::remove_file(&part);
        error
    })
}

/// The index of a bundle: its sets, then maybe the images in them by name.
pub(crate) fn index(contents: &Contents, images: &[Descriptor], key: &str, date: Timestamp) -> Vec<u8> {
    let sets = contents.manifests.iter().map(|(descriptor, _)| descriptor);
    let mut index = Index::new(sets.chain(images).cloned().collect());
    index.annotations.insert(annotation::CREATED.to_owned(), date.to_string());
    index.annotations.insert(KEY_DIGEST.to_owned(), Digest::of(key.as_bytes()).to_string());
    index.to_bytes()
}

fn write<W: Write>(
    store: &Store,
    contents: &Contents,
    key: &SecretKey,
    date: Timestamp,
    out: W,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(W, Summary), BundleError> {
    let public = key.public_armored();
    let index = index(contents, &contents.images, &public, date);
    on_event(Event::Total { blobs: contents.count(), bytes: contents.bytes() });
    let mut writer = Writer::new(out);
    writer.bytes("oci-layout", ImageLayout::BYTES)?;
    writer.bytes("index.json", &index)?;
    writer.bytes("index.json.asc", key.sign_detached(&index, date.max(key.created()))?.as_bytes())?;
    writer.bytes("key.asc", public.as_bytes())?;
    for (descriptor, bytes) in &contents.manifests {
        writer.bytes(&blob_name(&descriptor.digest), bytes)?;
    }
    for descriptor in &contents.blobs {
        on_event(Event::Blob(descriptor));
        if !store.contains(&descriptor.digest, descriptor.size) && store.size_of(&descriptor.digest)?.is_some() {
            return Err(BundleError::Blob(descriptor.digest));
        }
        let blob = store.open_blob(&descriptor.digest)?;
        let mut hasher = Hasher::new();
        writer.member(&blob_name(&descriptor.digest), descriptor.size, blob, |part| {
            hasher.update(part);
            on_event(Event::Bytes(part.len() as u64));
        })?;
        if hasher.finish() != descriptor.digest {
            return Err(BundleError::Blob(descriptor.digest));
        }
    }
    let (out, size) = writer.finish()?;
    Ok((out, Summary { blobs: contents.count(), content: contents.bytes(), size }))
}
