//! Logins as `docker login` and `podman login` keep them: `config.json` and `auth.json`.
//!
//! One JSON document with passwords in base64, names of helper programs that keep them elsewhere, or both. Keys are
//! written in many ways (`https://index.docker.io/v1/`, `host:5000`, `host/namespace`); all are read.
//! Spec: containers-auth.json(5).

use crate::RegistryHost;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a file of logins says.
#[derive(Clone, Default)]
pub struct AuthFile {
    /// by host, with a path behind it or none
    logins: BTreeMap<String, StoredLogin>,
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
    #[serde(default)]
    auths: BTreeMap<String, RawLogin>,
    #[serde(default)]
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
            if let Some(login) = stored(login).ok_or_else(|| AuthFileError::Login(key.chars().take(200).collect()))? {
                logins.insert(plain(&key), login);
            }
        }
        let helpers = raw.cred_helpers.into_iter().map(|(key, helper)| (plain(&key), helper)).collect();
        Ok(Self { logins, helpers, store: raw.creds_store.filter(|store| !store.is_empty()) })
    }

    /// The login for a registry. Where only paths in it have logins, the first of those.
    pub fn login(&self, host: &RegistryHost) -> Option<&StoredLogin> {
        let below = format!("{host}/");
        let paths = || self.logins.range(below.clone()..).take_while(|(key, _)| key.starts_with(&below)).next();
        self.logins.get(host.as_str()).or_else(|| paths().map(|(_, login)| login))
    }

    /// The helper program that may have the login for a registry, without its `docker-credential-`.
    pub fn helper(&self, host: &RegistryHost) -> Option<&str> {
        self.helpers.get(host.as_str()).or(self.store.as_ref()).map(String::as_str)
    }
}

/// What helper programs call a registry.
pub fn helper_key(host: &RegistryHost) -> &str {
    if host.is_docker_hub() { "https://index.docker.io/v1/" } else { host.as_str() }
}

/// `Some(None)`: there is no login in it, a helper has it.
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
    let text = String::from_utf8(BASE64_STANDARD.decode(raw.auth.trim()).ok()?).ok()?;
    // podman pads passwords with NUL, as docker once did.
    let (user, password) = text.trim_end_matches('\0').split_once(':')?;
    Some(Some(StoredLogin::Password { user: user.to_owned(), password: password.to_owned() }))
}

/// A key without its scheme and the path of an API; Docker Hub's many names are one.
fn plain(key: &str) -> String {
    let key = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').map_or((key, None), |(host, path)| (host, Some(path)));
    let host = host.parse::<RegistryHost>().map_or_else(|_| host.to_owned(), |host| host.to_string());
    match path {
        Some(path) => format!("{host}/{path}"),
        None => host,
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
mod tests {
    use super::*;

    fn login(file: &AuthFile, host: &str) -> String {
        match file.login(&host.parse().unwrap()) {
            Some(StoredLogin::Password { user, password }) => format!("{user}/{password}"),
            Some(StoredLogin::Identity(token)) => format!("token {token}"),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn keys_are_read_however_they_are_written() {
        let auth = |text: &str| BASE64_STANDARD.encode(text);
        let text = format!(
            r#"{{"auths": {{"https://index.docker.io/v1/": {{"auth": "{}"}}, "r.example:5000": {{"auth": "{}", "email": "x"}},
                "https://q.example": {{"username": "q", "password": "w"}}, "n.example/team/app": {{"auth": "{}"}},
                "i.example": {{"auth": "AA==", "identitytoken": "long"}}, "k.example": {{}}}}, "HttpHeaders": {{}}}}"#,
            auth("hub:a:b"),
            auth("me:secret\0\0"),
            auth("team:t")
        );
        let file = AuthFile::parse(&text).unwrap();
        for (host, wanted) in [
            ("docker.io", "hub/a:b"),
            ("r.example:5000", "me/secret"),
            ("r.example", "none"),
            ("q.example", "q/w"),
            ("n.example", "team/t"),
            ("i.example", "token long"),
            ("k.example", "none"),
        ] {
            assert_eq!(login(&file, host), wanted, "{host}");
        }
    }

    #[test]
    fn helpers_are_named_for_one_host_or_for_all() {
        let file = AuthFile::parse(r#"{"credHelpers": {"gcr.example": "gcloud", "docker.io": "pass"}}"#).unwrap();
        let helper = |file: &AuthFile, host: &str| file.helper(&host.parse().unwrap()).map(str::to_owned);
        assert_eq!(helper(&file, "gcr.example").as_deref(), Some("gcloud"));
        assert_eq!(helper(&file, "index.docker.io").as_deref(), Some("pass"));
        assert_eq!(helper(&file, "other.example"), None);
        let file = AuthFile::parse(r#"{"credsStore": "secretservice"}"#).unwrap();
        assert_eq!(helper(&file, "other.example").as_deref(), Some("secretservice"));
        assert_eq!(helper_key(&"docker.io".parse().unwrap()), "https://index.docker.io/v1/");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_without_the_password() {
        for wrong in
            ["{", "\"x\"", r#"{"auths": 1}"#, r#"{"auths": {"h": {"auth": "%"}}}"#, r#"{"auths": {"h": {"auth": "YQ=="}}}"#]
        {
            assert!(AuthFile::parse(wrong).is_err(), "{wrong}");
        }
        assert!(AuthFile::parse(" ").is_ok() && AuthFile::parse("{}").is_ok());
    }
}
