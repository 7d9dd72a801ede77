//! Who says that an artifact is what it has to be: what the lock recorded when it was prepared.

use lsrepo_bom::lock::{LockedFile, LockedImage, LockedPackage, PackageSignatures, PlatformLock, Proof};
use lsrepo_sign::Keyring;
use serde::Serialize;

/// One who vouches for an artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Vouch {
    /// in which way
    pub(crate) how: How,
    /// fingerprints of keys, addresses, digests
    pub(crate) by: Vec<String>,
}

/// How an artifact is vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// its digest hangs from an index that this key signed
    SignedIndex,
    /// it bears a signature by one of these keys
    SignedPackage,
    /// the same, where old and weak signatures were taken
    OldSignedPackage,
    /// its digest stands in a file of checksums that was signed
    SignedChecksums,
    /// its digest stands in a file of checksums
    Checksums,
    /// its digest was written down by whoever wants it
    StatedDigest,
    /// its digest was looked at and written down anew, for the content had changed
    Repinned,
    /// it is named by a digest, down to its last layer
    PinnedDigest,
    /// signatures and the like that travel with it; the lock does not say that they were checked
    CarriedReferrers,
    /// nothing but what came when it was fetched first
    FirstFetch,
    /// nobody signed the index that it hangs from
    UnsignedIndex,
}

impl How {
    /// In words, before those who vouch.
    pub(crate) fn words(self) -> &'static str {
        match self {
            How::SignedIndex => "index signed by",
            How::SignedPackage => "package signed by one of the source's keys:",
            How::OldSignedPackage => "package signed, maybe with an old algorithm, by one of the source's keys:",
            How::SignedChecksums => "checksums with a good signature:",
            How::Checksums => "unsigned checksums beside it:",
            How::StatedDigest => "digest stated by whoever wants it",
            How::Repinned => "digest pinned anew after the content changed",
            How::PinnedDigest => "pinned by digest; no checked signature is recorded",
            How::CarriedReferrers => "signatures and the like travel along, no check of them is recorded:",
            How::FirstFetch => "nobody: what came when it was fetched first",
            How::UnsignedIndex => "nobody: its index is not signed",
        }
    }

    /// Whether an upstream's signature stands behind it.
    pub(crate) fn is_signature(self) -> bool {
        matches!(self, How::SignedIndex | How::SignedPackage | How::OldSignedPackage | How::SignedChecksums)
    }
}

fn vouch(how: How, by: impl IntoIterator<Item = String>) -> Vouch {
    Vouch { how, by: by.into_iter().collect() }
}

/// Who vouches for a package.
pub(crate) fn package(part: &PlatformLock, package: &LockedPackage) -> Vec<Vouch> {
    let source = part.sources.iter().find(|source| source.name == package.source);
    let keys = || part.keys.iter().filter(|key| key.sources.contains(&package.source)).map(|key| key.fingerprint.clone());
    let mut all: Vec<Vouch> =
        source.and_then(|one| one.signer.clone()).map(|key| vouch(How::SignedIndex, [key])).into_iter().collect();
    match source.map(|source| source.package_signatures) {
        Some(PackageSignatures::Required) => all.push(vouch(How::SignedPackage, keys())),
        Some(PackageSignatures::Old) => all.push(vouch(How::OldSignedPackage, keys())),
        Some(PackageSignatures::Unchecked) | None => {}
    }
    match package.proof {
        Some(proof) => all.push(by_proof(part, proof, &package.urls)),
        None if all.is_empty() => all.push(vouch(How::UnsignedIndex, [])),
        None => {}
    }
    all
}

/// Who vouches for a file.
pub(crate) fn file(part: &PlatformLock, file: &LockedFile) -> Vec<Vouch> {
    vec![by_proof(part, file.proof, &file.urls)]
}

fn by_proof(part: &PlatformLock, proof: Proof, urls: &[String]) -> Vouch {
    let asked = part.asked.files.iter().find(|wish| wish.file.checksums.is_some() && urls.contains(&wish.file.url));
    let sums = asked.and_then(|wish| wish.file.checksums.as_ref());
    let published = sums.map(|sums| sums.url.clone());
    match proof {
        Proof::Stated => vouch(How::StatedDigest, []),
        Proof::SignedChecksums => {
            vouch(How::SignedChecksums, published.into_iter().chain(sums.and_then(|sums| sums.key.as_deref()).map(key)))
        }
        Proof::Checksums => vouch(How::Checksums, published),
        Proof::FirstFetch => vouch(How::FirstFetch, []),
        Proof::Repinned => vouch(How::Repinned, []),
    }
}

/// The key of signed checksums: its fingerprint where the lock has the key, else where it was read.
fn key(named: &str) -> String {
    match Keyring::parse(named.as_bytes()) {
        Ok(keys) => keys.fingerprints().iter().map(|one| format!("key {one}")).collect::<Vec<_>>().join(", "),
        Err(_) => format!("key at {}", named.lines().next().unwrap_or_default()),
    }
}

/// Who vouches for a container image.
pub(crate) fn image(image: &LockedImage) -> Vec<Vouch> {
    let referrers: Vec<String> = image.referrers.iter().map(|one| one.digest.to_string()).collect();
    let carried = (!referrers.is_empty()).then(|| vouch(How::CarriedReferrers, referrers));
    [vouch(How::PinnedDigest, [])].into_iter().chain(carried).collect()
}
