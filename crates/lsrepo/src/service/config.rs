//! `/etc/lsrepo/serve.toml`: everything that `lsrepo serve` can be told, for a service. What the command line says comes
//! before what stands here. The file is read again on SIGHUP; addresses to listen on are the only thing that needs a new start.

use crate::failure::Hint;
use anyhow::{Context as _, Result};
use lsrepo_depot::Place;
use lsrepo_publish::client::BaseUrl;
use lsrepo_types::{Bytes, Platform};
use serde::{Deserialize, Deserializer, de};
use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

/// Where it is looked for where none is named.
pub(crate) const USUAL: &str = "/etc/lsrepo/serve.toml";

/// What the file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// `"https://0.0.0.0:8443"`; no scheme is plain http
    pub(crate) listen: Vec<Listen>,
    /// the address that clients use, where it is not the one they ask for (a proxy before us)
    pub(crate) url: Option<Url>,
    /// for what is under way when the service shall stop, such as `"30s"`
    pub(crate) grace: Option<Span>,
    /// of proxies, addresses or networks that are believed whom they ask for
    pub(crate) proxies: Vec<Proxy>,
    /// who can log in: lines of `htpasswd -B` and of `lsrepo token`
    pub(crate) users: Option<PathBuf>,
    /// who may read: `"anyone"`, `"users"`, or names
    pub(crate) read: Option<Who>,
    /// who may push and delete
    pub(crate) push: Option<Who>,
    /// others below some paths
    pub(crate) rights: Vec<Right>,
    /// the platforms whose content `/lsrepo` has at its top
    pub(crate) lsrepo_shows: Vec<Platform>,
    /// object storage that is served instead of a store of this machine
    pub(crate) store: Option<Store>,
    pub(crate) cache: Cache,
    pub(crate) s3: S3,
    pub(crate) tls: Tls,
    pub(crate) registry: Registry,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
}

/// What this machine keeps of object storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cache {
    pub(crate) folder: Option<PathBuf>,
    /// such as `"50G"`
    pub(crate) size: Option<Size>,
}

/// How object storage is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct S3 {
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) credentials: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// PEM, with what leads to its authority after it
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Registry {
    pub(crate) allow_push: bool,
    pub(crate) accept_missing_layers: bool,
    /// such as `"200G"`
    pub(crate) quota: Option<Size>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) access: Form,
    /// none: stdout
    pub(crate) file: Option<PathBuf>,
}

/// How requests are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// not at all
    #[default]
    Off,
    /// the combined form of web servers, with the time it took
    Plain,
    /// one JSON object a line
    Json,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// at once
    pub(crate) connections: Option<usize>,
    /// at once, of one client
    pub(crate) connections_per_client: Option<usize>,
    /// of one client, in the long run
    pub(crate) requests_per_second: Option<f64>,
    pub(crate) header_bytes: Option<usize>,
    /// for the head of a request
    pub(crate) header_timeout: Option<Span>,
    /// for a client that takes nothing
    pub(crate) stall_timeout: Option<Span>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Right {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) read: Option<Who>,
    #[serde(default)]
    pub(crate) push: Option<Who>,
}

/// An address to listen on, and what is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// address and port
    pub address: SocketAddr,
    /// with TLS
    pub secure: bool,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (secure, rest) = match text.split_once("://") {
            None => (false, text),
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some((scheme, _)) => return Err(format!("`{scheme}` is not spoken here: http or https")),
        };
        let address = rest.trim_end_matches('/').parse();
        let address =
            address.map_err(|_| format!("`{text}` is not an address and port, such as 0.0.0.0:8080 or https://[::]:8443"))?;
        Ok(Self { address, secure })
    }
}

/// Who, as the file says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Who {
    Word(Word),
    Names(BTreeSet<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Anyone,
    Users,
}

impl From<Who> for lsrepo_serve::Who {
    fn from(who: Who) -> Self {
        match who {
            Who::Word(Word::Anyone) => lsrepo_serve::Who::Anyone,
            Who::Word(Word::Users) => lsrepo_serve::Who::Users,
            Who::Names(names) => lsrepo_serve::Who::These(names),
        }
    }
}

/// A time such as `30s`, `5m`, `24h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// A size such as `200G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) Bytes);

/// An address, or a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proxy(pub(crate) lsrepo_serve::Network);

/// A place in object storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Store(pub(crate) Place);

/// A base address.
#[derive(Clone, Debug)]
pub(crate) struct Url(pub(crate) BaseUrl);

/// Reads what has a text form by its text form.
fn by_text<'de, D: Deserializer<'de>, T>(from: D, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(de::Error::custom)
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, str::parse)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, |text| crate::cli::duration(text).map(Span))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, |text| text.parse().map(Size).map_err(|error: lsrepo_types::BytesError| error.to_string()))
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, |text| text.parse().map(Url).map_err(|error: lsrepo_publish::client::BaseUrlError| error.to_string()))
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, |text| text.parse().map(Proxy).map_err(|error: lsrepo_serve::NetworkError| error.to_string()))
    }
}

impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        by_text(from, |text| text.parse().map(Store).map_err(|error: lsrepo_depot::DepotError| error.to_string()))
    }
}

impl Config {
    /// The file that is named, or the usual one where it is there; nothing otherwise.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self> {
        let file = named.unwrap_or(Path::new(USUAL));
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text).with_context(|| file.display().to_string()),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).hint("the README shows every key under \"Serve for years\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_said_is_understood() {
        let config = Config::parse(super::super::units::EXAMPLE_CONFIG).unwrap();
        assert!(config.listen.is_empty(), "the example says nothing that is not the default: {config:?}");
        let said: String = super::super::units::EXAMPLE_CONFIG
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| !line.starts_with(' '))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = Config::parse(&said).unwrap();
        assert_eq!(config.listen[1], Listen { address: "0.0.0.0:8443".parse().unwrap(), secure: true });
        assert_eq!(config.read, Some(Who::Word(Word::Anyone)));
        assert!(config.rights.iter().any(|right| matches!(&right.push, Some(Who::Names(names)) if names.contains("ana"))));
        assert_eq!((config.grace, config.log.access), (Some(Span(Duration::from_secs(30))), Form::Json));
        assert!(config.tls.certificate.is_some() && config.registry.quota.is_some() && config.limits.requests_per_second.is_some());
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_place() {
        for (text, expected) in [
            ("lisen = []", "unknown field `lisen`"),
            ("listen = [\"ftp://0.0.0.0:1\"]", "`ftp` is not spoken here"),
            ("listen = [\"localhost\"]", "is not an address and port"),
            ("grace = \"soon\"", "`soon` is not a time"),
            ("read = \"everybody\"", "read"),
            ("[log]\naccess = \"xml\"", "unknown variant `xml`"),
            ("[registry]\nquota = \"much\"", "much"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(expected) && error.contains("line"), "{text}: {error}");
        }
    }
}
