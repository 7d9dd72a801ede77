//! A base system that may be older than the universe.
//!
//! The machine beyond the air gap was installed from some image: it has the same base packages, maybe in
//! older versions. So a base package is carried after all where something carried names a version of it, which
//! only the newest is sure to be; and a base package that needs exactly the version of one that is carried
//! goes with it.

use super::view::View;
use lsrepo_rpm::Operator;
use std::collections::{BTreeMap, BTreeSet};

/// Adds what has to be carried of the base to `carried`, which maps a package to the requests it is
/// carried for; gives what was added, sorted. `chosen` is sorted and holds the base.
pub(super) fn carry(view: &View<'_>, chosen: &[u32], carried: &mut BTreeMap<u32, BTreeSet<usize>>) -> Vec<u32> {
    let is_chosen = |id: &u32| chosen.binary_search(id).is_ok();
    let base: Vec<u32> = chosen.iter().copied().filter(|&id| view.is_present(id)).collect();
    let mut added = Vec::new();
    let mut open: Vec<u32> = carried.keys().copied().collect();
    while let Some(id) = open.pop() {
        let wanted_by = carried.get(&id).cloned().unwrap_or_default();
        let mut take = Vec::new();
        for need in view.relations(id).needs.iter().filter(|need| view.range(need.dep).is_some()) {
            let meeting: Vec<u32> = need.options.iter().copied().filter(is_chosen).collect();
            if !meeting.iter().any(|option| carried.contains_key(option)) {
                take.extend(meeting.first().copied().filter(|&first| view.is_present(first)));
            }
        }
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

/// Whether one of the base needs exactly the version of another one.
fn needs_exactly(view: &View<'_>, id: u32, of: u32) -> bool {
    let exact =
        |need: &super::relations::Need| matches!(view.range(need.dep), Some((Operator::Equal, _))) && need.options.contains(&of);
    view.relations(id).needs.iter().any(exact)
}
