//! `Packages`: what an archive offers, one stanza a package, read without copying.
//!
//! An index has 50 MB and 63,000 stanzas, so a stanza is a view into the text and only fields that
//! somebody asks for are looked at.

use crate::error::{Error, field, start};
use memchr::{memchr, memmem};

/// What an index says of a package. All text is as it stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each is the control field of that name
pub struct Stanza<'a> {
    pub package: &'a str,
    pub version: &'a str,
    pub architecture: &'a str,
    pub depends: Option<&'a str>,
    pub pre_depends: Option<&'a str>,
    pub recommends: Option<&'a str>,
    pub suggests: Option<&'a str>,
    pub conflicts: Option<&'a str>,
    pub breaks: Option<&'a str>,
    pub replaces: Option<&'a str>,
    pub provides: Option<&'a str>,
    pub multi_arch: Option<&'a str>,
    pub priority: Option<&'a str>,
    pub section: Option<&'a str>,
    pub source: Option<&'a str>,
    pub filename: Option<&'a str>,
    pub sha256: Option<&'a str>,
    pub essential: bool,
    /// bytes of the package
    pub size: Option<u64>,
    /// the whole stanza without the blank line after it
    pub raw: &'a str,
}

impl<'a> Stanza<'a> {
    /// The name of the source package: `Source` without its version, else the package's own.
    pub fn source_name(&self) -> &'a str {
        match self.source {
            Some(source) => source.split([' ', '(']).next().unwrap_or(source),
            None => self.package,
        }
    }

    /// Reads one stanza. `raw` has no blank line.
    pub fn parse(raw: &'a str) -> Result<Self, Error> {
        let mut stanza = Stanza { raw, ..Stanza::default() };
        let mut rest = raw;
        while !rest.is_empty() {
            let (line, after) = cut_field(rest);
            rest = after;
            if let Some(colon) = memchr(b':', line.as_bytes()) {
                stanza.set(&line[..colon], line[colon + 1..].trim_ascii())?;
            } else if !line.trim().is_empty() {
                return Err(Error::Line { line: raw[..raw.len() - rest.len()].lines().count(), text: start(line) });
            }
        }
        let missing = |field| Error::Missing { field, of: start(stanza.package) };
        match stanza {
            Stanza { package: "", .. } => Err(missing("Package")),
            Stanza { version: "", .. } => Err(missing("Version")),
            Stanza { architecture: "", .. } => Err(missing("Architecture")),
            stanza => Ok(stanza),
        }
    }

    fn set(&mut self, name: &'a str, value: &'a str) -> Result<(), Error> {
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        match (name.len(), name.as_bytes().first().map(u8::to_ascii_lowercase)) {
            (7, Some(b'p')) if is("Package") => self.package = value,
            (7, Some(b'v')) if is("Version") => self.version = value,
            (12, Some(b'a')) if is("Architecture") => self.architecture = value,
            (7, Some(b'd')) if is("Depends") => self.depends = Some(value),
            (11, Some(b'p')) if is("Pre-Depends") => self.pre_depends = Some(value),
            (10, Some(b'r')) if is("Recommends") => self.recommends = Some(value),
            (8, Some(b's')) if is("Suggests") => self.suggests = Some(value),
            (9, Some(b'c')) if is("Conflicts") => self.conflicts = Some(value),
            (6, Some(b'b')) if is("Breaks") => self.breaks = Some(value),
            (8, Some(b'r')) if is("Replaces") => self.replaces = Some(value),
            (8, Some(b'p')) if is("Provides") => self.provides = Some(value),
            (10, Some(b'm')) if is("Multi-Arch") => self.multi_arch = Some(value),
            (8, Some(b'p')) if is("Priority") => self.priority = Some(value),
            (7, Some(b's')) if is("Section") => self.section = Some(value),
            (6, Some(b's')) if is("Source") => self.source = Some(value),
            (8, Some(b'f')) if is("Filename") => self.filename = Some(value),
            (6, Some(b's')) if is("SHA256") => self.sha256 = Some(value),
            (9, Some(b'e')) if is("Essential") => self.essential = value.eq_ignore_ascii_case("yes"),
            (4, Some(b's')) if is("Size") => {
                self.size = Some(value.parse().map_err(|_| field("Size", value, "is not a number of bytes"))?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A field with its continuation lines, and what comes after it.
fn cut_field(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(end) = memchr(b'\n', &bytes[from..]) {
        from += end + 1;
        if !matches!(bytes.get(from), Some(b' ' | b'\t')) {
            return (&text[..from - 1], &text[from..]);
        }
    }
    (text, "")
}

/// The stanzas of an index.
pub fn scan(text: &str) -> impl Iterator<Item = Result<Stanza<'_>, Error>> {
    let finder = memmem::Finder::new("\n\n");
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['\n', '\r']);
        if rest.trim_ascii_start().is_empty() {
            return None;
        }
        let end = finder.find(rest.as_bytes());
        let (raw, after) = end.map_or((rest.trim_ascii_end(), ""), |end| (&rest[..end], &rest[end + 2..]));
        rest = after;
        Some(Stanza::parse(raw))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "Package: a\nVersion: 1\nArchitecture: all\nDepends: b,\n c\nEssential: yes\nSize: 7\nSource: src (2)\n\n\
                       package: b\nversion: 2\narchitecture: amd64\nX-Unknown: y\n";

    #[test]
    fn a_stanza_is_a_view() {
        let all: Vec<_> = scan(TWO).map(Result::unwrap).collect();
        assert_eq!((all[0].package, all[0].depends, all[0].size, all[0].essential), ("a", Some("b,\n c"), Some(7), true));
        assert_eq!((all[0].source_name(), all[1].source_name()), ("src", "b"));
        assert_eq!(all[1].raw, "package: b\nversion: 2\narchitecture: amd64\nX-Unknown: y");
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let error = |text: &str| scan(text).next().unwrap().unwrap_err().to_string();
        assert_eq!(error("Package: a\nVersion: 1\n"), "the field Architecture is missing in the paragraph of `a`");
        assert_eq!(error("Package: a\nSize: x\n"), "Size: `x` is not a number of bytes");
        assert_eq!(error("Package: a\nrubbish\n"), "line 2: `rubbish` is neither a field nor its continuation");
    }
}
