//! What a platform's lock is made of: sources, keys, documents, packages.

use crate::{chart::ChartRequest, requirement::ModuleName};
use lsrepo_types::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

/// One suite of an upstream, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSource {
    /// unique in the platform: `bookworm-security`
    pub name: String,
    /// base addresses, tried in order
    pub uris: Vec<String>,
    /// who signed the index (fingerprint), if it was signed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// its Date
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// how it is with the signatures that packages bear themselves (RPM)
    #[serde(default, skip_serializing_if = "PackageSignatures::is_unchecked")]
    pub package_signatures: PackageSignatures,
    /// its packages count beside those of a module (RPM)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub module_hotfixes: bool,
}

/// What is asked of the signature that a package bears itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageSignatures {
    /// nothing: the index's digest is what counts
    #[default]
    Unchecked,
    /// one by a key of the lock
    Required,
    /// one by a key of the lock, which may use SHA-1, DSA or a short key, as was usual in the days of EL7
    Old,
}

impl PackageSignatures {
    fn is_unchecked(&self) -> bool {
        *self == Self::Unchecked
    }
}

/// A key that signs packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedKey {
    /// of the primary key
    pub fingerprint: String,
    /// the [`LockedSource`]s whose packages it may sign, sorted
    pub sources: Vec<String>,
    /// the key itself: a lock is enough to check what it names
    pub armored: String,
}

/// A file of an upstream that says something of its packages and travels with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedDocument {
    /// what it is
    pub kind: DocumentKind,
    /// the [`LockedSource`] it comes from
    pub source: String,
    /// where it lies below the source's addresses
    pub path: String,
    /// bytes
    pub size: u64,
    /// of the file as it lies there
    pub digest: Digest,
}

/// What a [`LockedDocument`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    /// groups of packages
    Comps,
    /// module streams
    Modules,
    /// advisories
    Updateinfo,
}

impl DocumentKind {
    /// The word in the lock.
    pub fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Comps => "comps",
            DocumentKind::Modules => "modules",
            DocumentKind::Updateinfo => "updateinfo",
        }
    }
}

/// One package, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// `postgresql-15`
    pub name: String,
    /// the ecosystem's version, epoch included
    pub version: String,
    /// the ecosystem's word: `amd64`, `all`, `noarch`
    pub arch: String,
    /// the [`LockedSource`] it comes from
    pub source: String,
    /// where it lies below the source's addresses
    pub path: String,
    /// bytes
    pub size: u64,
    /// of the whole file
    pub digest: Digest,
    /// sorted; the modules that reach it
    pub wanted_by: Vec<ModuleName>,
    /// the sets it belongs to, where that is not just `main`
    #[serde(default = "main_set", skip_serializing_if = "is_main_set")]
    pub sets: Vec<String>,
    /// its own addresses, where it lies in no repository
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// what says that this is what it has to be, where it lies in no repository
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// One file by URL, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// how it is called here, maybe below folders
    pub name: String,
    /// where it is, the best address first
    pub urls: Vec<String>,
    /// bytes
    pub size: u64,
    /// of its content
    pub digest: Digest,
    /// what says that this is what it has to be
    pub proof: Proof,
    /// sorted; the modules that want it
    pub wanted_by: Vec<ModuleName>,
    /// of a Helm chart: as it was asked for
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartRequest>,
    /// of a Helm chart: the images that it uses, as far as that can be seen
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
}

/// What says what a file has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// whoever wants it
    Stated,
    /// a file of checksums with a good signature
    SignedChecksums,
    /// a file of checksums beside it
    Checksums,
    /// nothing but what came when it was fetched first
    FirstFetch,
    /// somebody who looked at what changed
    Repinned,
}

impl Proof {
    /// The word in the lock.
    pub fn as_str(self) -> &'static str {
        match self {
            Proof::Stated => "stated",
            Proof::SignedChecksums => "signed-checksums",
            Proof::Checksums => "checksums",
            Proof::FirstFetch => "first-fetch",
            Proof::Repinned => "repinned",
        }
    }
}

/// One container image, exactly. Its layers follow from its manifests, which are named by digest all the way down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedImage {
    /// written out: `docker.io/library/registry:2`
    #[serde(rename = "ref")]
    pub reference: String,
    /// of its first manifest or index
    pub digest: Digest,
    /// of that
    pub media_type: String,
    /// bytes of that
    pub size: u64,
    /// bytes of all that is carried of it, referrers included
    pub bytes: u64,
    /// sorted; the modules that want it
    pub wanted_by: Vec<ModuleName>,
    /// what refers to it and travels along, sorted
    #[serde(default, rename = "referrer", skip_serializing_if = "Vec::is_empty")]
    pub referrers: Vec<LockedReferrer>,
}

/// A signature, an attestation or the like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedReferrer {
    /// of its first manifest
    pub digest: Digest,
    /// of that
    pub media_type: String,
    /// bytes of that
    pub size: u64,
    /// its own tag, where it has one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

pub(super) fn main_set() -> Vec<String> {
    vec!["main".to_owned()]
}

pub(super) fn is_main_set(sets: &[String]) -> bool {
    sets == ["main"]
}
