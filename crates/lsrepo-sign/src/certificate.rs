//! Which key of a certificate may have made a signature.
//!
//! Self-signatures decide: a primary key needs one by itself, a subkey a binding, and a signing subkey a
//! signature back. What third parties certified is not looked at. Self-signatures with SHA-1 are taken, for a
//! keyring is named by its user; signatures over content are not.

use crate::{Fingerprint, SignatureError, package::Weakness};
use lsrepo_types::Timestamp;
use pgp::{
    composed::{SignedPublicKey, SignedPublicSubKey},
    packet::{KeyFlags, RevocationCode, Signature, SignatureType},
    ser::Serialize,
    types::{KeyDetails, PublicParams, Tag, VerifyingKey},
};
use std::io::Read;

/// Of the primary key and of its subkeys.
pub(crate) fn fingerprints(certificate: &SignedPublicKey) -> impl Iterator<Item = Fingerprint> + '_ {
    let subkeys = certificate.public_subkeys.iter().map(|subkey| Fingerprint::of(&subkey.key));
    std::iter::once(Fingerprint::of(certificate)).chain(subkeys)
}

/// A key that a signature names.
pub(crate) enum Key<'a> {
    Primary(&'a SignedPublicKey),
    Sub(&'a SignedPublicKey, &'a SignedPublicSubKey),
}

impl<'a> Key<'a> {
    /// The keys of a certificate.
    pub(crate) fn all(certificate: &'a SignedPublicKey) -> impl Iterator<Item = Key<'a>> {
        let subkeys = certificate.public_subkeys.iter().map(move |subkey| Key::Sub(certificate, subkey));
        std::iter::once(Key::Primary(certificate)).chain(subkeys)
    }

    /// Whether a signature says that this key made it.
    pub(crate) fn is_named_by(&self, signature: &Signature) -> bool {
        let (fingerprint, id) = match self {
            Key::Primary(key) => (key.fingerprint(), key.legacy_key_id()),
            Key::Sub(_, key) => (key.key.fingerprint(), key.key.legacy_key_id()),
        };
        let named = signature.issuer_fingerprint();
        match named.is_empty() {
            false => named.iter().any(|name| name.as_bytes() == fingerprint.as_bytes()),
            true => signature.issuer_key_id().iter().any(|name| **name == id),
        }
    }

    /// The certificate's name, which is what people know.
    pub(crate) fn signer(&self) -> Fingerprint {
        match self {
            Key::Primary(certificate) | Key::Sub(certificate, _) => Fingerprint::of(*certificate),
        }
    }

    /// Whether it may sign now.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), SignatureError> {
        self.may_sign(now, |_| true)?;
        match self.weakness() {
            None => Ok(()),
            Some(what) => Err(SignatureError::Weak { signer: self.signer().to_string(), what: what.to_string() }),
        }
    }

    /// Whether it could sign at that time, whatever became of it later. An owner who says that the key was
    /// stolen, or does not say why it is revoked, takes back everything; one who replaced or retired it, what
    /// was signed since. How weak it is, is another question.
    pub(crate) fn check_then(&self, then: Timestamp) -> Result<(), SignatureError> {
        self.may_sign(then, |revocation| {
            let soft =
                matches!(revocation.revocation_reason_code(), Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired));
            !soft || revocation.created().is_none_or(|at| i64::from(at.as_secs()) <= then.0)
        })
    }

    fn may_sign(&self, at: Timestamp, counts: impl Fn(&Signature) -> bool) -> Result<(), SignatureError> {
        let (Key::Primary(certificate) | Key::Sub(certificate, _)) = self;
        let signer = self.signer();
        let primary = &certificate.primary_key;
        let revocations = certificate.details.revocation_signatures.iter().filter(|signature| counts(signature));
        if revocations.into_iter().any(|signature| signature.verify_key(primary).is_ok()) {
            return Err(SignatureError::Revoked { signer });
        }
        let Some(own) = newest(self_signatures(certificate)) else {
            return Err(SignatureError::Unfit { signer, why: "it does not certify itself" });
        };
        expired(certificate.created_at(), own, at, &signer)?;
        match self {
            Key::Primary(_) => flags_allow(own.key_flags(), &signer),
            Key::Sub(_, subkey) => check_subkey(certificate, subkey, at, counts, &signer),
        }
    }

    /// Why it could be broken.
    pub(crate) fn weakness(&self) -> Option<Weakness> {
        match self {
            Key::Primary(certificate) => weakness(certificate.public_params()),
            Key::Sub(_, subkey) => weakness(subkey.key.public_params()),
        }
    }

    /// Whether the signature over `data` is this key's.
    pub(crate) fn verify(&self, signature: &Signature, data: impl Read) -> bool {
        match self {
            Key::Primary(key) => verifies(*key, signature, data),
            Key::Sub(_, key) => verifies(&key.key, signature, data),
        }
    }

    /// When it was made.
    pub(crate) fn created(&self) -> i64 {
        match self {
            Key::Primary(key) => key.created_at().as_secs().into(),
            Key::Sub(_, key) => key.key.created_at().as_secs().into(),
        }
    }
}

