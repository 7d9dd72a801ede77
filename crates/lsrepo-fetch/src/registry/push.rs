//! Into a registry: what is there is skipped, what another of its repositories has is mounted, the rest is sent.
//!
//! Blobs first, several at once within the host's limit; then manifests, each after what it points at, byte for byte and
//! with its own media type; the name last, so that nobody sees half an image; then what refers to it. An upload that is
//! cut goes on where the registry has it. Memory does not grow with the size of anything.
//! Spec: distribution-spec, "Push".

mod error;
mod image;
mod pusher;
mod referrers;
mod source;
mod tree;
mod upload;

pub use error::{PushError, Refusal};
pub use pusher::{ManifestName, Pushed, Pusher};
pub use source::Source;

use super::{Registries, answer::Answer, link::OnEvent};
use crate::FetchError;
use lsrepo_oci::{AnyDigest, Image, ImagePlatform, Reference, RegistryHost};
use lsrepo_store::Store;

/// An image to push.
#[derive(Clone, Debug)]
pub struct PushPlan {
    /// with its blobs in the store
    pub image: Image,
    /// registry, repository and tag; without a tag it is pushed by its digest alone
    pub to: Reference,
    /// with what refers to it
    pub referrers: bool,
    /// only this platform's manifest instead of an index
    pub platform: Option<ImagePlatform>,
}

/// How blobs are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushOptions {
    /// bytes of one request; none: a blob goes in one, which every registry takes
    pub chunk: Option<u64>,
}

/// What was done. What is there was asked for; what is below that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushReport {
    /// manifests, indexes and lists of referrers
    pub manifests_sent: u64,
    /// that were there
    pub manifests_present: u64,
    /// layers, configs and the like
    pub blobs_sent: u64,
    /// that the registry took from another repository
    pub blobs_mounted: u64,
    /// that were there
    pub blobs_present: u64,
    /// of blobs, over the network
    pub bytes: u64,
}

/// Whether a registry has put a manifest on its subject's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    /// it has no subject, or was there before
    NoNeed,
    /// it says so
    Yes,
    /// it does not say so
    No,
}

/// Pushes one image. For several into one registry keep a [`Pusher`]: what one has sent the next one mounts.
pub async fn push(
    registries: &Registries,
    store: &Store,
    plan: &PushPlan,
    options: PushOptions,
    on_event: OnEvent,
) -> Result<PushReport, FetchError> {
    Pusher::new(registries, &plan.to.registry, options, on_event)?.image(store, plan).await
}

/// What the registry calls it must be what we call it; a digest of another kind says nothing.
fn same_digest(registry: &RegistryHost, name: &str, ours: AnyDigest, answer: &Answer) -> Result<(), FetchError> {
    let theirs = match answer.digest() {
        Ok(Some(theirs)) if theirs != ours && theirs.algorithm() == ours.algorithm() => theirs.to_string(),
        Ok(_) => return Ok(()),
        Err(text) => text,
    };
    Err(PushError::OtherDigest { registry: registry.clone(), name: name.to_owned(), ours, theirs }.into())
}

#[cfg(test)]
mod tests;
