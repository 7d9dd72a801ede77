//! `registries.conf`: where podman, and with it this program, asks for a registry's images instead.
//!
//! A rule is for all images whose name begins with its prefix; of several, the longest counts. It may name mirrors, which
//! are asked first, another place for the images themselves, and whether they may be had at all.
//! Spec: containers-registries.conf(5), version 2.

use crate::{Reference, RegistryHost, RepositoryName};
use serde::Deserialize;

/// The rules of one or several files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistriesConf {
    rules: Vec<Rule>,
}

/// What is said of the images below a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    prefix: Prefix,
    /// nobody may have them
    pub blocked: bool,
    /// where they are asked for before they are asked for at their own place
    mirrors: Vec<Place>,
    /// their own place, where that is not what the prefix says
    own: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Prefix {
    /// a host, or a host and the beginning of a path
    Name(String),
    /// `*.example.com`: what follows the star
    Hosts(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// empty: the image's own name
    location: String,
    insecure: bool,
    /// for images that are named by digest, for those that are named by tag
    digests: bool,
    tags: bool,
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RegistriesConfError {
    /// not TOML, or of another shape
    #[error("not a registries.conf: {0}")]
    Toml(Box<toml::de::Error>),
    /// the form of years ago
    #[error(
        "it is written in version 1 of the format (`[registries.…]`)\nhint: podman reads version 2, of `[[registry]]` tables; rewrite it"
    )]
    Version,
    /// a place that is none
    #[error("`{0}` names no registry: expected HOST[:PORT][/PATH]")]
    Place(String),
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    registry: Vec<RawRule>,
    #[serde(default)]
    registries: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawRule {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror_by_digest_only: bool,
    #[serde(default)]
    mirror: Vec<RawMirror>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawMirror {
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    pull_from_mirror: String,
}

impl RegistriesConf {
    /// Reads a file's text. What is not said of images is passed over.
    pub fn parse(text: &str) -> Result<Self, RegistriesConfError> {
        let raw: Raw = toml::from_str(text).map_err(|error| RegistriesConfError::Toml(Box::new(error)))?;
        if raw.registries.is_some() {
            return Err(RegistriesConfError::Version);
        }
        Ok(Self { rules: raw.registry.into_iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// Adds a file that is read later: its rules take the place of those with the same prefix.
    pub fn extend(&mut self, later: Self) {
        self.rules.retain(|rule| later.rules.iter().all(|other| other.prefix != rule.prefix));
        self.rules.extend(later.rules);
    }

    /// The hosts that somebody is sent to who asks a registry.
    pub fn hosts(&self, asked: &RegistryHost) -> impl Iterator<Item = RegistryHost> {
        let about = |rule: &&Rule| match &rule.prefix {
            Prefix::Name(prefix) => prefix.split('/').next() == Some(asked.as_str()),
            Prefix::Hosts(end) => asked.as_str().ends_with(end.as_str()),
        };
        let places = self.rules.iter().filter(about).flat_map(|rule| rule.mirrors.iter().chain([&rule.own]));
        places.filter_map(|place| place.location.split('/').next()?.parse().ok())
    }

    /// Whether some rule lets a host be asked in plain http.
    pub fn is_insecure(&self, host: &RegistryHost) -> bool {
        let is = |name: &str| name.split('/').next() == Some(host.as_str());
        self.rules.iter().any(|rule| {
            let own = match &rule.prefix {
                _ if !rule.own.location.is_empty() => is(&rule.own.location),
                Prefix::Name(prefix) => is(prefix),
                Prefix::Hosts(end) => host.as_str().ends_with(end.as_str()),
            };
            rule.own.insecure && own || rule.mirrors.iter().any(|mirror| mirror.insecure && is(&mirror.location))
        })
    }

    /// The rule for an image.
    pub fn rule(&self, image: &Reference) -> Option<&Rule> {
        let name = image.name();
        let fits = |rule: &&Rule| match &rule.prefix {
            Prefix::Name(prefix) => name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Prefix::Hosts(end) => image.registry.as_str().ends_with(end.as_str()),
        };
        self.rules.iter().filter(fits).max_by_key(|rule| match &rule.prefix {
            Prefix::Name(prefix) => (true, prefix.len()),
            Prefix::Hosts(end) => (false, end.len()),
        })
    }
}

impl Rule {
    /// Where an image is asked for, in this order. A place that leads to no name is left out.
    pub fn places(&self, image: &Reference) -> Vec<Reference> {
        let by_digest = image.digest.is_some();
        let mirrors = self.mirrors.iter().filter(|mirror| if by_digest { mirror.digests } else { mirror.tags });
        mirrors.chain([&self.own]).filter_map(|place| self.at(place, image)).collect()
    }

    fn at(&self, place: &Place, image: &Reference) -> Option<Reference> {
        if place.location.is_empty() {
            return Some(image.clone());
        }
        let name = image.name();
        let rest = match &self.prefix {
            Prefix::Name(prefix) => name.strip_prefix(prefix.as_str())?,
            Prefix::Hosts(_) => name.strip_prefix(image.registry.as_str())?,
        };
        let there = format!("{}{rest}", place.location);
        let (host, path) = there.split_once('/')?;
        let (registry, repository): (RegistryHost, RepositoryName) = (host.parse().ok()?, path.parse().ok()?);
        Some(Reference { registry, repository, ..image.clone() })
    }
}

fn rule(raw: RawRule) -> Result<Rule, RegistriesConfError> {
    let text = if raw.prefix.is_empty() { &raw.location } else { &raw.prefix };
    let prefix = match text.strip_prefix('*') {
        Some(end) if end.starts_with('.') => Prefix::Hosts(end.to_ascii_lowercase()),
        _ => Prefix::Name(location(text)?),
    };
    let by_digest_only = raw.mirror_by_digest_only;
    let mirrors = raw.mirror.iter().map(|mirror| {
        let (digests, tags) = match mirror.pull_from_mirror.as_str() {
            "digest-only" => (true, false),
            "tag-only" => (false, true),
            _ => (true, !by_digest_only),
        };
        Ok(Place { location: location(&mirror.location)?, insecure: mirror.insecure, digests, tags })
    });
    let mirrors = mirrors.collect::<Result<_, _>>()?;
    let own = if raw.location.is_empty() { String::new() } else { location(&raw.location)? };
    let own = Place { location: own, insecure: raw.insecure, digests: true, tags: true };
    Ok(Rule { prefix, blocked: raw.blocked, mirrors, own })
}

/// A host, maybe with a path, in the one way in which we write it.
fn location(text: &str) -> Result<String, RegistriesConfError> {
    let wrong = || RegistriesConfError::Place(text.chars().take(200).collect());
    let (host, path) = text.split_once('/').map_or((text, None), |(host, path)| (host, Some(path)));
    let host: RegistryHost = host.parse().map_err(|_| wrong())?;
    match path {
        None => Ok(host.to_string()),
        Some(path) => {
            let path: RepositoryName = path.trim_end_matches('/').parse().map_err(|_| wrong())?;
            Ok(format!("{host}/{path}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "docker.io/library"
location = "quay.example/official"
[[registry]]
prefix = "*.corp.example"
insecure = true
[[registry]]
prefix = "bad.example/secret"
blocked = true
"#;

    fn places(conf: &RegistriesConf, image: &str) -> Vec<String> {
        let image = image.parse().unwrap();
        let all = conf.rule(&image).map(|rule| rule.places(&image)).unwrap_or_default();
        all.iter().map(|asked| format!("{asked}{}", if conf.is_insecure(&asked.registry) { " plain" } else { "" })).collect()
    }

    #[test]
    fn mirrors_come_first_and_the_longest_prefix_counts() {
        let conf = RegistriesConf::parse(TEXT).unwrap();
        assert_eq!(
            places(&conf, "bitnami/kafka:3"),
            ["mirror.example:5000/hub/bitnami/kafka:3 plain", "docker.io/bitnami/kafka:3"]
        );
        assert_eq!(places(&conf, "nginx:1"), ["quay.example/official/nginx:1"]);
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(places(&conf, &format!("a/b@{digest}"))[1], format!("digests.example/a/b@{digest}"));
        assert_eq!(places(&conf, "r.corp.example/x:1"), ["r.corp.example/x:1 plain"]);
        assert!(places(&conf, "corp.example/x:1").is_empty() && places(&conf, "bad.example/secrets:1").is_empty());
        let hosts: Vec<_> = conf.hosts(&"docker.io".parse().unwrap()).map(|host| host.to_string()).collect();
        assert_eq!(hosts, ["mirror.example:5000", "digests.example", "docker.io", "quay.example"]);
        assert!(conf.rule(&"bad.example/secret/x".parse().unwrap()).unwrap().blocked);
    }

    #[test]
    fn later_files_replace_rules_of_the_same_prefix() {
        let mut conf = RegistriesConf::parse(TEXT).unwrap();
        conf.extend(RegistriesConf::parse("[[registry]]\nprefix = \"docker.io\"\nlocation = \"other.example\"\n").unwrap());
        assert_eq!(places(&conf, "a/b:1"), ["other.example/a/b:1"]);
        assert_eq!(places(&conf, "nginx:1"), ["quay.example/official/nginx:1"]);
    }

    #[test]
    fn what_is_no_such_file_is_said() {
        for (wrong, word) in [
            ("[registries.search]\nregistries = ['docker.io']", "version 1"),
            ("[[registry]]\nprefix = 1", "not a registries.conf"),
            ("[[registry]]\nlocation = \"a b\"", "`a b` names no registry"),
            ("[[registry]]\nlocation = \"a.b/UP\"", "names no registry"),
        ] {
            let said = RegistriesConf::parse(wrong).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
        assert_eq!(RegistriesConf::parse("# nothing").unwrap(), RegistriesConf::default());
    }
}
