//! One authored wish, and who has it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The name of a module of the stack: lower-case letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModuleName(Box<str>);

impl ModuleName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who wants what was named on the command line.
    pub fn command_line() -> Self {
        Self("command-line".into())
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A wish that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RequirementError {
    /// not a module's name
    #[error("`{0}` is not a module name: expected lower-case letters, digits and dashes")]
    Module(String),
    /// not a package request
    #[error("`{0}` is not a package request: expected `NAME`, `NAME=VERSION`, `NAME:ARCH` or `NAME/SUITE`")]
    Package(String),
    /// not a file to download
    #[error("`{0}` is not a file request: expected `http://…` or `https://…`, then maybe the name to save it under")]
    File(String),
    /// not a digest
    #[error("`{0}` is not a SHA-256: expected 64 hexadecimal digits")]
    Digest(String),
    /// not an image
    #[error("`{0}` is not an image: expected `[REGISTRY/]REPOSITORY:TAG` or `…@sha256:DIGEST`")]
    Image(String),
}

impl FromStr for ModuleName {
    type Err = RequirementError;
    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match !text.is_empty() && text.len() <= 64 && text.chars().all(fits) && !text.starts_with('-') && !text.contains("--") {
            true => Ok(Self(text.into())),
            false => Err(RequirementError::Module(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for ModuleName {
    type Error = RequirementError;
    fn try_from(text: String) -> Result<Self, RequirementError> {
        text.parse()
    }
}

impl From<ModuleName> for String {
    fn from(name: ModuleName) -> Self {
        name.0.into()
    }
}

/// A package by name, maybe with a version pattern, an architecture, or the suite to take it from:
/// `postgresql`, `haproxy=2.6.*`, `libc6:arm64`, `nginx/bookworm-backports`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageRequest {
    /// the package's name, maybe with `*` and `?`
    pub name: String,
    /// a version, maybe with `*` and `?`
    pub version: Option<String>,
    /// the ecosystem's word for an architecture, where not the platform's own
    pub arch: Option<String>,
    /// the suite to prefer
    pub suite: Option<String>,
}

impl FromStr for PackageRequest {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let refuse = || RequirementError::Package(text.chars().take(120).collect());
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

impl fmt::Display for PackageRequest {
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

impl TryFrom<String> for PackageRequest {
    type Error = RequirementError;
    fn try_from(text: String) -> Result<Self, RequirementError> {
        text.parse()
    }
}

impl From<PackageRequest> for String {
    fn from(request: PackageRequest) -> Self {
        request.to_string()
    }
}

/// A package request together with the module that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Requirement {
    /// who wants it
    pub module: ModuleName,
    /// what is wanted
    pub package: PackageRequest,
}

#[cfg(test)]
mod tests {
    use super::PackageRequest;

    #[test]
    fn requests_survive_their_text() {
        for text in ["postgresql", "haproxy=2.6.*", "libc6:arm64", "nginx/bookworm-backports", "g++", "x=1:2.3~rc1-4+b2"] {
            assert_eq!(text.parse::<PackageRequest>().unwrap().to_string(), text);
        }
        for text in ["", "=1", "a b", "-x", "a=", "a;b", "$(x)"] {
            assert!(text.parse::<PackageRequest>().is_err(), "{text}");
        }
    }
}
