//! A small document of a server that may have an authority of its own.

use super::{Ask, Client, ClientOptions, UNGUARDED, shown};
use crate::FetchError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lsrepo_types::Digest;

impl Client {
    /// A client that knows the authorities in `pem`, and no others.
    pub fn trusting(options: ClientOptions, pem: &[u8]) -> Result<Self, FetchError> {
        let why = |error: reqwest::Error| FetchError::Client(format!("authorities: {error}"));
        let authorities = reqwest::Certificate::from_pem_bundle(pem).map_err(why)?;
        if authorities.is_empty() {
            return Err(FetchError::Client("authorities: there is no certificate in PEM".to_owned()));
        }
        Self::build(options, |builder| Ok(builder.tls_certs_only(authorities)))
    }

    /// A client that believes any certificate: for content that something else vouches for.
    pub fn believing(options: ClientOptions) -> Result<Self, FetchError> {
        Self::build(options, |builder| Ok(builder.tls_danger_accept_invalid_certs(true)))
    }

    /// A document of at most `limit` bytes, whole. What was asked for over `https:` has to come over `https:`.
    pub async fn document(&self, address: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let answer = self.ask_again(address, &Ask::default()).await?;
        match answer.status {
            200 if answer.unguarded => Err(FetchError::Content { url: shown(address), why: UNGUARDED.to_owned() }),
            200 => self.read(answer, address, limit).await,
            status => Err(FetchError::Status { url: shown(address), status }),
        }
    }
}

/// The certificate in `pem` whose fingerprint this is, as PEM: what `openssl x509 -noout -fingerprint -sha256` says of it.
pub fn certificate_with(pem: &str, fingerprint: &Digest) -> Option<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let blocks = pem.split(BEGIN).skip(1).filter_map(|rest| Some(rest.split_once(END)?.0));
    for block in blocks {
        let text: String = block.split_ascii_whitespace().collect();
        if STANDARD.decode(&text).is_ok_and(|der| Digest::of(&der) == *fingerprint) {
            return Some(format!("{BEGIN}\n{}\n{END}\n", block.trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::certificate_with;
    use lsrepo_types::Digest;

    #[test]
    fn a_certificate_is_found_by_its_fingerprint_alone() {
        let block = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let pem = format!("x\n{}{}", block("Zmly\nc3Q="), block("c2Vjb25k"));
        assert_eq!(certificate_with(&pem, &Digest::of(b"first")), Some(block("Zmly\nc3Q=")));
        assert_eq!(certificate_with(&pem, &Digest::of(b"second")), Some(block("c2Vjb25k")));
        assert_eq!(certificate_with(&pem, &Digest::of(b"third")), None);
        assert_eq!(certificate_with("-----BEGIN CERTIFICATE-----", &Digest::of(b"")), None);
    }
}
