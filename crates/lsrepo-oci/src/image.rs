//! An image that is kept: its name, its root, everything below it, and what refers to it.

use crate::{AnyDigest, Descriptor, Reference, Survey, Tag};

/// An image with all its manifests and the blobs that were wanted, as it was found by [`survey`](crate::survey).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// how it is called
    pub reference: Reference,
    /// its first manifest or index; the media type is never empty
    pub root: Descriptor<AnyDigest>,
    /// what is below it
    pub survey: Survey,
    /// signatures, attestations and the like that travel with it
    pub referrers: Vec<Referrer>,
}

/// Something that refers to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// its own tag in the image's repository (cosign's `sha256-….sig`, the list of the referrers tag scheme)
    pub tag: Option<Tag>,
    /// its first manifest
    pub root: Descriptor<AnyDigest>,
    /// what is below it
    pub survey: Survey,
}

impl Image {
    /// What is below the image, then what is below each referrer.
    pub fn surveys(&self) -> impl Iterator<Item = &Survey> {
        std::iter::once(&self.survey).chain(self.referrers.iter().map(|one| &one.survey))
    }

    /// All manifests, those of referrers too, parents before children. A digest may stand there twice.
    pub fn manifests(&self) -> impl Iterator<Item = &Descriptor<AnyDigest>> {
        self.surveys().flat_map(|survey| &survey.manifests)
    }

    /// All blobs, those of referrers too. A digest may stand there twice.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor<AnyDigest>> {
        self.surveys().flat_map(|survey| &survey.blobs)
    }

    /// Adds what another place carries of the same image: the layers of another platform, more that refers to it.
    pub fn join(&mut self, other: &Image) {
        self.survey.join(&other.survey);
        for one in &other.referrers {
            match self.referrers.iter_mut().find(|known| known.root.digest == one.root.digest && known.tag == one.tag) {
                Some(known) => known.survey.join(&one.survey),
                None => self.referrers.push(one.clone()),
            }
        }
    }
}
