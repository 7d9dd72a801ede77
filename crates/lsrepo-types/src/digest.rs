//! SHA-256 digests: the names of blobs, and the reader that proves them.

use serde::{Deserialize, Serialize};
use std::{fmt, io, io::Read, str::FromStr};

/// A SHA-256 digest, written `sha256:<64 hex digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// From 64 hexadecimal digits, without the `sha256:` before them.
    pub fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError::of(hex);
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or_else(wrong)?;
            let low = char::from(pair[1]).to_digit(16).ok_or_else(wrong)?;
            *byte = (high * 16 + low) as u8;
        }
        Ok(Self(bytes))
    }

    /// The 64 lower-case digits alone.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in self.0 {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        hex
    }

    /// From the raw 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a SHA-256 digest.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a digest: expected `sha256:` and 64 hexadecimal digits")]
pub struct DigestError {
    text: String,
}

impl DigestError {
    /// Says that this text is none.
    pub fn of(text: &str) -> Self {
        Self { text: text.chars().take(80).collect() }
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.strip_prefix("sha256:") {
            Some(hex) => Self::from_hex(hex),
            None => Err(DigestError::of(text)),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// A running SHA-256. Cloning keeps the state so far.
#[derive(Clone)]
pub struct Hasher(ring::digest::Context);

impl Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        let digest = self.0.finish();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Digest(bytes)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// Bytes that are not what was announced.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Fewer or more bytes than announced.
    #[error("expected {expected} bytes, got {actual}")]
    Size {
        /// announced, in bytes
        expected: u64,
        /// received; where there were too many, the count at which reading stopped
        actual: u64,
    },
    /// Right length, wrong content.
    #[error("expected {expected}, got {actual}")]
    Digest {
        /// announced
        expected: Digest,
        /// computed
        actual: Digest,
    },
}

/// Passes bytes through and fails at the end unless size and digest are as announced.
///
/// The end of the stream (`Ok(0)`) is only reported after the check, so a copy loop that
/// succeeds has proven its bytes. Errors are [`io::ErrorKind::InvalidData`] around a [`VerifyError`].
pub struct VerifyingReader<R> {
    inner: R,
    hasher: Option<Hasher>,
    digest: Digest,
    size: u64,
    seen: u64,
}

impl<R: Read> VerifyingReader<R> {
    /// Reads `size` bytes from `inner`, which must hash to `digest`.
    pub fn new(inner: R, digest: Digest, size: u64) -> Self {
        Self { inner, hasher: Some(Hasher::new()), digest, size, seen: 0 }
    }
}

impl<R: Read> Read for VerifyingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = |error| Err(io::Error::new(io::ErrorKind::InvalidData, error));
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.seen += count as u64;
        if self.seen > self.size || (count == 0 && self.seen < self.size) {
            return wrong(VerifyError::Size { expected: self.size, actual: self.seen });
        }
        match (&mut self.hasher, count) {
            (Some(hasher), 1..) => hasher.update(&buffer[..count]),
            (hasher, 0) => {
                let Some(hasher) = hasher.take() else { return Ok(0) };
                let actual = hasher.finish();
                if actual != self.digest {
                    return wrong(VerifyError::Digest { expected: self.digest, actual });
                }
            }
            (None, _) => return wrong(VerifyError::Size { expected: self.size, actual: self.seen }),
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_its_text() {
        let digest = Digest::of(b"abc");
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse::<Digest>().unwrap(), digest);
        assert!("sha256:xyz".parse::<Digest>().is_err());
    }

    #[test]
    fn short_long_and_wrong_bytes_are_told_apart() {
        let read = |bytes: &[u8]| {
            let mut out = Vec::new();
            VerifyingReader::new(bytes, Digest::of(b"abc"), 3).read_to_end(&mut out).map(|_| out)
        };
        assert_eq!(read(b"abc").unwrap(), b"abc");
        assert!(read(b"ab").unwrap_err().to_string().contains("expected 3 bytes, got 2"));
        assert!(read(b"abcd").unwrap_err().to_string().contains("expected 3 bytes"));
        assert!(read(b"abd").unwrap_err().to_string().contains("expected sha256:ba78"));
    }
}
