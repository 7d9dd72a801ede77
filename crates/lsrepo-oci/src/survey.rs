//! What an image consists of, found by walking from its root through the manifests that are there.
//!
//! The walk reads nothing itself: it asks for manifests by digest and says which ones it lacks, so that one caller
//! can fetch them (and walk again) and another can only have them or not. When not all platforms are wanted, every
//! manifest and every config still belongs to the image (a client may ask for any of them); only layers stay out.

use crate::{AnyDigest, Content, Descriptor, Error, ImagePlatform, Kind, content::MOST_MANIFEST, media_type};
use std::collections::{BTreeMap, BTreeSet};

/// How deep indexes in indexes may go, and how many manifests one image may have.
const DEEPEST: usize = 8;
const MOST_MANIFESTS: usize = 20_000;

/// What of an image is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// the platforms whose layers are; none means all
    pub platforms: Vec<ImagePlatform>,
    /// also layers that only their owner may distribute
    pub foreign: bool,
}

/// An image, as far as its manifests are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// its manifests, the root first, parents before children; each digest once. Their media type is never empty.
    pub manifests: Vec<Descriptor<AnyDigest>>,
    /// configs and layers that are wanted; each digest once
    pub blobs: Vec<Descriptor<AnyDigest>>,
    /// layers that are not: of other platforms, or foreign
    pub left_out: Vec<Descriptor<AnyDigest>>,
    /// the platforms that its indexes name, those of wanted images first asked for; sorted
    pub platforms: BTreeSet<ImagePlatform>,
    /// manifests and configs that must be had before the walk can go on; where this is not empty, the rest is not all
    pub missing: Vec<Descriptor<AnyDigest>>,
}

impl Survey {
    /// Adds what another walk from the same root found.
    pub(crate) fn join(&mut self, other: &Survey) {
        let add = |own: &mut Vec<Descriptor<AnyDigest>>, more: &[Descriptor<AnyDigest>]| {
            let known: BTreeSet<AnyDigest> = own.iter().map(|one| one.digest).collect();
            own.extend(more.iter().filter(|one| !known.contains(&one.digest)).cloned());
        };
        add(&mut self.manifests, &other.manifests);
        add(&mut self.blobs, &other.blobs);
        add(&mut self.left_out, &other.left_out);
        add(&mut self.missing, &other.missing);
        let here: BTreeSet<AnyDigest> = self.blobs.iter().map(|one| one.digest).collect();
        self.left_out.retain(|one| !here.contains(&one.digest));
        self.platforms.extend(other.platforms.iter().cloned());
    }
}

/// Why an image cannot be walked through.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// a manifest that cannot be read
    #[error("{digest}: {why}")]
    Manifest {
        /// which
        digest: AnyDigest,
        /// what is wrong
        why: Error,
    },
    /// indexes within indexes, without an end
    #[error("{0}: indexes are nested more than {DEEPEST} deep")]
    Deep(AnyDigest),
    /// too many manifests
    #[error("{0}: it has more than {MOST_MANIFESTS} manifests")]
    Many(AnyDigest),
    /// one blob, two sizes
    #[error("{digest}: it is listed with {one} bytes and with {other}")]
    Sizes {
        /// which
        digest: AnyDigest,
        /// here
        one: u64,
        /// there
        other: u64,
    },
    /// a platform that is not there
    #[error("it has nothing for {wanted} (it has: {has})")]
    Platform {
        /// what was asked
        wanted: ImagePlatform,
        /// what there is
        has: String,
    },
}

/// Walks from `root`. `read` gives a manifest's or a config's bytes, whose digest the caller has checked; none where it is not there.
pub fn survey(
    root: &Descriptor<AnyDigest>,
    wanted: &Wanted,
    read: &mut dyn FnMut(&Descriptor<AnyDigest>) -> Option<Vec<u8>>,
) -> Result<Survey, SurveyError> {
    let mut walk = Walk {
        wanted,
        read,
        survey: Survey::default(),
        sizes: BTreeMap::new(),
        seen: BTreeSet::new(),
        listed: BTreeSet::new(),
        out: BTreeMap::new(),
        found: BTreeSet::new(),
    };
    walk.manifest(root, true, 0)?;
    let Walk { mut survey, out, found, .. } = walk;
    // A layer may be wanted for one platform and not for another.
    let taken: BTreeSet<AnyDigest> = survey.blobs.iter().map(|one| one.digest).collect();
    survey.left_out = out.into_values().filter(|one| !taken.contains(&one.digest)).collect();
    survey.platforms = found;
    if survey.missing.is_empty() && !survey.platforms.is_empty() {
        for wanted in &wanted.platforms {
            if !survey.platforms.iter().any(|has| has.serves(wanted)) {
                let has: Vec<String> = survey.platforms.iter().map(ToString::to_string).collect();
                return Err(SurveyError::Platform { wanted: wanted.clone(), has: has.join(", ") });
            }
        }
    }
    Ok(survey)
}

