//! What refers to an image: signatures, attestations, bills of materials.
//!
//! For the image and for each manifest of a wanted platform: cosign's tags `sha256-<hex>.sig`, `.att` and `.sbom`, asked
//! for by HEAD; then the referrers API, and where there is none, the tag `sha256-<hex>`. Four small requests each where
//! nothing refers to it. What refers to a referrer is found by the API or by the last of those tags.

use super::{manifest::Asker, put, whole};
use crate::FetchError;
use lsrepo_oci::{AnyDigest, Descriptor, Image, Referrer, Tag, Wanted};
use lsrepo_store::Store;
use std::collections::BTreeSet;

/// How long a chain of referrers may be, and how many there may be in all.
const DEEPEST: usize = 3;
const MOST: usize = 1000;

/// What cosign appends to the tag that stands for a digest.
const COSIGN: [&str; 3] = [".sig", ".att", ".sbom"];

pub(super) async fn find(asker: &Asker, store: &Store, image: &Image, wanted: &Wanted) -> Result<Vec<Referrer>, FetchError> {
    let mut search = Search { asker, store, has_api: true, seen: BTreeSet::new(), found: Vec::new() };
    let mut subjects: Vec<AnyDigest> = Vec::new();
    for (number, manifest) in image.survey.manifests.iter().enumerate() {
        let is_wanted = match &manifest.platform {
            Some(platform) => wanted.platforms.is_empty() || wanted.platforms.iter().any(|wanted| platform.serves(wanted)),
            None => true,
        };
        if number == 0 || is_wanted {
            subjects.push(manifest.digest);
        }
    }
    let own: BTreeSet<AnyDigest> = image.survey.manifests.iter().map(|one| one.digest).collect();
    search.seen.extend(own);
    for subject in &subjects {
        for ending in COSIGN {
            search.tagged(&format!("{}{ending}", subject.referrers_tag()), true).await?;
        }
    }
    let mut next = subjects;
    for _ in 0..DEEPEST {
        let mut deeper = Vec::new();
        for subject in next {
            deeper.extend(search.refers_to(&subject).await?);
        }
        next = deeper;
    }
    Ok(search.found)
}

struct Search<'a> {
    asker: &'a Asker,
    store: &'a Store,
    has_api: bool,
    seen: BTreeSet<AnyDigest>,
    found: Vec<Referrer>,
}

impl Search<'_> {
    /// What refers to a manifest, as far as it is new.
    async fn refers_to(&mut self, subject: &AnyDigest) -> Result<Vec<AnyDigest>, FetchError> {
        let listed = if self.has_api { self.asker.referrers(subject).await? } else { None };
        let listed = match listed {
            Some(listed) => listed,
            None => {
                self.has_api = false;
                return self.tagged(&subject.referrers_tag(), false).await;
            }
        };
        let mut new = Vec::new();
        for one in listed {
            let mut root = Descriptor::new(&one.media_type, one.digest, one.size);
            root.artifact_type.clone_from(&one.artifact_type);
            if self.take(root, None).await? {
                new.push(one.digest);
            }
        }
        Ok(new)
    }

    /// What a tag stands for, where there is such a tag. Gives the manifests that are new.
    async fn tagged(&mut self, tag: &str, probe: bool) -> Result<Vec<AnyDigest>, FetchError> {
        let Ok(name) = tag.parse::<Tag>() else { return Ok(Vec::new()) };
        if probe && self.asker.head(tag).await?.is_none() {
            return Ok(Vec::new());
        }
        let Some(found) = self.asker.manifest(tag, None).await? else { return Ok(Vec::new()) };
        put(self.store, found.bytes).await?;
        let root = found.descriptor;
        if !self.take(root, Some(name)).await? {
            return Ok(Vec::new());
        }
        let below = self.found.last().map(|one| one.survey.manifests.iter().map(|one| one.digest).collect::<Vec<_>>());
        Ok(below.unwrap_or_default())
    }

    /// Keeps a referrer with all that is below it. What is seen is not taken again, or a loop would never end.
    async fn take(&mut self, root: Descriptor<AnyDigest>, tag: Option<Tag>) -> Result<bool, FetchError> {
        let is_new = self.seen.insert(root.digest);
        let known = self.found.iter().any(|one| one.root.digest == root.digest && one.tag == tag);
        if known || (!is_new && tag.is_none()) {
            return Ok(false);
        }
        if self.found.len() >= MOST {
            return Err(self
                .asker
                .wrong(&format!("more than {MOST} signatures and the like refer to it\nhint: --no-referrers leaves them")));
        }
        let survey = whole(self.asker, self.store, &root, &Wanted::default()).await;
        let survey = survey.map_err(|error| match error {
            FetchError::Image { image, why } => FetchError::Image {
                image,
                why: format!("{why}\nhint: this is something that refers to it; --no-referrers leaves such things"),
            },
            other => other,
        })?;
        self.seen.extend(survey.manifests.iter().map(|one| one.digest));
        let mut root = root;
        if let Some(first) = survey.manifests.first() {
            root.media_type.clone_from(&first.media_type);
        }
        self.found.push(Referrer { tag, root, survey });
        Ok(is_new)
    }
}
