//! A wish for a Debian package, as apt takes it on its command line.

use crate::{Error, error::start};
use std::{fmt, str::FromStr};

/// A package by name, maybe with a version pattern, an architecture, or the suite to take it from:
/// `postgresql`, `haproxy=2.6.*`, `libc6:arm64`, `nginx/bookworm-backports`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// the package's name, maybe with `*` and `?`
    pub name: String,
    /// a version, maybe with `*` and `?`
    pub version: Option<String>,
    /// Debian's word for an architecture, where not the platform's own
    pub arch: Option<String>,
    /// the suite to prefer
    pub suite: Option<String>,
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || Error::Request(start(text));
        let text = text.trim();
        let (rest, version) = match text.split_once('=') {
            Some((rest, version)) => (rest.trim(), Some(version.trim())),
            None => (text, None),
        };
        let (rest, suite) = match rest.split_once('/') {
            Some((rest, suite)) => (rest, Some(suite)),
            None => (rest, None),
        };
        let (name, arch) = match rest.split_once(':') {
            Some((name, arch)) => (name, Some(arch)),
            None => (rest, None),
        };
        let word = |part: &str, more: &str| {
            !part.is_empty() && part.len() <= 200 && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let fits = word(name, "+-._*?")
            && !name.starts_with(['-', '.', '+'])
            && version.is_none_or(|v| word(v, "+-.~:^_*?"))
            && arch.is_none_or(|a| word(a, "-_"))
            && suite.is_none_or(|s| word(s, "-._~+"));
        match fits {
            true => Ok(Self {
                name: name.to_owned(),
                version: version.map(str::to_owned),
                arch: arch.map(str::to_owned),
                suite: suite.map(str::to_owned),
            }),
            false => Err(refuse()),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(arch) = &self.arch {
            write!(f, ":{arch}")?;
        }
        if let Some(suite) = &self.suite {
            write!(f, "/{suite}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "={version}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn requests_survive_their_text() {
        for text in ["postgresql", "haproxy=2.6.*", "libc6:arm64", "nginx/bookworm-backports", "g++", "x=1:2.3~rc1-4+b2"] {
            assert_eq!(text.parse::<Request>().unwrap().to_string(), text);
        }
        for text in ["", "=1", "a b", "-x", "a=", "a;b", "$(x)", "@core", "/usr/bin/x", "a >= 1"] {
            assert!(text.parse::<Request>().is_err(), "{text}");
        }
    }
}
