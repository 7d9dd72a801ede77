//! The signatures inside of a package (RPM): over its header alone, or over header and payload.
//!
//! A package lives longer than the key that signed it, and than what was thought of its algorithms. So the key is
//! judged as of the time of the signature, as rpm does it: it must have been valid then, and not be revoked as
//! stolen since. Which weaknesses are taken is the policy of a platform, and every one that was taken is told.
//!
//! A good signature over the header says something of the payload only where the payload's digest stands in the
//! header (since rpm 4.14). Older packages need the signature over both, or a digest from a verified index.

use crate::{
    Fingerprint, Keyring, SignatureError,
    certificate::Key,
    verify::{MOST_SIGNATURES, STRONG, issuer, read_detached},
};
use lsrepo_types::Timestamp;
use pgp::{
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureType},
};
use std::{collections::BTreeSet, fmt, io::Read};

/// What about a signature can be broken with effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weakness {
    /// two contents with the same digest are a matter of seconds
    Md5,
    /// and here of some months
    Sha1,
    /// short, and its signatures give the key away where random numbers are bad
    Dsa,
    /// a key that can be factored
    Rsa {
        /// of its modulus
        bits: u16,
    },
    /// not one for signatures, or not known here; never taken
    Algorithm,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Weakness::Md5 => f.write_str("it uses MD5"),
            Weakness::Sha1 => f.write_str("it uses SHA1"),
            Weakness::Dsa => f.write_str("DSA"),
            Weakness::Rsa { bits } => write!(f, "RSA of {bits} bits"),
            Weakness::Algorithm => f.write_str("its algorithm is not for signatures, or not known here"),
        }
    }
}

/// Which weaknesses a platform takes in the signatures of its packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackagePolicy {
    /// digests with MD5
    pub md5: bool,
    /// digests with SHA-1
    pub sha1: bool,
    /// keys of DSA
    pub dsa: bool,
    /// RSA keys below 2048 bits, and from 1024
    pub short_rsa: bool,
}

impl PackagePolicy {
    /// No weakness. What RHEL 9 and later take.
    pub const STRICT: Self = Self { md5: false, sha1: false, dsa: false, short_rsa: false };
    /// As the systems of CentOS 7's days signed. MD5 is not even among these.
    pub const LEGACY: Self = Self { md5: false, sha1: true, dsa: true, short_rsa: true };

    fn takes(self, weakness: Weakness) -> bool {
        match weakness {
            Weakness::Md5 => self.md5,
            Weakness::Sha1 => self.sha1,
            Weakness::Dsa => self.dsa,
            Weakness::Rsa { bits } => self.short_rsa && bits >= 1024,
            Weakness::Algorithm => false,
        }
    }
}

/// Who signed a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSigned {
    /// the primary key
    pub signer: Fingerprint,
    /// when, as the signature says
    pub at: Timestamp,
    /// what the policy took, for a report
    pub weaknesses: BTreeSet<Weakness>,
}

/// Checks the signatures over a package's header. `header` is the main header as it stands in the file, and
/// each of `signatures` an OpenPGP packet. One good one is enough.
pub fn check_package_header<'a>(
    header: &[u8],
    signatures: impl IntoIterator<Item = &'a [u8]>,
    keyring: &Keyring,
    policy: PackagePolicy,
) -> Result<PackageSigned, SignatureError> {
    let signatures = read(signatures)?;
    let (candidates, mut why) = candidates(&signatures, keyring, policy);
    for candidate in candidates {
        match candidate.key.verify(candidate.signature, header) {
            true => return Ok(candidate.outcome),
            false => why = SignatureError::Bad { signer: candidate.outcome.signer },
        }
    }
    Err(why)
}

