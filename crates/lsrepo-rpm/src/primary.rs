//! `primary.xml`: the packages of a repository, what each provides and needs, and where it lies.
//! Shape: <https://github.com/rpm-software-management/createrepo_c/blob/master/doc/metadata.md>, and what
//! createrepo, yum and libsolv take.
//!
//! Read as a stream. One [`Package`] is filled again and again, so that reading 20,000 of them
//! takes no memory to speak of and hardly an allocation.

mod fields;

use crate::{
    NevraRef, Operator,
    scan::{Piece, Problem, Scanner},
};
use fields::{Field, Place};
use std::io::BufRead;

/// An index that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("primary, after `{after}`: {problem}")]
pub struct Error {
    /// the last package that could be read; empty at the start
    pub after: String,
    /// what is wrong
    pub problem: Problem,
}

/// One package of the index.
#[derive(Debug, Default)]
pub struct Package {
    /// all texts of the package, one behind the other
    text: String,
    name: Span,
    arch: Span,
    epoch: u32,
    version: Span,
    release: Span,
    href: Span,
    checksum: Span,
    checksum_kind: Option<ChecksumKind>,
    /// of the package file, in bytes, where the index says it
    pub size: Option<u64>,
    /// of everything in it, installed, in bytes
    pub installed_size: Option<u64>,
    relations: Vec<Entry>,
    files: Vec<Span>,
}

/// A part of the texts.
type Span = (u32, u32);

#[derive(Debug)]
struct Entry {
    kind: Kind,
    name: Span,
    operator: Option<Operator>,
    epoch: u32,
    version: Span,
    release: Option<Span>,
    pre: bool,
}

/// What a relation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// it offers this
    Provides,
    /// it cannot do without
    Requires,
    /// it cannot stand beside
    Conflicts,
    /// it takes the place of
    Obsoletes,
    /// should come along
    Recommends,
    /// may be of interest
    Suggests,
    /// should come along where that is there
    Supplements,
    /// may be of interest where that is there
    Enhances,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Provides,
        Kind::Requires,
        Kind::Conflicts,
        Kind::Obsoletes,
        Kind::Recommends,
        Kind::Suggests,
        Kind::Supplements,
        Kind::Enhances,
    ];

    /// The name of its element, without the prefix.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Provides => "provides",
            Kind::Requires => "requires",
            Kind::Conflicts => "conflicts",
            Kind::Obsoletes => "obsoletes",
            Kind::Recommends => "recommends",
            Kind::Suggests => "suggests",
            Kind::Supplements => "supplements",
            Kind::Enhances => "enhances",
        }
    }
}

/// One relation, borrowed from the index. A rich dependency stands in `name`, which then begins with `(`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationRef<'a> {
    /// what it is for
    pub kind: Kind,
    /// a package, a file, a soname, anything that something provides
    pub name: &'a str,
    /// which versions of it; none: any
    pub version: Option<Version<'a>>,
    /// needed before the scriptlets run
    pub pre: bool,
}

/// The versions that a relation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// how they are compared
    pub operator: Operator,
    /// 0 where none is written
    pub epoch: u32,
    /// `2.0`
    pub version: &'a str,
    /// none where it may be any
    pub release: Option<&'a str>,
}

/// With what a package file is digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksumKind {
    /// as very old indexes have it
    Md5,
    /// also called `sha`
    Sha1,
    /// what nearly everybody has
    Sha256,
    /// the longest
    Sha512,
}

impl ChecksumKind {
    /// From an index's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "md5" => Some(ChecksumKind::Md5),
            "sha" | "sha1" => Some(ChecksumKind::Sha1),
            "sha256" => Some(ChecksumKind::Sha256),
            "sha512" => Some(ChecksumKind::Sha512),
            _ => None,
        }
    }

    /// `sha256`
    pub fn word(self) -> &'static str {
        match self {
            ChecksumKind::Md5 => "md5",
            ChecksumKind::Sha1 => "sha1",
            ChecksumKind::Sha256 => "sha256",
            ChecksumKind::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits a digest has.
    pub fn digits(self) -> usize {
        match self {
            ChecksumKind::Md5 => 32,
            ChecksumKind::Sha1 => 40,
            ChecksumKind::Sha256 => 64,
            ChecksumKind::Sha512 => 128,
        }
    }
}

