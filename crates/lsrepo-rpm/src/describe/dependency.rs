//! What a package provides, needs, and does not get along with.
//!
//! In the order of the header, with createrepo_c's omissions among what is required: `rpmlib(…)`, the
//! package's own files and own provides, what was just said, and all of the `libc.so.6(GLIBC_…)` but the newest.

use super::{PackageFile, is_primary};
use crate::{
    Evr, Nevra, Operator, Relation, evr,
    package::{Header, PackageError, tag},
    text,
};
use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// The most entries of one kind: twenty times those of the packages with the most.
const MOST_ENTRIES: usize = 1 << 19;
/// The most bytes of their names and versions.
const MOST_BYTES: usize = 16 << 20;

/// Bits of a relation's flags.
mod flag {
    /// as such, before the scriptlet that precedes installation, before the one that follows it
    pub(super) const PRE: u64 = 1 << 6 | 1 << 9 | 1 << 10;
    /// of before rpm 4.12
    pub(super) const MISSING_OK: u64 = 1 << 19;
    pub(super) const STRONG: u64 = 1 << 27;
}

/// One entry: a name, maybe with a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency<'a> {
    /// a package, a file, a soname; a rich dependency as a whole
    pub name: Cow<'a, str>,
    /// how the version is compared; none: any version
    pub operator: Option<Operator>,
    /// as it is written; `0` where it is not
    pub epoch: Cow<'a, str>,
    /// `1.2`; may be empty
    pub version: Cow<'a, str>,
    /// `3.el9`; may be empty
    pub release: Cow<'a, str>,
    /// needed before the scriptlets run
    pub pre: bool,
}

impl Dependency<'_> {
    /// In the terms of the resolver. An epoch that is none counts as 0.
    pub fn relation(&self) -> Relation {
        let evr = || Evr {
            epoch: self.epoch.parse().unwrap_or(0),
            version: self.version.as_ref().into(),
            release: self.release.as_ref().into(),
        };
        Relation { name: self.name.clone().into_owned(), version: self.operator.map(|operator| (operator, evr())), pre: self.pre }
    }
}

/// All that a package says of others.
#[derive(Clone, Debug, Default)]
pub struct Relations<'a> {
    /// capabilities
    pub provides: Vec<Dependency<'a>>,
    /// without which it cannot be installed
    pub requires: Vec<Dependency<'a>>,
    /// with which it cannot be installed
    pub conflicts: Vec<Dependency<'a>>,
    /// which it replaces
    pub obsoletes: Vec<Dependency<'a>>,
    /// that go well with it
    pub suggests: Vec<Dependency<'a>>,
    /// with which it goes well
    pub enhances: Vec<Dependency<'a>>,
    /// that should come with it
    pub recommends: Vec<Dependency<'a>>,
    /// with which it should come
    pub supplements: Vec<Dependency<'a>>,
    /// features of rpm that it needs: `rpmlib(PayloadIsZstd)`; no index tells of them
    pub rpmlib: Vec<Cow<'a, str>>,
}

/// An entry as the header has it.
struct Raw<'a> {
    name: Cow<'a, str>,
    flags: u64,
    version: Cow<'a, str>,
}

