//! How a bucket is reached: by which server, as whom.

use crate::{DepotError, Place};
use lsrepo_types::Digest;
use object_store::{
    Certificate, ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
};
use std::{fmt, time::Duration};

/// The way to a bucket.
#[derive(Clone, Default)]
pub struct Access {
    /// `https://storage.example:9000`; none: Amazon's own
    pub endpoint: Option<String>,
    /// none: `us-east-1`, which most other servers take for theirs
    pub region: Option<String>,
    /// authorities besides the system's, as PEM
    pub ca: Option<Vec<u8>>,
    /// who we are
    pub key_id: String,
    /// and what only we know
    pub secret: String,
    /// for a while
    pub token: Option<String>,
}

impl Access {
    /// A secret that all have who reach this place as we do, and that says nothing of ours.
    pub fn shared_secret(&self, place: &Place, purpose: &str) -> [u8; 32] {
        let endpoint = self.endpoint.as_deref().unwrap_or_default();
        *Digest::of(format!("lsrepo\0{purpose}\0{endpoint}\0{place}\0{}\0{}", self.key_id, self.secret).as_bytes()).as_bytes()
    }

    /// A client of the bucket. Nothing is asked yet.
    pub(crate) fn client(&self, place: &Place) -> Result<AmazonS3, DepotError> {
        // The first provider of the process stays; a second installation is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let said = |error: object_store::Error| DepotError::Access(whole(&error));
        let mut options = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(10))
            .with_timeout_disabled()
            .with_read_timeout(Duration::from_secs(60))
            .with_pool_max_idle_per_host(64);
        for certificate in self.ca.as_deref().map(Certificate::from_pem_bundle).transpose().map_err(said)?.into_iter().flatten() {
            options = options.with_root_certificate(certificate);
        }
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_access_key_id(&self.key_id)
            .with_secret_access_key(&self.secret)
            // The server compares what came with its SHA-256; signing that once more brings nothing.
            .with_checksum_algorithm(Checksum::SHA256)
            .with_unsigned_payload(true)
            .with_retry(RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() });
        if let Some(endpoint) = &self.endpoint {
            let plain = endpoint.starts_with("http://");
            if !plain && !endpoint.starts_with("https://") {
                return Err(DepotError::Access(format!("`{endpoint}` is no endpoint: expected https://HOST:PORT")));
            }
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
            options = options.with_allow_http(plain);
        }
        if let Some(token) = &self.token {
            builder = builder.with_token(token);
        }
        builder.with_client_options(options).build().map_err(said)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("endpoint", &self.endpoint).field("region", &self.region).finish_non_exhaustive()
    }
}

/// An error with everything that it was caused by, on one line.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Many repeat their cause already.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
