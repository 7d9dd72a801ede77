//! Who needs what, inside a set that was chosen: the way from a request to each pick.

use super::view::View;
use lsrepo_rpm::primary::Kind;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The ways inside a chosen set; the soft ones are recommendations.
pub(super) struct Ways {
    edges: HashMap<u32, Vec<(u32, bool)>>,
}

impl Ways {
    /// Finds all of them. `chosen` is sorted.
    pub(super) fn find(view: &View<'_>, chosen: &[u32]) -> Self {
        let is_chosen = |id: u32| chosen.binary_search(&id).is_ok();
        let mut edges: HashMap<u32, Vec<(u32, bool)>> = HashMap::new();
        for &id in chosen.iter().filter(|&&id| !view.is_present(id)) {
            let relations = view.relations(id);
            let mut own: Vec<(u32, bool)> = Vec::new();
            for need in &relations.needs {
                if need.guards.iter().all(|&guard| is_chosen(guard)) {
                    let met: Vec<u32> = need.options.iter().copied().filter(|&option| is_chosen(option)).collect();
                    // What bears the name itself is what the author had in mind.
                    let name = view.universe.plain_name(need.dep);
                    let first = met.iter().find(|&&option| Some(view.name(option)) == name).or(met.first());
                    own.extend(first.map(|&first| (first, false)));
                }
            }
            // What is present and is hit had to be replaced.
            let hit = relations.excluded().filter(|&other| view.is_present(other));
            let instead = hit.flat_map(|other| chosen.iter().copied().filter(move |&new| view.name(new) == view.name(other)));
            own.extend(instead.map(|new| (new, false)));
            if view.policy.recommends {
                for &dep in view.universe.deps_of(id, Kind::Recommends) {
                    own.extend(
                        chosen.iter().copied().filter(|&other| view.holds(dep, &|id| id == other)).map(|other| (other, true)),
                    );
                }
            }
            edges.entry(id).or_default().extend(own);
        }
        if view.policy.recommends {
            for &id in &view.universe.index().supplementing {
                if !is_chosen(id) {
                    continue;
                }
                for &dep in view.universe.deps_of(id, Kind::Supplements) {
                    view.leaf_providers(dep, &mut |other| {
                        if is_chosen(other) {
                            edges.entry(other).or_default().push((id, true));
                        }
                    });
                }
            }
        }
        Self { edges }
    }

    /// Everything that can be reached, with the start; soft ways only when asked for.
    pub(super) fn from(&self, start: impl IntoIterator<Item = u32>, soft: bool) -> BTreeSet<u32> {
        let mut open: Vec<u32> = start.into_iter().collect();
        let mut seen: HashSet<u32> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            for &(next, is_soft) in self.edges.get(&id).into_iter().flatten() {
                if (soft || !is_soft) && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().collect()
    }
}
