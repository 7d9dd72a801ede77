//! One platform's part of a manifest: its sources, its modules, and every artifact once.

use super::{Sum, Totals};
use crate::vouch::{self, Vouch};
use lsrepo_bom::{
    inventory::{self, Artifact},
    lock::{LockedKey, LockedSource, PackageSignatures, PlatformLock},
};
use lsrepo_bundle::Part;
use lsrepo_sign::Keyring;
use lsrepo_types::{Digest, Platform, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is carried for one platform.
#[derive(Debug, Serialize)]
pub(in super::super) struct PlatformPart {
    pub(in super::super) platform: String,
    /// the newest date among the indexes that it was resolved from
    pub(in super::super) date: Timestamp,
    /// layers that images share count for each of them
    pub(in super::super) totals: Totals,
    /// sorted by name
    pub(in super::super) sources: Vec<SourcePart>,
    /// sorted by name
    pub(in super::super) modules: Vec<ModulePart>,
    pub(in super::super) packages: Vec<Entry>,
    pub(in super::super) images: Vec<Entry>,
    pub(in super::super) files: Vec<Entry>,
}

/// Where packages come from, and whose keys stand behind it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in super::super) struct SourcePart {
    pub(in super::super) name: String,
    pub(in super::super) addresses: Vec<String>,
    /// fingerprint of the key that signed its index
    pub(in super::super) index_signer: Option<String>,
    pub(in super::super) index_date: Option<Timestamp>,
    /// `required`, `old` or `unchecked`: the signatures that packages bear themselves
    pub(in super::super) package_signatures: &'static str,
    /// the keys that may make those
    pub(in super::super) package_keys: Vec<PackageKey>,
}

/// A key that signs packages.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in super::super) struct PackageKey {
    pub(in super::super) fingerprint: String,
    /// as the key itself says
    pub(in super::super) name: String,
}

/// What one module takes; what several take counts for each.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in super::super) struct ModulePart {
    pub(in super::super) module: String,
    #[serde(flatten)]
    pub(in super::super) totals: Totals,
}

/// One package, image or file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in super::super) struct Entry {
    pub(in super::super) name: String,
    pub(in super::super) version: String,
    pub(in super::super) arch: String,
    /// bytes, of an image all that belongs to it
    pub(in super::super) size: u64,
    /// of its bytes, or of its first manifest
    pub(in super::super) digest: Digest,
    /// as a package states it
    pub(in super::super) licence: Option<String>,
    pub(in super::super) purl: String,
    /// the upstream source of a package; the addresses of a file, or of a package that lies in no repository
    pub(in super::super) source: Option<String>,
    pub(in super::super) addresses: Vec<String>,
    pub(in super::super) vouched: Vec<Vouch>,
    pub(in super::super) modules: BTreeSet<String>,
    /// whether the bundle leaves it out, as the far side was said to have it
    pub(in super::super) left_out: bool,
}

impl Entry {
    fn of(artifact: Artifact, source: Option<&str>, vouched: Vec<Vouch>, absent: &BTreeSet<Digest>) -> Self {
        let Artifact { name, version, arch, purl, digest, size, licence, urls: addresses, modules, .. } = artifact;
        let modules = modules.iter().map(ToString::to_string).collect();
        let source = source.map(str::to_owned);
        let left_out = absent.contains(&digest);
        Self { name, version, arch, size, digest, licence, purl, source, addresses, vouched, modules, left_out }
    }

    /// Whether a signature of an upstream stands behind it.
    pub(in super::super) fn is_signed(&self) -> bool {
        self.vouched.iter().any(|vouch| vouch.how.is_signature())
    }
}

impl PlatformPart {
    /// Joins the sets of a platform, which are its modules.
    pub(super) fn of(
        name: &Platform,
        sets: &[(&Part, &PlatformLock)],
        (licences, absent): (&BTreeMap<Digest, String>, &BTreeSet<Digest>),
    ) -> Self {
        let (mut packages, mut images, mut files) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut sources = BTreeSet::new();
        for (_, lock) in sets {
            sources.extend(lock.sources.iter().map(|source| SourcePart::of(source, &lock.keys)));
            let own = inventory::packages(lock, licences).zip(&lock.packages);
            packages.extend(own.map(|(one, locked)| Entry::of(one, Some(&locked.source), vouch::package(lock, locked), absent)));
            let own = inventory::images(lock).zip(&lock.images);
            images.extend(own.map(|(one, locked)| Entry::of(one, None, vouch::image(locked), absent)));
            let own = inventory::files(lock).zip(&lock.files);
            files.extend(own.map(|(one, locked)| Entry::of(one, None, vouch::file(lock, locked), absent)));
        }
        let totals = Totals { packages: sum(&packages), images: sum(&images), files: sum(&files) };
        let mut modules: Vec<ModulePart> = sets.iter().map(|(part, _)| ModulePart::of(part)).collect();
        modules.sort_by(|a, b| a.module.cmp(&b.module));
        Self {
            platform: name.to_string(),
            date: sets.iter().map(|(_, lock)| lock.date).max().unwrap_or(Timestamp(0)),
            totals,
            sources: sources.into_iter().collect(),
            modules,
            packages: packages.into_iter().collect(),
            images: images.into_iter().collect(),
            files: files.into_iter().collect(),
        }
    }

    /// Everything of it.
    pub(in super::super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.packages.iter().chain(&self.images).chain(&self.files)
    }
}

impl SourcePart {
    fn of(source: &LockedSource, keys: &[LockedKey]) -> Self {
        let own = keys.iter().filter(|key| key.sources.contains(&source.name));
        let named = |key: &LockedKey| Keyring::parse(key.armored.as_bytes()).ok()?.keys().into_iter().next().map(|key| key.user_id);
        Self {
            name: source.name.clone(),
            addresses: source.uris.clone(),
            index_signer: source.signer.clone(),
            index_date: source.date,
            package_signatures: match source.package_signatures {
                PackageSignatures::Unchecked => "unchecked",
                PackageSignatures::Required => "required",
                PackageSignatures::Old => "old",
            },
            package_keys: own
                .map(|key| PackageKey { fingerprint: key.fingerprint.clone(), name: named(key).unwrap_or_default() })
                .collect(),
        }
    }
}

impl ModulePart {
    fn of(part: &Part) -> Self {
        let totals = Totals {
            packages: Sum { count: part.packages.len() as u64, bytes: part.bytes },
            images: Sum { count: part.images.len() as u64, bytes: part.image_bytes },
            files: Sum { count: part.files.len() as u64, bytes: part.file_bytes },
        };
        Self { module: part.module.clone(), totals }
    }
}

fn sum(all: &BTreeSet<Entry>) -> Sum {
    Sum { count: all.len() as u64, bytes: all.iter().map(|one| one.size).fold(0, u64::saturating_add) }
}
