//! What a stack is prepared for: a distribution with its version, and an architecture.

use crate::{Arch, ArchError};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A distribution and its version: `debian-12`, `centos-7`, `ubuntu-22.04`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Os(Box<str>);

impl Os {
    /// `debian-12`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The distribution alone: `debian`.
    pub fn distribution(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(name, _)| name)
    }

    /// The version alone: `12`.
    pub fn version(&self) -> &str {
        self.0.rsplit_once('-').map_or("", |(_, version)| version)
    }

    /// Which packages it installs.
    pub fn family(&self) -> Family {
        match self.distribution() {
            "debian" | "ubuntu" => Family::Debian,
            _ => Family::RedHat,
        }
    }
}

/// The two worlds of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// dpkg and apt.
    Debian,
    /// rpm with yum or dnf.
    RedHat,
}

/// Text that does not name an operating system.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not an OS: expected a name and a version such as `debian-12`")]
pub struct OsError {
    text: String,
}

impl FromStr for Os {
    type Err = OsError;

    fn from_str(text: &str) -> Result<Self, OsError> {
        let lower = text.to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        let named = lower.starts_with(|c: char| c.is_ascii_lowercase());
        let versioned = lower.rsplit_once('-').is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
        match named && versioned && lower.chars().all(allowed) && lower.len() <= 64 {
            true => Ok(Self(lower.into())),
            false => Err(OsError { text: text.chars().take(80).collect() }),
        }
    }
}

impl TryFrom<String> for Os {
    type Error = OsError;
    fn try_from(text: String) -> Result<Self, OsError> {
        text.parse()
    }
}

impl From<Os> for String {
    fn from(os: Os) -> Self {
        os.0.into()
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An OS on an architecture, written `debian-12/x86_64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform {
    /// the distribution and its version
    pub os: Os,
    /// the architecture
    pub arch: Arch,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.os, self.arch))
    }
}

/// Text that does not name a platform.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// no slash
    #[error("`{0}` is not a platform: expected `OS/ARCH` such as `debian-12/x86_64`")]
    Shape(String),
    /// the part before the slash
    #[error(transparent)]
    Os(#[from] OsError),
    /// the part after the slash
    #[error(transparent)]
    Arch(#[from] ArchError),
}

impl FromStr for Platform {
    type Err = PlatformError;
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let (os, arch) = text.split_once('/').ok_or_else(|| PlatformError::Shape(text.to_owned()))?;
        Ok(Self { os: os.parse()?, arch: arch.parse()? })
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;
    fn try_from(text: String) -> Result<Self, PlatformError> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_survives_its_text() {
        let platform: Platform = "Debian-12/aarch64".parse().unwrap();
        assert_eq!(platform.to_string(), "debian-12/arm64");
        assert_eq!((platform.os.distribution(), platform.os.version()), ("debian", "12"));
        assert!("debian/arm64".parse::<Platform>().is_err());
        assert!("../x-1/arm64".parse::<Platform>().is_err());
    }
}
