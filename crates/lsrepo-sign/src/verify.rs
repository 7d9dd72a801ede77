//! From bytes and a signature to a value that was signed by somebody trusted.

use crate::{Fingerprint, Keyring, SignatureError, certificate::Key, framing};
use lsrepo_types::Timestamp;
use pgp::{
    composed::{ArmorOptions, CleartextSignedMessage, Deserializable, DetachedSignature},
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureType},
};

/// The largest signature, or signed text, that is read.
const MOST: usize = 64 << 20;
/// The most signatures on one text.
pub(crate) const MOST_SIGNATURES: usize = 64;

/// Hashes of which nobody can find two contents with the same.
pub(crate) const STRONG: [HashAlgorithm; 5] =
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512, HashAlgorithm::Sha3_256, HashAlgorithm::Sha3_512];

/// Content whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    content: T,
    signer: Fingerprint,
    signed_at: Timestamp,
}

impl<T> Verified<T> {
    /// The primary key of who signed it.
    pub fn signer(&self) -> &Fingerprint {
        &self.signer
    }

    /// When, as the signature says.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// What was signed.
    pub fn get(&self) -> &T {
        &self.content
    }

    /// What was signed.
    pub fn into_inner(self) -> T {
        self.content
    }
}

/// Checks a clear-signed text (`InRelease`); gives the text that was signed.
///
/// One good signature by a key of the keyring is enough. Nothing but white space may stand around the message.
pub fn verify_inline(bytes: &[u8], keyring: &Keyring, now: Timestamp) -> Result<Verified<String>, SignatureError> {
    limit(bytes)?;
    let framed = framing::inline(bytes)?;
    let (message, _) = CleartextSignedMessage::from_string(framed).map_err(malformed)?;
    let signed = message.signed_text();
    let (signer, signed_at) = judge(message.signatures(), signed.as_bytes(), keyring, now)?;
    let mut content = signed.replace("\r\n", "\n");
    if !content.ends_with('\n') {
        content.push('\n');
    }
    Ok(Verified { content, signer, signed_at })
}

/// Checks a signature apart (`Release.gpg`), armoured or binary; gives the bytes that were signed.
pub fn verify_detached(
    data: &[u8],
    signature: &[u8],
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Verified<Vec<u8>>, SignatureError> {
    let (signer, signed_at) = judge(&read_detached(signature)?, data, keyring, now)?;
    Ok(Verified { content: data.to_vec(), signer, signed_at })
}

/// Like [`verify_detached`], where the caller keeps the bytes.
pub fn check_detached(data: &[u8], signature: &[u8], keyring: &Keyring, now: Timestamp) -> Result<Fingerprint, SignatureError> {
    judge(&read_detached(signature)?, data, keyring, now).map(|(signer, _)| signer)
}

/// Whether an armoured signature is written exactly as we write it: no bit of it could be different.
pub fn is_canonical(signature: &[u8]) -> bool {
    let Ok(all) = read_detached(signature) else { return false };
    let [one] = &all[..] else { return false };
    let again = DetachedSignature::new(one.clone()).to_armored_bytes(ArmorOptions::default());
    again.is_ok_and(|again| again == signature)
}

pub(crate) fn read_detached(signature: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    limit(signature)?;
    if signature.trim_ascii().is_empty() {
        return Err(SignatureError::NotSigned);
    }
    let all = match framing::is_armored_signature(signature)? {
        true => DetachedSignature::from_armor_many(signature).map_err(malformed)?.0,
        false => DetachedSignature::from_bytes_many(signature).map_err(malformed)?,
    };
    let all: Result<Vec<_>, _> = all.take(MOST_SIGNATURES + 1).map(|one| one.map(|one| one.signature)).collect();
    all.map_err(malformed)
}

/// Who signed `data`, and when.
fn judge(
    signatures: &[Signature],
    data: &[u8],
    keyring: &Keyring,
    now: Timestamp,
) -> Result<(Fingerprint, Timestamp), SignatureError> {
    if signatures.is_empty() {
        return Err(SignatureError::NotSigned);
    }
    if signatures.len() > MOST_SIGNATURES {
        return Err(SignatureError::Malformed("it has too many signatures".to_owned()));
    }
    let (mut issuers, mut worst) = (Vec::new(), None);
    for signature in signatures {
        let keys = keyring.certificates.iter().flat_map(Key::all).filter(|key| key.is_named_by(signature));
        let mut known = false;
        for key in keys {
            known = true;
            match judge_one(signature, &key, data, now) {
                Ok(at) => return Ok((key.signer(), at)),
                Err(error) => worst = worst.or(Some(error)),
            }
        }
        if !known {
            issuers.push(issuer(signature));
        }
    }
    Err(worst.unwrap_or(SignatureError::MissingKey { issuers }))
}

fn judge_one(signature: &Signature, key: &Key<'_>, data: &[u8], now: Timestamp) -> Result<Timestamp, SignatureError> {
    let signer = key.signer();
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err(SignatureError::Malformed("it is not a signature over content".to_owned()));
    }
    match signature.hash_alg() {
        Some(hash) if STRONG.contains(&hash) => {}
        hash => {
            let what = hash.map_or("an unknown hash".to_owned(), |hash| format!("it uses {hash}"));
            return Err(SignatureError::Weak { signer: signer.to_string(), what });
        }
    }
    key.check(now)?;
    let Some(created) = signature.created().map(|time| i64::from(time.as_secs())) else {
        return Err(SignatureError::Malformed("it does not say when it was made".to_owned()));
    };
    if !key.verify(signature, data) || created < key.created() {
        return Err(SignatureError::Bad { signer });
    }
    let lasts = signature.signature_expiration_time().map(|duration| std::time::Duration::from(duration).as_secs());
    if let Some(seconds) = lasts.filter(|&seconds| seconds > 0) {
        let at = created.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
        if at < now.0 {
            return Err(SignatureError::Expired { signer, at: Timestamp(at) });
        }
    }
    Ok(Timestamp(created))
}

/// How an unknown signer is called.
pub(crate) fn issuer(signature: &Signature) -> String {
    let name = signature.issuer_fingerprint().first().map(|name| hex(name.as_bytes()));
    let id = signature.issuer_key_id().first().map(|id| hex(id.as_ref()));
    name.or(id).unwrap_or_else(|| "an unnamed key".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn limit(bytes: &[u8]) -> Result<(), SignatureError> {
    match bytes.len() > MOST {
        true => Err(SignatureError::Malformed(format!("{} bytes are too many", bytes.len()))),
        false => Ok(()),
    }
}

fn malformed(error: pgp::errors::Error) -> SignatureError {
    SignatureError::Malformed(error.to_string().chars().take(200).collect())
}
