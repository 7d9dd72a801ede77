//! The name of a key.

use crate::KeyError;
use std::{fmt, str::FromStr};

/// A key's fingerprint, shown as upper-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<[u8]>);

impl Fingerprint {
    pub(crate) fn of(key: &impl pgp::types::KeyDetails) -> Self {
        Self(key.fingerprint().as_bytes().into())
    }

    /// Whether `text` names this key: its fingerprint or the end of it (at least a long key id of 16 digits).
    pub fn matches(&self, text: &str) -> bool {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let plain = plain.trim_start_matches("0x").trim_end_matches('!').to_ascii_uppercase();
        plain.len() >= 16 && self.to_string().ends_with(&plain)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Fingerprint {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refuse = || KeyError::NoKey { why: format!("`{}` is not a fingerprint", text.chars().take(80).collect::<String>()) };
        let plain: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
        let digit = |c: u8| char::from(c).to_digit(16).map(|digit| digit as u8);
        let pairs = plain.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?));
        match pairs.collect::<Option<Vec<u8>>>() {
            Some(bytes) if matches!(bytes.len(), 20 | 32) => Ok(Self(bytes.into())),
            _ => Err(refuse()),
        }
    }
}
