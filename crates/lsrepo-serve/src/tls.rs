//! TLS for a listener: a certificate and its key, which can be replaced while it listens.
//!
//! TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN; `ring` is the only implementation of the arithmetic.

use lsrepo_types::Timestamp;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// Why a certificate and a key are not used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// not PEM, or not what it says
    #[error("{what}: {why}")]
    Pem {
        /// `the certificate`
        what: &'static str,
        /// what the parser says
        why: String,
    },
    /// there is none
    #[error("there is no certificate in it")]
    Empty,
    /// they do not belong together
    #[error("the certificate and the key do not belong together: {0}")]
    Apart(rustls::Error),
}

/// Who a listener is to its clients.
pub struct Identity(RwLock<Shown>);

#[derive(Clone)]
struct Shown {
    config: Arc<ServerConfig>,
    not_after: Option<Timestamp>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("not_after", &self.not_after()).finish_non_exhaustive()
    }
}

impl Identity {
    /// From the PEM texts of a certificate, with those that lead to its authority after it, and of its key.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        Ok(Self(RwLock::new(Shown::of(certificate, key)?)))
    }

    /// From the next connection on, the certificate and the key of another one.
    pub fn take(&self, other: &Identity) {
        let other = other.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = other;
    }

    /// The end of the certificate's days, where it can be read.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).not_after
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }
}

impl Shown {
    fn of(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let wrong = |what| move |error: rustls::pki_types::pem::Error| IdentityError::Pem { what, why: error.to_string() };
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().map_err(wrong("the certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(wrong("the key"))?;
        let not_after = not_after(chain.first().ok_or(IdentityError::Empty)?);
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(IdentityError::Apart)?;
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(IdentityError::Apart)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // Whoever comes back does not need the whole handshake; the memory for that is bounded.
        config.session_storage = rustls::server::ServerSessionMemoryCache::new(256);
        Ok(Self { config: Arc::new(config), not_after })
    }
}

/// When a certificate ends: `tbsCertificate.validity.notAfter` (RFC 5280, 4.1), found by walking over what is before it.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    // version (explicit [0], may be absent), serial number, signature, issuer, then validity
    if fields.first() == Some(&0xa0) {
        fields = element(fields)?.2;
    }
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // UTCTime has two digits for a year from 1950 to 2049.
        0x17 if text < "5" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let (date, time) =
        (part(0, 4)?.to_owned() + "-" + part(4, 6)? + "-" + part(6, 8)?, (part(8, 10)?, part(10, 12)?, part(12, 14)?));
    format!("{date}T{}:{}:{}Z", time.0, time.1, time.2).parse().ok()
}

/// One DER element: its tag, its content, and what is behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (bytes, after) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| (1..=4).contains(&bytes.len()))?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}
