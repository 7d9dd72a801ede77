//! What one platform needs of an image: the manifest that its index names for it, and what is below that.

use crate::{
    AnyDigest, Content, Descriptor, Image, ImagePlatform, Kind, Referrer, SurveyError, Wanted, content::MOST_MANIFEST, media_type,
    survey,
};
use std::collections::BTreeSet;

/// Gives a manifest's or a config's bytes, as for [`survey`].
type Read<'a> = &'a mut dyn FnMut(&Descriptor<AnyDigest>) -> Option<Vec<u8>>;

/// A manifest of an image that is for some platform.
struct Leaf {
    platform: ImagePlatform,
    manifest: Descriptor<AnyDigest>,
    /// whether everything that it needs is here
    whole: bool,
}

impl Image {
    /// The image of one platform by itself: its manifest becomes the root, and what refers to that stays. The digest of
    /// the index is lost with the index.
    ///
    /// Layers that were left out stay left out: see [`Survey::left_out`](crate::Survey::left_out) of what comes back.
    pub fn only(&self, platform: &ImagePlatform, read: Read<'_>) -> Result<Image, SurveyError> {
        let leaves = self.leaves(read);
        let Some(leaf) = leaves.iter().find(|leaf| leaf.platform.serves(platform)) else {
            let has: Vec<String> = leaves.iter().map(|leaf| leaf.platform.to_string()).collect();
            return Err(SurveyError::Platform { wanted: platform.clone(), has: has.join(", ") });
        };
        let root = Descriptor::new(&leaf.manifest.media_type, leaf.manifest.digest, leaf.manifest.size);
        if root.digest == self.root.digest {
            return Ok(self.clone());
        }
        let mut below = survey(&root, &Wanted { platforms: Vec::new(), foreign: true }, read)?;
        let here = self.here();
        let (blobs, absent) = below.blobs.into_iter().partition(|blob| here.contains(&blob.digest));
        (below.blobs, below.left_out) = (blobs, absent);
        below.platforms = BTreeSet::from([leaf.platform.clone()]);
        let mut reference = self.reference.clone();
        reference.digest = reference.tag.is_none().then_some(root.digest);
        let referrers = referrers_of(&root.digest, &self.referrers, read);
        Ok(Image { reference, root, survey: below, referrers })
    }

    /// The platforms that can be had whole, in the order of the index: no layer of theirs was left out.
    pub fn whole_platforms(&self, read: Read<'_>) -> Vec<ImagePlatform> {
        self.leaves(read).into_iter().filter(|leaf| leaf.whole).map(|leaf| leaf.platform).collect()
    }

    /// All manifests that are for a platform, in the order in which clients look. What cannot be read is no such thing;
    /// whoever surveyed the image has decided about that.
    fn leaves(&self, read: Read<'_>) -> Vec<Leaf> {
        let (here, mut leaves, mut seen) = (self.here(), Vec::new(), BTreeSet::new());
        let mut next = vec![self.root.clone()];
        while let Some(descriptor) = next.pop() {
            if descriptor.size > MOST_MANIFEST || !seen.insert(descriptor.digest) {
                continue;
            }
            let bytes = read(&descriptor);
            let Some(content) = bytes.and_then(|bytes| Content::parse(&descriptor.media_type, &bytes).ok()) else { continue };
            if let Kind::Index { manifests } = &content.kind {
                next.extend(manifests.iter().rev().cloned());
                continue;
            }
            let own = descriptor.platform.clone().or_else(|| config_platform(&content, read));
            if let Some(platform) = own.filter(|platform| !platform.is_unknown()) {
                let whole = content.blobs().all(|blob| here.contains(&blob.digest));
                let mut manifest = descriptor;
                manifest.media_type = content.media_type;
                leaves.push(Leaf { platform, manifest, whole });
            }
        }
        leaves
    }

    fn here(&self) -> BTreeSet<AnyDigest> {
        self.survey.blobs.iter().map(|blob| blob.digest).collect()
    }
}

/// An image that no index speaks for says in its config what it is for.
fn config_platform(content: &Content, read: Read<'_>) -> Option<ImagePlatform> {
    let Kind::Image { config, .. } = &content.kind else { return None };
    let is_config = matches!(&*config.media_type, media_type::IMAGE_CONFIG | media_type::DOCKER_CONFIG);
    let bytes = (is_config && config.size <= MOST_MANIFEST).then(|| read(config))??;
    serde_json::from_slice(&bytes).ok().filter(|own: &ImagePlatform| !own.os.is_empty() && !own.architecture.is_empty())
}

/// What refers to a manifest, what refers to that, and so on.
fn referrers_of(root: &AnyDigest, all: &[Referrer], read: Read<'_>) -> Vec<Referrer> {
    let mut subject = |one: &Referrer| Content::parse(&one.root.media_type, &read(&one.root)?).ok()?.subject;
    let subjects: Vec<Option<AnyDigest>> = all.iter().map(|one| subject(one).map(|subject| subject.digest)).collect();
    let (mut kept, mut stays) = (vec![*root], vec![false; all.len()]);
    let mut at = 0;
    while let Some(digest) = kept.get(at).copied() {
        at += 1;
        let tag = digest.referrers_tag();
        for (number, one) in all.iter().enumerate().filter(|(number, _)| !stays[*number]).collect::<Vec<_>>() {
            let own = one.tag.as_ref().and_then(|own| own.as_str().strip_prefix(&tag));
            if subjects[number] == Some(digest) || own.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                stays[number] = true;
                kept.push(one.root.digest);
            }
        }
    }
    all.iter().zip(stays).filter(|(_, stays)| *stays).map(|(one, _)| one.clone()).collect()
}

#[cfg(test)]
mod tests;
