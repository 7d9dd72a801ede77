//! `postgresql:16`, or `postgresql` for its default stream.

use std::{fmt, str::FromStr};

/// A module that is wanted, and in which stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamRequest {
    /// `postgresql`
    pub module: String,
    /// `16`; none: the default one
    pub stream: Option<String>,
}

/// Text that does not name a module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a module stream: expected `MODULE:STREAM` such as `postgresql:16`")]
pub struct StreamRequestError(String);

impl FromStr for StreamRequest {
    type Err = StreamRequestError;

    fn from_str(text: &str) -> Result<Self, StreamRequestError> {
        let (module, stream) = match text.split_once(':') {
            Some((module, stream)) => (module, Some(stream)),
            None => (text, None),
        };
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-._+".contains(c));
        match word(module) && stream.is_none_or(word) && text.len() <= 200 {
            true => Ok(Self { module: module.to_owned(), stream: stream.map(str::to_owned) }),
            false => Err(StreamRequestError(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for StreamRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        self.stream.iter().try_for_each(|stream| write!(f, ":{stream}"))
    }
}
