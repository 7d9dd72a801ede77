//! Digests as registries know them: SHA-256 nearly always, SHA-512 allowed.

use lsrepo_types::{Digest, DigestError, Sha512};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A digest of a registered algorithm, of exactly its length, in lower case: nothing else can become a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AnyDigest {
    /// `sha256:…`
    Sha256(Digest),
    /// `sha512:…`
    Sha512(Sha512),
}

impl AnyDigest {
    /// `sha256` or `sha512`
    pub fn algorithm(&self) -> &'static str {
        match self {
            AnyDigest::Sha256(_) => "sha256",
            AnyDigest::Sha512(_) => "sha512",
        }
    }

    /// The hexadecimal digits.
    pub fn hex(&self) -> String {
        match self {
            AnyDigest::Sha256(digest) => digest.hex(),
            AnyDigest::Sha512(digest) => digest.hex(),
        }
    }

    /// The digest, where it is a SHA-256.
    pub fn sha256(&self) -> Option<Digest> {
        match self {
            AnyDigest::Sha256(digest) => Some(*digest),
            AnyDigest::Sha512(_) => None,
        }
    }

    /// Whether these bytes have it.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        match self {
            AnyDigest::Sha256(digest) => Digest::of(bytes) == *digest,
            AnyDigest::Sha512(digest) => Sha512::of(bytes) == *digest,
        }
    }

    /// The tag under which registries without a referrers API keep the list of what refers to this: algorithm and
    /// digits, cut at 32 and 64 characters. Spec: distribution-spec, "Referrers Tag Schema".
    pub fn referrers_tag(&self) -> String {
        format!("{}-{:.64}", self.algorithm(), self.hex())
    }
}

impl From<Digest> for AnyDigest {
    fn from(digest: Digest) -> Self {
        AnyDigest::Sha256(digest)
    }
}

impl fmt::Display for AnyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnyDigest::Sha256(digest) => digest.fmt(f),
            AnyDigest::Sha512(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Debug for AnyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AnyDigest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.starts_with("sha512:") {
            true => text.parse().map(AnyDigest::Sha512),
            // Another spelling of the same digest would be another name for it.
            false => match text.parse::<Digest>() {
                Ok(_) if text.bytes().any(|byte| byte.is_ascii_uppercase()) => Err(DigestError::of(text)),
                other => other.map(AnyDigest::Sha256),
            },
        }
    }
}

impl TryFrom<String> for AnyDigest {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<AnyDigest> for String {
    fn from(digest: AnyDigest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_a_digest() {
        let sha256 = Digest::of(b"x").to_string();
        let sha512 = Sha512::of(b"x").to_string();
        for text in [&sha256, &sha512] {
            assert_eq!(text.parse::<AnyDigest>().unwrap().to_string(), *text);
        }
        for wrong in [
            "",
            "sha256:baddigeststring",
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha256:../../../../../../../../../../../../../../../../../../../etc/passwd",
            &sha256.to_uppercase(),
            &sha256.replace("sha256:", "sha512:"),
            &format!("{sha256}0"),
        ] {
            assert!(wrong.parse::<AnyDigest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_tag_of_referrers_is_cut() {
        let digest = AnyDigest::Sha512(Sha512::of(b"x"));
        assert_eq!(digest.referrers_tag().len(), "sha512-".len() + 64);
        assert_eq!(AnyDigest::from(Digest::of(b"x")).referrers_tag(), format!("sha256-{}", Digest::of(b"x").hex()));
    }
}
