//! A checksum as the texts of a repository write it: its kind, and as many hexadecimal digits as that kind has.

use crate::metadata_error::start;
use std::fmt;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksumKind {
    /// broken long ago
    Md5,
    /// broken; texts of EL 5 days call it `sha`
    Sha1,
    /// of the SHA-2 family, and so are the next three
    Sha224,
    /// what repositories use today
    Sha256,
    /// rare
    Sha384,
    /// common too
    Sha512,
}

impl ChecksumKind {
    /// As an attribute `type` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// From such an attribute.
    pub fn from_word(word: &str) -> Option<Self> {
        let kind = match word.trim().to_ascii_lowercase().as_str() {
            "md5" => Self::Md5,
            "sha" | "sha1" => Self::Sha1,
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        };
        Some(kind)
    }

    /// Whether content can be made to fit it.
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }

    fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha224 => 56,
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }
}

/// A checksum of known kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum {
    kind: ChecksumKind,
    hex: Box<str>,
}

impl Checksum {
    /// From the word of an attribute `type` and the text of its element.
    pub fn parse(kind: &str, hex: &str) -> Result<Self, ChecksumError> {
        let known = ChecksumKind::from_word(kind).ok_or_else(|| ChecksumError::Kind(start(kind)))?;
        let hex = hex.trim();
        match hex.len() == known.digits() && hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            true => Ok(Self { kind: known, hex: hex.to_ascii_lowercase().into() }),
            false => Err(ChecksumError::Digits { kind: known.word(), digits: known.digits(), text: start(hex) }),
        }
    }

    /// How it was computed.
    pub fn kind(&self) -> ChecksumKind {
        self.kind
    }

    /// Its digits, in lower case.
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.word(), self.hex)
    }
}

/// Text that is not a checksum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    /// not a kind that is known
    #[error("`{0}` is not a kind of checksum (known: md5, sha1, sha224, sha256, sha384, sha512)")]
    Kind(String),
    /// the wrong number of digits, or something else than digits
    #[error("`{text}` is not a checksum of kind {kind}, which has {digits} hexadecimal digits")]
    Digits {
        /// which kind it should be
        kind: &'static str,
        /// how many digits that has
        digits: usize,
        /// the start of the text
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_spellings_are_the_same_checksum() {
        let hex = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
        let checksum = Checksum::parse("sha", hex).unwrap();
        assert_eq!(checksum, Checksum::parse("SHA1", &hex.to_lowercase()).unwrap());
        assert_eq!(checksum.to_string(), format!("sha1:{}", hex.to_lowercase()));
        assert!(checksum.kind().is_weak());
    }

    #[test]
    fn kind_and_length_have_to_fit() {
        for (kind, hex, word) in [
            ("sha256", "abcd", "64 hexadecimal digits"),
            ("crc", "abcd", "`crc` is not a kind"),
            ("md5", &"z".repeat(32), "32 hex"),
        ] {
            let said = Checksum::parse(kind, hex).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
    }
}
