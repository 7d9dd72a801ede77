//! Processor architectures and their many spellings.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The architectures that a stack is prepared for. One value, one spelling per ecosystem.
///
/// ```
/// # use lsrepo_types::Arch;
/// let arch: Arch = "AMD64".parse()?;
/// assert_eq!((arch.as_str(), arch.deb(), arch.rpm()), ("x86_64", "amd64", "x86_64"));
/// # Ok::<(), lsrepo_types::ArchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Arch {
    /// 64-bit x86: `x86_64`, `amd64`.
    X86_64,
    /// 64-bit Arm: `arm64`, `aarch64`.
    Arm64,
}

impl Arch {
    /// Every architecture, in our order.
    pub const ALL: [Arch; 2] = [Arch::X86_64, Arch::Arm64];

    /// Our own spelling: `x86_64`, `arm64`.
    pub fn as_str(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "arm64",
        }
    }

    /// Debian's spelling: `amd64`, `arm64`.
    pub fn deb(self) -> &'static str {
        match self {
            Arch::X86_64 => "amd64",
            Arch::Arm64 => "arm64",
        }
    }

    /// RPM's spelling: `x86_64`, `aarch64`.
    pub fn rpm(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "aarch64",
        }
    }

    /// OCI's (Go's) spelling: `amd64`, `arm64`.
    pub fn oci(self) -> &'static str {
        self.deb()
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An architecture that is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("unknown architecture `{word}` (known: x86_64, arm64){}", hint(.word))]
pub struct ArchError {
    word: String,
}

fn hint(word: &str) -> String {
    let known = ["x86_64", "amd64", "arm64", "aarch64"];
    crate::nearest(word, known).map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"))
}

impl FromStr for Arch {
    type Err = ArchError;

    fn from_str(word: &str) -> Result<Self, ArchError> {
        match word.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" | "amd64" | "x64" => Ok(Arch::X86_64),
            "arm64" | "aarch64" | "arm64v8" | "armv8" => Ok(Arch::Arm64),
            _ => Err(ArchError { word: word.to_owned() }),
        }
    }
}

impl TryFrom<String> for Arch {
    type Error = ArchError;
    fn try_from(word: String) -> Result<Self, ArchError> {
        word.parse()
    }
}

impl From<Arch> for &'static str {
    fn from(arch: Arch) -> Self {
        arch.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::Arch;

    #[test]
    fn every_usual_spelling_is_understood() {
        for word in ["amd64", "x86_64", "x86-64", "X86_64"] {
            assert_eq!(word.parse::<Arch>().unwrap(), Arch::X86_64);
        }
        for word in ["arm64", "aarch64", "AArch64"] {
            assert_eq!(word.parse::<Arch>().unwrap(), Arch::Arm64);
        }
    }

    #[test]
    fn a_wrong_word_gets_the_nearest_right_one() {
        let error = "amd46".parse::<Arch>().unwrap_err().to_string();
        assert!(error.contains("did you mean `amd64`"), "{error}");
    }
}
