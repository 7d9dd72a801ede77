//! What is in a vault, in clear: a YAML map of names and texts.

use crate::{
    source::Source,
    yaml::{self, Value},
};
use std::{collections::BTreeMap, fmt, fmt::Write as _};

/// A secret. It is shown only by who asks for it in so many words.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Text becomes a secret. The end of its last line is not part of it.
    pub fn new(text: &str) -> Self {
        Self(text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text)).to_owned())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a text is not what a vault holds; it says where, and nothing of what is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// not even YAML
    #[error("it is not YAML at line {0}")]
    Yaml(u64),
    /// another value than a map, or several
    #[error("it is {0}")]
    NoMap(&'static str),
    /// a key that is no name
    #[error("the key at line {0} is no name: letters, digits, `-`, `_` and `.`, beginning with a letter")]
    Name(u64),
    /// a value that is no text
    #[error("`{name}` is {found}, not text: put it into quotes")]
    NoText {
        /// the name
        name: String,
        /// what it is
        found: &'static str,
    },
}

/// Name → secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets(pub BTreeMap<String, Secret>);

impl Secrets {
    /// Reads what a vault holds; nothing at all is an empty map.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        // what YAML says of an error may quote what is there
        let nodes = yaml::parse(&Source::new("vault", text)).map_err(|misfit| ParseError::Yaml(misfit.line))?;
        let mut all = BTreeMap::new();
        match &nodes[..] {
            [] => {}
            [node] if matches!(node.value, Value::Map(_)) => {
                for (key, value) in node.entries() {
                    if !is_name(&key.text) {
                        return Err(ParseError::Name(key.place.line));
                    }
                    let none = || ParseError::NoText { name: key.text.clone(), found: value.kind() };
                    all.insert(key.text.clone(), Secret(value.text().ok_or_else(none)?.to_owned()));
                }
            }
            [node] => return Err(ParseError::NoMap(node.kind())),
            _ => return Err(ParseError::NoMap("several documents")),
        }
        Ok(Self(all))
    }

    /// The same as text. Every secret is in quotes, so that a number stays text.
    pub fn render(&self) -> String {
        let line = |(name, secret): (&String, &Secret)| format!("{name}: {}\n", quoted(&secret.0));
        if self.0.is_empty() { "{}\n".to_owned() } else { self.0.iter().map(line).collect() }
    }
}

/// Letters, digits, `-`, `_` and `.`, beginning with a letter.
pub fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(fits)
}

/// In double quotes; what is not printable ASCII is escaped, since not every reader of YAML takes it as it is.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            '\n' => quoted.write_str("\\n"),
            '\t' => quoted.write_str("\\t"),
            ' '..='~' => quoted.write_char(c),
            c if u32::from(c) <= 0xffff => write!(quoted, "\\u{:04X}", u32::from(c)),
            c => write!(quoted, "\\U{:08X}", u32::from(c)),
        };
    }
    quoted.push('"');
    quoted
}
