//! What a bundle says of what it carries, without what it carries: it lies at the front.

use crate::{
    error::BundleError,
    head,
    reader::{Input, Piped, Reader},
};
use lsrepo_oci::media_type;
use lsrepo_sign::Keyring;
use lsrepo_types::{Digest, Timestamp};
use std::{collections::BTreeMap, io::Read};

/// The largest of such documents, packed.
const MOST: u64 = 512 << 20;

/// What describes one prepared set. Every document is packed, as it lies in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// its part of the lock
    pub lock: Vec<u8>,
    /// media types and bytes of the others: records, groups, advisories
    pub documents: Vec<(String, Vec<u8>)>,
}

/// Reads the head of a bundle and its documents, and no further. The signature is checked, by the carried key where none of
/// `trust` made it.
pub fn describe(input: impl Read, trust: &Keyring, now: Timestamp) -> Result<Vec<Described>, BundleError> {
    described(Reader::new(Piped::new(input)), trust, now)
}

pub(crate) fn described(mut reader: Reader<impl Input>, trust: &Keyring, now: Timestamp) -> Result<Vec<Described>, BundleError> {
    let head = head::read(&mut reader, trust, now)?;
    let head::Body { manifests, blobs: order, .. } = head::body(&mut reader, &head.index)?;
    let mut blobs: BTreeMap<Digest, Vec<u8>> = BTreeMap::new();
    let describes = |media_type: &str| media_type::DESCRIBING.contains(&media_type);
    for descriptor in order.iter().take_while(|one| describes(&one.media_type)) {
        blobs.insert(descriptor.digest, head::blob(&mut reader, descriptor, MOST)?);
    }
    let get = |digest: &Digest| blobs.get(digest).cloned().unwrap_or_default();
    let of = |manifest: &lsrepo_oci::Manifest| Described {
        lock: get(&manifest.config.digest),
        documents: manifest
            .layers
            .iter()
            .filter(|layer| describes(&layer.media_type))
            .map(|layer| (layer.media_type.clone(), get(&layer.digest)))
            .collect(),
    };
    Ok(manifests.iter().map(|(_, manifest)| of(manifest)).collect())
}
