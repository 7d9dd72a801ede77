//! What to try when nothing meets a request: a name that is nearly right, a version or architecture
//! that exists, or the rule that hides the package.

use super::{
    range,
    solve::Groups,
    universe::{Dep, Hidden, Why},
    view::View,
};
use crate::CandidateId;
use lsrepo_rpm::request::{Pattern, Reading};
use std::collections::BTreeSet;

/// More than this many versions are not worth a line.
const SHOWN: usize = 8;

/// Architectures that a name may end in, though this machine does not run them.
pub(super) fn is_known_arch(word: &str) -> bool {
    matches!(word, "x86_64" | "i386" | "i486" | "i586" | "i686" | "aarch64" | "noarch" | "src" | "ppc64le" | "s390x" | "armv7hl")
}

/// Hints for a request that nothing meets.
pub(super) fn for_request(view: &View<'_>, readings: &[Reading<'_>], groups: &Groups) -> Vec<String> {
    if let Some(Reading::Group(group)) = readings.first() {
        let near = lsrepo_types::nearest(group, groups.keys().map(String::as_str));
        return near.map(|near| format!("did you mean `@{near}`?")).into_iter().collect();
    }
    let patterns =
        || readings.iter().filter_map(|reading| if let Reading::Package(pattern) = reading { Some(pattern) } else { None });
    let (mut all, mut hints) = (Vec::new(), Vec::new());
    for pattern in patterns() {
        hints.extend(hidden(view, pattern.name));
        all = view.universe.named(pattern.name).map(|id| id.0).collect();
        if !all.is_empty() || !hints.is_empty() {
            all.retain(|&id| !view.excluded[id as usize]);
            hints.extend(existing(view, pattern, &all));
            break;
        }
    }
    if all.is_empty() && hints.is_empty() {
        hints.extend(patterns().find(|pattern| pattern.version.is_none()).and_then(|pattern| near(view, pattern.name)));
    }
    hints
}

/// What bears the name that was asked for, and does not fit.
pub(super) fn offered(view: &View<'_>, readings: &[Reading<'_>]) -> Vec<String> {
    let names = readings.iter().filter_map(|reading| match reading {
        Reading::Package(pattern) => Some(pattern.name),
        Reading::Capability(relation) => Some(relation.name.as_str()),
        Reading::Group(_) | Reading::File(_) => None,
    });
    let usable = |name: &str| view.universe.strings.find(name).map(|name| view.named(name)).unwrap_or_default();
    let found = names.map(usable).find(|ids| !ids.is_empty()).unwrap_or_default();
    shown(found.into_iter().map(|id| view.display(id)))
}

fn existing(view: &View<'_>, pattern: &Pattern<'_>, all: &[u32]) -> Vec<String> {
    let mut hints = Vec::new();
    let mut sorted = all.to_vec();
    sorted.sort_by(|&a, &b| range::strictly(view.evr(b), view.evr(a)).then(a.cmp(&b)));
    if !sorted.is_empty() && pattern.version.is_some() {
        let versions = shown(sorted.iter().map(|&id| view.evr(id).to_owned())).join(", ");
        hints.push(format!("versions of `{}`: {versions}", pattern.name));
    }
    if !sorted.is_empty() && pattern.arch.is_some() {
        let arches = shown(sorted.iter().map(|&id| view.universe.architectures[view.arch(id) as usize].to_string())).join(", ");
        hints.push(format!("architectures of `{}`: {arches}", pattern.name));
    }
    hints
}

/// Hints for a dependency that nothing provides.
pub(super) fn for_dependency(view: &View<'_>, dep: Dep) -> Vec<String> {
    let mut hints = BTreeSet::new();
    view.universe.names(dep, &mut |name| hints.extend(hidden(view, view.universe.strings.get(name))));
    hints.into_iter().collect()
}

/// What bears a name in a dependency, or provides it, and does not fit.
pub(super) fn bearers(view: &View<'_>, dep: Dep) -> Vec<String> {
    let mut ids = Vec::new();
    view.universe.names(dep, &mut |name| {
        ids.extend(view.named(name));
        if ids.is_empty() {
            ids.extend(view.providers_of(name, None));
        }
    });
    shown(ids.into_iter().map(|id| view.display(id)))
}

/// The rules that hide every package of a name.
fn hidden(view: &View<'_>, name: &str) -> Vec<String> {
    let excluded = view.universe.named(name).find(|id| view.excluded[id.index()]);
    let mut hints: Vec<String> = excluded.map(|CandidateId(id)| format!("{} is excluded", view.display(id))).into_iter().collect();
    let Some(number) = view.universe.strings.find(name) else { return hints };
    let of_name = view.universe.hidden.iter().filter(|hidden| hidden.name == number);
    let told = |Hidden { evr, arch, why, .. }: &Hidden| {
        let evr = view.universe.strings.get(*evr);
        match why {
            Why::Excluded => format!("{name} {evr} is excluded by its source"),
            Why::Module(stream) => format!("{name} {evr} belongs to the module stream `{stream}`, which is not enabled"),
            Why::Architecture => format!("{name} {evr} is for {arch}"),
        }
    };
    let mut all: Vec<&Hidden> = of_name.collect();
    all.sort_by(|a, b| range::strictly(view.universe.strings.get(b.evr), view.universe.strings.get(a.evr)));
    // Another architecture explains nothing where there is one that fits.
    let there = !view.named(number).is_empty();
    all.retain(|hidden| !(there && hidden.why == Why::Architecture));
    hints.extend(all.into_iter().map(told).take(SHOWN));
    hints.dedup();
    hints
}

fn shown(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut words: Vec<String> = words.filter(|word| seen.insert(word.clone())).collect();
    let more = words.len().saturating_sub(SHOWN);
    words.truncate(SHOWN);
    words.extend((more > 0).then(|| format!("{more} more")));
    words
}

fn near(view: &View<'_>, name: &str) -> Option<String> {
    let names = view.universe.index().names().iter().map(|&number| view.universe.strings.get(number));
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
    kin.sort_by(|a, b| lsrepo_rpm::evr::compare(b, a));
    kin.truncate(SHOWN);
    (!kin.is_empty()).then(|| format!("there is `{}`", kin.join("`, `")))
}
