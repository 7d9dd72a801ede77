//! Where a depot is: `s3://bucket/prefix`.

use crate::DepotError;
use std::{fmt, str::FromStr};

/// How every such address begins.
const SCHEME: &str = "s3://";

/// A bucket, and what the names of its objects begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// as the server calls it
    pub bucket: String,
    /// without `/` at its ends; may be empty
    pub prefix: String,
}

impl Place {
    /// Whether an address is of this kind at all.
    pub fn is_meant(address: &str) -> bool {
        address.starts_with(SCHEME)
    }
}

impl FromStr for Place {
    type Err = DepotError;

    fn from_str(text: &str) -> Result<Self, DepotError> {
        let wrong = |why: &'static str| DepotError::Place { text: text.chars().take(200).collect(), why };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| wrong("expected s3://BUCKET/PREFIX"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return Err(wrong("it names no bucket: expected s3://BUCKET/PREFIX"));
        }
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && prefix.split('/').any(|part| matches!(part, "" | "." | "..") || !part.chars().all(plain)) {
            return Err(wrong("the prefix may have letters, digits, `.`, `-` and `_` between single `/`"));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.is_empty() {
            true => write!(f, "{SCHEME}{}", self.bucket),
            false => write!(f, "{SCHEME}{}/{}", self.bucket, self.prefix),
        }
    }
}
