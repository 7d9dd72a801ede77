//! What a bundle will hold.

use crate::{
    error::BundleError,
    head::{named, order},
};
use lsrepo_oci::{Descriptor, Manifest, annotation, media_type};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::collections::BTreeMap;

/// What a bundle will hold: the prepared sets that some roots stand for.
#[derive(Debug)]
pub struct Contents {
    /// one for each set, with its bytes in the store
    pub(crate) manifests: Vec<(Descriptor, Vec<u8>)>,
    /// container images, by their names: for tools that know image layouts, and nothing of sets
    pub(crate) images: Vec<Descriptor>,
    /// what the sets name, in the order of the bundle
    pub(crate) blobs: Vec<Descriptor>,
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
