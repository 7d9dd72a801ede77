//! Relations between packages: `libc6 (>= 2.36), default-mta | mail-transport-agent, python3:any`.
//! Spec: Debian Policy chapter 7.

use crate::{
    error::{Error, start},
    version::compare,
};
use std::cmp::Ordering;

/// How a version has to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `<<`
    Less,
    /// `<=`, also the old `<`
    LessEqual,
    /// `=`
    Equal,
    /// `>=`, also the old `>`
    GreaterEqual,
    /// `>>`
    Greater,
}

impl Operator {
    /// Whether `candidate` fits `wanted`.
    pub fn admits(self, candidate: &str, wanted: &str) -> bool {
        let order = compare(candidate, wanted);
        match self {
            Operator::Less => order == Ordering::Less,
            Operator::LessEqual => order != Ordering::Greater,
            Operator::Equal => order == Ordering::Equal,
            Operator::GreaterEqual => order != Ordering::Less,
            Operator::Greater => order == Ordering::Greater,
        }
    }
}

/// One alternative of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation<'a> {
    /// the package, real or virtual
    pub name: &'a str,
    /// `any`, `native` or an architecture
    pub qualifier: Option<&'a str>,
    /// what its version has to be
    pub version: Option<(Operator, &'a str)>,
}

/// All of these have to be met, each by one of its alternatives. `[arch]` lists are not applied.
pub fn parse(text: &str) -> Result<Vec<Vec<Relation<'_>>>, Error> {
    groups(text, None)
}

/// [`parse`], without the alternatives that are not for this architecture (`amd64`).
pub fn parse_for<'a>(text: &'a str, arch: &str) -> Result<Vec<Vec<Relation<'a>>>, Error> {
    groups(text, Some(arch))
}

/// What a `Provides` field offers: names, maybe with the version that it stands for.
pub fn provides(text: &str) -> Result<Vec<(&str, Option<&str>)>, Error> {
    let mut all = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some(relation) = relation(entry, None)? else { continue };
        match relation.version {
            None => all.push((relation.name, None)),
            Some((Operator::Equal, version)) => all.push((relation.name, Some(version))),
            Some(_) => return Err(Error::Relation(start(entry))),
        }
    }
    Ok(all)
}

fn groups<'a>(text: &'a str, arch: Option<&str>) -> Result<Vec<Vec<Relation<'a>>>, Error> {
    let mut all = Vec::new();
    for group in text.split(',').map(str::trim).filter(|group| !group.is_empty()) {
        let mut alternatives = Vec::new();
        for text in group.split('|') {
            alternatives.extend(relation(text.trim(), arch)?);
        }
        if !alternatives.is_empty() {
            all.push(alternatives);
        }
    }
    Ok(all)
}

/// `None`: not for this architecture.
fn relation<'a>(text: &'a str, arch: Option<&str>) -> Result<Option<Relation<'a>>, Error> {
    let refuse = || Error::Relation(start(text));
    let end = text.find(|c: char| c.is_whitespace() || "(:[<".contains(c)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() || !name.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-._".contains(&c)) {
        return Err(refuse());
    }
    let mut relation = Relation { name, qualifier: None, version: None };
    if let Some(after) = rest.strip_prefix(':') {
        let end = after.find(|c: char| c.is_whitespace() || "([<".contains(c)).unwrap_or(after.len());
        relation.qualifier = Some(&after[..end]).filter(|word| !word.is_empty());
        relation.qualifier.ok_or_else(refuse)?;
        rest = &after[end..];
    }
    let mut here = true;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        let close = match first {
            '(' => ')',
            '[' => ']',
            '<' => '>',
            _ => return Err(refuse()),
        };
        let (inner, after) = rest[1..].split_once(close).ok_or_else(refuse)?;
        match first {
            '(' => relation.version = Some(version(inner).ok_or_else(refuse)?),
            '[' => here &= arch.is_none_or(|arch| is_for(inner, arch)),
            _ => {}
        }
        rest = after;
    }
    Ok(here.then_some(relation))
}

fn version(text: &str) -> Option<(Operator, &str)> {
    let text = text.trim();
    let known = [
        ("<<", Operator::Less),
        ("<=", Operator::LessEqual),
        (">=", Operator::GreaterEqual),
        (">>", Operator::Greater),
        ("=", Operator::Equal),
        ("<", Operator::LessEqual),
        (">", Operator::GreaterEqual),
    ];
    let (rest, operator) = known.iter().find_map(|(word, operator)| Some((text.strip_prefix(word)?, *operator)))?;
    let version = rest.trim();
    (!version.is_empty() && !version.contains(char::is_whitespace)).then_some((operator, version))
}

/// `[amd64 arm64]`, `[!i386]`, `[linux-any]`.
fn is_for(list: &str, arch: &str) -> bool {
    let fits = |word: &str| {
        word == arch || word == "any" || word == "linux-any" || word.strip_prefix("any-").is_some_and(|cpu| cpu == arch)
    };
    let mut words = list.split_whitespace().peekable();
    match words.peek() {
        Some(first) if first.starts_with('!') => !words.any(|word| fits(word.trim_start_matches('!'))),
        _ => words.any(fits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_versions_and_qualifiers() {
        let all = parse("a (>= 1:2), b:any | c(<<3) ,\n d [amd64] <!nocheck>").unwrap();
        assert_eq!(all[0], [Relation { name: "a", qualifier: None, version: Some((Operator::GreaterEqual, "1:2")) }]);
        assert_eq!(all[1][0].qualifier, Some("any"));
        assert_eq!(all[1][1].version, Some((Operator::Less, "3")));
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn an_architecture_list_decides() {
        let names = |text, arch| parse_for(text, arch).unwrap().concat().iter().map(|r| r.name.to_owned()).collect::<Vec<_>>();
        let text = "a [amd64], b [!amd64], c [linux-any] | d [any-arm64]";
        assert_eq!(names(text, "amd64"), ["a", "c"]);
        assert_eq!(names(text, "arm64"), ["b", "c", "d"]);
    }

    #[test]
    fn provides_may_have_a_version() {
        assert_eq!(provides("mta, x (= 1.2)").unwrap(), [("mta", None), ("x", Some("1.2"))]);
        assert!(provides("x (>= 1)").is_err());
    }

    #[test]
    fn rubbish_is_refused() {
        for text in ["a (", "a (1)", "(>= 1)", "a b", "a:", "a (>= )", "ä"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(", ,").unwrap().is_empty());
    }
}
