//! From the store to a bundle, in one pass.

use crate::{
    contents::Contents,
    error::{BundleError, io},
    files::Files,
    hashing::Hashing,
    head::blob_name,
    moving::{self, Mover, StoredBlob},
    pack::Packs,
    planned::Planned,
    tools::Tools,
    writer::{Output, Stream, Writer},
};
use lsrepo_oci::{Descriptor, media_type};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::BTreeSet,
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

/// What a bundle is besides its contents.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// programs in front of it
    pub tools: Tools,
    /// blobs that the far side has already; what describes is carried all the same
    pub have: BTreeSet<Digest>,
    /// blobs that it carries packed, with what they are packed in
    pub packs: Packs,
    /// bytes that no volume has more of; none is one file
    pub split: Option<u64>,
    /// whether the store gives its blobs to the bundle, but for those that `keep` names
    pub moving: Option<Moving>,
}

impl Options {
    /// Whether the bundle leaves a blob out.
    pub fn leaves_out(&self, blob: &Descriptor) -> bool {
        !media_type::DESCRIBING.contains(&blob.media_type.as_str()) && self.have.contains(&blob.digest)
    }
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
    let moving = options.moving.is_some();
    if moving && moving::lies_at(&planned, path) {
        // A run before had come this far, and the store has nothing of it any more.
        let (blobs, content) = (planned.blobs.len() as u64, planned.blobs.iter().map(|one| one.size).sum());
        let size = planned.size(options);
        return Ok((Summary { blobs, content, size, kept: size }, vec![path.to_owned()]));
    }
    if moving && let Some(file) = moving::other_at(&planned, options, path)? {
        return Err(BundleError::Moved(file));
    }
    let mut files = match options.split {
        None => Files::one(path, moving)?,
        Some(limit) => Files::volumes(path, planned.digest, &planned.volumes(options, limit)?, moving)?,
    };
    let needed = planned.size(options).saturating_sub(files.there());
    let full = || {
        let free = lsrepo_store::free_bytes(files_dir(path)).unwrap_or_default();
        BundleError::Full { path: path.to_owned(), needed, free }
    };
    let room = lsrepo_store::free_bytes(files_dir(path)).unwrap_or(u64::MAX);
    if !moving && room < needed {
        return Err(full());
    }
    let written = write(store, &planned, options, &mut files, on_event).map(|(_, summary)| summary);
    let done = written.and_then(|summary| Ok((summary, files.finish().map_err(io(&path.display().to_string()))?)));
    done.map_err(|error| {
        let lacking = matches!(&error, BundleError::Io { why, .. } if why.kind() == std::io::ErrorKind::StorageFull);
        // What has moved is nowhere else.
        if !moving {
            files.abandon();
        }
        if lacking { full() } else { error }
    })
}

pub(crate) fn files_dir(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
        let descriptor = &**descriptor;
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
