//! Who needs what, inside a set that was chosen: the way from a request to each pick.
//!
//! A dependency leads to the one chosen package that meets it first. What no way leads to is not
//! needed by anybody, whatever the solver had it for.

use super::{
    relations::Strength,
    view::{Node, View},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The ways inside a chosen set.
pub(super) struct Ways {
    edges: HashMap<u32, Vec<(u32, Strength)>>,
}

impl Ways {
    /// Finds all of them. `chosen` is sorted.
    pub(super) fn find(view: &View<'_, '_>, chosen: &[u32]) -> Self {
        let is_chosen = |id: &u32| chosen.binary_search(id).is_ok();
        let by_node: HashMap<Node, u32> = chosen.iter().map(|&id| (view.node(id), id)).collect();
        let mut edges = HashMap::new();
        for &id in chosen.iter().filter(|&&id| !view.is_present(id)) {
            let relations = view.relations(id);
            let mut own: Vec<(u32, Strength)> = Vec::new();
            for need in &relations.needs {
                own.extend(need.options.iter().copied().find(is_chosen).map(|option| (option, need.strength)));
            }
            // What is present and would be hit had to be replaced by another version.
            let hit = relations.excluded().filter(|&other| view.is_present(other));
            own.extend(hit.filter_map(|other| by_node.get(&view.node(other))).map(|&other| (other, Strength::Hard)));
            edges.insert(id, own);
        }
        Self { edges }
    }

    /// Everything that can be reached, with the start; soft ways only when asked for.
    pub(super) fn from(&self, start: impl IntoIterator<Item = u32>, soft: bool) -> BTreeSet<u32> {
        let mut open: Vec<u32> = start.into_iter().collect();
        let mut seen: HashSet<u32> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            for &(next, strength) in self.edges.get(&id).into_iter().flatten() {
                if (soft || strength == Strength::Hard) && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().collect()
    }
}
