//! For which machines a manifest of an index is: `linux/arm64/v8`.

use lsrepo_types::Arch;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An operating system and an architecture in Go's words. What else an index says of it is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImagePlatform {
    /// `linux`
    #[serde(default)]
    pub os: String,
    /// `amd64`
    #[serde(default)]
    pub architecture: String,
    /// `v8`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// of Windows
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
}

impl ImagePlatform {
    /// Linux on this architecture.
    pub fn linux(arch: Arch) -> Self {
        Self { os: "linux".to_owned(), architecture: arch.oci().to_owned(), variant: None, os_version: None }
    }

    /// Whether what is for `self` runs where `wanted` is: an arm64 without a variant is v8, an amd64 v1.
    pub fn serves(&self, wanted: &Self) -> bool {
        let usual = |platform: &Self| match (platform.architecture.as_str(), platform.variant.as_deref()) {
            ("arm64", None | Some("" | "8")) => "v8".to_owned(),
            ("amd64", None | Some("")) => "v1".to_owned(),
            (_, variant) => variant.unwrap_or_default().to_owned(),
        };
        self.os == wanted.os && self.architecture == wanted.architecture && usual(self) == usual(wanted)
    }

    /// `unknown/unknown`: what is no image at all, such as an attestation beside one.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for ImagePlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_deref().filter(|variant| !variant.is_empty()) {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// Text that is not a platform of an image.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a platform: expected OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64")]
pub struct ImagePlatformError(String);

impl FromStr for ImagePlatform {
    type Err = ImagePlatformError;
    fn from_str(text: &str) -> Result<Self, ImagePlatformError> {
        let wrong = || ImagePlatformError(text.chars().take(80).collect());
        let plain = |part: &&str| {
            !part.is_empty() && part.len() <= 40 && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(plain) {
            return Err(wrong());
        }
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant.to_owned())),
            _ => return Err(wrong()),
        };
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant, os_version: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_that_are_usual_need_not_be_said() {
        let serves = |has: &str, wanted: &str| has.parse::<ImagePlatform>().unwrap().serves(&wanted.parse().unwrap());
        assert!(
            serves("linux/arm64/v8", "linux/arm64")
                && serves("linux/arm64", "linux/arm64/v8")
                && serves("linux/amd64", "linux/amd64")
        );
        assert!(
            !serves("linux/arm/v7", "linux/arm64")
                && !serves("linux/amd64/v3", "linux/amd64")
                && !serves("windows/amd64", "linux/amd64")
        );
        for wrong in ["", "linux", "linux/", "a/b/c/d", "linux/a b"] {
            assert!(wrong.parse::<ImagePlatform>().is_err(), "{wrong}");
        }
    }
}
