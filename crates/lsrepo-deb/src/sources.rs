//! Where packages come from: `deb [signed-by=…] URI suite component…` and its deb822 form.
//! Spec: sources.list(5). `deb-src` is passed over.

mod one_line;
mod stanza;

use crate::Error;
use std::{fmt, str::FromStr};

pub use one_line::parse_list;
pub use stanza::parse_deb822;

/// Who may sign a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// a keyring file
    Path(String),
    /// a key of the keyrings that are trusted for all
    Fingerprint(String),
    /// an armoured key, written into the source itself
    Inline(String),
}

/// One entry: every address with every suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// base addresses
    pub uris: Vec<String>,
    /// `bookworm`; a flat repository's ends in `/`
    pub suites: Vec<String>,
    /// `main`; none for a flat repository
    pub components: Vec<String>,
    /// Debian's words; none: the host's own
    pub architectures: Vec<String>,
    /// none: any key that the host trusts for archives
    pub signed_by: Vec<SignedBy>,
    /// whether an expired index is refused
    pub check_valid_until: bool,
    /// whether indexes are fetched by their hash; none: as the Release says
    pub by_hash: Option<bool>,
    /// `yes`: the signature is not looked at
    pub trusted: Option<bool>,
    /// whether it counts
    pub enabled: bool,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            uris: Vec::new(),
            suites: Vec::new(),
            components: Vec::new(),
            architectures: Vec::new(),
            signed_by: Vec::new(),
            check_valid_until: true,
            by_hash: None,
            trusted: None,
            enabled: true,
        }
    }
}

impl Source {
    /// Why this cannot be used.
    fn problem(&self) -> Option<String> {
        if self.uris.is_empty() || self.suites.is_empty() {
            return Some("a source needs an address and a suite".to_owned());
        }
        let scheme = |uri: &&String| !["http://", "https://", "file:"].iter().any(|known| uri.starts_with(known));
        if let Some(uri) = self.uris.iter().find(scheme) {
            return Some(format!("`{uri}` is not an address that can be read (known: http, https, file)"));
        }
        let flat = |suite: &&String| suite.ends_with('/');
        let climbs = |word: &&String| word.split('/').any(|part| part == "..") || word.contains(['?', '#', '%', '\\']);
        if let Some(wrong) = self.suites.iter().chain(&self.components).find(climbs) {
            return Some(format!("`{wrong}` is neither a suite nor a component"));
        }
        match (self.suites.iter().find(flat), self.suites.iter().find(|suite| !flat(suite)), self.components.is_empty()) {
            (Some(suite), _, false) => Some(format!("`{suite}` ends in `/` (a flat repository), so it has no components")),
            (_, Some(suite), true) => Some(format!("the suite `{suite}` needs a component, such as `main`")),
            _ => None,
        }
    }

    /// An option by the name that both forms share (`Signed-By` is `signed-by`).
    fn set(&mut self, name: &str, value: &str) {
        let words = || value.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()).map(str::to_owned);
        match name {
            "arch" | "architectures" => self.architectures = words().collect(),
            "signed-by" => self.signed_by = signed_by(value),
            "check-valid-until" => self.check_valid_until = yes(value).unwrap_or(true),
            "by-hash" => self.by_hash = yes(value),
            "trusted" => self.trusted = yes(value),
            _ => {}
        }
    }
}

fn yes(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "on" | "with" | "enable" | "force" => Some(true),
        "no" | "false" | "0" | "off" | "without" | "disable" => Some(false),
        _ => None,
    }
}

fn signed_by(value: &str) -> Vec<SignedBy> {
    if value.contains("-----BEGIN PGP") {
        let line = |line: &str| match line.trim() {
            "." => String::new(),
            other => other.to_owned(),
        };
        return vec![SignedBy::Inline(value.trim().lines().map(line).collect::<Vec<_>>().join("\n") + "\n")];
    }
    let one = |word: &str| match word.starts_with('/') {
        true => SignedBy::Path(word.to_owned()),
        false => SignedBy::Fingerprint(word.trim_end_matches('!').to_owned()),
    };
    value.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()).map(one).collect()
}

impl FromStr for Source {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::Config { file: "source".to_owned(), line: 1, why: format!("`{text}`: {why}") };
        match &mut parse_list(text, "source")?[..] {
            [one] => Ok(std::mem::take(one)),
            [] => Err(refuse("expected `deb [signed-by=KEYRING] URL SUITE COMPONENT…`")),
            _ => Err(refuse("expected one line")),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = Vec::new();
        if !self.architectures.is_empty() {
            options.push(format!("arch={}", self.architectures.join(",")));
        }
        let named = self.signed_by.iter().filter_map(|by| match by {
            SignedBy::Path(word) | SignedBy::Fingerprint(word) => Some(word.as_str()),
            SignedBy::Inline(_) => None,
        });
        let named: Vec<&str> = named.collect();
        if !named.is_empty() {
            options.push(format!("signed-by={}", named.join(",")));
        }
        let word = |yes: bool| if yes { "yes" } else { "no" };
        options.extend(self.trusted.map(|yes| format!("trusted={}", word(yes))));
        options.extend(self.by_hash.map(|yes| format!("by-hash={}", word(yes))));
        if !self.check_valid_until {
            options.push("check-valid-until=no".to_owned());
        }
        let options = if options.is_empty() { String::new() } else { format!("[{}] ", options.join(" ")) };
        let mut first = true;
        for uri in &self.uris {
            for suite in &self.suites {
                if !std::mem::take(&mut first) {
                    writeln!(f)?;
                }
                write!(f, "deb {options}{uri} {suite}")?;
                self.components.iter().try_for_each(|component| write!(f, " {component}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