/// Checks a signature over header and payload; `rest` gives the payload, and is read once.
///
/// Where there are several such signatures, the first counts whose key is known and fit.
pub fn check_package<'a>(
    header: &[u8],
    rest: impl Read,
    signatures: impl IntoIterator<Item = &'a [u8]>,
    keyring: &Keyring,
    policy: PackagePolicy,
) -> Result<PackageSigned, SignatureError> {
    let signatures = read(signatures)?;
    let (candidates, why) = candidates(&signatures, keyring, policy);
    let Some(candidate) = candidates.into_iter().next() else { return Err(why) };
    match candidate.key.verify(candidate.signature, header.chain(rest)) {
        true => Ok(candidate.outcome),
        false => Err(SignatureError::Bad { signer: candidate.outcome.signer }),
    }
}

fn read<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Signature>, SignatureError> {
    let (mut all, mut broken) = (Vec::new(), None);
    for packets in packets {
        // one of a kind that is not known here takes nothing from the others
        match read_detached(packets) {
            Ok(signatures) => all.extend(signatures),
            Err(error) => broken = Some(error),
        }
        if all.len() > MOST_SIGNATURES {
            return Err(SignatureError::Malformed("it has too many signatures".to_owned()));
        }
    }
    match (all.is_empty(), broken) {
        (false, _) => Ok(all),
        (true, Some(error)) => Err(error),
        (true, None) => Err(SignatureError::NotSigned),
    }
}

/// A signature, the key that it names, and what is to be said if it fits.
struct Candidate<'a> {
    signature: &'a Signature,
    key: Key<'a>,
    outcome: PackageSigned,
}

/// Whatever could make the package count, and why it does not if none of them does.
fn candidates<'a>(
    signatures: &'a [Signature],
    keyring: &'a Keyring,
    policy: PackagePolicy,
) -> (Vec<Candidate<'a>>, SignatureError) {
    let (mut candidates, mut issuers, mut worst) = (Vec::new(), Vec::new(), None);
    for signature in signatures {
        let mut known = false;
        for key in keyring.certificates.iter().flat_map(Key::all).filter(|key| key.is_named_by(signature)) {
            known = true;
            match judge(signature, &key, policy) {
                Ok(outcome) => candidates.push(Candidate { signature, key, outcome }),
                Err(error) => worst = worst.or(Some(error)),
            }
        }
        if !known {
            issuers.push(issuer(signature));
        }
    }
    (candidates, worst.unwrap_or(SignatureError::MissingKey { issuers }))
}

/// All that can be said without the content.
fn judge(signature: &Signature, key: &Key<'_>, policy: PackagePolicy) -> Result<PackageSigned, SignatureError> {
    let signer = key.signer();
    if signature.typ() != Some(SignatureType::Binary) {
        return Err(SignatureError::Malformed("it is not a signature over content".to_owned()));
    }
    let weak = |what: String| SignatureError::Weak { signer: signer.to_string(), what };
    // its own signatures could not be checked either
    if let Some(weakness @ Weakness::Algorithm) = key.weakness() {
        return Err(weak(weakness.to_string()));
    }
    let digest = match signature.hash_alg() {
        Some(hash) if STRONG.contains(&hash) => None,
        Some(HashAlgorithm::Sha1) => Some(Weakness::Sha1),
        Some(HashAlgorithm::Md5) => Some(Weakness::Md5),
        hash => return Err(weak(hash.map_or("an unknown hash".to_owned(), |hash| format!("it uses {hash}")))),
    };
    let Some(at) = signature.created().map(|time| Timestamp(time.as_secs().into())) else {
        return Err(SignatureError::Malformed("it does not say when it was made".to_owned()));
    };
    key.check_then(at)?;
    if at.0 < key.created() {
        return Err(SignatureError::Unfit { signer, why: "it is younger than the signature" });
    }
    let weaknesses: BTreeSet<Weakness> = digest.into_iter().chain(key.weakness()).collect();
    match weaknesses.iter().find(|weakness| !policy.takes(**weakness)) {
        Some(refused) => Err(weak(refused.to_string())),
        None => Ok(PackageSigned { signer, at, weaknesses }),
    }
}
