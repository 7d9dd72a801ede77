//! What a repository holds: names, manifests and blobs, and where the store has their bytes.

use http::HeaderValue;
use lsrepo_oci::{AnyDigest, Tag, api::ManifestReference};
use lsrepo_types::Digest;
use std::collections::BTreeMap;

/// One repository. A value: what changes it makes another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Repository {
    pub(crate) tags: BTreeMap<Tag, AnyDigest>,
    pub(crate) manifests: BTreeMap<AnyDigest, StoredManifest>,
    pub(crate) blobs: BTreeMap<AnyDigest, StoredBlob>,
    /// what was deleted, and is still on the disk until the next collection: blob and size
    pub(crate) removed: BTreeMap<Digest, u64>,
}

/// A manifest, served as it was received.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredManifest {
    /// its bytes in the store
    pub(crate) blob: Digest,
    pub(crate) size: u64,
    /// as it was announced, without parameters
    pub(crate) media_type: HeaderValue,
    /// what it refers to
    pub(crate) subject: Option<AnyDigest>,
    /// what lists of referrers say that it is
    pub(crate) artifact_type: Option<Box<str>>,
    /// seconds since 1970
    pub(crate) added: i64,
}

/// A config, a layer, or anything.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredBlob {
    /// its bytes in the store
    pub(crate) blob: Digest,
    pub(crate) size: u64,
    /// seconds since 1970
    pub(crate) added: i64,
}

impl Repository {
    pub(crate) fn manifest(&self, reference: &ManifestReference) -> Option<(AnyDigest, &StoredManifest)> {
        let digest = match reference {
            ManifestReference::Tag(tag) => self.tags.get(tag)?,
            ManifestReference::Digest(digest) => digest,
        };
        self.manifests.get(digest).map(|manifest| (*digest, manifest))
    }

    /// The manifests that say they refer to `subject`, by digest.
    pub(crate) fn referrers(&self, subject: AnyDigest) -> impl Iterator<Item = (&AnyDigest, &StoredManifest)> {
        self.manifests.iter().filter(move |(_, manifest)| manifest.subject == Some(subject))
    }

    /// Takes a manifest out, and its tags with it.
    pub(crate) fn remove_manifest(&mut self, digest: &AnyDigest) -> bool {
        let Some(manifest) = self.manifests.remove(digest) else { return false };
        self.tags.retain(|_, at| at != digest);
        self.removed.insert(manifest.blob, manifest.size);
        true
    }

    pub(crate) fn remove_blob(&mut self, digest: &AnyDigest) -> bool {
        let Some(blob) = self.blobs.remove(digest) else { return false };
        self.removed.insert(blob.blob, blob.size);
        true
    }

    /// Every blob of the store that is kept on its account, with its size.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (Digest, u64)> {
        let manifests = self.manifests.values().map(|one| (one.blob, one.size));
        let blobs = self.blobs.values().map(|one| (one.blob, one.size));
        manifests.chain(blobs).chain(self.removed.iter().map(|(blob, size)| (*blob, *size)))
    }
}
