//! The head of an `.rpm`: all that stands before its payload. No more is read than that.
//! Spec: <https://rpm-software-management.github.io/rpm/manual/format_v4.html>
//!
//! ```text
//! lead               96 bytes, of which only the magic still means something
//! signature header   signatures and digests over what follows; padded to a multiple of 8
//! header             what the package is
//! payload            its files, compressed
//! ```

mod digest;
mod error;
mod header;
pub(crate) mod tag;
#[cfg(test)]
pub(crate) mod tests;

pub use digest::{DigestCheck, PayloadProof};
pub use error::{DigestMismatch, PackageError};
pub use header::{Header, Texts};

use base64::{Engine, engine::general_purpose::STANDARD};
use header::{Part, broken};
use std::{borrow::Cow, io::Read, ops::Range};

const LEAD: usize = 96;
const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];

/// A package without its payload.
#[derive(Clone, Debug)]
pub struct Package {
    signature: Header,
    header: Header,
    /// where the header stands in the file; the payload begins at its end
    header_range: Range<u64>,
}

/// A signature that a package carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSignature<'a> {
    /// what it is made over
    pub covers: Covers,
    /// OpenPGP packets
    pub packets: Cow<'a, [u8]>,
}

/// What a signature of a package is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Covers {
    /// the main header, which holds the digest of the payload since rpm 4.14
    Header,
    /// the main header and the payload: the older way
    HeaderAndPayload,
}

impl Package {
    /// Reads up to the payload; `from` stands at its first byte then.
    ///
    /// Many small reads: give it something buffered.
    pub fn read(mut from: impl Read) -> Result<Self, PackageError> {
        let mut lead = [0; LEAD];
        from.read_exact(&mut lead).map_err(|error| broken(error, "its lead"))?;
        match (lead[..4] == LEAD_MAGIC, lead[4]) {
            (true, 3 | 4) => {}
            (true, version) => return Err(PackageError::Lead(format!("its format version is {version}"))),
            (false, _) => return Err(PackageError::Lead("it does not begin as one".into())),
        }
        let signature = Header::read(&mut from, Part::Signature)?;
        let length = LEAD + signature.as_bytes().len();
        let start = length.next_multiple_of(8);
        let mut padding = [0; 8];
        from.read_exact(&mut padding[..start - length]).map_err(|error| broken(error, Part::Signature.name()))?;
        let header = Header::read(&mut from, Part::Main)?;
        let header_range = start as u64..(start + header.as_bytes().len()) as u64;
        Ok(Self { signature, header, header_range })
    }

    /// The signature header: tags such as `RSAHEADER`, `PGP`, `SHA256HEADER`.
    pub fn signature_header(&self) -> &Header {
        &self.signature
    }

    /// The main header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the main header stands in the file. The payload begins where it ends.
    pub fn header_range(&self) -> Range<u64> {
        self.header_range.clone()
    }

    /// Every signature, those over the header alone first. What is not base64 where it should be comes as it is.
    pub fn signatures(&self) -> Vec<PackageSignature<'_>> {
        let decoded = |text| match STANDARD.decode(text) {
            Ok(packets) => Cow::Owned(packets),
            Err(_) => Cow::Borrowed(text),
        };
        let openpgp = self.signature.texts(tag::signature::OPENPGP).map(decoded);
        let binary = |tags: [u32; 2]| tags.into_iter().filter_map(|tag| self.signature.binary(tag)).map(Cow::Borrowed);
        let header = openpgp.chain(binary([tag::signature::RSA_HEADER, tag::signature::DSA_HEADER]));
        let header = header.map(|packets| PackageSignature { covers: Covers::Header, packets });
        let both = binary([tag::signature::PGP, tag::signature::GPG]);
        header.chain(both.map(|packets| PackageSignature { covers: Covers::HeaderAndPayload, packets })).collect()
    }

    /// What checks the rest of the file against what its headers say.
    pub fn digest_check(&self) -> DigestCheck {
        DigestCheck::new(&self.signature, &self.header)
    }
}
