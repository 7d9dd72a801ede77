//! From a bundle into the store: trust first, then digests, then names.

mod unpack;

use crate::{
    error::BundleError,
    export::Event,
    head::{self, Body, Head, blob_name},
    plan,
    reader::{Input, Piped, Reader, other_content},
    source::Source,
};
use lsrepo_oci::{Descriptor, Index, annotation};
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_store::{Pending, Store, StoreError};
use lsrepo_types::{Digest, Timestamp};
use std::{collections::BTreeMap, io::Read, sync::Arc};

/// Blobs that get their names together, by count and by bytes.
const BATCH: usize = 128;
const BATCH_BYTES: u64 = 64 << 20;
/// Blobs of more than so many bytes are gone on with where a run was killed.
const LARGE: u64 = 8 << 20;
/// How often the media gives back what is in the store.
const FREED: u64 = 64 << 20;

/// Whose bundles are taken.
pub struct Trust<'a> {
    /// keys that are trusted
    pub keys: &'a Keyring,
    /// take the key that the bundle carries, where none of those signed it
    pub on_first_use: bool,
    /// the clock, for keys that expire
    pub now: Timestamp,
    /// no other bundle than the one with this index, where somebody approved one
    pub only: Option<Digest>,
}

impl Trust<'_> {
    /// Whether a bundle with this head may be taken.
    pub(crate) fn take(&self, head: &Head) -> Result<(), BundleError> {
        if self.only.is_some_and(|only| only != head.digest) {
            return Err(BundleError::Shape("it is not the bundle that was approved".to_owned()));
        }
        match head.trusted || self.on_first_use {
            true => Ok(()),
            false => Err(BundleError::Untrusted { signer: head.signer.to_string() }),
        }
    }
}

/// What was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// the prepared sets, by name
    pub roots: BTreeMap<String, Digest>,
    /// who signed it
    pub signer: Fingerprint,
    /// the key to be trusted from now on, where it was not before
    pub new_key: Option<String>,
    /// when it was made
    pub created: Option<Timestamp>,
    /// blobs that were written
    pub written: u64,
    /// blobs that were there already
    pub present: u64,
    /// bytes that were written
    pub bytes: u64,
}

/// Takes a bundle from a stream into the store. Nothing is visible (no root is set) before everything is there and checked.
/// A blob of more than 8 MiB that a run before had begun is gone on with.
pub fn import(input: impl Read, store: &Store, trust: &Trust<'_>, on_event: &dyn Fn(Event<'_>)) -> Result<Imported, BundleError> {
    take(Reader::new(Piped::new(input)), store, trust, false, on_event)
}

/// [`import`] from media. Where it is `moving`, the media give back what is in the store, so that the disk holds it once; what
/// is left of the files is for [`Source::remove`].
pub fn import_from(
    source: &Arc<Source>,
    moving: bool,
    store: &Store,
    trust: &Trust<'_>,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Imported, BundleError> {
    take(Reader::new(source.reader(0, 1 << 20)), store, trust, moving, on_event)
}

