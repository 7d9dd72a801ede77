//! A request, resolved to what would meet it, in the first reading that something fits.

use super::{
    choose, hints, names,
    range::{self, Range},
    rules::Goal,
    solve::Groups,
    view::View,
};
use crate::{Conflict, Link};
use lsrepo_rpm::{Request, request::Pattern, request::Reading};
use lsrepo_types::glob;
use std::collections::BTreeMap;

/// A request that something could meet: of each list one has to be there.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// position in what was asked
    pub(super) number: usize,
    /// the request as text
    pub(super) text: String,
    /// everything that would do, by their numbers
    pub(super) wanted: Vec<Vec<u32>>,
    /// the same as far as the policy takes it: where it wants the best, only that
    pub(super) taken: Vec<Vec<u32>>,
    /// it names an architecture
    pub(super) by_arch: bool,
}

impl Wish {
    /// Finds what would meet a request, or says why nothing does.
    pub(super) fn expand(view: &View<'_>, number: usize, request: &Request, groups: &Groups) -> Result<Self, Conflict> {
        let text = request.to_string();
        let is_arch = |word: &str| view.universe.architecture(word).is_some() || hints::is_known_arch(word);
        let readings = request.readings(is_arch);
        let mut all = readings.iter().map(|reading| (reading, options(view, reading, groups)));
        let Some((reading, wanted)) = all.find(|(_, found)| !found.is_empty()) else {
            let hints = hints::for_request(view, &readings, groups);
            let offered = hints::offered(view, &readings);
            return Err(Conflict { request: text.clone(), chain: vec![Link::Nothing { dependency: text, offered }], hints });
        };
        let taken = match view.policy.best {
            true => wanted.iter().map(|options| choose::best_at_rest(view, options)).collect(),
            false => wanted.clone(),
        };
        let by_arch = matches!(reading, Reading::Package(Pattern { arch: Some(_), .. }));
        Ok(Self { number, text, wanted, taken, by_arch })
    }
}

/// The goal of several requests: of what they take, or of everything that would do.
pub(super) fn goal(wishes: &[&Wish], all: bool) -> Goal {
    let lists = |wish: &Wish| if all { wish.wanted.clone() } else { wish.taken.clone() };
    let exempt = wishes.iter().filter(|wish| wish.by_arch).flat_map(|wish| wish.wanted.iter().flatten().copied());
    Goal { wanted: wishes.iter().flat_map(|wish| lists(wish)).collect(), exempt: exempt.collect() }
}

fn options(view: &View<'_>, reading: &Reading<'_>, groups: &Groups) -> Vec<Vec<u32>> {
    let one = |options: Vec<u32>| if options.is_empty() { Vec::new() } else { vec![options] };
    match reading {
        Reading::Package(pattern) => packages(view, pattern),
        Reading::Capability(relation) => {
            let evr = relation.version.as_ref().map(|(operator, evr)| (*operator, evr.to_string()));
            one(providers(view, &relation.name, evr.as_ref().map(|(operator, evr)| (*operator, evr.as_str()))))
        }
        Reading::File(path) if glob::is_pattern(path) => {
            let paths = view.universe.paths().filter(|text| glob::matches(path, text));
            let mut all: Vec<u32> = paths.flat_map(|path| providers(view, path, None)).collect();
            all.sort_unstable();
            all.dedup();
            one(all)
        }
        Reading::File(path) => one(providers(view, path, None)),
        Reading::Group(group) => {
            let members = groups.get(*group).into_iter().flatten();
            members.flat_map(|name| packages(view, &Pattern { name, ..Pattern::default() })).collect()
        }
    }
}

/// Who provides a name that no package may have mentioned with this version.
fn providers(view: &View<'_>, name: &str, wanted: Range<'_>) -> Vec<u32> {
    let Some(name) = view.universe.strings.find(name) else { return Vec::new() };
    view.providers_of(name, wanted)
}

/// For every name that fits: its candidates that fit.
fn packages(view: &View<'_>, pattern: &Pattern<'_>) -> Vec<Vec<u32>> {
    let fits = |&id: &u32| names::has_parts(pattern, &view.nevra(id));
    let of_name = |name: u32| view.named(name).into_iter().filter(fits).collect::<Vec<u32>>();
    let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    if let Some(name) = view.universe.strings.find(pattern.name) {
        found.insert(pattern.name, of_name(name));
    }
    if glob::is_pattern(pattern.name) {
        for &name in view.universe.index().names() {
            let text = view.universe.strings.get(name);
            if glob::matches(pattern.name, text) {
                found.insert(text, of_name(name));
            }
        }
    }
    found.retain(|_, options| !options.is_empty());
    let just_a_name = pattern.version.is_none() && pattern.release.is_none() && pattern.epoch.is_none() && pattern.arch.is_none();
    let mut found: Vec<Vec<u32>> = found.into_values().collect();
    if just_a_name && !glob::is_pattern(pattern.name) {
        // As dnf does: whoever asks for a name also takes what took its place.
        for options in &mut found {
            let best = options.iter().copied().reduce(|a, b| if range::strictly(view.evr(a), view.evr(b)).is_lt() { b } else { a });
            options.extend(best.map(|best| view.obsoleters(best)).unwrap_or_default());
            options.sort_unstable();
            options.dedup();
        }
    }
    found
}
