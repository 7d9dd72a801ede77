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
    #[error("`{0}` is not a package request: expected a name such as `nginx`, maybe with a version: `nginx=1.22.*`")]
    Package(String),
    /// not a file to download
    #[error("`{0}` is not a file request: expected `https://…`, `http://…` or `file:///…`, then maybe the name to save it under")]
    File(String),
    /// not a chart
    #[error(transparent)]
    Chart(#[from] crate::chart::ChartRequestError),
    /// half of a signature
    #[error("a signature of checksums needs both: `signature`, its address, and `key`, which makes it")]
    Checksums,
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

/// A wish for packages, in the words of the platform's own package manager: `postgresql`, `haproxy=2.6.*`,
/// `libc6:arm64`; for RPM also `@core`, `/usr/bin/make`, `libz.so.1()(64bit)`.
///
/// What the words mean is the business of each family's `Request`; here they are only known to be harmless.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageRequest(Box<str>);

impl PackageRequest {
    /// The request as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PackageRequest {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let text = text.trim();
        let first = |c: char| c.is_ascii_alphanumeric() || "@/_(*?[".contains(c);
        let harmless = |c: char| c.is_ascii_alphanumeric() || "@/_()*?[]+-.~:^=<> ".contains(c);
        // Several words are one request only where they compare (`web >= 1.2`), or are marked as one.
        let words: Vec<&str> = text.split(' ').collect();
        let compares = matches!(words[..], [_, "<" | "<=" | "=" | ">=" | ">", version] if !version.is_empty());
        let joined = words.len() == 1 || compares || text.starts_with(['(', '@']);
        match text.starts_with(first) && text.len() <= 300 && text.chars().all(harmless) && joined && !text.ends_with('=') {
            true => Ok(Self(text.into())),
            false => Err(RequirementError::Package(text.chars().take(120).collect())),
        }
    }
}

impl fmt::Display for PackageRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
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
        request.0.into()
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

/// An image together with the module that wants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRequirement {
    /// who wants it
    pub module: ModuleName,
    /// written out: `docker.io/library/registry:2`
    pub image: String,
}

/// A file, or a package by URL, together with the module that wants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRequirement {
    /// who wants it
    pub module: ModuleName,
    /// whether it is kept as a file, or put into the package repository
    #[serde(default, skip_serializing_if = "FileKind::is_file")]
    pub kind: FileKind,
    /// what is wanted
    pub file: crate::FileRequest,
}

/// What a file by URL is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// kept and served as it is
    #[default]
    File,
    /// a package that lies in no repository
    Package,
}

impl FileKind {
    fn is_file(&self) -> bool {
        *self == Self::File
    }
}

#[cfg(test)]
mod tests {
    use super::PackageRequest;

    #[test]
    fn requests_survive_their_text() {
        for text in
            ["postgresql", "haproxy=2.6.*", "libc6:arm64", "g++", "@core", "/usr/bin/make", "libz.so.1()(64bit)", "web >= 1.2"]
        {
            assert_eq!(text.parse::<PackageRequest>().unwrap().to_string(), text);
        }
        for text in ["", "=1", "a b", "-x", "a=", "a;b", "$(x)", "a\nb"] {
            assert!(text.parse::<PackageRequest>().is_err(), "{text}");
        }
    }
}
