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
    /// one image, with its tag or digest
    Image(String),
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

    /// The hosts that somebody is sent to who asks a registry, beside that registry itself.
    pub fn hosts(&self, asked: &RegistryHost) -> impl Iterator<Item = RegistryHost> {
        let places = self.rules.iter().filter(|rule| rule.prefix.is_about(asked)).flat_map(Rule::all);
        places.filter_map(|place| place.location.split('/').next()?.parse().ok())
    }

    /// Whether a repository of a registry may be asked for in plain http: a rule leads there and allows it, or it is asked
    /// for under its own name and the rule for that allows it. Without a repository: whether all of the registry may.
    pub fn is_insecure(&self, host: &RegistryHost, repository: Option<&str>) -> bool {
        let name = repository.map_or_else(|| host.to_string(), |repository| format!("{host}/{repository}"));
        let leads = |place: &Place| place.insecure && !place.location.is_empty() && rest(&name, &place.location).is_some();
        self.rules.iter().flat_map(Rule::all).any(leads)
            || self.longest(host, &name, &[]).is_some_and(|rule| rule.own.insecure && rule.own.location.is_empty())
    }

    /// The rule for an image.
    pub fn rule(&self, image: &Reference) -> Option<&Rule> {
        let name = image.name();
        let tag = image.tag.as_ref().map(|tag| format!("{name}:{tag}"));
        let digest = image.digest.as_ref().map(|digest| format!("{name}@{digest}"));
        let exact: Vec<String> = tag.into_iter().chain(digest).collect();
        self.longest(&image.registry, &name, &exact)
    }

    fn longest(&self, host: &RegistryHost, name: &str, exact: &[String]) -> Option<&Rule> {
        let fits = |rule: &&Rule| match &rule.prefix {
            Prefix::Name(prefix) => rest(name, prefix).is_some(),
            Prefix::Image(image) => exact.contains(image),
            Prefix::Hosts(_) => rule.prefix.is_about(host),
        };
        self.rules.iter().filter(fits).max_by_key(|rule| match &rule.prefix {
            Prefix::Name(prefix) | Prefix::Image(prefix) => (true, prefix.len()),
            Prefix::Hosts(end) => (false, end.len()),
        })
    }
}

impl Prefix {
    /// Whether it can be that of an image of this registry.
    fn is_about(&self, host: &RegistryHost) -> bool {
        match self {
            Prefix::Name(prefix) | Prefix::Image(prefix) => prefix.split('/').next() == Some(host.as_str()),
            Prefix::Hosts(end) => host.name().ends_with(end.as_str()),
        }
    }
}

/// What follows a prefix in a name: nothing, or `/` and the rest of its path.
fn rest<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Rule {
    fn all(&self) -> impl Iterator<Item = &Place> {
        self.mirrors.iter().chain([&self.own])
    }

    /// Where an image is asked for, in this order. A place that leads to no name is left out.
    pub fn places(&self, image: &Reference) -> Vec<Reference> {
        let by_digest = image.digest.is_some();
        let all = self.all().filter(|place| if by_digest { place.digests } else { place.tags });
        all.filter_map(|place| self.at(place, image)).collect()
    }

    fn at(&self, place: &Place, image: &Reference) -> Option<Reference> {
        if place.location.is_empty() {
            return Some(image.clone());
        }
        let name = image.name();
        let rest = match &self.prefix {
            Prefix::Name(prefix) => rest(&name, prefix)?,
            Prefix::Image(_) => "",
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
        Some(end) => match end.strip_prefix('.').map(str::parse::<RegistryHost>) {
            Some(Ok(host)) => Prefix::Hosts(format!(".{host}")),
            _ => return Err(RegistriesConfError::Place(short(text))),
        },
        None => match text.parse::<Reference>() {
            Ok(image) if is_one_image(text) => Prefix::Image(image.to_string()),
            _ => Prefix::Name(location(text)?),
        },
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
    let own = if prefix == Prefix::Name(own.clone()) { String::new() } else { own };
    let own = Place { location: own, insecure: raw.insecure, digests: true, tags: true };
    Ok(Rule { prefix, blocked: raw.blocked, mirrors, own })
}

/// Whether a prefix ends with a tag or a digest.
fn is_one_image(text: &str) -> bool {
    text.split_once('/').is_some_and(|(_, path)| path.contains([':', '@']))
}

/// A host, maybe with a path, in the one way in which we write it.
fn location(text: &str) -> Result<String, RegistriesConfError> {
    let wrong = || RegistriesConfError::Place(short(text));
    let text = text.trim_end_matches('/');
    let (host, path) = text.split_once('/').map_or((text, None), |(host, path)| (host, Some(path)));
    let host: RegistryHost = host.parse().map_err(|_| wrong())?;
    match path {
        None => Ok(host.to_string()),
        Some(path) => {
            let path: RepositoryName = path.parse().map_err(|_| wrong())?;
            Ok(format!("{host}/{path}"))
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests;
