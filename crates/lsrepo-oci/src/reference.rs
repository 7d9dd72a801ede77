//! Images as people name them: `nginx:1.27`, `quay.io/org/app@sha256:…`, `localhost:5000/x`.
//!
//! What is left out means Docker Hub, its `library/`, and the tag `latest`; written out, every image has one name.
//! Grammar: distribution-spec, "Pulling manifests", and the reference package of distribution.

use crate::AnyDigest;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The registry that a name without a host means.
const DOCKER_HUB: &str = "docker.io";

/// Text that does not name an image.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not an image: {why}")]
pub struct ReferenceError {
    text: String,
    why: &'static str,
}

fn wrong(text: &str, why: &'static str) -> ReferenceError {
    ReferenceError { text: text.chars().take(200).collect(), why }
}

/// A registry's host, maybe with a port, in lower case. Docker Hub's several names are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistryHost(Box<str>);

impl RegistryHost {
    /// `docker.io`, `127.0.0.1:5000`
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that answers for it.
    pub fn endpoint(&self) -> &str {
        if self.is_docker_hub() { "registry-1.docker.io" } else { &self.0 }
    }

    /// Whether it is Docker Hub, whose official images have a `library/` that nobody writes.
    pub fn is_docker_hub(&self) -> bool {
        &*self.0 == DOCKER_HUB
    }

    /// Without its port.
    pub fn name(&self) -> &str {
        match self.0.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &self.0,
        }
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        let name = self.name().trim_matches(['[', ']']);
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for RegistryHost {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let lower = text.to_ascii_lowercase();
        let (name, port) = match lower.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (lower.as_str(), None),
        };
        let is_name = |name: &str| {
            name.split('.').all(|label| {
                let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
            })
        };
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let named = match address {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_name(name),
        };
        let ported = port.is_none_or(|port| port.len() <= 5 && port.parse::<u16>().is_ok_and(|port| port > 0));
        if !named || !ported || lower.len() > 255 {
            return Err(wrong(text, "its registry is not a host"));
        }
        let merged = match (name, port) {
            ("docker.io" | "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com", None | Some("443")) => {
                DOCKER_HUB
            }
            (name, Some("443")) => name,
            _ => &lower,
        };
        Ok(Self(merged.into()))
    }
}

/// A repository's path within a registry, such as `library/nginx`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(Box<str>);

impl RepositoryName {
    /// The longest.
    pub const MOST: usize = 255;

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryName {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        match text.len() <= Self::MOST && text.split('/').all(is_path_component) {
            true => Ok(Self(text.into())),
            false => Err(wrong(text, "a repository is lower-case letters, digits, and single `.` `_` `-` between them")),
        }
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    word(first)
        && word(last)
        && part
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

/// The name of a version in a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Box<str>);

impl Tag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match text.as_bytes() {
            [first, ..] if rest(*first) && !matches!(first, b'.' | b'-') && text.len() <= 128 && text.bytes().all(rest) => {
                Ok(Self(text.into()))
            }
            _ => Err(wrong(text, "a tag is up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two")),
        }
    }
}

macro_rules! text {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl TryFrom<String> for $type {
            type Error = ReferenceError;
            fn try_from(text: String) -> Result<Self, ReferenceError> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0.into()
            }
        }
        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
text!(RegistryHost);
text!(RepositoryName);
text!(Tag);

/// One image: where it is, and which one. As text it is written out: `docker.io/library/nginx:latest`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// whose it is
    pub registry: RegistryHost,
    /// its path there
    pub repository: RepositoryName,
    /// what it is called today
    pub tag: Option<Tag>,
    /// what it is for ever; outranks the tag
    pub digest: Option<AnyDigest>,
}

impl Reference {
    /// `docker.io/library/nginx`
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// As docker writes it: `nginx`, `bitnami/kafka`, `quay.io/org/app`.
    pub fn familiar_name(&self) -> String {
        let path = self.repository.as_str();
        match self.registry.is_docker_hub() {
            true => path.strip_prefix("library/").filter(|name| !name.contains('/')).unwrap_or(path).to_owned(),
            false => self.name(),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (
                named,
                Some(digest.parse().map_err(|_| wrong(text, "what follows `@` must be `sha256:` and 64 hexadecimal digits"))?),
            ),
            None => (text, None),
        };
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (named, None),
        };
        let (host, path) = match path.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" || host.starts_with('[') => (host, rest),
            _ => (DOCKER_HUB, path),
        };
        let again = |error: ReferenceError| wrong(text, error.why);
        let registry: RegistryHost = host.parse().map_err(again)?;
        let official = registry.is_docker_hub() && !path.contains('/');
        let repository = if official { format!("library/{path}") } else { path.to_owned() };
        let tag = match (tag, &digest) {
            (Some(tag), _) => Some(tag.parse().map_err(again)?),
            (None, Some(_)) => None,
            (None, None) => Some(Tag("latest".into())),
        };
        Ok(Self { registry, repository: repository.parse().map_err(again)?, tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;
    fn try_from(text: String) -> Result<Self, ReferenceError> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_leave_out_is_filled_in() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, whole) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("bitnami/kafka:3", "docker.io/bitnami/kafka:3"),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
            ("registry-1.docker.io/library/nginx:1", "docker.io/library/nginx:1"),
            ("localhost/x:1", "localhost/x:1"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("127.0.0.1:5000/a:1", "127.0.0.1:5000/a:1"),
            ("[::1]:5000/a:1", "[::1]:5000/a:1"),
            ("Quay.IO/org/app:V1", "quay.io/org/app:V1"),
            ("quay.io:443/org/app:1", "quay.io/org/app:1"),
            ("k8s.gcr.io/pause:3.2", "k8s.gcr.io/pause:3.2"),
            (&format!("a.b/c@{digest}"), &format!("a.b/c@{digest}")),
            (&format!("a.b/c:1@{digest}"), &format!("a.b/c:1@{digest}")),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), whole, "{text}");
            assert_eq!(whole.parse::<Reference>().unwrap(), reference);
        }
    }

    #[test]
    fn a_familiar_name_leaves_out_what_people_leave_out() {
        for (text, familiar) in [
            ("docker.io/library/nginx:1", "nginx"),
            ("bitnami/kafka:3", "bitnami/kafka"),
            ("docker.io/library/a/b:1", "library/a/b"),
            ("k8s.gcr.io/pause:3.2", "k8s.gcr.io/pause"),
            ("localhost:5000/library/a:1", "localhost:5000/library/a"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.familiar_name(), familiar);
            let again: Reference = format!("{familiar}:{}", reference.tag.as_ref().unwrap()).parse().unwrap();
            assert_eq!(again, reference, "{familiar}");
        }
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for text in [
            "",
            "Nginx",
            "a//b",
            "a/../b",
            "a.b/",
            "nginx:",
            "nginx:-1",
            "nginx@sha256:12",
            "a.b/c@md5:00",
            "a..b/c",
            "x:99999/y",
            "a._b",
            "a___b",
            "a b",
            "a.b:0/c",
            "http://a.b/c",
            &format!("a.b/{}", "x".repeat(300)),
            &format!("a:{}", "x".repeat(129)),
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
        for text in ["a__b", "a---b", "a.b-c_d", "0"] {
            assert!(text.parse::<RepositoryName>().is_ok(), "{text}");
        }
    }
}