pub(super) fn read<'a>(
    header: &'a Header,
    nevra: &Nevra,
    files: &[PackageFile<'_>],
    title: impl Fn() -> String + Copy,
) -> Result<Relations<'a>, PackageError> {
    let list = |tags: tag::RelationTags, what| raw(header, tags, what, title);
    let plain = |entries: Vec<Raw<'a>>| entries.into_iter().filter_map(|entry| dependency(&entry)).collect::<Vec<_>>();
    let mut all = Relations::default();
    let mut provides = list(tag::PROVIDES, "provides")?;
    if !header.has_region() {
        complete(header, &mut provides, nevra, title)?;
    }
    let provided: HashSet<(&str, Option<Operator>, &str)> = provides
        .iter()
        .filter(|entry| dependency(entry).is_some())
        .map(|entry| (entry.name.as_ref(), operator(entry.flags), entry.version.as_ref()))
        .collect();
    read_requires(&mut all, list(tag::REQUIRES, "requires")?, &provided, files);
    drop(provided);
    all.provides = plain(provides);
    all.conflicts = plain(list(tag::CONFLICTS, "conflicts")?);
    all.obsoletes = plain(list(tag::OBSOLETES, "obsoletes")?);
    all.suggests = plain(list(tag::SUGGESTS, "suggests")?);
    all.enhances = plain(list(tag::ENHANCES, "enhances")?);
    all.recommends.extend(plain(list(tag::RECOMMENDS, "recommends")?));
    all.supplements = plain(list(tag::SUPPLEMENTS, "supplements")?);
    let strong = |entry: &Raw<'_>| entry.flags & flag::STRONG != 0;
    let (recommends, suggests) = list(tag::OLD_SUGGESTS, "suggests")?.into_iter().partition(strong);
    let (supplements, enhances) = list(tag::OLD_ENHANCES, "enhances")?.into_iter().partition(strong);
    all.recommends.extend(plain(recommends));
    all.suggests.extend(plain(suggests));
    all.supplements.extend(plain(supplements));
    all.enhances.extend(plain(enhances));
    Ok(all)
}

fn raw<'a>(
    header: &'a Header,
    tags: tag::RelationTags,
    what: &'static str,
    title: impl Fn() -> String + Copy,
) -> Result<Vec<Raw<'a>>, PackageError> {
    let entries = header.texts(tags.name).zip(header.numbers(tags.flags)).zip(header.texts(tags.version));
    collect(entries.map(|((name, flags), version)| (name, flags, version)), what, title)
}

/// The lists of a header may lie over each other, and a short header tell of many entries.
fn collect<'a>(
    entries: impl Iterator<Item = (&'a [u8], u64, &'a [u8])>,
    what: &'static str,
    title: impl Fn() -> String + Copy,
) -> Result<Vec<Raw<'a>>, PackageError> {
    let (mut all, mut bytes) = (Vec::new(), 0);
    for (name, flags, version) in entries {
        bytes += name.len() + version.len();
        if all.len() == MOST_ENTRIES || bytes > MOST_BYTES {
            return Err(PackageError::TooMuch { package: title(), what });
        }
        all.push(Raw { name: text::checked(name, what, title)?, flags, version: text::checked(version, what, title)? });
    }
    Ok(all)
}

/// Before rpm 4 a package did not say that it provides itself, and even before, no provides had a version. rpm
/// adds both when it reads such a header, the first also where it is there.
fn complete<'a>(
    header: &'a Header,
    provides: &mut Vec<Raw<'a>>,
    nevra: &Nevra,
    title: impl Fn() -> String + Copy,
) -> Result<(), PackageError> {
    if !header.has(tag::PROVIDES.version) {
        let names = header.texts(tag::PROVIDES.name).map(|name| (name, 0, &b""[..]));
        *provides = collect(names, "provides", title)?;
    }
    let version = Cow::Owned(nevra.evr.to_string());
    provides.push(Raw { name: Cow::Owned(nevra.name.to_string()), flags: 8, version });
    Ok(())
}

