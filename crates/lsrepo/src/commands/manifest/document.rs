//! The manifest as a value. Its JSON is what an approver signs: a promise, and nothing in it may come from this machine.

mod platform;

pub(super) use platform::{Entry, PlatformPart, SourcePart};

use super::head::Head;
use anyhow::Result;
use lsrepo_bom::lock::PlatformLock;
use lsrepo_bundle::Item;
use lsrepo_types::{Digest, Platform, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a bundle holds, and who vouches for it.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// what this is
    kind: &'static str,
    /// of the form
    version: u32,
    pub(super) bundle: BundleName,
    /// each thing once, whatever the number of platforms
    pub(super) totals: Totals,
    /// what of that is not in the bundle, as the far side was said to have it
    pub(super) left_out: Sum,
    /// programs for bare hosts, in front of everything else
    pub(super) programs: Option<Programs>,
    /// different things behind which no signature of an upstream stands
    pub(super) without_signature: u64,
    /// sorted by name
    pub(super) platforms: Vec<PlatformPart>,
    /// content that no lock of the bundle names: a bundle that lsrepo wrote has none
    pub(super) unlisted: Vec<Unlisted>,
}

/// Which bundle, and whose.
#[derive(Debug, Serialize)]
pub(super) struct BundleName {
    /// of its signed `index.json`
    pub(super) index: Digest,
    /// fingerprint of the key that signed it
    pub(super) signer: String,
    /// its date
    pub(super) created: Option<Timestamp>,
}

/// How many, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// A tar of programs: whoever unpacks the bundle by hand runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Programs {
    /// of the tar
    pub(super) digest: Digest,
    pub(super) bytes: u64,
}

/// Everything of one kind each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    pub(super) packages: Sum,
    pub(super) images: Sum,
    pub(super) files: Sum,
}

/// Content that no lock names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Unlisted {
    /// where it lies
    pub(super) set: String,
    pub(super) name: String,
    pub(super) digest: Digest,
    /// of an image unknown
    pub(super) size: Option<u64>,
}

impl Document {
    /// The manifest of a bundle.
    pub(super) fn of(head: &Head) -> Self {
        let seen = &head.seen;
        let mut sets: BTreeMap<&Platform, Vec<(&lsrepo_bundle::Part, &PlatformLock)>> = BTreeMap::new();
        for (part, lock) in seen.parts.iter().zip(&head.locks) {
            sets.entry(&lock.name).or_default().push((part, lock));
        }
        let platforms: Vec<PlatformPart> =
            sets.into_iter().map(|(name, sets)| PlatformPart::of(name, &sets, (&head.licences, &seen.absent_content))).collect();
        let unsigned: BTreeSet<Digest> =
            platforms.iter().flat_map(PlatformPart::entries).filter(|one| !one.is_signed()).map(|one| one.digest).collect();
        Self {
            kind: "lsrepo-transfer-manifest",
            version: 1,
            bundle: BundleName { index: seen.index, signer: seen.signer.clone(), created: seen.created },
            totals: Totals {
                packages: Sum { count: seen.packages, bytes: seen.bytes },
                images: Sum { count: seen.images.len() as u64, bytes: seen.image_bytes },
                files: Sum { count: seen.files, bytes: seen.file_bytes },
            },
            left_out: Sum { count: seen.absent, bytes: seen.absent_bytes },
            programs: seen.tools_digest.map(|digest| Programs { digest, bytes: seen.tools }),
            without_signature: unsigned.len() as u64,
            platforms,
            unlisted: unlisted(head),
        }
    }

    /// The bytes that an approver signs.
    pub(super) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What the signed manifests carry and the locks do not name: a list that leaves something out approves nothing.
fn unlisted(head: &Head) -> Vec<Unlisted> {
    let images: BTreeMap<&str, Digest> = head.seen.images.iter().map(|one| (one.name.as_str(), one.digest)).collect();
    let mut all = Vec::new();
    for (part, lock) in head.seen.parts.iter().zip(&head.locks) {
        let packages = lock.packages.iter().map(|one| (one.digest, one.size));
        let listed: BTreeSet<(Digest, u64)> = packages.chain(lock.files.iter().map(|one| (one.digest, one.size))).collect();
        let strange = |item: &&Item| !listed.contains(&(item.digest, item.size));
        all.extend(part.packages.iter().chain(&part.files).filter(strange).map(|item| Unlisted {
            set: part.name.clone(),
            name: item.file.clone(),
            digest: item.digest,
            size: Some(item.size),
        }));
        let carried = part.images.iter().filter_map(|name| Some((name, *images.get(name.as_str())?)));
        let strange = |(name, digest): &(&String, Digest)| {
            !lock.images.iter().any(|image| image.reference == **name && image.digest == *digest)
        };
        all.extend(carried.filter(strange).map(|(name, digest)| Unlisted {
            set: part.name.clone(),
            name: name.clone(),
            digest,
            size: None,
        }));
    }
    all.sort();
    all
}

#[cfg(test)]
pub(super) mod tests;
