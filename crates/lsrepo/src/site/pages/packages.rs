//! What packages say of themselves, as their pages show it.

use super::gathered::{unite, words};
use crate::{
    prepared::{Prepared, Records},
    vouch,
};
use lsrepo_bom::inventory;
use lsrepo_deb::{deb822, packages};
use lsrepo_publish::catalogue::{Facts, PackageVersion, Relation, Sign, Want, deb_relations};
use lsrepo_rpm::{Operator, Record, rich};
use lsrepo_types::Digest;
use std::collections::{BTreeMap, HashSet, btree_map};

/// Adds those of a set.
pub(super) fn add(all: &mut BTreeMap<Digest, Facts>, set: &Prepared, licences: &BTreeMap<Digest, String>) {
    let lock = &set.lock;
    let paths = named_paths(&set.records);
    for (package, artifact) in lock.packages.iter().zip(inventory::packages(lock, licences)) {
        let wanted_by = package.wanted_by.iter().map(ToString::to_string);
        let facts = match all.entry(package.digest) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(place) => {
                let (vouched_by, signed) = words(&vouch::package(lock, package));
                let mut facts = Facts {
                    name: package.name.clone(),
                    version: PackageVersion {
                        version: package.version.clone(),
                        arch: package.arch.clone(),
                        size: package.size,
                        digest: Some(package.digest),
                        purl: artifact.purl,
                        licence: artifact.licence,
                        urls: artifact.urls,
                        vouched_by,
                        signed,
                        ..PackageVersion::default()
                    },
                    ..Facts::default()
                };
                match &set.records {
                    Records::Deb(records) => {
                        if let Some(control) = records.get(&package.digest) {
                            deb(&mut facts, control, lock.name.arch.deb());
                        }
                    }
                    Records::Rpm(records) => {
                        if let Some(record) = records.get(&package.digest) {
                            rpm(&mut facts, record, &paths);
                        }
                    }
                }
                place.insert(facts)
            }
        };
        unite(&mut facts.version.wanted_by, wanted_by);
        unite(&mut facts.version.sets, package.sets.iter().cloned());
    }
}

fn deb(facts: &mut Facts, control: &str, arch: &str) {
    let Some(Ok(stanza)) = packages::scan(control).next() else { return };
    let paragraph = deb822::paragraphs(control).next().and_then(Result::ok);
    let field = |name: &str| paragraph.as_ref().and_then(|paragraph| paragraph.get(name)).unwrap_or_default();
    let mut lines = field("Description").lines();
    facts.summary = lines.next().unwrap_or_default().trim().to_owned();
    facts.version.description = flowing(lines);
    facts.version.homepage = Some(field("Homepage").trim().to_owned()).filter(|text| !text.is_empty());
    facts.version.source = stanza.source_name().to_owned();
    let fields = [
        ("Pre-Depends", stanza.pre_depends),
        ("Depends", stanza.depends),
        ("Recommends", stanza.recommends),
        ("Suggests", stanza.suggests),
    ];
    facts.relations = fields.into_iter().filter_map(|(how, field)| Some(deb_relations(how, field?, arch))).flatten().collect();
    let provides = stanza.provides.and_then(|field| lsrepo_deb::dependency::provides(field).ok()).unwrap_or_default();
    facts.offers = provides.into_iter().map(|(name, version)| (name.to_owned(), version.map(str::to_owned))).collect();
}

/// A long description as a text that flows: a `.` ends a paragraph, and what is indented further keeps its lines
/// (Debian Policy, 5.6.13).
fn flowing<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let (mut text, mut flows) = (String::new(), false);
    for line in lines {
        let plain = line.trim();
        let is_fixed = line.starts_with("  ") || plain.starts_with(['*', '-']);
        match (plain, flows && !is_fixed) {
            (".", _) => text.push_str("\n\n"),
            (plain, true) => {
                text.push(' ');
                text.push_str(plain);
            }
            (plain, false) => {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(plain);
            }
        }
        flows = plain != "." && (!is_fixed || plain.starts_with(['*', '-']));
    }
    text
}

/// Paths that packages of a set name: files that others offer.
fn named_paths(records: &Records) -> HashSet<String> {
    let Records::Rpm(records) = records else { return HashSet::new() };
    let all = records.values().flat_map(|record| ["requires", "recommends"].map(|kind| record.relations(kind))).flatten();
    all.map(|relation| relation.name).filter(|name| name.starts_with('/')).collect()
}

fn rpm(facts: &mut Facts, record: &Record, paths: &HashSet<String>) {
    facts.summary = record.summary();
    facts.version.description = record.description();
    facts.version.homepage = Some(record.url()).filter(|text| !text.is_empty());
    let source = record.source_rpm();
    facts.version.source = source.rsplitn(3, '-').nth(2).unwrap_or_default().to_owned();
    let kinds = [("Requires", "requires"), ("Recommends", "recommends"), ("Suggests", "suggests")];
    facts.relations = kinds
        .into_iter()
        .flat_map(|(how, kind)| record.relations(kind).into_iter().map(move |relation| (how, relation)))
        .filter(|(_, relation)| !relation.name.starts_with("rpmlib("))
        .map(|(how, relation)| Relation { how, text: relation.to_string(), wants: wants(&relation) })
        .collect();
    let provides = record.relations("provides").into_iter();
    facts.offers = provides.map(|one| (one.name, one.version.map(|(_, version)| version.to_string()))).collect();
    let paths: HashSet<&str> = paths.iter().map(String::as_str).collect();
    facts.offers.extend(record.files_among(&paths).into_iter().map(|path| (path.to_owned(), None)));
}

/// Of a boolean expression whatever it names.
fn wants(relation: &lsrepo_rpm::Relation) -> Vec<Want> {
    let mut all = Vec::new();
    let mut add = |one: &lsrepo_rpm::Relation| {
        let version = one.version.as_ref().map(|(operator, version)| (sign(*operator), version.to_string()));
        all.push(Want { name: one.name.clone(), version });
    };
    match rich::parse(&relation.name) {
        Ok(expression) if relation.name.starts_with('(') => expression.leaves(&mut add),
        _ => add(relation),
    }
    all
}

fn sign(operator: Operator) -> Sign {
    match operator {
        Operator::Less => Sign::Less,
        Operator::LessEqual => Sign::LessEqual,
        Operator::Equal => Sign::Equal,
        Operator::GreaterEqual => Sign::GreaterEqual,
        Operator::Greater => Sign::Greater,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_description_flows_and_its_lists_stay_lists() {
        let text = " jq is like sed\n for JSON.\n .\n It has:\n  * one\n  * two, which\n    is long\n .\n The end.";
        assert_eq!(super::flowing(text.lines()), "jq is like sed for JSON.\n\nIt has:\n* one\n* two, which\nis long\n\nThe end.");
    }
}