fn take<R: Input>(
    mut reader: Reader<R>,
    store: &Store,
    trust: &Trust<'_>,
    moving: bool,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Imported, BundleError> {
    let head = head::read(&mut reader, trust.keys, trust.now)?;
    trust.take(&head)?;
    let roots = roots(&head.index)?;
    let Body { manifests, blobs, packs, absent } = head::body(&mut reader, &head.index)?;
    refuse_without_base(store, &absent)?;
    let packed = || packs.iter().flat_map(|pack| &pack.blobs);
    let sizes = || blobs.iter().map(|one| (one.digest, one.size)).chain(packed().map(|one| (one.digest, one.size)));
    if !moving {
        let is_new = |one: &(Digest, u64)| store.own_size_of(&one.0).is_ok_and(|size| size != Some(one.1));
        let needed = sizes().filter(is_new).map(|(_, size)| size).sum::<u64>() + unpack::room(store, &packs);
        let free = store.free_bytes()?;
        if needed > free {
            return Err(BundleError::Space { needed, free });
        }
    }
    on_event(Event::Total { blobs: sizes().count() as u64, bytes: sizes().map(|(_, size)| size).sum() });
    let mut done = Imported {
        roots,
        signer: head.signer,
        new_key: (!head.trusted).then_some(head.key),
        created: head.created,
        written: 0,
        present: 0,
        bytes: 0,
    };
    let mut batch = Batch { store, blobs: Vec::new(), bytes: 0, from: reader.offset(), moving };
    for descriptor in &blobs {
        on_event(Event::Blob(descriptor));
        match blob(&mut reader, store, descriptor, moving, on_event)? {
            Some(pending) => {
                done.written += 1;
                done.bytes += pending.size;
                batch.add(pending, &mut reader)?;
            }
            None => done.present += 1,
        }
    }
    batch.commit(&mut reader)?;
    unpack::all(&mut reader, store, &packs, moving, &mut done, on_event)?;
    reader.finish()?;
    for (bytes, _) in &manifests {
        store.put(bytes)?;
    }
    for (name, digest) in &done.roots {
        store.set_root(name, digest)?;
    }
    Ok(done)
}

/// One blob; none where it is there already.
fn blob<R: Input>(
    reader: &mut Reader<R>,
    store: &Store,
    descriptor: &Descriptor,
    moving: bool,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Option<Pending>, BundleError> {
    let (name, size) = (blob_name(&descriptor.digest), descriptor.size);
    // What lies on other media may go with them.
    if store.own_size_of(&descriptor.digest)? == Some(size) {
        // What was moved is zeros on the media.
        if moving {
            reader.pass(&name, size)?;
            on_event(Event::Bytes(size));
            return Ok(None);
        }
        reader.blob(&descriptor.digest, size, |part| {
            on_event(Event::Bytes(part.len() as u64));
            Ok(())
        })?;
        return Ok(None);
    }
    if size <= LARGE {
        let (start, mut writer) = (reader.offset(), store.writer()?);
        reader.member(&name, size, |part| {
            writer.add(part)?;
            on_event(Event::Bytes(part.len() as u64));
            Ok(())
        })?;
        let pending = writer.finish();
        return if pending.digest == descriptor.digest { Ok(Some(pending)) } else { Err(other_content(start, &descriptor.digest)) };
    }
    large(reader, store, descriptor, moving, on_event).map(Some)
}

/// A blob that a run before may have begun.
fn large<R: Input>(
    reader: &mut Reader<R>,
    store: &Store,
    descriptor: &Descriptor,
    moving: bool,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Pending, BundleError> {
    let (name, size) = (blob_name(&descriptor.digest), descriptor.size);
    let start = reader.offset();
    let mut part = store.partial(&descriptor.digest, size)?;
    let there = part.offset();
    // Whole frames of what is there need not be read again, where they can be passed.
    let frames = if reader.input().can_pass() { there / plan::FRAME } else { 0 };
    on_event(Event::Bytes(frames * plan::FRAME));
    let (mut at, mut freed) = (frames * plan::FRAME, 0);
    for frame in 0..plan::frame_count(size) {
        if frame < frames {
            reader.pass_frame(&name, size, frame)?;
            continue;
        }
        reader.member_frame(&name, size, frame, |bytes| {
            let known = usize::try_from(there.saturating_sub(at)).unwrap_or(usize::MAX).min(bytes.len());
            part.write_all(&bytes[known..])?;
            at += bytes.len() as u64;
            on_event(Event::Bytes(bytes.len() as u64));
            Ok(())
        })?;
        if moving && reader.offset() - start - freed >= FREED {
            part.sync()?;
            let read = reader.offset() - start;
            reader.input().free(start + freed, start + read);
            freed = read;
        }
    }
    part.finish().map_err(|error| match error {
        StoreError::Corrupt { .. } => other_content(start, &descriptor.digest),
        other => other.into(),
    })
}

/// What the far side was said to have must be there.
pub(crate) fn refuse_without_base(store: &Store, absent: &[Descriptor]) -> Result<(), BundleError> {
    let missing: Vec<&Descriptor> = absent.iter().filter(|one| !store.contains(&one.digest, one.size)).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(BundleError::Base {
            bytes: missing.iter().map(|one| one.size).sum(),
            missing: missing.iter().map(|one| one.digest).collect(),
        }),
    }
}

/// Blobs that get their names together.
struct Batch<'a> {
    store: &'a Store,
    blobs: Vec<Pending>,
    bytes: u64,
    /// what was read before is in the store
    from: u64,
    moving: bool,
}

impl Batch<'_> {
    fn add(&mut self, pending: Pending, reader: &mut Reader<impl Input>) -> Result<(), BundleError> {
        self.bytes += pending.size;
        self.blobs.push(pending);
        if self.blobs.len() >= BATCH || self.bytes >= BATCH_BYTES { self.commit(reader) } else { Ok(()) }
    }

    fn commit(&mut self, reader: &mut Reader<impl Input>) -> Result<(), BundleError> {
        self.store.commit(std::mem::take(&mut self.blobs))?;
        self.bytes = 0;
        if self.moving {
            let upto = reader.offset();
            reader.input().free(self.from, upto);
            self.from = upto;
        }
        Ok(())
    }
}

/// The names of the sets.
pub(crate) fn roots(index: &Index) -> Result<BTreeMap<String, Digest>, BundleError> {
    let mut roots = BTreeMap::new();
    for descriptor in head::sets(index) {
        let name = descriptor.annotation(annotation::REF_NAME).unwrap_or_default();
        let plain =
            !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if !plain || name.len() > 200 || roots.insert(name.to_owned(), descriptor.digest).is_some() {
            return Err(BundleError::Shape(format!("`{}` cannot name a set", name.chars().take(80).collect::<String>())));
        }
    }
    Ok(roots)
}
