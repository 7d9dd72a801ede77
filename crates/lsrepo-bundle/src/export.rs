//! From the store to a bundle, in one pass.

use crate::{
    error::{BundleError, io},
    files::Files,
    hashing::Hashing,
    head::{ABSENT, KEY_DIGEST, absent, blob_name, named, order},
    moving::{Mover, StoredBlob},
    plan,
    tools::{self, Tools},
    volume::cut,
    writer::{Output, Stream, Writer},
};
use lsrepo_oci::{Descriptor, ImageLayout, Index, Manifest, annotation, media_type};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::{Path, PathBuf},
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
    /// bytes of these that a run before had written
    pub kept: u64,
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

/// What a bundle is besides its contents.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// programs in front of it
    pub tools: Tools,
    /// blobs that the far side has already; what describes is carried all the same
    pub have: BTreeSet<Digest>,
    /// bytes that no volume has more of; none is one file
    pub split: Option<u64>,
    /// whether the store gives its blobs to the bundle, but for those that `keep` names
    pub moving: Option<Moving>,
}

/// What stays in a store whose blobs move.
#[derive(Clone, Debug, Default)]
pub struct Moving {
    /// blobs that something else needs
    pub keep: BTreeSet<Digest>,
}

/// Writes a bundle into a stream. Equal contents, key, date and options give equal bytes.
pub fn export(
    store: &Store,
    contents: &Contents,
    (key, date): (&SecretKey, Timestamp),
    options: &Options,
    out: impl Write,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Summary, BundleError> {
    let planned = Planned::of(contents, (key, date), options)?;
    write(store, &planned, options, Stream(out), on_event).map(|(_, summary)| summary)
}

/// [`export`] into a file, which is there as a whole or not at all, or into volumes, of which each is. What a run that was
/// killed left is gone on with. The second value is the files.
pub fn export_to_path(
    store: &Store,
    contents: &Contents,
    (key, date): (&SecretKey, Timestamp),
    options: &Options,
    path: &Path,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(Summary, Vec<PathBuf>), BundleError> {
    let planned = Planned::of(contents, (key, date), options)?;
    let mut files = match options.split {
        None => Files::one(path)?,
        Some(limit) => Files::volumes(path, planned.digest, &planned.volumes(options, limit)?)?,
    };
    let needed = planned.size(options).saturating_sub(files.there());
    let full = || {
        let free = lsrepo_store::free_bytes(files_dir(path)).unwrap_or_default();
        BundleError::Full { path: path.to_owned(), needed, free }
    };
    let room = lsrepo_store::free_bytes(files_dir(path)).unwrap_or(u64::MAX);
    if options.moving.is_none() && room < needed {
        return Err(full());
    }
    let written = write(store, &planned, options, &mut files, on_event).map(|(_, summary)| summary);
    let done = written.and_then(|summary| Ok((summary, files.finish().map_err(io(&path.display().to_string()))?)));
    done.map_err(|error| {
        let lacking = matches!(&error, BundleError::Io { why, .. } if why.kind() == std::io::ErrorKind::StorageFull);
        // What has moved is nowhere else.
        if options.moving.is_none() {
            files.abandon();
        }
        if lacking { full() } else { error }
    })
}

pub(crate) fn files_dir(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The index of a bundle: its sets, then maybe the images in them by name.
pub(crate) fn index(
    contents: &Contents,
    images: &[Descriptor],
    key: &str,
    date: Timestamp,
    more: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<u8> {
    let sets = contents.manifests.iter().map(|(descriptor, _)| descriptor);
    let mut index = Index::new(sets.chain(images).cloned().collect());
    index.annotations.insert(annotation::CREATED.to_owned(), date.to_string());
    index.annotations.insert(KEY_DIGEST.to_owned(), Digest::of(key.as_bytes()).to_string());
    index.annotations.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    index.to_bytes()
}

/// What will be written, but for the blobs.
struct Planned<'a> {
    /// of the index
    digest: Digest,
    /// everything before the blobs
    head: Vec<(String, Vec<u8>)>,
    blobs: Vec<&'a Descriptor>,
}

impl<'a> Planned<'a> {
    fn of(contents: &'a Contents, (key, date): (&SecretKey, Timestamp), options: &Options) -> Result<Self, BundleError> {
        let public = key.public_armored();
        let describes = |one: &Descriptor| media_type::DESCRIBING.contains(&one.media_type.as_str());
        let is_absent = |one: &&Descriptor| !describes(one) && options.have.contains(&one.digest);
        let (absent, blobs): (Vec<_>, Vec<_>) = contents.blobs.iter().partition(is_absent);
        let absent = absent::render(&absent.into_iter().map(|one| one.digest).collect());
        let mut said = Vec::new();
        said.extend(options.tools.said()?.map(|text| (tools::ANNOTATION, text)));
        if !absent.is_empty() {
            said.push((ABSENT, format!("{} {}", Digest::of(&absent), absent.len())));
        }
        let index = index(contents, &contents.images, &public, date, said);
        let signature = key.sign_detached(&index, date.max(key.created()))?;
        let digest = Digest::of(&index);
        let mut head = vec![
            ("oci-layout".to_owned(), ImageLayout::BYTES.to_vec()),
            ("index.json".to_owned(), index),
            ("index.json.asc".to_owned(), signature.into_bytes()),
            ("key.asc".to_owned(), public.into_bytes()),
        ];
        head.extend(contents.manifests.iter().map(|(descriptor, bytes)| (blob_name(&descriptor.digest), bytes.clone())));
        if !absent.is_empty() {
            head.push((blob_name(&Digest::of(&absent)), absent));
        }
        Ok(Self { digest, head, blobs })
    }

    fn sizes(&self) -> impl Iterator<Item = u64> {
        self.head.iter().map(|(_, bytes)| bytes.len() as u64).chain(self.blobs.iter().map(|one| one.size))
    }

    /// What must not be cut, by its bytes in the bundle.
    fn pieces(&self, options: &Options) -> impl Iterator<Item = u64> {
        let tools = Some(options.tools.packed()).filter(|&size| size > 0);
        let ending = plan::ending_len(self.sizes().map(plan::frame_count).sum());
        let frames = self.sizes().flat_map(|size| plan::frames("", size).map(|frame| frame.size().packed()));
        tools.into_iter().chain(frames).chain([ending])
    }

    fn size(&self, options: &Options) -> u64 {
        let ending = plan::ending_len(self.sizes().map(plan::frame_count).sum());
        options.tools.packed() + self.sizes().map(plan::packed).sum::<u64>() + ending
    }

    fn volumes(&self, options: &Options, limit: u64) -> Result<Vec<u64>, BundleError> {
        cut(self.pieces(options), limit)
    }
}

fn write<W: Output>(
    store: &Store,
    planned: &Planned<'_>,
    options: &Options,
    out: W,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(W, Summary), BundleError> {
    let content = planned.blobs.iter().map(|one| one.size).sum();
    on_event(Event::Total { blobs: planned.blobs.len() as u64, bytes: content });
    let mut writer = Writer::new(out);
    if !options.tools.is_empty() {
        writer.verbatim(options.tools.frame()?, options.tools.packed())?;
    }
    for (name, bytes) in &planned.head {
        writer.bytes(name, bytes)?;
    }
    let mut hashing = Hashing::new()?;
    let mut mover = options.moving.as_ref().map(|moving| Mover::new(store, moving));
    for descriptor in &planned.blobs {
        on_event(Event::Blob(descriptor));
        let here = store.own_size_of(&descriptor.digest)?;
        if here.is_some_and(|size| size != descriptor.size) {
            return Err(BundleError::Blob(descriptor.digest));
        }
        let blob = StoredBlob::new(store, descriptor, mover.as_ref().is_some_and(|mover| mover.takes(descriptor)));
        writer.member(&blob_name(&descriptor.digest), descriptor.size, blob, |part| {
            hashing.update(part);
            on_event(Event::Bytes(part.len() as u64));
        })?;
        if hashing.finish()? != descriptor.digest {
            return Err(BundleError::Blob(descriptor.digest));
        }
        if let Some(mover) = &mut mover {
            mover.add(descriptor, || writer.sync())?;
        }
    }
    if let Some(mover) = &mut mover {
        mover.flush(|| writer.sync())?;
    }
    let (out, size, kept) = writer.finish()?;
    Ok((out, Summary { blobs: planned.blobs.len() as u64, content, size, kept }))
}
