//! The container images of a set: every manifest and every blob that was wanted is a layer of it.
//!
//! An image's first manifest bears its name. What a layer belongs to need not be written down: it follows from the
//! manifests, which are walked through again when the set is read.

use anyhow::{Context as _, Result, bail};
use lsrepo_bom::lock::{LockedImage, LockedReferrer, PlatformLock};
use lsrepo_fetch::registry::pulled;
use lsrepo_oci::{AnyDigest, Descriptor, Image, ImagePlatform, Referrer, Wanted, annotation};
use lsrepo_store::Store;
use std::collections::BTreeSet;

/// What of images a platform takes.
pub(crate) fn wanted(part: &PlatformLock) -> Wanted {
    let platforms = if part.asked.all_platforms { Vec::new() } else { vec![ImagePlatform::linux(part.name.arch)] };
    Wanted { platforms, foreign: part.asked.foreign_layers }
}

/// An image as the store has it; none where a manifest is missing.
pub(crate) fn image(store: &Store, part: &PlatformLock, locked: &LockedImage) -> Result<Option<Image>> {
    let reference = locked.reference.parse().with_context(|| format!("lock: image `{}`", locked.reference))?;
    let root = Descriptor::new(&locked.media_type, AnyDigest::from(locked.digest), locked.size);
    let Some(survey) = pulled(store, &root, &wanted(part)) else { return Ok(None) };
    let mut image = Image { reference, root, survey, referrers: Vec::new() };
    for one in &locked.referrers {
        let Some(referrer) = referrer(store, one)? else { return Ok(None) };
        image.referrers.push(referrer);
    }
    Ok(Some(image))
}

/// Something that refers to an image, as the store has it.
pub(crate) fn referrer(store: &Store, locked: &LockedReferrer) -> Result<Option<Referrer>> {
    let tag = locked.tag.as_ref().map(|tag| tag.parse().with_context(|| format!("lock: tag `{tag}`"))).transpose()?;
    let root = Descriptor::new(&locked.media_type, AnyDigest::from(locked.digest), locked.size);
    let survey = pulled(store, &root, &Wanted::default());
    Ok(survey.map(|survey| Referrer { tag, root, survey }))
}

/// The images of a platform, all of which must be in the store.
pub(crate) fn images(store: &Store, part: &PlatformLock) -> Result<Vec<Image>> {
    let mut all = Vec::new();
    for locked in &part.images {
        match image(store, part, locked)? {
            Some(image) => all.push(image),
            None => {
                bail!("{}: the store lacks some of the image {}\nhint: import or prepare it again", part.name, locked.reference)
            }
        }
    }
    Ok(all)
}

/// The layers of a set that stand for these images, each digest once but for first manifests, which bear their names.
pub(super) fn layers(images: &[Image]) -> Result<Vec<Descriptor>> {
    let (mut layers, mut seen) = (Vec::new(), BTreeSet::new());
    let ours = |one: &Descriptor<AnyDigest>| {
        let digest = one.digest.sha256().with_context(|| format!("{}: not a SHA-256", one.digest))?;
        anyhow::Ok(Descriptor::new(&one.media_type, digest, one.size))
    };
    for image in images {
        layers.push(ours(&image.root)?.with(annotation::REF_NAME, image.reference.to_string()));
        seen.insert(image.root.digest);
    }
    for one in images.iter().flat_map(|image| image.manifests().chain(image.blobs())) {
        if seen.insert(one.digest) {
            layers.push(ours(one)?);
        }
    }
    Ok(layers)
}
