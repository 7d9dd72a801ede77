//! Logins as `docker login` and `podman login` keep them: `config.json` and `auth.json`.
//!
//! One JSON document with passwords in base64, names of helper programs that keep them elsewhere, or both. Keys are
//! written in many ways (`https://index.docker.io/v1/`, `host:5000`, `host/namespace`); all are read. A login for a
//! namespace is for the repositories below it, and nobody else's.
//! Spec: containers-auth.json(5).

use crate::{RegistryHost, RepositoryName, document::or_default};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// People paste it with its `=` and without.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// What a file of logins says.
#[derive(Clone, Default)]
pub struct AuthFile {
    /// by host, with a path behind it or none; none: it cannot be read
    logins: BTreeMap<String, Option<StoredLogin>>,
    /// by host: the helper program that keeps its login
    helpers: BTreeMap<String, String>,
    /// the helper program that keeps all logins
    store: Option<String>,
}

/// A login.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredLogin {
    /// a name and a password, or a token that stands for one
    Password {
        /// the account
        user: String,
        /// its password
        password: String,
    },
    /// a token for which the registry's giver of tokens gives others
    Identity(String),
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuthFileError {
    /// not JSON, or of another shape
    #[error("not a file of logins: JSON of another shape in line {line}, column {column}")]
    Json {
        /// from 1
        line: usize,
        /// from 1
        column: usize,
    },
    /// what stands for a login is none
    #[error("the login for `{0}` cannot be read: it must be base64 of NAME:PASSWORD")]
    Login(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default, deserialize_with = "or_default")]
    auths: BTreeMap<String, RawLogin>,
    #[serde(default, deserialize_with = "or_default")]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawLogin {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl AuthFile {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, AuthFileError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // What serde says of it may hold a password.
        let raw: Raw =
            serde_json::from_str(text).map_err(|error| AuthFileError::Json { line: error.line(), column: error.column() })?;
        let mut logins = BTreeMap::new();
        for (key, login) in raw.auths {
            match stored(login) {
                // A helper has it.
                Some(None) => {}
                Some(login) => drop(logins.insert(plain(&key), login)),
                // It matters only to who needs it, and where the same is written another way, that counts.
                None => drop(logins.entry(plain(&key)).or_insert(None)),
            }
        }
        let helpers = raw.cred_helpers.into_iter().map(|(key, helper)| (plain(&key), helper)).collect();
        Ok(Self { logins, helpers, store: raw.creds_store.filter(|store| !store.is_empty()) })
    }

    /// The logins for a registry: for all of it (no path), and for repositories below a path. Of several the one with the
    /// longest path is meant.
    pub fn logins(&self, host: &RegistryHost) -> Result<Vec<(Option<RepositoryName>, StoredLogin)>, AuthFileError> {
        let mut found = Vec::new();
        for (key, login) in self.logins.range(host.to_string()..) {
            let path = match key.strip_prefix(host.as_str()) {
                None => break,
                Some("") => None,
                Some(rest) => match rest.strip_prefix('/').map(str::parse) {
                    Some(Ok(path)) => Some(path),
                    // Of another host, or of nothing that could be asked for.
                    _ => continue,
                },
            };
            let login = login.clone().ok_or_else(|| AuthFileError::Login(key.chars().take(200).collect()))?;
            found.push((path, login));
        }
        Ok(found)
    }

    /// The helper program that has the login for this very registry, without its `docker-credential-`. It counts more than
    /// what stands in the file.
    pub fn helper(&self, host: &RegistryHost) -> Option<&str> {
        self.helpers.get(host.as_str()).map(String::as_str)
    }

    /// The helper program that may have logins for all registries.
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }
}

/// What helper programs call a registry.
pub fn helper_key(host: &RegistryHost) -> &str {
    if host.is_docker_hub() { "https://index.docker.io/v1/" } else { host.as_str() }
}

/// `Some(None)`: there is no login in it, a helper has it. None: it cannot be read.
fn stored(raw: RawLogin) -> Option<Option<StoredLogin>> {
    if !raw.identitytoken.is_empty() {
        return Some(Some(StoredLogin::Identity(raw.identitytoken)));
    }
    if !raw.username.is_empty() {
        return Some(Some(StoredLogin::Password { user: raw.username, password: raw.password }));
    }
    if raw.auth.is_empty() {
        return Some(None);
    }
    let text = String::from_utf8(BASE64.decode(raw.auth.trim()).ok()?).ok()?;
    // podman pads passwords with NUL, as docker once did.
    let (user, password) = text.trim_end_matches('\0').split_once(':')?;
    Some(Some(StoredLogin::Password { user: user.to_owned(), password: password.to_owned() }))
}

/// A key without its scheme and the path of an API; Docker Hub's many names are one.
fn plain(key: &str) -> String {
    let address = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let (host, path) = address.unwrap_or(key).split_once('/').unwrap_or((address.unwrap_or(key), ""));
    let host = host.parse::<RegistryHost>().map_or_else(|_| host.to_owned(), |host| host.to_string());
    match path.trim_end_matches('/') {
        // Docker's addresses; a namespace that is called so has no scheme before its host.
        "" => host,
        "v1" | "v2" if address.is_some() || path.ends_with('/') => host,
        path => format!("{host}/{path}"),
    }
}

impl std::fmt::Debug for StoredLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password({user})"),
            Self::Identity(_) => write!(f, "Identity"),
        }
    }
}

#[cfg(test)]
mod tests;