fn verifies(key: &impl VerifyingKey, signature: &Signature, data: impl Read) -> bool {
    signature.verify(key, data).is_ok()
}

/// What the owner says of the own primary key, checked.
fn self_signatures(certificate: &SignedPublicKey) -> impl Iterator<Item = &Signature> {
    let key = &certificate.primary_key;
    let is_own = move |signature: &&Signature| {
        let (names, ids) = (signature.issuer_fingerprint(), signature.issuer_key_id());
        let named = names.iter().any(|name| **name == key.fingerprint()) || ids.iter().any(|id| **id == key.legacy_key_id());
        named || (names.is_empty() && ids.is_empty())
    };
    let users = certificate.details.users.iter().flat_map(move |user| {
        let certifications = user.signatures.iter().filter(|signature| signature.is_certification());
        certifications.filter(is_own).filter(move |signature| signature.verify_certification(key, Tag::UserId, &user.id).is_ok())
    });
    let direct = certificate.details.direct_signatures.iter();
    users.chain(direct.filter(is_own).filter(move |signature| signature.verify_key(key).is_ok()))
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|signature| signature.created().map(|time| time.as_secs()))
}

fn check_subkey(
    certificate: &SignedPublicKey,
    subkey: &SignedPublicSubKey,
    at: Timestamp,
    counts: impl Fn(&Signature) -> bool,
    signer: &Fingerprint,
) -> Result<(), SignatureError> {
    let primary = &certificate.primary_key;
    let valid = || subkey.signatures.iter().filter(|signature| signature.verify_subkey_binding(primary, &subkey.key).is_ok());
    let revokes = |signature: &Signature| signature.typ() == Some(SignatureType::SubkeyRevocation) && counts(signature);
    if valid().any(revokes) {
        return Err(SignatureError::Revoked { signer: signer.clone() });
    }
    let unfit = |why| SignatureError::Unfit { signer: signer.clone(), why };
    let bindings = valid().filter(|signature| signature.typ() == Some(SignatureType::SubkeyBinding));
    let binding = newest(bindings).ok_or_else(|| unfit("a subkey is not bound to it"))?;
    expired(subkey.key.created_at(), binding, at, signer)?;
    if !binding.key_flags().sign() {
        return Err(unfit("the subkey is not for signing"));
    }
    let back = binding.embedded_signature().ok_or_else(|| unfit("the subkey did not sign back"))?;
    back.verify_primary_key_binding(&subkey.key, primary).map_err(|_| unfit("the subkey did not sign back"))
}

fn flags_allow(flags: KeyFlags, signer: &Fingerprint) -> Result<(), SignatureError> {
    // Keys from before key flags have none and may do everything.
    match flags.sign() || flags == KeyFlags::default() {
        true => Ok(()),
        false => Err(SignatureError::Unfit { signer: signer.clone(), why: "its flags do not allow it" }),
    }
}

fn expired(created: pgp::types::Timestamp, by: &Signature, now: Timestamp, signer: &Fingerprint) -> Result<(), SignatureError> {
    let lasts = by.key_expiration_time().map(|duration| std::time::Duration::from(duration).as_secs());
    match lasts.filter(|&seconds| seconds > 0) {
        Some(seconds) => {
            let at = i64::from(created.as_secs()).saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
            match at < now.0 {
                true => Err(SignatureError::Expired { signer: signer.clone(), at: Timestamp(at) }),
                false => Ok(()),
            }
        }
        None => Ok(()),
    }
}

fn weakness(params: &PublicParams) -> Option<Weakness> {
    match params {
        PublicParams::RSA(rsa) => {
            // An MPI begins with its length in bits, and the modulus is the first.
            let bytes = rsa.to_bytes().unwrap_or_default();
            match bytes.first_chunk().map_or(0, |bits| u16::from_be_bytes(*bits)) {
                bits if bits < 2048 => Some(Weakness::Rsa { bits }),
                _ => None,
            }
        }
        PublicParams::ECDSA(_) | PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) | PublicParams::Ed448(_) => None,
        PublicParams::DSA(_) => Some(Weakness::Dsa),
        _ => Some(Weakness::Algorithm),
    }
}
