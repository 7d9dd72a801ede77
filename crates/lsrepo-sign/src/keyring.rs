//! The keys that are trusted for something.

use crate::{Fingerprint, KeyError, certificate};
use pgp::{
    composed::{ArmorOptions, Deserializable, SignedPublicKey},
    ser::Serialize,
};

/// The most bytes that are read as a keyring.
const MOST: usize = 64 << 20;
const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Public keys.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    pub(crate) certificates: Vec<SignedPublicKey>,
}

/// What is shown of a key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// of the primary key
    pub fingerprint: Fingerprint,
    /// its first name
    pub user_id: String,
    /// the whole, for a file
    pub armored: String,
}

impl Keyring {
    /// Reads keys, armoured (several blocks too) or binary. Keys of kinds that nobody uses any more are passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > MOST {
            return Err(KeyError::TooLarge(bytes.len()));
        }
        let mut keyring = Self::default();
        let mut why = String::new();
        let text = str::from_utf8(bytes).ok().filter(|text| text.contains(BEGIN));
        let mut take = |read: pgp::errors::Result<SignedPublicKey>| match read {
            Ok(certificate) => keyring.certificates.push(certificate),
            Err(error) => why = error.to_string(),
        };
        match text {
            None => match SignedPublicKey::from_bytes_many(bytes) {
                Ok(all) => all.for_each(take),
                Err(error) => take(Err(error)),
            },
            Some(text) => {
                for block in text.split(BEGIN).skip(1) {
                    let Some(end) = block.find(END) else { continue };
                    match SignedPublicKey::from_string_many(&format!("{BEGIN}{}{END}\n", &block[..end])) {
                        Ok((all, _)) => all.for_each(&mut take),
                        Err(error) => take(Err(error)),
                    }
                }
            }
        }
        match keyring.is_empty() {
            true => Err(KeyError::NoKey { why }),
            false => Ok(keyring),
        }
    }

    /// Adds the keys of another.
    pub fn extend(&mut self, other: Keyring) {
        for certificate in other.certificates {
            if !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Of the primary keys.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.certificates.iter().map(Fingerprint::of).collect()
    }

    /// The keys as people see them.
    pub fn keys(&self) -> Vec<PublicKey> {
        let one = |certificate: &SignedPublicKey| PublicKey {
            fingerprint: Fingerprint::of(certificate),
            user_id: certificate
                .details
                .users
                .first()
                .map_or(String::new(), |user| String::from_utf8_lossy(user.id.id()).into_owned()),
            armored: certificate.to_armored_string(ArmorOptions::default()).unwrap_or_default(),
        };
        self.certificates.iter().map(one).collect()
    }

    /// All of them as bytes, for tools that want a keyring.
    pub fn binary(&self) -> Vec<u8> {
        self.certificates.iter().flat_map(|one| one.to_bytes().unwrap_or_default()).collect()
    }

    /// Only the keys that these fingerprints name, of a primary key or of one of its subkeys.
    #[must_use]
    pub fn only<T: AsRef<str>>(&self, wanted: &[T]) -> Self {
        let named = |certificate: &&SignedPublicKey| {
            let mut names = certificate::fingerprints(certificate);
            names.any(|name| wanted.iter().any(|wanted| name.matches(wanted.as_ref())))
        };
        Self { certificates: self.certificates.iter().filter(named).cloned().collect() }
    }
}
