//! `$releasever`, `$basearch` and the host's own words of `/etc/yum/vars` and `/etc/dnf/vars`.

use std::collections::BTreeMap;

/// Words and what stands for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

/// The longest text that expanding may give.
const LONGEST: usize = 1 << 16;

impl Variables {
    /// Those that every client knows: the release of the system and RPM's word for the architecture (`x86_64`, `aarch64`).
    pub fn of(releasever: &str, arch: &str) -> Self {
        let basearch = match arch {
            "i386" | "i486" | "i586" | "i686" | "athlon" => "i386",
            "armv7l" | "armv7hl" | "armv7hnl" => "armhfp",
            other => other,
        };
        let (major, minor) = releasever.split_once('.').unwrap_or((releasever, ""));
        let pairs = [
            ("releasever", releasever),
            ("releasever_major", major),
            ("releasever_minor", minor),
            ("arch", arch),
            ("basearch", basearch),
        ];
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// Adds one, or changes it.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.trim().to_owned());
    }

    /// What stands for the word.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text with `$name`, `${name}`, `${name:-otherwise}` and `${name:+instead}` replaced; what is not known stays.
    pub fn expand(&self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            done.push_str(&rest[..at]);
            rest = &rest[at..];
            let (length, value) = self.at(rest);
            if done.len() + value.len() > LONGEST {
                break;
            }
            done.push_str(value);
            rest = &rest[length..];
        }
        done + rest
    }

    /// How much of the text, which begins with `$`, is the variable, and what stands for it.
    fn at<'a>(&'a self, text: &'a str) -> (usize, &'a str) {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(inner) = text.strip_prefix("${").and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner) {
            let whole = inner.len() + 3;
            let (name, other) = inner.split_once(':').unwrap_or((inner, ""));
            let value = self.get(name);
            return match (value, other.strip_prefix('-'), other.strip_prefix('+')) {
                (None | Some(""), Some(otherwise), _) => (whole, otherwise),
                (Some(value), _, Some(instead)) if !value.is_empty() => (whole, instead),
                (_, _, Some(_)) => (whole, ""),
                (Some(value), _, _) => (whole, value),
                (None, ..) => (whole, &text[..whole]),
            };
        }
        let end = text[1..].find(|c: char| !letter(c)).map_or(text.len(), |end| end + 1);
        match self.get(&text[1..end]) {
            Some(value) => (end, value),
            None => (end, &text[..end]),
        }
    }
}
