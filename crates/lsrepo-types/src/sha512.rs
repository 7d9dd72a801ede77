//! SHA-512 digests: what some registries name content by. Here they only ever stand beside a SHA-256.

use crate::DigestError;
use std::{fmt, str::FromStr};

/// A SHA-512 digest, written `sha512:<128 lower-case hex digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha512([u8; 64]);

impl Sha512 {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Sha512Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The 128 digits alone.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha512:{}", self.hex())
    }
}

impl fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha512 {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix("sha512:").filter(|hex| hex.len() == 128).ok_or_else(|| DigestError::of(text))?;
        let mut bytes = [0; 64];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digit = |byte: u8| match byte {
                b'0'..=b'9' => Ok(byte - b'0'),
                b'a'..=b'f' => Ok(byte - b'a' + 10),
                _ => Err(DigestError::of(text)),
            };
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// A running SHA-512.
#[derive(Clone)]
pub struct Sha512Hasher(ring::digest::Context);

impl Sha512Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA512))
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Sha512 {
        let digest = self.0.finish();
        let mut bytes = [0; 64];
        bytes.copy_from_slice(digest.as_ref());
        Sha512(bytes)
    }
}

impl Default for Sha512Hasher {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_its_text() {
        let digest = Sha512::of(b"abc");
        assert!(digest.hex().starts_with("ddaf35a193617aba") && digest.hex().ends_with("a54ca49f"));
        assert_eq!(digest.to_string().parse::<Sha512>().unwrap(), digest);
        for wrong in [digest.hex(), digest.to_string().to_uppercase(), "sha512:00".into(), format!("sha512:{}", "é".repeat(64))] {
            assert!(wrong.parse::<Sha512>().is_err(), "{wrong}");
        }
    }
}
