//! What people ask for: `nginx`, `nginx-1.24`, `nginx-1:1.24-2.el9.x86_64`, `glibc.i686`, `python3-*`,
//! `@development`, `/usr/bin/vim`, `perl(JSON)`, `openssl >= 3`.
//!
//! A text alone does not say where a name ends: `libvirt-daemon-kvm` may be a package, or version
//! `daemon` release `kvm` of `libvirt`. So a [`Request`] has [readings](Request::readings), and whoever
//! has the packages takes the first that one of them fits, in dnf's order.

use crate::{Evr, Operator, Relation};
use std::{fmt, str::FromStr};

/// Something that is asked for. Shown as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request(Box<str>);

/// One way to understand a request. Names and versions may have `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// the packages of a group
    Group(&'a str),
    /// packages by their names
    Package(Pattern<'a>),
    /// whatever provides it
    Capability(Relation),
    /// whatever has that file
    File(&'a str),
}

/// What a package must be called. What is none may be anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// `nginx`
    pub name: &'a str,
    /// `1`
    pub epoch: Option<&'a str>,
    /// `1.24`
    pub version: Option<&'a str>,
    /// `2.el9`
    pub release: Option<&'a str>,
    /// `x86_64`
    pub arch: Option<&'a str>,
}

/// Text that is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a request: {why}")]
pub struct Error {
    text: String,
    why: String,
}

impl Request {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ways to understand it, the first to try in front: dnf's order, and behind it `name=version`.
    ///
    /// `is_arch` says which last words of a dotted name are architectures.
    pub fn readings<'a>(&'a self, is_arch: impl Fn(&str) -> bool) -> Vec<Reading<'a>> {
        let text = &*self.0;
        if let Some(group) = text.strip_prefix('@') {
            return vec![Reading::Group(group)];
        }
        if text.starts_with('/') || text.starts_with("*/") {
            return vec![Reading::File(text)];
        }
        if let Some(relation) = comparison(text) {
            return vec![Reading::Capability(relation)];
        }
        let mut found = names(text, &is_arch);
        if let Some((name, version)) = text.split_once('=') {
            found.extend(equals(name, version, &is_arch));
        }
        let mut found: Vec<Reading<'a>> = found.into_iter().map(Reading::Package).collect();
        found.push(Reading::Capability(Relation { name: text.to_owned(), version: None, pre: false }));
        found
    }

    /// The path that only a file list can tell of.
    pub fn path(&self) -> Option<&str> {
        self.0.starts_with('/').then_some(&*self.0)
    }
}

/// `name`, `name.arch`, then what a version may end: dnf's NEVRA, NA, N, NEVR, NEV, NV.
fn names<'a>(text: &'a str, is_arch: &impl Fn(&str) -> bool) -> Vec<Pattern<'a>> {
    let arch = text.rsplit_once('.').filter(|(name, arch)| !name.is_empty() && is_arch(arch));
    let with = |text: &'a str, arch: Option<&'a str>| {
        let mut full = Vec::new();
        let mut short = Vec::new();
        if let Some((rest, release)) = text.rsplit_once('-').filter(|(rest, release)| !rest.is_empty() && !release.is_empty()) {
            if let Some((name, version)) = rest.rsplit_once('-') {
                full.extend(versioned(name, version, Some(release), arch));
            }
            short.extend(versioned(rest, release, None, arch));
        }
        (full, short)
    };
    let mut found = Vec::new();
    let mut behind = Vec::new();
    if let Some((rest, arch)) = arch {
        let (full, short) = with(rest, Some(arch));
        found.extend(full);
        found.push(Pattern { name: rest, arch: Some(arch), ..Pattern::default() });
        behind = short;
    }
    found.push(Pattern { name: text, ..Pattern::default() });
    let (full, short) = with(text, None);
    found.extend(full);
    found.extend(behind);
    found.extend(short);
    found
}

/// The epoch stands before the version, or before everything.
fn versioned<'a>(name: &'a str, version: &'a str, release: Option<&'a str>, arch: Option<&'a str>) -> Option<Pattern<'a>> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (epoch, name, version) = match (version.split_once(':'), name.split_once(':')) {
        (Some((epoch, version)), _) if number(epoch) => (Some(epoch), name, version),
        (_, Some((epoch, rest))) if number(epoch) => (Some(epoch), rest, version),
        _ => (None, name, version),
    };
    let whole = !name.is_empty() && !version.is_empty();
    whole.then_some(Pattern { name, epoch, version: Some(version), release, arch })
}

/// `name=version`, `name.arch=version-release`.
fn equals<'a>(name: &'a str, version: &'a str, is_arch: &impl Fn(&str) -> bool) -> Vec<Pattern<'a>> {
    let (name, arch) = match name.rsplit_once('.') {
        Some((name, arch)) if is_arch(arch) => (name, Some(arch)),
        _ => (name, None),
    };
    let whole = versioned(name, version, None, arch);
    let cut = version.rsplit_once('-').and_then(|(version, release)| versioned(name, version, Some(release), arch));
    cut.into_iter().chain(whole).collect()
}

/// `name >= version`, with spaces.
fn comparison(text: &str) -> Option<Relation> {
    let mut words = text.split_whitespace();
    let (name, sign, version) = (words.next()?, words.next()?, words.next()?);
    let operator = Operator::from_sign(sign).filter(|_| words.next().is_none())?;
    Some(Relation { name: name.to_owned(), version: Some((operator, version.parse::<Evr>().ok()?)), pre: false })
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let refuse = |why: String| Error { text: text.chars().take(120).collect(), why };
        if text.is_empty() || text == "@" {
            return Err(refuse("it is empty".into()));
        }
        if text.chars().any(char::is_control) || text.len() > 1000 {
            return Err(refuse("it is too long or has control characters".into()));
        }
        if text.starts_with('(') {
            return Err(refuse("rich dependencies are for packages; ask for one thing at a time".into()));
        }
        if text.contains(char::is_whitespace) && !text.starts_with(['@', '/']) && comparison(text).is_none() {
            return Err(refuse("a name may be followed by a comparison and a version (`openssl >= 3`)".into()));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
