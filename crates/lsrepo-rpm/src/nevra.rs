//! The full name of a package: name, epoch, version, release, architecture.

use crate::{Evr, evr};
use std::{fmt, str::FromStr};

/// A package as an index names it; borrowed from there. Shown as `name-[epoch:]version-release.arch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NevraRef<'a> {
    /// `postgresql-server`
    pub name: &'a str,
    /// 0 where none is written
    pub epoch: u32,
    /// `15.3`
    pub version: &'a str,
    /// `1.el9`; empty in some old indexes
    pub release: &'a str,
    /// `x86_64`, `noarch`
    pub arch: &'a str,
}

impl<'a> NevraRef<'a> {
    /// From a name, an EVR as an index has it (`1:2.0-3`) and an architecture.
    pub fn new(name: &'a str, evr: &'a str, arch: &'a str) -> Self {
        let (epoch, version, release) = evr::split(evr);
        Self { name, epoch, version, release: release.unwrap_or_default(), arch }
    }

    /// From `name-[epoch:]version-release.arch`, or `epoch:name-version-release.arch` as old tools write it.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (rest, arch) = text.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        let (epoch, name, version) = match (version.split_once(':'), name.split_once(':')) {
            (Some((epoch, version)), _) => (epoch.parse().ok()?, name, version),
            (None, Some((epoch, rest))) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch.parse().ok()?, rest, version),
            (None, _) => (0, name, version),
        };
        let whole = [name, version, release, arch].iter().all(|part| !part.is_empty());
        // An epoch is read once: what is left must not look like a second one.
        let epoch_left =
            |name: &str| name.split_once(':').is_some_and(|(start, _)| start.bytes().all(|byte| byte.is_ascii_digit()));
        let clear = !epoch_left(name) && !version.contains(':');
        (whole && clear).then_some(Self { name, epoch, version, release, arch })
    }
}

impl fmt::Display for NevraRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.name)?;
        if self.epoch > 0 {
            write!(f, "{}:", self.epoch)?;
        }
        f.write_str(self.version)?;
        if !self.release.is_empty() {
            write!(f, "-{}", self.release)?;
        }
        write!(f, ".{}", self.arch)
    }
}

/// A package's full name, owned. Read from `name-epoch:version-release.arch`, as module and advisory texts write it;
/// shown as dnf writes it, without an epoch of 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nevra {
    /// `nodejs`
    pub name: Box<str>,
    /// `1:16.1-1.el8`
    pub evr: Evr,
    /// `x86_64`, `noarch`, `src`
    pub arch: Box<str>,
}

impl Nevra {
    /// Of these parts.
    pub fn new(name: &str, evr: &Evr, arch: &str) -> Self {
        Self { name: name.into(), evr: evr.clone(), arch: arch.into() }
    }

    /// Whether it is a source package, which nobody installs.
    pub fn is_source(&self) -> bool {
        matches!(&*self.arch, "src" | "nosrc")
    }
}

/// Text that does not name one package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `name-epoch:version-release.arch`")]
pub struct NevraError(String);

impl FromStr for Nevra {
    type Err = NevraError;

    fn from_str(text: &str) -> Result<Self, NevraError> {
        let read = || {
            let (rest, arch) = text.rsplit_once('.')?;
            let (rest, release) = rest.rsplit_once('-')?;
            let (name, version) = rest.rsplit_once('-')?;
            let (epoch, version) = version.split_once(':')?;
            let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
            let digits = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
            let whole = digits && [arch, release, name, version].into_iter().all(plain);
            let evr = Evr { epoch: epoch.parse().ok().filter(|_| whole)?, version: version.into(), release: release.into() };
            Some(Self { name: name.into(), evr, arch: arch.into() })
        };
        read().ok_or_else(|| NevraError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Nevra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.name, self.evr, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_taken_apart_and_put_together_again() {
        for text in ["glibc-2.34-60.el9.x86_64", "perl-libs-4:5.32.1-480.el9.x86_64", "a-b-c-1-1.noarch"] {
            assert_eq!(NevraRef::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(NevraRef::parse("glibc-0:2.34-60.el9.x86_64").unwrap().to_string(), "glibc-2.34-60.el9.x86_64");
        assert_eq!(NevraRef::parse("2:vim-8.2-1.x86_64").unwrap().to_string(), "vim-2:8.2-1.x86_64");
        for wrong in ["glibc", "glibc-2.34.x86_64", "-1-1.x", "a--1.x", "a-x:1-1.x", "", "1:2:a-1-1.x", ":a-1-1.x", "a-0:1:2-1.x"] {
            assert_eq!(NevraRef::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_version_without_release_has_no_dash() {
        assert_eq!(NevraRef::new("product:openSUSE", "10.3", "i686").to_string(), "product:openSUSE-10.3.i686");
        assert_eq!(NevraRef::new("a", "1:2-3", "noarch").to_string(), "a-1:2-3.noarch");
    }

    #[test]
    fn one_package_survives_its_text() {
        for text in ["perl-List-Compare-0:0.53-9.module_1588+5eed94c6.noarch", "a-12:1~rc1^2-1.el8.x86_64"] {
            assert_eq!(text.parse::<Nevra>().unwrap().to_string(), text.replace("-0:", "-"));
        }
        for text in
            ["MissingEpoch-0-0.src", "a-0:1-1", "a-x:1-1.src", "-0:1-1.src", "a-0:-1.src", "a-0:1-.src", "a b-0:1-1.src", "a"]
        {
            assert!(text.parse::<Nevra>().is_err(), "{text}");
        }
    }
}
