//! A key to sign with: Ed25519 in the form of version 4 that every gpgv since 2015 reads, or RSA for older ones.

use crate::{Fingerprint, KeyError, Keyring};
use lsrepo_types::Timestamp;
use pgp::{
    composed::{
        ArmorOptions, CleartextSignedMessage, Deserializable, DetachedSignature, KeyType, SecretKeyParamsBuilder, SignedSecretKey,
    },
    crypto::{hash::HashAlgorithm, public_key::PublicKeyAlgorithm},
    packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData},
    ser::Serialize,
    types::{KeyDetails, KeyVersion, Password},
};

/// A secret key without a passphrase.
#[derive(Clone)]
pub struct SecretKey {
    key: SignedSecretKey,
}

impl SecretKey {
    /// Makes a key that was born at `at`.
    pub fn generate(user_id: &str, at: Timestamp) -> Result<Self, KeyError> {
        Self::generate_of(KeyType::Ed25519Legacy, user_id, at)
    }

    /// Makes an RSA key, for clients that know no elliptic curves (CentOS 7). Takes a second or more.
    pub fn generate_rsa(user_id: &str, at: Timestamp) -> Result<Self, KeyError> {
        Self::generate_of(KeyType::Rsa(3072), user_id, at)
    }

    fn generate_of(kind: KeyType, user_id: &str, at: Timestamp) -> Result<Self, KeyError> {
        let params = SecretKeyParamsBuilder::default()
            .version(KeyVersion::V4)
            .key_type(kind)
            .can_certify(true)
            .can_sign(true)
            .created_at(time(at))
            .primary_user_id(user_id.to_owned())
            .preferred_hash_algorithms([HashAlgorithm::Sha256, HashAlgorithm::Sha512].into_iter().collect())
            .build()
            .map_err(|error| KeyError::Unusable(error.to_string()))?;
        let key = params.generate(rand::rngs::OsRng).map_err(unusable)?;
        Ok(Self { key })
    }

    /// Reads a secret key, armoured or binary, and tries it.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > 1 << 20 {
            return Err(KeyError::TooLarge(bytes.len()));
        }
        let armored = str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN PGP PRIVATE KEY BLOCK-----"));
        let key = match armored {
            Some(text) => SignedSecretKey::from_string(text).map(|(key, _)| key),
            None => SignedSecretKey::from_bytes(bytes),
        };
        let key = Self { key: key.map_err(|error| KeyError::NoKey { why: error.to_string() })? };
        if key.key.primary_key.version() != KeyVersion::V4 {
            return Err(KeyError::Unusable(
                "only keys of version 4 can be used, which gpgv of every distribution reads".to_owned(),
            ));
        }
        key.sign_detached(b"", key.created())?;
        Ok(key)
    }

    /// The secret key as text. Keep it.
    pub fn armored(&self) -> String {
        self.key.to_armored_string(ArmorOptions::default()).unwrap_or_default()
    }

    /// The public half as text.
    pub fn public_armored(&self) -> String {
        self.key.to_public_key().to_armored_string(ArmorOptions::default()).unwrap_or_default()
    }

    /// The public half as bytes.
    pub fn public_binary(&self) -> Vec<u8> {
        self.key.to_public_key().to_bytes().unwrap_or_default()
    }

    /// Of the public half.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.key.primary_key)
    }

    /// When it was born; nothing that it signs may be older.
    pub fn created(&self) -> Timestamp {
        Timestamp(self.key.primary_key.created_at().as_secs().into())
    }

    /// Whether it is of an elliptic curve, which GnuPG before 2.1 (CentOS 7) cannot check.
    pub fn is_elliptic(&self) -> bool {
        !matches!(self.key.primary_key.algorithm(), PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::DSA)
    }

    /// Its name.
    pub fn user_id(&self) -> String {
        self.key.details.users.first().map_or(String::new(), |user| String::from_utf8_lossy(user.id.id()).into_owned())
    }

    /// A keyring of its public half.
    pub fn keyring(&self) -> Keyring {
        Keyring { certificates: vec![self.key.to_public_key()] }
    }

    /// A clear-signed text, as `gpg --clearsign` makes it. The same input gives the same bytes.
    pub fn sign_inline(&self, text: &str, at: Timestamp) -> Result<String, KeyError> {
        // The line end before the signature belongs to the frame.
        let text = text.strip_suffix('\n').unwrap_or(text);
        let config = self.config(SignatureType::Text, at)?;
        let message = CleartextSignedMessage::new(text, config, &self.key.primary_key, &Password::empty()).map_err(unusable)?;
        message.to_armored_string(ArmorOptions::default()).map_err(unusable)
    }

    /// A signature apart, armoured. The same input gives the same bytes.
    pub fn sign_detached(&self, data: &[u8], at: Timestamp) -> Result<String, KeyError> {
        let config = self.config(SignatureType::Binary, at)?;
        let signature = config.sign(&self.key.primary_key, &Password::empty(), data).map_err(unusable)?;
        DetachedSignature::new(signature).to_armored_string(ArmorOptions::default()).map_err(unusable)
    }

    /// Everything that a signature says is under the signature.
    fn config(&self, kind: SignatureType, at: Timestamp) -> Result<SignatureConfig, KeyError> {
        let key = &self.key.primary_key;
        let mut config = SignatureConfig::v4(kind, key.algorithm(), HashAlgorithm::Sha256);
        let said = [
            SubpacketData::SignatureCreationTime(time(at)),
            SubpacketData::IssuerFingerprint(key.fingerprint()),
            SubpacketData::IssuerKeyId(key.legacy_key_id()),
        ];
        config.hashed_subpackets = said.into_iter().map(Subpacket::regular).collect::<Result<_, _>>().map_err(unusable)?;
        Ok(config)
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.fingerprint())
    }
}

fn time(at: Timestamp) -> pgp::types::Timestamp {
    pgp::types::Timestamp::from_secs(at.0.clamp(0, u32::MAX.into()) as u32)
}

fn unusable(error: pgp::errors::Error) -> KeyError {
    KeyError::Unusable(error.to_string())
}
