//! The head of a bundle: who says what is in it.

use crate::{
    error::BundleError,
    pack::{self, Pack},
    plan,
    reader::{Input, Reader},
    tools,
};
use lsrepo_oci::{ARTIFACT_TYPE, Descriptor, ImageLayout, Index, Manifest, annotation, media_type};
use lsrepo_sign::{Fingerprint, Keyring, SignatureError, check_detached, is_canonical};
use lsrepo_types::{Digest, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The digest of `key.asc`, in the signed index.
pub(crate) const KEY_DIGEST: &str = "com.lambdastack.lsrepo.key";
/// The list of what the far side has already, in the signed index: its digest and size.
pub(crate) const ABSENT: &str = "com.lambdastack.lsrepo.absent";
const MOST_INDEX: u64 = 64 << 20;
const MOST_MANIFEST: u64 = 64 << 20;

/// A bundle's index, signed.
pub(crate) struct Head {
    pub(crate) index: Index,
    /// of the index: what the bundle is known by
    pub(crate) digest: Digest,
    pub(crate) signer: Fingerprint,
    /// whether a key of the keyring signed it; else the key that it carries did
    pub(crate) trusted: bool,
    /// armoured, as carried
    pub(crate) key: String,
    pub(crate) created: Option<Timestamp>,
}

/// Where the blob of a digest lies.
pub(crate) fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Reads the first members. The signature is checked before the index is parsed.
pub(crate) fn read<R: Input>(reader: &mut Reader<R>, trust: &Keyring, now: Timestamp) -> Result<Head, BundleError> {
    reader.pass_tools().map_err(|error| match error {
        BundleError::Truncated { .. } => BundleError::NotABundle,
        other => other,
    })?;
    match reader.open("oci-layout", 1024) {
        Ok(layout) if layout == ImageLayout::BYTES => {}
        Ok(_) | Err(BundleError::Damaged { .. }) => return Err(BundleError::NotABundle),
        Err(other) => return Err(other),
    }
    let index = reader.open("index.json", MOST_INDEX)?;
    let signature = reader.open("index.json.asc", 1 << 20)?;
    let key = reader.open("key.asc", 1 << 20)?;
    let head = check(&index, &signature, key, trust, now).map_err(|error| match error {
        BundleError::Damaged { what, .. } => reader.damaged(&what),
        other => other,
    })?;
    match (said(&head.index, tools::ANNOTATION)?, reader.tools) {
        (None, None) => Ok(head),
        (Some((digest, size)), Some(found)) if found.size == size && found.digest.is_none_or(|one| one == digest) => Ok(head),
        _ => Err(reader.damaged("the tools in front of it are not those that the signed index names")),
    }
}

/// What an annotation of the index says: a digest and a size.
pub(crate) fn said(index: &Index, annotation: &str) -> Result<Option<(Digest, u64)>, BundleError> {
    let Some(text) = index.annotations.get(annotation) else { return Ok(None) };
    let parsed = text.split_once(' ').and_then(|(digest, size)| Some((digest.parse().ok()?, size.parse().ok()?)));
    parsed.map(Some).ok_or_else(|| BundleError::Shape(format!("its annotation `{annotation}` says nothing sensible")))
}

/// The manifests of a bundle, and what follows them.
pub(crate) struct Body {
    /// in the order of the index
    pub(crate) manifests: Vec<(Vec<u8>, Manifest)>,
    /// the blobs in it, in their order
    pub(crate) blobs: Vec<Descriptor>,
    /// packs of others, behind those
    pub(crate) packs: Vec<Pack>,
    /// what the far side has already
    pub(crate) absent: Vec<Descriptor>,
}

/// Reads what lies between the head and the blobs.
pub(crate) fn body<R: Input>(reader: &mut Reader<R>, index: &Index) -> Result<Body, BundleError> {
    let manifests = manifests(reader, index)?;
    let missing = match said(index, ABSENT)? {
        None => BTreeSet::new(),
        Some((digest, size)) => absent::parse(&blob(reader, &Descriptor::new(absent::MEDIA_TYPE, digest, size), MOST_INDEX)?)?,
    };
    let order = order(manifests.iter().map(|(_, manifest)| manifest))?.into_iter().cloned();
    let (absent, mut blobs): (Vec<_>, Vec<_>) = order.partition(|one| missing.contains(&one.digest));
    if absent.len() != missing.len() {
        return Err(BundleError::Shape("it leaves out what none of its sets has".to_owned()));
    }
    let packs = match said(index, pack::ANNOTATION)? {
        None => Vec::new(),
        Some((digest, size)) => {
            let document = blob(reader, &Descriptor::new(pack::MEDIA_TYPE, digest, size), MOST_INDEX)?;
            pack::parse(&document, &mut blobs)?
        }
    };
    Ok(Body { manifests, blobs, packs, absent })
}

/// The list of what a bundle leaves out: digests one behind the other, sorted.
pub(crate) mod absent {
    use super::{BTreeSet, BundleError, Digest};

    pub(crate) const MEDIA_TYPE: &str = "application/vnd.lambdastack.bundle.absent.v1";

    pub(crate) fn render(digests: &BTreeSet<Digest>) -> Vec<u8> {
        digests.iter().flat_map(|digest| *digest.as_bytes()).collect()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<BTreeSet<Digest>, BundleError> {
        let (digests, rest) = bytes.as_chunks::<32>();
        match rest.is_empty() && digests.is_sorted_by(|a, b| a < b) {
            true => Ok(digests.iter().map(|digest| Digest::from_bytes(*digest)).collect()),
            false => Err(BundleError::Shape("the list of what it leaves out is none".to_owned())),
        }
    }
}

/// An index with its signature, and the key that it names. The signature is checked before the index is parsed.
pub(crate) fn check(index: &[u8], signature: &[u8], key: Vec<u8>, trust: &Keyring, now: Timestamp) -> Result<Head, BundleError> {
    let damaged = |what: &str| BundleError::Damaged { offset: 0, what: what.to_owned() };
    let digest = Digest::of(index);
    let (signer, trusted) = signer(index, signature, &key, trust, now)?;
    if !is_canonical(signature) {
        return Err(damaged("the signature is not written as it must be"));
    }
    let index = Index::parse(index)?;
    if index.annotations.get(KEY_DIGEST) != Some(&Digest::of(&key).to_string()) {
        return Err(damaged("the key is not the one that the signed index names"));
    }
    let created = index.annotations.get(annotation::CREATED).and_then(|text| text.parse().ok());
    let key = String::from_utf8(key).map_err(|_| damaged("the key is not text"))?;
    Ok(Head { index, digest, signer, trusted, key, created })
}

fn signer(index: &[u8], signature: &[u8], key: &[u8], trust: &Keyring, now: Timestamp) -> Result<(Fingerprint, bool), BundleError> {
    match check_detached(index, signature, trust, now) {
        Ok(signer) => Ok((signer, true)),
        Err(SignatureError::MissingKey { issuers }) => {
            let Ok(carried) = Keyring::parse(key) else {
                return Err(BundleError::Untrusted { signer: issuers.join(", ") });
            };
            let signer = check_detached(index, signature, &carried, now).map_err(BundleError::Signature)?;
            Ok((signer, false))
        }
        Err(other) => Err(BundleError::Signature(other)),
    }
}

/// The prepared sets of an index; what else it names are images that lie in them.
pub(crate) fn sets(index: &Index) -> impl Iterator<Item = &Descriptor> {
    index.manifests.iter().filter(|one| one.artifact_type.as_deref() == Some(ARTIFACT_TYPE))
}

/// The images of a set: their names and their first manifests.
pub(crate) fn named(set: &Manifest) -> impl Iterator<Item = (&str, &Descriptor)> {
    set.layers.iter().filter_map(|layer| Some((layer.annotation(annotation::REF_NAME)?, layer)))
}

/// Reads the manifests of the sets, in the order of the index.
pub(crate) fn manifests<R: Input>(reader: &mut Reader<R>, index: &Index) -> Result<Vec<(Vec<u8>, Manifest)>, BundleError> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for descriptor in sets(index) {
        if !seen.insert(descriptor.digest) {
            return Err(BundleError::Shape(format!("manifest {} twice", descriptor.digest)));
        }
        let bytes = blob(reader, descriptor, MOST_MANIFEST)?;
        let manifest = Manifest::parse(&bytes)?;
        all.push((bytes, manifest));
    }
    Ok(all)
}

/// A whole blob, checked.
pub(crate) fn blob<R: Input>(reader: &mut Reader<R>, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, BundleError> {
    if descriptor.size > limit {
        return Err(BundleError::Shape(format!("blob {} has {} bytes, more than {limit}", descriptor.digest, descriptor.size)));
    }
    let mut bytes = Vec::with_capacity(descriptor.size as usize);
    reader.blob(&descriptor.digest, descriptor.size, |part| {
        bytes.extend_from_slice(part);
        Ok(())
    })?;
    Ok(bytes)
}

/// What follows the manifests: first what describes (locks, records), then what is described; each digest once.
pub(crate) fn order<'a>(manifests: impl Iterator<Item = &'a Manifest> + Clone) -> Result<Vec<&'a Descriptor>, BundleError> {
    let describes = |descriptor: &&Descriptor| media_type::DESCRIBING.contains(&descriptor.media_type.as_str());
    let all = || manifests.clone().flat_map(Manifest::descriptors);
    let (mut order, mut sizes) = (Vec::new(), BTreeMap::new());
    for descriptor in all().filter(|one| describes(one)).chain(all().filter(|one| !describes(one))) {
        if descriptor.size >= plan::TOO_LARGE {
            let what = format!("blob {} has {} bytes; less than 64 GiB travel", descriptor.digest, descriptor.size);
            return Err(BundleError::Shape(what));
        }
        match sizes.insert(descriptor.digest, descriptor.size) {
            None => order.push(descriptor),
            Some(size) if size == descriptor.size => {}
            Some(_) => return Err(BundleError::Shape(format!("blob {} with two sizes", descriptor.digest))),
        }
    }
    Ok(order)
}
