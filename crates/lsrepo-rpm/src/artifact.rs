//! One package by name, version and architecture, as module and advisory texts mean it: `nodejs-1:16.1-1.el8.x86_64`.

use crate::Evr;
use std::{fmt, str::FromStr};

/// `name-epoch:version-release.arch`. The epoch is always written; one that is left out is 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Artifact {
    /// `nodejs`
    pub name: Box<str>,
    /// `1:16.1-1.el8`
    pub evr: Evr,
    /// `x86_64`, `noarch`, `src`
    pub arch: Box<str>,
}

impl Artifact {
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
pub struct ArtifactError(String);

impl FromStr for Artifact {
    type Err = ArtifactError;

    fn from_str(text: &str) -> Result<Self, ArtifactError> {
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
        read().ok_or_else(|| ArtifactError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evr { epoch, version, release } = &self.evr;
        write!(f, "{}-{epoch}:{version}-{release}.{}", self.name, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_package_survives_its_text() {
        for text in ["perl-List-Compare-0:0.53-9.module_1588+5eed94c6.noarch", "a-12:1~rc1^2-1.el8.x86_64"] {
            assert_eq!(text.parse::<Artifact>().unwrap().to_string(), text);
        }
        for text in
            ["MissingEpoch-0-0.src", "a-0:1-1", "a-x:1-1.src", "-0:1-1.src", "a-0:-1.src", "a-0:1-.src", "a b-0:1-1.src", "a"]
        {
            assert!(text.parse::<Artifact>().is_err(), "{text}");
        }
    }
}
