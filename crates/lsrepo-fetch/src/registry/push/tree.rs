//! The manifests of an image in the order in which a registry takes them: what is pointed at before what points.

use super::PushError;
use crate::FetchError;
use lsrepo_oci::{AnyDigest, Content, Descriptor, MOST_MANIFEST, Survey};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// A manifest and what it points at.
pub(super) struct Node {
    pub(super) descriptor: Descriptor<AnyDigest>,
    pub(super) children: Vec<AnyDigest>,
    /// of those that are here
    pub(super) blobs: Vec<Descriptor<AnyDigest>>,
    /// none where the bytes are of an unknown kind
    pub(super) content: Option<Content>,
}

/// All manifests of an image.
pub(super) struct Tree(BTreeMap<AnyDigest, Node>);

impl Tree {
    /// Reads what a survey found.
    pub(super) fn of(store: &Store, survey: &Survey) -> Result<Self, FetchError> {
        let here: BTreeSet<AnyDigest> = survey.blobs.iter().map(|blob| blob.digest).collect();
        let mut nodes = BTreeMap::new();
        for descriptor in &survey.manifests {
            let bytes = read(store, descriptor)?;
            let content = Content::parse(&descriptor.media_type, &bytes).ok();
            let children = content.iter().flat_map(Content::children).map(|child| child.digest).collect();
            let blobs = content.iter().flat_map(Content::blobs).filter(|blob| here.contains(&blob.digest)).cloned().collect();
            nodes.insert(descriptor.digest, Node { descriptor: descriptor.clone(), children, blobs, content });
        }
        Ok(Self(nodes))
    }

    pub(super) fn get(&self, digest: &AnyDigest) -> Option<&Node> {
        self.0.get(digest)
    }

    /// All manifests below `root`.
    pub(super) fn below(&self, root: &AnyDigest) -> Vec<AnyDigest> {
        let wanted = self.levels(root, &BTreeSet::new());
        wanted.into_iter().flatten().map(|node| node.descriptor.digest).filter(|digest| digest != root).collect()
    }

    /// What is missing below `root` where these are there, with all that is below them: those without children first,
    /// then those that point only at earlier ones, and so on.
    pub(super) fn levels(&self, root: &AnyDigest, there: &BTreeSet<AnyDigest>) -> Vec<Vec<&Node>> {
        let (mut wanted, mut next) = (BTreeSet::new(), vec![*root]);
        while let Some(digest) = next.pop() {
            if let Some(node) = self.0.get(&digest)
                && !there.contains(&digest)
                && wanted.insert(digest)
            {
                next.extend(&node.children);
            }
        }
        let (mut levels, mut done) = (Vec::new(), BTreeSet::new());
        while done.len() < wanted.len() {
            let ready = |digest: &&AnyDigest| {
                !done.contains(*digest)
                    && self.0[*digest].children.iter().all(|child| done.contains(child) || !wanted.contains(child))
            };
            let level: Vec<AnyDigest> = wanted.iter().filter(ready).copied().collect();
            if level.is_empty() {
                // Content addresses make no circles; who made this one up gets what is left.
                levels.push(wanted.difference(&done).map(|digest| &self.0[digest]).collect());
                break;
            }
            done.extend(&level);
            levels.push(level.iter().map(|digest| &self.0[digest]).collect());
        }
        levels
    }
}

/// The bytes of a manifest in the store.
pub(super) fn read(store: &Store, manifest: &Descriptor<AnyDigest>) -> Result<Vec<u8>, FetchError> {
    Ok(store.read(&kept(&manifest.digest)?, MOST_MANIFEST)?)
}

/// A store has SHA-256 only.
pub(super) fn kept(digest: &AnyDigest) -> Result<Digest, FetchError> {
    let why = || "a store keeps content by its SHA-256 only".to_owned();
    digest.sha256().ok_or_else(|| PushError::Image { name: digest.to_string(), why: why() }.into())
}
