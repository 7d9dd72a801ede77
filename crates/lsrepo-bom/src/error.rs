//! Documents that cannot be used, with the place in the file.

use serde::de::DeserializeOwned;
use std::fmt;

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum BomError {
    /// not YAML, or not what the document's kind says
    #[error("{file}:{line}:{column}: {what}")]
    Document {
        /// the name it was given under
        file: String,
        /// counted from 1
        line: u64,
        /// counted from 1
        column: u64,
        /// what is wrong there
        what: String,
    },
    /// lines of a requirements file, every one that is of no use
    #[error("{}", joined(.0))]
    Lines(Vec<UnusableLine>),
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableLine {
    /// the name the file was given under
    pub file: String,
    /// counted from 1
    pub line: usize,
    /// why not
    pub why: String,
}

impl fmt::Display for UnusableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

fn joined(lines: &[UnusableLine]) -> String {
    lines.iter().map(UnusableLine::to_string).collect::<Vec<_>>().join("\n")
}

/// One YAML document as a value, or where it goes wrong.
pub(crate) fn from_yaml<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, BomError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let location = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
        let said = error.to_string();
        let place = format!(" at line {}, column {}", location.line(), location.column());
        BomError::Document {
            file: file.to_owned(),
            line: location.line(),
            column: location.column(),
            what: said.replace(&place, ""),
        }
    })
}
