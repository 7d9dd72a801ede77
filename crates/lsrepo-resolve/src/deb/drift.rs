//! A base system that may be older than the universe.
//!
//! An index knows only the newest point release, while the machine beyond the air gap was installed from
//! some image: it has the same base packages, maybe in older versions. So a base package is carried
//! after all where an older version would not do:
//!
//! - something carried needs exactly this version (`libc-bin (= 2.36-9+deb12u10)`);
//! - something carried needs at least a version that only came with a point release: the version
//!   without its suffix (`+deb12u10`, `ubuntu3.8`) would not be enough, or would be hit by a Breaks;
//! - a base package needs exactly the version of one that is carried: they go together.

use super::{
    relations::{Need, Strength, admits},
    view::View,
};
use lsrepo_deb::dependency::{Operator, Relation};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what has to be carried of the base to `carried`, which maps a package to the requests it is
/// carried for. `chosen` is sorted and holds the base.
pub(super) fn carry(view: &View<'_, '_>, chosen: &[u32], carried: &mut BTreeMap<u32, BTreeSet<usize>>) -> Vec<u32> {
    let base: Vec<u32> = chosen.iter().copied().filter(|&id| view.is_present(id)).collect();
    let mut added = Vec::new();
    let mut open: Vec<u32> = carried.keys().copied().collect();
    while let Some(id) = open.pop() {
        let wanted_by = carried.get(&id).cloned().unwrap_or_default();
        let mut take = Vec::new();
        for need in view.relations(id).needs.iter().filter(|need| need.strength == Strength::Hard) {
            take.extend(too_new(view, need, chosen, carried));
        }
        take.extend(hit_when_older(view, id, &base));
        if view.is_present(id) {
            take.extend(base.iter().copied().filter(|&other| needs_exactly(view, other, id)));
        }
        for other in take.into_iter().filter(|&other| other != id) {
            let is_new = !carried.contains_key(&other);
            let known = carried.entry(other).or_default();
            let before = known.len();
            known.extend(&wanted_by);
            let grown = known.len() > before;
            if is_new {
                added.push(other);
            }
            if is_new || grown {
                open.push(other);
            }
        }
    }
    added.sort_unstable();
    added
}

/// The base package that meets the dependency, where only its newest version is sure to do so.
fn too_new(view: &View<'_, '_>, need: &Need<'_>, chosen: &[u32], carried: &BTreeMap<u32, BTreeSet<usize>>) -> Option<u32> {
    let meeting: Vec<u32> = need.options.iter().copied().filter(|id| chosen.binary_search(id).is_ok()).collect();
    let safe = |id: u32| {
        let older = older(view.version(id));
        let does = |relation: &Relation<'_>| does_older(view, relation, id, older);
        (!view.is_present(id) && carried.contains_key(&id)) || need.alternatives.iter().any(does)
    };
    match meeting.iter().any(|&id| safe(id)) {
        true => None,
        false => meeting.first().copied().filter(|&id| view.is_present(id)),
    }
}

/// Whether a base package in its older version meets the relation.
fn does_older(view: &View<'_, '_>, relation: &Relation<'_>, id: u32, older: &str) -> bool {
    let exact = |relation: &Relation<'_>| matches!(relation.version, Some((Operator::Equal, _)));
    if view.name_text(view.node(id).name) == relation.name {
        return !exact(relation) && admits(relation, Some(older));
    }
    let Some(name) = view.name(relation.name) else { return false };
    let provided = view.providers(name);
    let own = provided.iter().filter(|&&(provider, _)| provider == id);
    let newest = view.version(id);
    own.map(|&(_, version)| version.map(|version| if version == newest { older } else { self::older(version) }))
        .any(|version| !exact(relation) && admits(relation, version))
}

/// Base packages that the candidate would hit in their older version.
fn hit_when_older(view: &View<'_, '_>, id: u32, base: &[u32]) -> Vec<u32> {
    let relations = view.relations(id);
    let own = view.node(id).name;
    let all = relations.against.iter().filter_map(|against| against.relation.as_ref());
    let versioned = all.filter(|relation| relation.version.is_some());
    let named = versioned.filter_map(|relation| view.name(relation.name).map(|name| (name, relation)));
    let hit = |(name, relation): (u32, &Relation<'_>)| {
        let fits = move |other: u32| view.node(other).name == name && admits(relation, Some(older(view.version(other))));
        base.iter().copied().filter(move |&other| name != own && fits(other)).collect::<Vec<_>>()
    };
    named.flat_map(hit).collect()
}

/// Whether one of the base needs exactly the version of another one.
fn needs_exactly(view: &View<'_, '_>, id: u32, of: u32) -> bool {
    let relations = view.relations(id);
    let name = view.name_text(view.node(of).name);
    let exact = |relation: &Relation<'_>| relation.name == name && matches!(relation.version, Some((Operator::Equal, _)));
    relations.needs.iter().any(|need| need.strength == Strength::Hard && need.alternatives.iter().any(exact))
}

/// The version that the first release of a distribution had, as far as the version tells:
/// `2.36-9+deb12u10` was `2.36-9`, `2.35-0ubuntu3.8` was `2.35-0ubuntu3`.
fn older(version: &str) -> &str {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some((before, after)) = version.rsplit_once("+deb") {
        let rest = &after[digits(after)..];
        if digits(after) > 0 && rest.strip_prefix('u').is_some_and(|rest| digits(rest) > 0) {
            return before;
        }
    }
    if let Some((before, after)) = version.rsplit_once("ubuntu") {
        let kept = before.len() + "ubuntu".len() + digits(after);
        if version[kept..].starts_with('.') {
            return &version[..kept];
        }
    }
    version
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn what_a_point_release_added_is_taken_off() {
        for (version, first) in [
            ("2.36-9+deb12u10", "2.36-9"),
            ("1.2-3+deb12u1+b2", "1.2-3"),
            ("2.35-0ubuntu3.8", "2.35-0ubuntu3"),
            ("2.35-0ubuntu3", "2.35-0ubuntu3"),
            ("1.0+debian-2", "1.0+debian-2"),
            ("5.2.15-2+b7", "5.2.15-2+b7"),
        ] {
            assert_eq!(older(version), first);
        }
    }
}