/// A digest of a package file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Checksum<'a> {
    /// with what it is made
    pub kind: ChecksumKind,
    /// hexadecimal, of the right length, in lower case
    pub hex: &'a str,
}

impl Package {
    /// Its full name.
    pub fn nevra(&self) -> NevraRef<'_> {
        NevraRef {
            name: self.at(self.name),
            epoch: self.epoch,
            version: self.at(self.version),
            release: self.at(self.release),
            arch: self.at(self.arch),
        }
    }

    /// Where it lies, below the repository: a path, never absolute, never with `..`. Not an URL: a colon in it (`product:x.rpm`)
    /// begins no scheme, so it is to be joined by its parts.
    pub fn href(&self) -> &str {
        self.at(self.href)
    }

    /// The digest of the file.
    pub fn checksum(&self) -> Checksum<'_> {
        // no package leaves the reader without one
        Checksum { kind: self.checksum_kind.unwrap_or(ChecksumKind::Sha256), hex: self.at(self.checksum) }
    }

    /// Everything that it says of others, as written.
    pub fn relations(&self) -> impl Iterator<Item = RelationRef<'_>> {
        self.relations.iter().map(|entry| RelationRef {
            kind: entry.kind,
            name: self.at(entry.name),
            version: entry.operator.map(|operator| Version {
                operator,
                epoch: entry.epoch,
                version: self.at(entry.version),
                release: entry.release.map(|release| self.at(release)),
            }),
            pre: entry.pre,
        })
    }

    /// Those of its files that the index tells: programs and configuration.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|&file| self.at(file))
    }

    fn at(&self, (start, end): Span) -> &str {
        &self.text[start as usize..end as usize]
    }

    fn clear(&mut self) {
        let Package { mut text, mut relations, mut files, .. } = std::mem::take(self);
        text.clear();
        relations.clear();
        files.clear();
        *self = Package { text, relations, files, ..Package::default() };
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        (start, self.text.len() as u32)
    }
}

/// Reads an index package by package.
pub struct Reader<R: BufRead> {
    scanner: Scanner<R>,
    package: Package,
    after: String,
    value: String,
}

impl<R: BufRead> Reader<R> {
    /// Of an unpacked index.
    pub fn new(input: R) -> Self {
        let scanner = Scanner::new(input, "metadata");
        Self { scanner, package: Package::default(), after: String::new(), value: String::new() }
    }

    /// The next package; none at the end of a whole index.
    pub fn next_package(&mut self) -> Result<Option<&Package>, Error> {
        self.after.clear();
        if !self.package.text.is_empty() {
            self.after = self.package.nevra().to_string();
        }
        self.package.clear();
        match self.advance() {
            Ok(true) => Ok(Some(&self.package)),
            Ok(false) => Ok(None),
            Err(problem) => Err(Error { after: std::mem::take(&mut self.after), problem }),
        }
    }

    fn advance(&mut self) -> Result<bool, Problem> {
        let package = &mut self.package;
        let mut place = Place::default();
        loop {
            match self.scanner.next()? {
                Piece::Open { element, depth, empty } => {
                    if depth == 2 {
                        place.inside = element.name() == "package";
                    }
                    if place.inside {
                        package.open(&mut place, &element, depth)?;
                        self.value.clear();
                        if empty {
                            package.close(&mut place, depth, "")?;
                        }
                    }
                    if empty && depth == 2 && place.inside {
                        return Err(Problem::Missing("name"));
                    }
                }
                Piece::Text(text) => {
                    if place.field != Field::None {
                        self.value.push_str(&text);
                    }
                }
                Piece::Close { depth } => {
                    if place.inside {
                        package.close(&mut place, depth, &self.value)?;
                        if depth == 2 {
                            return package.check().map(|()| true);
                        }
                    }
                }
                Piece::End => return Ok(false),
            }
        }
    }
}

#[cfg(test)]
mod tests;
