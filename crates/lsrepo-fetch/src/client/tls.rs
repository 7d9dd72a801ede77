//! A client for one repository: its certificates, its proxy, its password.

use super::{Client, ClientOptions};
use crate::FetchError;
use lsrepo_rpm::Repository;
use lsrepo_rpm::repo_file::Tls;
use std::fs;

impl Client {
    /// This client, or one like it that asks as the repository's options say (`sslclientcert`, `proxy`, `username` …).
    pub fn for_repository(&self, repository: &Repository) -> Result<Self, FetchError> {
        let Repository { id, tls, proxy, username, password, .. } = repository;
        let plain = Tls { ca: None, client_certificate: None, client_key: None, verify: true };
        if *tls == plain && proxy.is_none() && username.is_none() {
            return Ok(self.clone());
        }
        let mut credentials = self.credentials.clone();
        if let Some(username) = username {
            let password = password.as_ref().map_or("", |password| password.0.as_str());
            // Mirrors that a list names are strangers.
            for address in repository.baseurl.iter().chain(&repository.mirrorlist).chain(&repository.metalink) {
                credentials.add(address, username, password);
            }
        }
        let options =
            ClientOptions { proxy: proxy.clone().or_else(|| self.proxy.clone()), credentials, first_wait: self.first_wait };
        let named = |why: String| FetchError::Client(format!("[{id}] {why}"));
        Self::build(options, |builder| with(builder, tls).map_err(named))
    }
}

fn with(mut builder: reqwest::ClientBuilder, tls: &Tls) -> Result<reqwest::ClientBuilder, String> {
    let read = |option: &str, file: &str| {
        let path = file.strip_prefix("file://").unwrap_or(file);
        fs::read(path).map_err(|error| format!("{option}: {path}: {error}"))
    };
    if let Some(file) = &tls.ca {
        let pem = read("sslcacert", file)?;
        let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| format!("sslcacert: {file}: {error}"))?;
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(file) = &tls.client_certificate {
        let mut pem = read("sslclientcert", file)?;
        // The key may stand in the same file.
        if let Some(key) = &tls.client_key {
            pem.push(b'\n');
            pem.extend(read("sslclientkey", key)?);
        }
        let identity = reqwest::Identity::from_pem(&pem).map_err(|error| format!("sslclientcert: {file}: {error}"))?;
        builder = builder.identity(identity);
    }
    if !tls.verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    Ok(builder)
}
