//! Container images, as their pages show them: read from their manifests, which are in the store.

use super::gathered::{unite, words};
use crate::{prepared::Prepared, vouch};
use anyhow::Result;
use lsrepo_oci::{AnyDigest, Content, Descriptor, Image, Kind as Shape, MOST_MANIFEST, Referrer};
use lsrepo_publish::catalogue::{self, ImageLayer, ImagePlatform, ImageReferrer, Key, Kind, Row, Thing};
use lsrepo_store::Store;
use lsrepo_types::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Images by their whole names.
#[derive(Default)]
pub(super) struct Images(BTreeMap<String, Gathered>);

struct Gathered {
    date: Timestamp,
    image: Image,
    wanted_by: Vec<String>,
    vouched_by: Vec<String>,
    platforms: BTreeSet<String>,
}

impl Images {
    /// Adds those of a set. A tag stands for what it stood for last, as in the registry.
    pub(super) fn add(&mut self, _: &Store, set: &Prepared) -> Result<()> {
        for (image, locked) in set.images.iter().zip(&set.lock.images) {
            let date = set.lock.date;
            let vouched_by = words(&vouch::image(locked)).0;
            let fresh = || Gathered { date, image: image.clone(), wanted_by: Vec::new(), vouched_by, platforms: BTreeSet::new() };
            let known = match self.0.remove(&image.reference.to_string()) {
                Some(mut known) if known.image.root.digest == image.root.digest => {
                    known.image.join(image);
                    known
                }
                Some(known) if known.date > date => {
                    self.0.insert(image.reference.to_string(), known);
                    continue;
                }
                _ => fresh(),
            };
            let known = self.0.entry(image.reference.to_string()).or_insert(known);
            unite(&mut known.wanted_by, locked.wanted_by.iter().map(ToString::to_string));
            known.platforms.insert(set.lock.name.to_string());
        }
        Ok(())
    }

    /// Each as a thing.
    pub(super) fn things(self, store: &Store) -> Result<Vec<Thing>> {
        self.0.into_iter().map(|(name, one)| thing(store, name, one)).collect()
    }
}

fn thing(store: &Store, name: String, one: Gathered) -> Result<Thing> {
    let image = &one.image;
    let left_out: BTreeSet<AnyDigest> = image.survey.left_out.iter().map(|blob| blob.digest).collect();
    let mut platforms = Vec::new();
    let root = content(store, &image.root)?;
    match root.as_ref().map(|content| &content.kind) {
        Some(Shape::Index { manifests }) => {
            for child in manifests.iter().filter(|child| child.platform.as_ref().is_none_or(|platform| !platform.is_unknown())) {
                let name = child.platform.as_ref().map(ToString::to_string).unwrap_or_default();
                if let Some(content) = content(store, child)? {
                    platforms.push(platform(name, child, &content, &left_out));
                }
            }
        }
        Some(_) => {
            if let Some(content) = &root {
                platforms.push(platform(own_platform(store, content).unwrap_or_default(), &image.root, content, &left_out));
            }
        }
        None => {}
    }
    let mut referrers = Vec::new();
    for referrer in &image.referrers {
        add_referrer(store, &mut referrers, referrer)?;
    }
    let sizes: BTreeMap<AnyDigest, u64> = image.manifests().chain(image.blobs()).map(|part| (part.digest, part.size)).collect();
    let bytes = sizes.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
    let names = platforms.iter().filter(|one| one.carried).map(|one| one.platform.as_str());
    let summary = names.collect::<Vec<_>>().join(" ");
    let mark: Vec<String> = sizes.keys().map(ToString::to_string).collect();
    let row = catalogue::Image {
        repository: image.reference.name(),
        tag: image.reference.tag.as_ref().map(ToString::to_string),
        digest: image.root.digest.to_string(),
        media_type: image.root.media_type.clone(),
        bytes,
        wanted_by: one.wanted_by,
        vouched_by: one.vouched_by,
        platforms,
        referrers,
    };
    let key = Key { kind: Kind::Image, place: String::new(), name };
    Ok(Thing { key, summary, bytes, mark: Thing::mark(&mark.join(" ")), platforms: one.platforms, row: Row::Image(row) })
}

/// A manifest, where it is in the store and can be read.
fn content(store: &Store, of: &Descriptor<AnyDigest>) -> Result<Option<Content>> {
    let digest = match of.digest {
        AnyDigest::Sha256(digest) => Some(digest),
        AnyDigest::Sha512(digest) => store.sha256_of(&digest)?,
    };
    let Some(digest) = digest else { return Ok(None) };
    if store.size_of(&digest)?.is_none() {
        return Ok(None);
    }
    Ok(Content::parse(&of.media_type, &store.read(&digest, MOST_MANIFEST)?).ok())
}

fn platform(name: String, of: &Descriptor<AnyDigest>, content: &Content, left_out: &BTreeSet<AnyDigest>) -> ImagePlatform {
    let layers = match &content.kind {
        Shape::Image { layers, .. } => &layers[..],
        _ => &[],
    };
    let layer = |one: &Descriptor<AnyDigest>| ImageLayer {
        digest: one.digest.to_string(),
        size: one.size,
        media_type: one.media_type.clone(),
    };
    ImagePlatform {
        platform: name,
        digest: of.digest.to_string(),
        carried: !layers.iter().any(|layer| left_out.contains(&layer.digest)),
        layers: layers.iter().map(layer).collect(),
    }
}

/// What the config of an image alone says.
fn own_platform(store: &Store, content: &Content) -> Option<String> {
    #[derive(Deserialize)]
    struct Config {
        os: String,
        architecture: String,
    }
    let Shape::Image { config, .. } = &content.kind else { return None };
    let bytes = store.read(&config.digest.sha256()?, MOST_MANIFEST).ok()?;
    let config: Config = serde_json::from_slice(&bytes).ok()?;
    Some(format!("{}/{}", config.os, config.architecture))
}

/// A list of referrers, which registries keep under a tag, stands for those that it lists.
fn add_referrer(store: &Store, all: &mut Vec<ImageReferrer>, of: &Referrer) -> Result<()> {
    let bytes = of.survey.manifests.iter().chain(&of.survey.blobs).map(|part| part.size).fold(0, u64::saturating_add);
    let tag = of.tag.as_ref().map(ToString::to_string);
    let root = content(store, &of.root)?;
    let one = |digest: AnyDigest, artifact_type: Option<String>, bytes| ImageReferrer {
        digest: digest.to_string(),
        artifact_type: artifact_type.unwrap_or_default(),
        tag: tag.clone(),
        bytes,
    };
    let children = root.as_ref().map(Content::children).unwrap_or_default();
    let mut fresh = Vec::new();
    for child in children {
        let said = content(store, child)?.and_then(|content| content.referrer_type().map(str::to_owned));
        fresh.push(one(child.digest, said.or_else(|| child.artifact_type.clone()), child.size));
    }
    if children.is_empty() {
        fresh.push(one(of.root.digest, root.as_ref().and_then(Content::referrer_type).map(str::to_owned), bytes));
    }
    for one in fresh {
        if !all.iter().any(|known| known.digest == one.digest) {
            all.push(one);
        }
    }
    Ok(())
}
