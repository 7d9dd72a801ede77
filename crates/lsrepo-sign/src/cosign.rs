//! Cosign's signatures with a key: over a small JSON text that names the image by its digest.
//!
//! The text ("simple signing") says `critical.image.docker-manifest-digest`; a signature counts where that is the image's
//! digest. The name that it says beside that is not compared, as cosign does not: images keep their signatures when
//! they are mirrored. Keys are public keys in PEM (RFC 7468, SubjectPublicKeyInfo): ECDSA on P-256 or P-384, RSA of 2048 to
//! 8192 bits, Ed25519. Spec: cosign's SIGNATURE_SPEC.

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Object identifiers, encoded.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const BIT_STRING: u8 = 0x03;

/// A public key that images may be signed with.
#[derive(Clone, Debug)]
pub struct CosignKey {
    algorithm: Algorithm,
    key: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Algorithm {
    P256,
    P384,
    Rsa,
    Ed25519,
}

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// not a key
    #[error("not a public key of cosign: {0}\nhint: `cosign public-key --key …` prints one: PEM, beginning with {BEGIN}")]
    Key(&'static str),
    /// not text that is signed so
    #[error("the signed text is not what cosign signs: {0}")]
    Payload(serde_json::Error),
    /// of another image
    #[error("it signs another image: {0}")]
    Digest(String),
    /// by somebody else, or over something else
    #[error("the signature is of none of these keys")]
    Signature,
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl CosignKey {
    /// Reads a key in PEM.
    pub fn parse(pem: &str) -> Result<Self, CosignError> {
        let wrong = CosignError::Key;
        let (_, rest) = pem.split_once(BEGIN).ok_or_else(|| wrong("there is no such block"))?;
        let (body, _) = rest.split_once(END).ok_or_else(|| wrong("the block has no end"))?;
        let body: String = body.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| wrong("its content is not base64"))?;
        Self::from_der(&der).ok_or_else(|| wrong("only ECDSA on P-256 and P-384, RSA and Ed25519 are known"))
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let (all, behind) = take(der, SEQUENCE)?;
        let (algorithm, rest) = take(all, SEQUENCE)?;
        let (kind, parameters) = take(algorithm, OID)?;
        let (bits, end) = take(rest, BIT_STRING)?;
        let key = bits.strip_prefix(&[0])?.to_vec();
        let algorithm = match kind {
            EC => match take(parameters, OID)? {
                (P256, _) if key.len() == 65 => Algorithm::P256,
                (P384, _) if key.len() == 97 => Algorithm::P384,
                _ => return None,
            },
            RSA => Algorithm::Rsa,
            ED25519 if key.len() == 32 => Algorithm::Ed25519,
            _ => return None,
        };
        (behind.is_empty() && end.is_empty()).then_some(Self { algorithm, key })
    }

    fn made(&self, signature: &[u8], text: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self.algorithm {
            Algorithm::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Algorithm::P384 => &signature::ECDSA_P384_SHA256_ASN1,
            Algorithm::Rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Ed25519 => &signature::ED25519,
        };
        UnparsedPublicKey::new(algorithm, &self.key).verify(text, signature).is_ok()
    }
}

/// Checks that one of `keys` signed a text, and that this text means the image of this digest (`sha256:…`). `signature`
/// is base64, as it stands in the annotation.
pub fn verify(payload: &[u8], signature: &str, keys: &[CosignKey], digest: &str) -> Result<(), CosignError> {
    let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| CosignError::Signature)?;
    if !keys.iter().any(|key| key.made(&signature, payload)) {
        return Err(CosignError::Signature);
    }
    let said: Payload = serde_json::from_slice(payload).map_err(CosignError::Payload)?;
    match said.critical.image.digest {
        said if said == digest => Ok(()),
        said => Err(CosignError::Digest(said.chars().take(80).collect())),
    }
}

/// The content of a DER value of this tag, and what follows it.
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), &rest[2..]),
        _ => return None,
    };
    (found == tag && length <= rest.len()).then(|| rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    /// Signatures of the published samples: the payload, the signature, the digest of the manifest beside them.
    fn sample(folder: &Path, name: &str) -> Option<(Vec<u8>, String, String)> {
        let text = fs::read(folder.join(name).join("signature-1")).ok()?;
        let start = text.iter().position(|&byte| byte == b'{')?;
        let said: serde_json::Value = serde_json::from_slice(&text[start..]).unwrap();
        let payload = BASE64_STANDARD.decode(said["payload"].as_str().unwrap()).unwrap();
        let signature = said["annotations"][&"dev.cosignproject.cosign/signature"].as_str().unwrap().to_owned();
        let manifest = fs::read(folder.join(name).join("manifest.json")).unwrap_or_default();
        Some((payload, signature, lsrepo_types::Digest::of(&manifest).to_string()))
    }

    #[test]
    fn published_signatures_are_told_apart() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oci/signatures");
        let Some((payload, signature, digest)) = sample(&folder, "dir-img-cosign-valid") else {
            eprintln!("skipped: no samples at {}", folder.display());
            return;
        };
        let key = |name: &str| CosignKey::parse(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        let (own, other) = (key("cosign.pub"), key("cosign2.pub"));
        assert!(verify(&payload, &signature, &[other.clone(), own.clone()], &digest).is_ok());
        assert!(matches!(verify(&payload, &signature, &[other], &digest), Err(CosignError::Signature)));
        let mut changed = payload.clone();
        changed[10] ^= 1;
        assert!(matches!(verify(&changed, &signature, std::slice::from_ref(&own), &digest), Err(CosignError::Signature)));
        let (payload, signature, digest) = sample(&folder, "dir-img-cosign-modified-manifest").unwrap();
        assert!(matches!(verify(&payload, &signature, &[own], &digest), Err(CosignError::Digest(_))));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let der = |hex: &[u8]| format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(hex));
        for text in [String::new(), BEGIN.into(), format!("{BEGIN}\n!\n{END}"), der(&[]), der(&[0x30, 0x84, 1]), der(&[0x30, 0x82])]
        {
            assert!(CosignKey::parse(&text).is_err(), "{text}");
        }
        // Ed25519, whole and with a byte behind it.
        let mut key = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        key.extend([7; 32]);
        assert!(CosignKey::parse(&der(&key)).is_ok());
        key.push(0);
        assert!(CosignKey::parse(&der(&key)).is_err());
    }
}
