//! From a bundle into the store: trust first, then digests, then names.

use crate::{
    error::BundleError,
    export::Event,
    head::{self, blob_name, order},
    reader::Reader,
};
use lsrepo_oci::{Index, annotation};
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_store::{Pending, Store};
use lsrepo_types::{Digest, Hasher, Timestamp};
use std::{collections::BTreeMap, io::Read};

/// Blobs that get their names together, by count and by bytes.
const BATCH: usize = 128;
const BATCH_BYTES: u64 = 256 << 20;

/// Whose bundles are taken.
pub struct Trust<'a> {
    /// keys that are trusted
    pub keys: &'a Keyring,
    /// take the key that the bundle carries, where none of those signed it
    pub on_first_use: bool,
    /// the clock, for keys that expire
    pub now: Timestamp,
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

/// Takes a bundle into the store. Nothing is visible (no root is set) before everything is there and checked.
pub fn import(input: impl Read, store: &Store, trust: &Trust<'_>, on_event: &dyn Fn(Event<'_>)) -> Result<Imported, BundleError> {
    let mut reader = Reader::new(input);
    let head = head::read(&mut reader, trust.keys, trust.now)?;
    if !head.trusted && !trust.on_first_use {
        return Err(BundleError::Untrusted { signer: head.signer.to_string() });
    }
    let roots = roots(&head.index)?;
    let manifests = head::manifests(&mut reader, &head.index)?;
    let order = order(manifests.iter().map(|(_, manifest)| manifest))?;
    let content = order.iter().map(|one| one.size).sum();
    let needed = order.iter().filter(|one| !store.contains(&one.digest, one.size)).map(|one| one.size).sum();
    let free = store.free_bytes()?;
    if needed > free {
        return Err(BundleError::Space { needed, free });
    }
    on_event(Event::Total { blobs: order.len() as u64, bytes: content });
    let mut done = Imported {
        roots,
        signer: head.signer,
        new_key: (!head.trusted).then_some(head.key),
        created: head.created,
        written: 0,
        present: 0,
        bytes: 0,
    };
    let mut batch: Vec<Pending> = Vec::new();
    let mut batch_bytes = 0;
    for descriptor in order {
        on_event(Event::Blob(descriptor));
        let present = store.contains(&descriptor.digest, descriptor.size);
        let mut writer = if present { None } else { Some(store.writer()?) };
        let mut hasher = Hasher::new();
        reader.member(&blob_name(&descriptor.digest), descriptor.size, |part| {
            match &mut writer {
                Some(writer) => writer.add(part)?,
                None => hasher.update(part),
            }
            on_event(Event::Bytes(part.len() as u64));
            Ok(())
        })?;
        let (found, pending) = match writer.map(lsrepo_store::BlobWriter::finish) {
            Some(pending) => (pending.digest, Some(pending)),
            None => (hasher.finish(), None),
        };
        if found != descriptor.digest {
            return Err(reader.damaged(&format!("blob {} has another content", descriptor.digest)));
        }
        match pending {
            Some(pending) => {
                done.written += 1;
                done.bytes += pending.size;
                batch_bytes += pending.size;
                batch.push(pending);
            }
            None => done.present += 1,
        }
        if batch.len() >= BATCH || batch_bytes >= BATCH_BYTES {
            store.commit(std::mem::take(&mut batch))?;
            batch_bytes = 0;
        }
    }
    reader.finish()?;
    store.commit(batch)?;
    for (bytes, _) in &manifests {
        store.put(bytes)?;
    }
    for (name, digest) in &done.roots {
        store.set_root(name, digest)?;
    }
    Ok(done)
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
