//! Why a signature does not count.

use crate::Fingerprint;
use lsrepo_types::Timestamp;

/// A signature that proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// no signature at all
    #[error("it is not signed")]
    NotSigned,
    /// signed by keys that are not in the keyring
    #[error("it is signed by {}, and none of these keys is trusted here", issuers.join(", "))]
    MissingKey {
        /// fingerprints or key ids
        issuers: Vec<String>,
    },
    /// not what was signed
    #[error("the signature of {signer} does not fit: the content was changed")]
    Bad {
        /// whose key
        signer: Fingerprint,
    },
    /// the key or the signature is past its time
    #[error("the signature of {signer} has expired at {at}")]
    Expired {
        /// whose key
        signer: Fingerprint,
        /// since when
        at: Timestamp,
    },
    /// the owner took the key back
    #[error("the key {signer} was revoked by its owner")]
    Revoked {
        /// whose key
        signer: Fingerprint,
    },
    /// can be forged
    #[error("the signature of {signer} cannot be relied on: {what}")]
    Weak {
        /// whose key, or its id
        signer: String,
        /// what is weak
        what: String,
    },
    /// the key may not sign
    #[error("the key {signer} is not one for signing: {why}")]
    Unfit {
        /// whose key
        signer: Fingerprint,
        /// what is wrong
        why: &'static str,
    },
    /// text that nobody signed stands beside the signed one
    #[error("there is text outside of what is signed")]
    OutsideText,
    /// not OpenPGP
    #[error("the signature cannot be read: {0}")]
    Malformed(String),
}

/// A key that cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// no OpenPGP key in it
    #[error("there is no OpenPGP key in it{}", if why.is_empty() { String::new() } else { format!(" ({why})") })]
    NoKey {
        /// what the parser says
        why: String,
    },
    /// more than a keyring can be
    #[error("{0} bytes are too many for a keyring")]
    TooLarge(usize),
    /// a secret key that cannot sign here
    #[error("the secret key cannot be used: {0}")]
    Unusable(String),
}
