//! A bundle that lies in a registry instead of in a file: an OCI index of the sets, its signature beside it.
//!
//! The sets are ordinary artifacts there, their packages and images ordinary blobs. The signature is an artifact that
//! refers to the index, and has a tag of its own ([`signature_tag`]), so that it is found where no referrers are listed.
//! Nothing of a bundle is trusted that does not hang from the signed index.

use crate::{
    contents::Contents,
    error::BundleError,
    head,
    import::{Trust, roots},
    inspect::{self, Inspection},
    planned::index,
};
use lsrepo_oci::{Descriptor, Index, Manifest, media_type};
use lsrepo_sign::{Fingerprint, Keyring, SecretKey};
use lsrepo_types::{Digest, Timestamp};
use std::collections::BTreeMap;

/// What kind of artifact the signature of a bundle is.
pub const SIGNATURE_TYPE: &str = "application/vnd.lambdastack.bundle.signature.v1";
/// The media type of the signature itself, armoured.
pub const SIGNATURE: &str = "application/pgp-signature";

/// Its config, as artifacts have it that need none.
const EMPTY: (&str, &[u8]) = ("application/vnd.oci.empty.v1+json", b"{}");

/// The head of a bundle.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// an OCI index of the sets
    pub index: Vec<u8>,
    /// over its bytes, armoured
    pub signature: Vec<u8>,
    /// the signer's public key, armoured
    pub key: Vec<u8>,
}

/// The head of a bundle, checked.
#[derive(Clone, Debug)]
pub struct Opened {
    /// its sets
    pub sets: Vec<Descriptor>,
    /// the names of the sets
    pub roots: BTreeMap<String, Digest>,
    /// who signed it
    pub signer: Fingerprint,
    /// the key to be trusted from now on, where it was not before
    pub new_key: Option<String>,
    /// when it was made
    pub created: Option<Timestamp>,
}

/// Signs the head of a bundle of these contents. Equal contents, key and date give equal bytes.
pub fn sign(contents: &Contents, key: &SecretKey, date: Timestamp) -> Result<Artifact, BundleError> {
    let public = key.public_armored();
    let index = index(contents, &[], &public, date, []);
    let signature = key.sign_detached(&index, date.max(key.created()))?.into_bytes();
    Ok(Artifact { index, signature, key: public.into_bytes() })
}

/// What a signature's manifest is called in the repository of the bundle.
pub fn signature_tag(index: &Digest) -> String {
    format!("sha256-{}.bundle", index.hex())
}

impl Artifact {
    /// The index's digest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.index)
    }

    /// The signature as an artifact: its manifest, and the blobs of that.
    pub fn signature_manifest(&self) -> (Vec<u8>, Vec<(Descriptor, &[u8])>) {
        let blob = |media_type: &str, bytes: &[u8]| Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64);
        let layers = vec![blob(SIGNATURE, &self.signature), blob(media_type::KEY, &self.key)];
        let config = blob(EMPTY.0, EMPTY.1);
        let mut manifest = Manifest::new(SIGNATURE_TYPE, config.clone(), layers.clone());
        manifest.subject = Some(blob(media_type::INDEX, &self.index));
        let bytes = [EMPTY.1, &self.signature, &self.key];
        (manifest.to_bytes(), [config].into_iter().chain(layers).zip(bytes).collect())
    }
}

/// The blobs of a signature and of its key, in a signature's manifest.
pub fn signature_blobs(manifest: &[u8]) -> Result<(Descriptor, Descriptor), BundleError> {
    let manifest = Manifest::parse(manifest)?;
    let of = |media_type: &str| manifest.layers.iter().find(|layer| layer.media_type == media_type).cloned();
    match (of(SIGNATURE), of(media_type::KEY)) {
        (Some(signature), Some(key)) => Ok((signature, key)),
        _ => Err(BundleError::Shape("what should be its signature is none".to_owned())),
    }
}

/// Checks the head of a bundle; who signed it must be trusted.
pub fn open(artifact: &Artifact, trust: &Trust<'_>) -> Result<Opened, BundleError> {
    let head = head::check(&artifact.index, &artifact.signature, artifact.key.clone(), trust.keys, trust.now)?;
    if !head.trusted && !trust.on_first_use {
        return Err(BundleError::Untrusted { signer: head.signer.to_string() });
    }
    let roots = roots(&head.index)?;
    Ok(Opened {
        sets: head::sets(&head.index).cloned().collect(),
        roots,
        signer: head.signer,
        new_key: (!head.trusted).then_some(head.key),
        created: head.created,
    })
}

/// What a bundle in a registry holds. `manifests` are the bytes of the sets, whose digests were checked.
pub fn inspect(artifact: &Artifact, manifests: &[Vec<u8>], keys: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
    let head = head::check(&artifact.index, &artifact.signature, artifact.key.clone(), keys, now)?;
    let parsed = manifests.iter().map(|bytes| Ok((bytes.clone(), Manifest::parse(bytes)?)));
    inspect::of(&head, &parsed.collect::<Result<Vec<_>, BundleError>>()?, &[], 0)
}

/// What the sets name, each digest once. `manifests` are the bytes of the sets, whose digests were checked.
pub fn blobs<'a>(manifests: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Descriptor>, BundleError> {
    let parsed = manifests.map(Manifest::parse).collect::<Result<Vec<_>, _>>()?;
    Ok(head::order(parsed.iter())?.into_iter().cloned().collect())
}

/// Whether these bytes look like the head of a bundle at all.
pub fn is_bundle(index: &[u8]) -> bool {
    Index::parse(index).is_ok_and(|index| head::sets(&index).next().is_some())
}
