//! `Release`: what a suite consists of, with the digest of every index.
//! Format: <https://wiki.debian.org/DebianRepository/Format>

use crate::{Error, deb822, error::field};
use lsrepo_types::{Digest, RelPath, Timestamp};
use std::{collections::BTreeMap, fmt::Write as _};

/// How many files a suite may list.
const MOST_FILES: usize = 200_000;

/// A file that a `Release` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// bytes
    pub size: u64,
    /// its SHA-256
    pub sha256: Digest,
}

/// A suite at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each is the field of that name
pub struct Release {
    pub origin: Option<String>,
    pub label: Option<String>,
    pub suite: Option<String>,
    pub codename: Option<String>,
    pub version: Option<String>,
    pub date: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub architectures: Vec<String>,
    pub components: Vec<String>,
    pub acquire_by_hash: bool,
    pub not_automatic: bool,
    pub but_automatic_upgrades: bool,
    /// `Packages` of an architecture hold the `all` packages too; `binary-all` is not to be read
    pub no_support_for_all: bool,
    /// by path below the suite
    pub files: BTreeMap<RelPath, IndexFile>,
}

impl Release {
    /// Reads the text whose signature was checked.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let paragraph = match deb822::paragraphs(text).next() {
            Some(paragraph) => paragraph?,
            None => return Err(Error::Missing { field: "SHA256", of: "an empty Release".to_owned() }),
        };
        let mut release = Self::default();
        let mut listed = false;
        for (name, value) in paragraph.fields() {
            let owned = || Some(value.to_owned());
            let yes = value.eq_ignore_ascii_case("yes");
            let words = || value.split_whitespace().map(str::to_owned).collect();
            match name.to_ascii_lowercase().as_str() {
                "origin" => release.origin = owned(),
                "label" => release.label = owned(),
                "suite" => release.suite = owned(),
                "codename" => release.codename = owned(),
                "version" => release.version = owned(),
                "date" => release.date = Some(date("Date", value)?),
                "valid-until" => release.valid_until = Some(date("Valid-Until", value)?),
                "architectures" => release.architectures = words(),
                "components" => release.components = words(),
                "acquire-by-hash" => release.acquire_by_hash = yes,
                "notautomatic" => release.not_automatic = yes,
                "butautomaticupgrades" => release.but_automatic_upgrades = yes,
                "no-support-for-architecture-all" => {
                    release.no_support_for_all = value.split_whitespace().any(|word| word == "Packages");
                }
                "sha256" => {
                    listed = true;
                    release.files = files(value)?;
                }
                _ => {}
            }
        }
        match listed {
            true => Ok(release),
            false => Err(Error::Missing { field: "SHA256", of: release.suite.or(release.codename).unwrap_or_default() }),
        }
    }

    /// The text to be signed. Equal values give equal bytes.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "{name}: {}", value.replace(['\n', '\r'], " "));
            }
        };
        let or_nothing = |value: &Option<String>| value.clone().unwrap_or_default();
        line("Origin", &or_nothing(&self.origin));
        line("Label", &or_nothing(&self.label));
        line("Suite", &or_nothing(&self.suite));
        line("Codename", &or_nothing(&self.codename));
        line("Version", &or_nothing(&self.version));
        line("Date", &self.date.map(Timestamp::deb).unwrap_or_default());
        line("Valid-Until", &self.valid_until.map(Timestamp::deb).unwrap_or_default());
        let flag = |set: bool, word: &str| if set { word.to_owned() } else { String::new() };
        line("NotAutomatic", &flag(self.not_automatic, "yes"));
        line("ButAutomaticUpgrades", &flag(self.but_automatic_upgrades, "yes"));
        line("Acquire-By-Hash", &flag(self.acquire_by_hash, "yes"));
        line("No-Support-for-Architecture-all", &flag(self.no_support_for_all, "Packages"));
        line("Architectures", &self.architectures.join(" "));
        line("Components", &self.components.join(" "));
        text.push_str("SHA256:\n");
        for (path, IndexFile { size, sha256 }) in &self.files {
            let _ = writeln!(text, " {} {size} {path}", sha256.hex());
        }
        text
    }
}

fn date(name: &'static str, value: &str) -> Result<Timestamp, Error> {
    Timestamp::parse_rfc2822(value).map_err(|_| field(name, value, "is not a date"))
}

fn files(value: &str) -> Result<BTreeMap<RelPath, IndexFile>, Error> {
    let mut files = BTreeMap::new();
    for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (hash, size, path) = (words.next(), words.next(), words.next());
        let digest = hash.and_then(|hash| Digest::from_hex(hash).ok());
        let size = size.and_then(|size| size.parse().ok());
        let path = path.map(str::parse::<RelPath>);
        match (digest, size, path, words.next()) {
            (Some(sha256), Some(size), Some(Ok(path)), None) if files.len() < MOST_FILES => {
                files.insert(path, IndexFile { size, sha256 });
            }
            _ => return Err(field("SHA256", line, "is not a digest, a size and a path below the suite")),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_survives_its_text() {
        let mut release = Release {
            origin: Some("lsrepo".into()),
            suite: Some("debian-12".into()),
            date: Some(Timestamp(1_746_868_877)),
            architectures: vec!["amd64".into(), "all".into()],
            components: vec!["main".into()],
            acquire_by_hash: true,
            no_support_for_all: true,
            ..Release::default()
        };
        let file = IndexFile { size: 7, sha256: Digest::of(b"x") };
        release.files.insert("main/binary-amd64/Packages".parse().unwrap(), file);
        assert_eq!(Release::parse(&release.render()).unwrap(), release);
    }

    #[test]
    fn hostile_lists_are_refused() {
        let hash = Digest::of(b"x").hex();
        for line in [format!("{hash} 7 ../x"), format!("{hash} -7 x"), "zz 7 x".into(), format!("{hash} 7"), format!("{hash} 7 /x")]
        {
            assert!(Release::parse(&format!("Suite: a\nSHA256:\n {line}\n")).is_err(), "{line}");
        }
        let error = Release::parse("Suite: a\nMD5Sum:\n 0 0 x\n").unwrap_err().to_string();
        assert_eq!(error, "the field SHA256 is missing in the paragraph of `a`");
    }
}