struct Walk<'a> {
    wanted: &'a Wanted,
    read: &'a mut dyn FnMut(&Descriptor<AnyDigest>) -> Option<Vec<u8>>,
    survey: Survey,
    sizes: BTreeMap<AnyDigest, u64>,
    /// manifests walked through, and whether their layers were wanted then
    seen: BTreeSet<(AnyDigest, bool)>,
    listed: BTreeSet<(List, AnyDigest)>,
    out: BTreeMap<AnyDigest, Descriptor<AnyDigest>>,
    found: BTreeSet<ImagePlatform>,
}

/// A list of a [`Survey`], where each digest stands once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Manifests,
    Blobs,
    Missing,
}

impl Walk<'_> {
    fn manifest(&mut self, descriptor: &Descriptor<AnyDigest>, wanted: bool, depth: usize) -> Result<(), SurveyError> {
        let digest = descriptor.digest;
        if depth > DEEPEST {
            return Err(SurveyError::Deep(digest));
        }
        if !self.seen.insert((digest, wanted)) {
            return Ok(());
        }
        if self.seen.len() > MOST_MANIFESTS {
            return Err(SurveyError::Many(digest));
        }
        if descriptor.size > MOST_MANIFEST {
            let why = Error::Large { bytes: descriptor.size, most: MOST_MANIFEST };
            return Err(SurveyError::Manifest { digest, why });
        }
        self.measure(descriptor)?;
        let Some(bytes) = (self.read)(descriptor) else {
            self.list(List::Missing, descriptor);
            return Ok(());
        };
        let content = match Content::parse(&descriptor.media_type, &bytes) {
            Ok(content) => content,
            // An index may list what is no manifest at all; it is kept as it is.
            Err(_) if depth > 0 && !descriptor.media_type.is_empty() && !media_type::is_manifest(&descriptor.media_type) => {
                self.list(List::Manifests, descriptor);
                return Ok(());
            }
            Err(why) => return Err(SurveyError::Manifest { digest, why }),
        };
        let mut known = descriptor.clone();
        known.media_type = content.media_type.clone();
        self.list(List::Manifests, &known);
        match &content.kind {
            Kind::Index { manifests } => self.index(manifests, wanted, depth),
            Kind::Image { config, .. } => {
                let own = self.config(descriptor, config)?;
                let wanted = wanted && own.is_none_or(|own| self.takes(&own));
                self.blobs(&content, wanted)
            }
            Kind::Artifact { .. } => self.blobs(&content, wanted),
        }
    }

    /// An image that no index speaks for says in its config what it is for.
    fn config(
        &mut self,
        descriptor: &Descriptor<AnyDigest>,
        config: &Descriptor<AnyDigest>,
    ) -> Result<Option<ImagePlatform>, SurveyError> {
        let is_image = matches!(&*config.media_type, media_type::IMAGE_CONFIG | media_type::DOCKER_CONFIG);
        if self.wanted.platforms.is_empty() || descriptor.platform.is_some() || !is_image || config.size > MOST_MANIFEST {
            return Ok(None);
        }
        match (self.read)(config) {
            Some(bytes) => {
                // What a config does not say, it does not forbid.
                let own = serde_json::from_slice::<ImagePlatform>(&bytes)
                    .ok()
                    .filter(|own| !own.os.is_empty() && !own.architecture.is_empty());
                self.found.extend(own.clone());
                Ok(own)
            }
            None => {
                self.list(List::Missing, config);
                Ok(None)
            }
        }
    }

    fn takes(&self, platform: &ImagePlatform) -> bool {
        self.wanted.platforms.is_empty() || self.wanted.platforms.iter().any(|wanted| platform.serves(wanted))
    }

    fn index(&mut self, manifests: &[Descriptor<AnyDigest>], wanted: bool, depth: usize) -> Result<(), SurveyError> {
        // An attestation is for the image that it names, and as wanted as that.
        let about = |child: &Descriptor<AnyDigest>| child.annotation("vnd.docker.reference.digest").map(str::to_owned);
        let taken: BTreeSet<String> = manifests
            .iter()
            .filter(|child| child.platform.as_ref().is_some_and(|platform| !platform.is_unknown() && self.takes(platform)))
            .map(|child| child.digest.to_string())
            .collect();
        for child in manifests {
            let own = match (&child.platform, about(child)) {
                (_, Some(about)) => self.wanted.platforms.is_empty() || taken.contains(&about),
                (None, None) => true,
                (Some(platform), None) if platform.is_unknown() => true,
                (Some(platform), None) => {
                    self.found.insert(platform.clone());
                    self.takes(platform)
                }
            };
            self.manifest(child, wanted && own, depth + 1)?;
        }
        Ok(())
    }

    fn blobs(&mut self, content: &Content, wanted: bool) -> Result<(), SurveyError> {
        let config = match &content.kind {
            Kind::Image { config, .. } => Some(config.digest),
            _ => None,
        };
        for blob in content.blobs() {
            self.measure(blob)?;
            let takes =
                Some(blob.digest) == config || (wanted && (self.wanted.foreign || !media_type::is_foreign(&blob.media_type)));
            if takes {
                self.list(List::Blobs, blob);
            } else {
                self.out.insert(blob.digest, blob.clone());
            }
        }
        Ok(())
    }

    fn list(&mut self, list: List, one: &Descriptor<AnyDigest>) {
        if self.listed.insert((list, one.digest)) {
            match list {
                List::Manifests => &mut self.survey.manifests,
                List::Blobs => &mut self.survey.blobs,
                List::Missing => &mut self.survey.missing,
            }
            .push(one.clone());
        }
    }

    fn measure(&mut self, descriptor: &Descriptor<AnyDigest>) -> Result<(), SurveyError> {
        match *self.sizes.entry(descriptor.digest).or_insert(descriptor.size) {
            size if size == descriptor.size => Ok(()),
            size => Err(SurveyError::Sizes { digest: descriptor.digest, one: size, other: descriptor.size }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsrepo_types::{Arch, Digest};
    use serde_json::json;

    /// Manifests by their digests.
    #[derive(Default)]
    struct Shelf(BTreeMap<AnyDigest, Vec<u8>>);

    impl Shelf {
        fn add(&mut self, media_type: &str, value: &serde_json::Value) -> serde_json::Value {
            let bytes = serde_json::to_vec(value).unwrap();
            let digest = Digest::of(&bytes);
            self.0.insert(digest.into(), bytes.clone());
            json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
        }

        fn image(&mut self, arch: &str, layers: &[&str]) -> serde_json::Value {
            let config = self.add(media_type::IMAGE_CONFIG, &json!({"os": "linux", "architecture": arch}));
            let layers: Vec<_> = layers
                .iter()
                .map(|text| json!({"mediaType": "layer", "digest": Digest::of(text.as_bytes()).to_string(), "size": text.len()}))
                .collect();
            self.add(media_type::MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": layers}))
        }

        fn survey(&self, root: &serde_json::Value, platforms: &[Arch]) -> Result<Survey, SurveyError> {
            let root = serde_json::from_value(root.clone()).unwrap();
            let wanted = Wanted { platforms: platforms.iter().map(|&arch| ImagePlatform::linux(arch)).collect(), foreign: false };
            survey(&root, &wanted, &mut |one| self.0.get(&one.digest).cloned())
        }
    }

    fn on(mut descriptor: serde_json::Value, arch: &str) -> serde_json::Value {
        descriptor["platform"] = json!({"os": "linux", "architecture": arch});
        descriptor
    }

    #[test]
    fn only_layers_of_other_platforms_stay_out() {
        let mut shelf = Shelf::default();
        let (amd64, arm64) = (shelf.image("amd64", &["shared", "a"]), shelf.image("arm64", &["shared", "b", "c"]));
        let index = json!({"schemaVersion": 2, "manifests": [on(amd64, "amd64"), on(arm64, "arm64")]});
        let root = shelf.add(media_type::INDEX, &index);
        let some = shelf.survey(&root, &[Arch::Arm64]).unwrap();
        assert_eq!((some.manifests.len(), some.blobs.len(), some.left_out.len()), (3, 5, 1));
        let all = shelf.survey(&root, &[]).unwrap();
        assert_eq!((all.manifests.len(), all.blobs.len(), all.left_out.len()), (3, 6, 0));
    }

    #[test]
    fn a_platform_that_is_not_there_is_told() {
        let mut shelf = Shelf::default();
        let amd64 = shelf.image("amd64", &["a"]);
        let said = shelf.survey(&amd64, &[Arch::Arm64]).unwrap_err().to_string();
        assert_eq!(said, "it has nothing for linux/arm64 (it has: linux/amd64)");
        let root = shelf.add(media_type::INDEX, &json!({"schemaVersion": 2, "manifests": [on(amd64.clone(), "amd64")]}));
        assert!(shelf.survey(&root, &[Arch::Arm64]).is_err());
        assert!(shelf.survey(&amd64, &[Arch::X86_64]).is_ok());
    }

    #[test]
    fn what_is_missing_is_named_until_all_is_there() {
        let mut shelf = Shelf::default();
        let image = shelf.image("amd64", &["a"]);
        let inner = shelf.add(media_type::INDEX, &json!({"schemaVersion": 2, "manifests": [image]}));
        let root = shelf.add(media_type::INDEX, &json!({"schemaVersion": 2, "manifests": [inner]}));
        let mut known = Shelf::default();
        let mut rounds = 0;
        let whole = loop {
            let survey = known.survey(&root, &[Arch::X86_64]).unwrap();
            if survey.missing.is_empty() {
                break survey;
            }
            for one in survey.missing {
                known.0.insert(one.digest, shelf.0[&one.digest].clone());
            }
            rounds += 1;
        };
        assert_eq!((rounds, whole.manifests.len(), whole.blobs.len()), (4, 3, 2));
    }

    #[test]
    fn one_digest_has_one_size() {
        let mut shelf = Shelf::default();
        let blob = |size: u32| json!({"mediaType": "layer", "digest": Digest::of(b"x").to_string(), "size": size});
        let root = shelf.add(media_type::MANIFEST, &json!({"schemaVersion": 2, "config": blob(1), "layers": [blob(2)]}));
        assert!(matches!(shelf.survey(&root, &[]), Err(SurveyError::Sizes { .. })));
    }
}
