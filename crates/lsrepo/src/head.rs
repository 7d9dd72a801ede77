//! The head of what others may copy: which sets are shown, signed by who shows them.
//!
//! ```text
//! -----BEGIN PGP SIGNED MESSAGE-----       the head, as JSON
//! -----BEGIN PGP SIGNATURE-----
//! -----BEGIN PGP PUBLIC KEY BLOCK-----     whose signature it is; it vouches for nothing by itself
//! ```
//! A server has it at `/sync/head`, and what it names at `/sync/blobs/sha256/<hex>`; object storage has both under the same
//! names. A set is a manifest that names every blob of the set, so that whoever has the head knows what he lacks.

use crate::failure::unsatisfied;
use anyhow::{Context as _, Result};
use lsrepo_sign::{Keyring, SecretKey, SignatureError, verify_inline};
use lsrepo_types::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FORM: &str = "lsrepo head 1";
const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// Which sets are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    form: String,
    /// of the snapshot
    pub(crate) number: u64,
    /// that it bears; a later head never has an earlier one
    pub(crate) date: Timestamp,
    /// each set's manifest, by the name of the set
    pub(crate) sets: BTreeMap<String, Piece>,
    /// how it is shown, for servers that have nothing but this
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) publication: Option<Publication>,
}

/// A blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// How a snapshot is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication {
    /// what the store keeps of it
    pub(crate) document: Piece,
    /// the authority of the servers' certificates, as PEM
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<String>,
}

/// A head whose signature is right.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) head: Head,
    /// who signed it
    pub(crate) signer: String,
    /// that key, armoured
    pub(crate) key: String,
    /// whether it is trusted here
    pub(crate) trusted: bool,
}

impl Head {
    pub(crate) fn new(number: u64, date: Timestamp, sets: BTreeMap<String, Piece>) -> Self {
        Self { form: FORM.to_owned(), number, date, sets, publication: None }
    }

    /// Its bytes, signed.
    pub(crate) fn sign(&self, key: &SecretKey) -> Result<Vec<u8>> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok((key.sign_inline(&text, self.date.max(key.created()))? + &key.public_armored()).into_bytes())
    }
}

impl Signed {
    /// Reads a head that came from `place`. Its signature is checked first, by the key that came with it where none of `trust`
    /// made it.
    pub(crate) fn parse(bytes: &[u8], place: &str, trust: &Keyring, now: Timestamp) -> Result<Self> {
        let no_head = || unsatisfied(format!("{place}: this is no head of lsrepo\nhint: does the server run this version of it?"));
        let text = str::from_utf8(bytes).map_err(|_| no_head())?;
        let at = text.find(KEY).ok_or_else(no_head)?;
        let (message, key) = text.split_at(at);
        let (checked, trusted) = match verify_inline(message.as_bytes(), trust, now) {
            Err(SignatureError::MissingKey { .. }) => {
                let carried = Keyring::parse(key.as_bytes()).with_context(|| place.to_owned())?;
                (verify_inline(message.as_bytes(), &carried, now), false)
            }
            other => (other, true),
        };
        let checked = checked.map_err(|error| unsatisfied(format!("{place}: {error}")))?;
        let signer = checked.signer().clone();
        let head: Head = serde_json::from_str(checked.get()).map_err(|error| unsatisfied(format!("{place}: {error}")))?;
        if head.form != FORM {
            return Err(unsatisfied(format!(
                "{place}: its form is `{}`, known is `{FORM}`\nhint: use the newer lsrepo",
                head.form.escape_debug()
            )));
        }
        // Of the keys that came with it only the one that signed it.
        let keys = Keyring::parse(key.as_bytes()).map(|keys| keys.keys()).unwrap_or_default();
        let own = keys.into_iter().find(|one| one.fingerprint == signer).ok_or_else(no_head)?;
        Ok(Self { head, signer: signer.to_string(), key: own.armored, trusted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let piece = Piece { digest: Digest::of(b"set"), size: 3 };
        Head::new(7, Timestamp(1_700_000_000), BTreeMap::from([("debian-12-x86_64--a".to_owned(), piece)]))
    }

    fn key() -> SecretKey {
        SecretKey::generate("test", Timestamp(1_600_000_000)).unwrap()
    }

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn a_head_is_read_as_it_was_signed() {
        let key = key();
        let bytes = head().sign(&key).unwrap();
        let read = Signed::parse(&bytes, "x", &key.keyring(), NOW).unwrap();
        assert_eq!((read.head, read.trusted, read.signer), (head(), true, key.fingerprint().to_string()));
        let stranger = Signed::parse(&bytes, "x", &Keyring::default(), NOW).unwrap();
        assert!(!stranger.trusted);
        assert_eq!(Keyring::parse(stranger.key.as_bytes()).unwrap().fingerprints(), [key.fingerprint()]);
    }

    #[test]
    fn no_byte_of_it_can_be_another() {
        let key = key();
        let bytes = head().sign(&key).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let other = text.replacen("\"number\": 7", "\"number\": 8", 1);
        assert_ne!(text, other);
        assert!(Signed::parse(other.as_bytes(), "x", &key.keyring(), NOW).is_err());
        let of_another = String::from_utf8(head().sign(&super::tests::key()).unwrap()).unwrap();
        let (message, _) = text.split_at(text.find(KEY).unwrap());
        let (_, strange) = of_another.split_at(of_another.find(KEY).unwrap());
        let mixed = format!("{message}{strange}");
        assert!(Signed::parse(mixed.as_bytes(), "x", &Keyring::default(), NOW).is_err(), "a key that did not sign it");
        assert!(Signed::parse(mixed.as_bytes(), "x", &key.keyring(), NOW).is_err(), "nor is that key handed on");
        for cut in [0, 10, bytes.len() / 2] {
            assert!(Signed::parse(&bytes[..cut], "x", &key.keyring(), NOW).is_err());
        }
        for noise in [&b"\xff\xfe"[..], b"<html>", KEY.as_bytes()] {
            assert!(Signed::parse(noise, "x", &key.keyring(), NOW).is_err());
        }
    }

    #[test]
    fn a_head_of_a_later_form_is_refused() {
        let key = key();
        let later = Head { form: "lsrepo head 2".to_owned(), ..head() };
        let error = Signed::parse(&later.sign(&key).unwrap(), "there", &key.keyring(), NOW).unwrap_err();
        assert!(error.to_string().starts_with("there: its form is"), "{error}");
    }
}
