//! What a store has, carried back over the gap, so that the next bundle holds only what is missing.
//!
//! ```text
//! lsrepo-receipt 1 2026-05-04T03:02:01Z 100000      version, date, count
//! digests                                          32 bytes each, sorted
//! -----BEGIN PGP SIGNATURE-----                    over everything before
//! -----BEGIN PGP PUBLIC KEY BLOCK-----             who signed
//! ```
//! A wrong receipt does no harm but work: an import names what is not there, and takes nothing.

use crate::error::BundleError;
use lsrepo_sign::{Fingerprint, Keyring, SecretKey, SignatureError, check_detached};
use lsrepo_types::{Digest, Timestamp};
use std::collections::BTreeSet;

const NAME: &str = "lsrepo-receipt 1";
const KEY: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// What a store has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// when that was
    pub date: Timestamp,
    /// its blobs
    pub have: BTreeSet<Digest>,
}

/// A receipt whose signature is right.
#[derive(Clone, Debug)]
pub struct SignedReceipt {
    /// what it says
    pub receipt: Receipt,
    /// who says so
    pub signer: Fingerprint,
    /// whether that key is trusted here
    pub trusted: bool,
}

impl Receipt {
    /// Its file.
    pub fn sign(&self, key: &SecretKey) -> Result<Vec<u8>, BundleError> {
        let mut bytes = format!("{NAME} {} {}\n", self.date, self.have.len()).into_bytes();
        self.have.iter().for_each(|digest| bytes.extend(digest.as_bytes()));
        let signature = key.sign_detached(&bytes, self.date.max(key.created()))?;
        bytes.extend(signature.as_bytes());
        bytes.extend(key.public_armored().as_bytes());
        Ok(bytes)
    }

    /// Reads a file. The signature is checked, by the carried key where none of `trust` made it.
    pub fn parse(bytes: &[u8], trust: &Keyring, now: Timestamp) -> Result<SignedReceipt, BundleError> {
        let wrong = |what: &str| BundleError::Receipt(what.to_owned());
        let head = bytes.iter().take(120).position(|&byte| byte == b'\n').ok_or_else(|| wrong("its first line is another"))?;
        let line = str::from_utf8(&bytes[..head]).ok().and_then(|line| line.strip_prefix(NAME));
        let mut words = line.ok_or_else(|| wrong("its first line is another"))?.split_whitespace();
        let date = words.next().and_then(|word| word.parse().ok());
        let count = words.next().and_then(|word| word.parse::<usize>().ok());
        let (Some(date), Some(count), None) = (date, count, words.next()) else { return Err(wrong("its first line is another")) };
        let end = count.checked_mul(32).and_then(|length| length.checked_add(head + 1)).filter(|&end| end <= bytes.len());
        let end = end.ok_or_else(|| wrong("it was cut off"))?;
        let (said, behind) = bytes.split_at(end);
        let key = behind.windows(KEY.len()).position(|window| window == KEY).ok_or_else(|| wrong("it was cut off"))?;
        let (signature, key) = behind.split_at(key);
        let (signer, trusted) = match check_detached(said, signature, trust, now) {
            Ok(signer) => (signer, true),
            Err(SignatureError::MissingKey { .. }) => {
                let signer = check_detached(said, signature, &Keyring::parse(key)?, now).map_err(BundleError::ReceiptSignature)?;
                (signer, false)
            }
            Err(other) => return Err(BundleError::ReceiptSignature(other)),
        };
        let (digests, _) = said[head + 1..].as_chunks::<32>();
        if !digests.is_sorted_by(|a, b| a < b) {
            return Err(wrong("its digests are not sorted"));
        }
        let have = digests.iter().map(|digest| Digest::from_bytes(*digest)).collect();
        Ok(SignedReceipt { receipt: Receipt { date, have }, signer, trusted })
    }
}