fn read_requires<'a>(
    all: &mut Relations<'a>,
    entries: Vec<Raw<'a>>,
    provided: &HashSet<(&str, Option<Operator>, &str)>,
    files: &[PackageFile<'_>],
) {
    let own: HashSet<Cow<'_, str>> = match entries.iter().any(|entry| entry.name.starts_with('/')) {
        true => files.iter().map(PackageFile::path).filter(|path| is_primary(path)).collect(),
        false => HashSet::new(),
    };
    // by name: what was said of it last
    let mut said: HashMap<Cow<'a, str>, (Option<Operator>, Cow<'a, str>, bool)> = HashMap::new();
    let mut libc: Option<Dependency<'a>> = None;
    for entry in entries {
        if entry.name.starts_with("rpmlib(") {
            all.rpmlib.push(entry.name);
            continue;
        }
        let (operator, pre) = (operator(entry.flags), entry.flags & flag::PRE != 0);
        let is_own = own.contains(&entry.name) || provided.contains(&(entry.name.as_ref(), operator, entry.version.as_ref()));
        let again = said.get(&entry.name).is_some_and(|last| *last == (operator, entry.version.clone(), pre));
        if is_own || again {
            continue;
        }
        let Some(mut dependency) = dependency(&entry) else { continue };
        if entry.flags & flag::MISSING_OK != 0 {
            all.recommends.push(dependency);
            continue;
        }
        dependency.pre = pre;
        if dependency.name.starts_with("libc.so.6") {
            match &libc {
                Some(highest) if !is_newer_libc(&highest.name, &dependency.name) => {}
                _ => libc = Some(dependency),
            }
            continue;
        }
        said.insert(entry.name, (operator, entry.version, pre));
        all.requires.push(dependency);
    }
    all.requires.extend(libc);
}

/// None where the epoch is not a number: createrepo_c leaves such an entry out.
fn dependency<'a>(entry: &Raw<'a>) -> Option<Dependency<'a>> {
    let part = |from: usize, to: usize| match &entry.version {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    };
    let colon = entry.version.find(':');
    let epoch = match colon {
        _ if entry.version.is_empty() => Cow::Borrowed(""),
        None | Some(0) => Cow::Borrowed("0"),
        Some(at) if is_number(&entry.version[..at]) => part(0, at),
        Some(_) => return None,
    };
    let (start, end) = (colon.map_or(0, |at| at + 1), entry.version.len());
    let dash = entry.version[start..].find('-').map(|dash| start + dash);
    let release = dash.map_or(Cow::Borrowed(""), |dash| part(dash + 1, end));
    let version = part(start, dash.unwrap_or(end));
    Some(Dependency { name: entry.name.clone(), operator: operator(entry.flags), epoch, version, release, pre: false })
}

fn is_number(epoch: &str) -> bool {
    let digits = epoch.trim_start().trim_start_matches(['+', '-']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn operator(flags: u64) -> Option<Operator> {
    match flags & 15 {
        2 => Some(Operator::Less),
        4 => Some(Operator::Greater),
        8 => Some(Operator::Equal),
        10 => Some(Operator::LessEqual),
        12 => Some(Operator::GreaterEqual),
        _ => None,
    }
}

/// `libc.so.6(GLIBC_2.4)` after `libc.so.6(GLIBC_2.3.4)(64bit)` after `libc.so.6()`.
fn is_newer_libc(known: &str, other: &str) -> bool {
    match (libc_version(known), libc_version(other)) {
        (LibcVersion::Open, LibcVersion::Open) => false,
        (known, other) if known.rank() != other.rank() => other.rank() > known.rank(),
        (LibcVersion::Number(known), LibcVersion::Number(other)) => evr::compare(known, other) == Ordering::Less,
        _ => false,
    }
}

enum LibcVersion<'a> {
    /// no parenthesis
    None,
    /// one that is not closed
    Open,
    /// `()`
    Empty,
    /// `(…)` without a digit
    Word,
    Number(&'a str),
}

impl LibcVersion<'_> {
    fn rank(&self) -> u8 {
        match self {
            LibcVersion::None => 0,
            LibcVersion::Open => 1,
            LibcVersion::Empty => 2,
            LibcVersion::Word => 3,
            LibcVersion::Number(_) => 4,
        }
    }
}

fn libc_version(name: &str) -> LibcVersion<'_> {
    let Some((_, rest)) = name.split_once('(') else { return LibcVersion::None };
    let Some((inner, _)) = rest.split_once(')') else { return LibcVersion::Open };
    match inner.find(|c: char| c.is_ascii_digit()) {
        Some(digit) => LibcVersion::Number(&inner[digit..]),
        None if inner.is_empty() => LibcVersion::Empty,
        None => LibcVersion::Word,
    }
}
