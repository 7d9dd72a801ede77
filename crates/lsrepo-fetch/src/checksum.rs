//! Bytes against a checksum of a repository's text, of any kind that can still be relied on, and SHA-1.

use lsrepo_rpm::{Checksum, ChecksumKind};
use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

/// A running checksum.
pub(crate) struct Sum(Context);

impl Sum {
    /// None for a kind that is not computed here.
    pub(crate) fn new(kind: ChecksumKind) -> Option<Self> {
        let algorithm: &'static Algorithm = match kind {
            ChecksumKind::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            ChecksumKind::Sha256 => &SHA256,
            ChecksumKind::Sha384 => &SHA384,
            ChecksumKind::Sha512 => &SHA512,
            ChecksumKind::Md5 | ChecksumKind::Sha224 => return None,
        };
        Some(Self(Context::new(algorithm)))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn is(self, expected: &Checksum) -> bool {
        let digest = self.0.finish();
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        hex == expected.hex()
    }
}

/// Whether these bytes have that checksum; none where its kind is not computed here.
pub(crate) fn fits(bytes: &[u8], expected: &Checksum) -> Option<bool> {
    let mut sum = Sum::new(expected.kind())?;
    sum.update(bytes);
    Some(sum.is(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_is_computed_is_computed_right() {
        for (kind, hex) in [
            ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            let expected = Checksum::parse(kind, hex).unwrap();
            assert_eq!((fits(b"abc", &expected), fits(b"abd", &expected)), (Some(true), Some(false)));
        }
        assert_eq!(fits(b"", &Checksum::parse("md5", &"0".repeat(32)).unwrap()), None);
    }
}
