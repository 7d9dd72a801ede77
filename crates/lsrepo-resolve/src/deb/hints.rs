//! What to try when nothing meets a request: a name that is nearly right, a version, architecture or
//! suite that exists, or the rule that hides the package.

use super::{relations, view::View};
use lsrepo_deb::{Request, dependency::Relation};
use std::collections::BTreeSet;

/// More than this many versions or suites are not worth a line.
const SHOWN: usize = 8;

/// Hints for a request that nothing meets.
pub(super) fn for_request(view: &View<'_, '_>, request: &Request) -> Vec<String> {
    let name = request.name.as_str();
    let mut hints = Vec::new();
    if let Some(word) = &request.arch
        && view.universe.architecture(word).is_none()
    {
        hints.push(format!("`{word}` is not among the architectures here: {}", view.universe.architectures.join(", ")));
    }
    let all: Vec<u32> = view.universe.named(name).map(|id| id.0).collect();
    if all.is_empty() {
        hints.extend(near(view, name));
        return hints;
    }
    let usable: Vec<u32> = all.iter().copied().filter(|&id| hidden(view, id).is_none()).collect();
    if usable.is_empty() {
        hints.extend(all.first().and_then(|&id| hidden(view, id)));
        return hints;
    }
    if request.version.is_some() {
        hints.push(format!("versions of `{name}`: {}", shown(view, &usable, |id| view.version(id).to_owned())));
    }
    if request.suite.is_some() {
        let suite = |id: u32| view.universe.source(crate::CandidateId(id)).origin.suite.clone();
        hints.push(format!("suites that have `{name}`: {}", shown(view, &usable, suite)));
    }
    if request.arch.is_some() {
        let arch = |id: u32| view.universe.architectures[view.node(id).arch as usize].clone();
        hints.push(format!("architectures of `{name}`: {}", shown(view, &usable, arch)));
    }
    hints
}

/// Hints for a dependency of a package of that architecture that nothing provides.
pub(super) fn for_dependency(view: &View<'_, '_>, relation: &Relation<'_>, arch: u8) -> Option<String> {
    let all: Vec<u32> = view.universe.named(relation.name).map(|id| id.0).collect();
    if let Some(hint) = all.iter().find_map(|&id| hidden(view, id)) {
        return Some(hint);
    }
    let foreign = |id: u32| view.node(id).arch != arch && relations::admits(relation, Some(view.version(id)));
    let &id = all.iter().find(|&&id| foreign(id))?;
    let word = &view.universe.architectures[view.node(id).arch as usize];
    Some(format!("{} is for {word}, and says nothing of serving other architectures", view.display(id)))
}

/// Why a candidate of the universe is none here.
fn hidden(view: &View<'_, '_>, id: u32) -> Option<String> {
    let pin = view.known(id).map_or(0, |known| known.pin);
    match () {
        () if view.is_excluded(id) => Some(format!("{} is excluded", view.display(id))),
        () if pin < 0 => Some(format!("{} has a negative pin ({pin})", view.display(id))),
        () => None,
    }
}

fn shown(view: &View<'_, '_>, ids: &[u32], word: impl Fn(u32) -> String) -> String {
    let mut ids = ids.to_vec();
    ids.sort_by(|&a, &b| lsrepo_deb::version::compare(view.version(b), view.version(a)).then(a.cmp(&b)));
    let mut seen = BTreeSet::new();
    let mut words: Vec<String> = ids.into_iter().map(word).filter(|word| seen.insert(word.clone())).collect();
    let more = words.len().saturating_sub(SHOWN);
    words.truncate(SHOWN);
    match more {
        0 => words.join(", "),
        more => format!("{} and {more} more", words.join(", ")),
    }
}

fn near(view: &View<'_, '_>, name: &str) -> Option<String> {
    let real = |text: &&str| view.universe.named(text).next().is_some();
    let names = view.universe.names.iter().map(|name| name.text).filter(real);
    let length = |text: &&str| text.len().abs_diff(name.len()) <= 3;
    if let Some(near) = lsrepo_types::nearest(name, names.clone().filter(length)) {
        return Some(format!("did you mean `{near}`?"));
    }
    // `postgresql-14` where there is a 15: what differs is the number at the end.
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if stem.len() == name.len() || stem.len() < 3 {
        return None;
    }
    let mut kin: Vec<&str> = names
        .filter(|text| text.strip_prefix(stem).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.')))
        .collect();
    kin.sort_by(|a, b| lsrepo_deb::version::compare(b, a));
    kin.truncate(SHOWN);
    (!kin.is_empty()).then(|| format!("there is `{}`", kin.join("`, `")))
}
