//! Versions of documents and modules: three numbers.

use std::{fmt, str::FromStr};

/// `1.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The version of this program.
    pub fn of_program() -> Self {
        env!("CARGO_PKG_VERSION").parse().unwrap_or(Self(0, 0, 0))
    }

    /// Whether a program of the version `program` understands what was written for this one: it is not newer, and
    /// the first number (while that is 0 the second) is the same.
    pub fn fits(&self, program: &Self) -> Result<(), String> {
        match () {
            () if self > program => {
                Err(format!("it is for lambdastack {self}, and this is {program}\nhint: use a newer lambdastack"))
            }
            () if (self.0, if self.0 == 0 { self.1 } else { 0 }) != (program.0, if program.0 == 0 { program.1 } else { 0 }) => {
                Err(format!("it is for lambdastack {self}, which {program} does not understand any more"))
            }
            () => Ok(()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<Option<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match parts[..] {
            [Some(first), Some(second), Some(third)] => Ok(Self(first, second, third)),
            _ => Err(format!("`{}` is not a version: three numbers, such as `1.2.3`", text.chars().take(40).collect::<String>())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn a_newer_and_a_very_old_document_are_refused() {
        let fits = |document: &str, program: &str| document.parse::<Version>().unwrap().fits(&program.parse().unwrap()).is_ok();
        assert!(fits("0.1.0", "0.1.3") && fits("1.2.0", "1.9.0"));
        assert!(!fits("0.1.4", "0.1.3") && !fits("1.3.4", "0.1.0") && !fits("0.1.0", "0.2.0") && !fits("1.9.9", "2.0.0"));
        assert!("1.2".parse::<Version>().is_err() && "1.2.x".parse::<Version>().is_err());
    }
}
