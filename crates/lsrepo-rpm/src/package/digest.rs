//! The digests that a package carries of itself, checked in one pass over its payload.
//!
//! They tell damage, not malice: only the one in the main header is under the header's signature.

use super::{DigestMismatch, Header, tag};
use ring::digest::{self, Algorithm, Context};
use std::io::{self, Write};

/// A digest of before the payload was given its own.
#[derive(Clone)]
struct Expected {
    name: &'static str,
    hex: String,
    running: Context,
}

impl Expected {
    fn new(name: &'static str, algorithm: &'static Algorithm, hex: &[u8]) -> Option<Self> {
        let fits = hex.len() == algorithm.output_len() * 2 && hex.iter().all(u8::is_ascii_hexdigit);
        fits.then(|| Self { name, hex: String::from_utf8_lossy(hex).to_ascii_lowercase(), running: Context::new(algorithm) })
    }

    /// What it should be and what it is, where these differ.
    fn differs(self) -> Option<(&'static str, String, String)> {
        let actual: String = self.running.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        (actual != self.hex).then_some((self.name, self.hex, actual))
    }
}

/// Takes the payload, and says whether it is the one that the headers speak of.
///
/// ```no_run
/// # use lsrepo_rpm::package::{Package, PayloadProof};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut file = std::io::empty();
/// let package = Package::read(&mut file)?;
/// let mut check = package.digest_check();
/// std::io::copy(&mut file, &mut check)?;
/// if check.finish()? == PayloadProof::None {
///     // a good header signature says nothing of the payload
/// }
/// # Ok(())
/// # }
/// ```
pub struct DigestCheck {
    header: Vec<Expected>,
    payload: Vec<Expected>,
    header_size: u64,
    payload_size: u64,
    expected_size: Option<u64>,
}

/// What ties the payload to the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadProof {
    /// its digest stands in the main header: who signed that, signed the payload
    InHeader,
    /// nothing that is signed with the header: a signature over both has to do, or a digest from elsewhere
    None,
}

impl DigestCheck {
    pub(super) fn new(signature: &Header, header: &Header) -> Self {
        let whole = [
            ("SHA-256", &digest::SHA256, tag::signature::SHA256_HEADER),
            ("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY, tag::signature::SHA1_HEADER),
        ];
        let of_header = whole.into_iter().filter_map(|(name, algorithm, tag)| {
            let mut expected = Expected::new(name, algorithm, signature.text(tag)?)?;
            expected.running.update(header.as_bytes());
            Some(expected)
        });
        let size = signature.number(tag::signature::LONG_SIZE).or_else(|| signature.number(tag::signature::SIZE));
        Self {
            header: of_header.collect(),
            payload: of_payload(header).into_iter().collect(),
            header_size: header.as_bytes().len() as u64,
            payload_size: 0,
            expected_size: size,
        }
    }

    /// Whether the payload's digest is under the header's signature.
    pub fn proof(&self) -> PayloadProof {
        match self.payload.is_empty() {
            true => PayloadProof::None,
            false => PayloadProof::InHeader,
        }
    }

    /// Takes more of the payload.
    pub fn update(&mut self, bytes: &[u8]) {
        self.payload_size += bytes.len() as u64;
        self.payload.iter_mut().for_each(|expected| expected.running.update(bytes));
    }

    /// What all of it proves, once the payload is at its end.
    pub fn finish(self) -> Result<PayloadProof, DigestMismatch> {
        let proof = self.proof();
        let actual = self.header_size + self.payload_size;
        for expected in self.header {
            if let Some((algorithm, expected, actual)) = expected.differs() {
                return Err(DigestMismatch::Header { algorithm, expected, actual });
            }
        }
        if let Some(expected) = self.expected_size.filter(|&expected| expected != actual) {
            return Err(DigestMismatch::Size { expected, actual });
        }
        for expected in self.payload {
            if let Some((algorithm, expected, actual)) = expected.differs() {
                return Err(DigestMismatch::Payload { algorithm, expected, actual });
            }
        }
        Ok(proof)
    }
}

/// One is enough; the shorter one first, which every package with a digest has.
fn of_payload(header: &Header) -> Option<Expected> {
    // OpenPGP's numbers of hashes
    let (name, algorithm) = match header.number(tag::PAYLOAD_DIGEST_ALGORITHM) {
        Some(8) | None => ("SHA-256", &digest::SHA256),
        Some(9) => ("SHA-384", &digest::SHA384),
        Some(10) => ("SHA-512", &digest::SHA512),
        Some(_) => return None,
    };
    let first = header.text(tag::PAYLOAD_DIGEST).and_then(|hex| Expected::new(name, algorithm, hex));
    first.or_else(|| Expected::new("SHA-512", &digest::SHA512, header.text(tag::PAYLOAD_SHA512)?))
}

impl Write for DigestCheck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
