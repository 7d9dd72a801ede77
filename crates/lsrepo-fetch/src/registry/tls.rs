//! Whose certificates are believed: this machine's authorities, and those that were named.
//!
//! A private registry often bears a certificate that it signed itself, which is its own authority. Such a one is no
//! server's certificate by the letter of RFC 5280, and rustls refuses it. Where exactly that certificate was named, and
//! speaks for that host, it is believed, as other clients do.

use crate::FetchError;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// Believes what this machine believes, and these certificates in PEM.
pub(super) fn config(authorities: &[Vec<u8>]) -> Result<ClientConfig, FetchError> {
    let wrong = |why: &dyn std::fmt::Display| FetchError::Client(format!("certificate of an authority: {why}"));
    let mut named: Vec<CertificateDer<'static>> = Vec::new();
    for pem in authorities {
        let before = named.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            named.push(certificate.map_err(|why| wrong(&why))?);
        }
        if named.len() == before {
            return Err(wrong(&"there is none in the file; it must be PEM"));
        }
    }
    let provider = Arc::new(ring::default_provider());
    let inner = Verifier::new_with_extra_roots(named.iter().cloned(), provider.clone()).map_err(|why| wrong(&why))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|why| wrong(&why))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Named { inner, named })).with_no_client_auth())
}

#[derive(Debug)]
struct Named {
    inner: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).or_else(|why| {
            if !self.named.iter().any(|one| one == end_entity) {
                return Err(why);
            }
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            Ok(ServerCertVerified::assertion())
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
