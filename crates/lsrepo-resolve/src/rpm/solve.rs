//! From requests to sets of picks.

use super::{
    Base, CandidateId, Pick, Reason, Resolution, Set, Universe, drift, explain,
    reach::Ways,
    rules::successors,
    search,
    view::View,
    wish::{self, Wish},
};
use crate::{Conflict, apart};
use lsrepo_rpm::Request;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// By identifier or name of a group: the packages that come with it.
pub type Groups = BTreeMap<String, Vec<String>>;

/// What to take along beyond what is needed, and what never to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// follow Recommends and Supplements, where they can be met
    pub recommends: bool,
    /// a name that is asked for gets its best version or none, as dnf does by default; else the best that fits
    pub best: bool,
    /// packages that are not there: `NAME`, `NAME.ARCH`, `NAME-VERSION` and so on, maybe with `*` and `?`
    pub exclude: Vec<String>,
    /// full names of packages that are taken before all others of their name, where they fit
    pub keep: Vec<String>,
    /// names of which several versions may stand side by side
    pub install_only: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        let install_only = [
            "kernel",
            "kernel-PAE",
            "kernel-core",
            "kernel-modules",
            "kernel-modules-core",
            "kernel-modules-extra",
            "kernel-devel",
        ];
        Self {
            recommends: false,
            best: true,
            exclude: Vec::new(),
            keep: Vec::new(),
            install_only: install_only.map(str::to_owned).to_vec(),
        }
    }
}

/// Finds the packages that `requests` need on a machine that has `base`.
///
/// All requests are solved together. Where that is impossible, those that fit together with the ones
/// before them stay in the set `main`, the others get further sets in the same way; a request that
/// cannot even be met alone becomes a [`Conflict`]. The same input gives the same answer.
pub fn solve(universe: &Universe, requests: &[Request], base: &Base, policy: &Policy, groups: &Groups) -> Resolution {
    let mut view = View::new(universe, policy);
    base.settle(&mut view);
    let mut conflicts = BTreeMap::new();
    let mut wishes = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        match Wish::expand(&view, number, request, groups) {
            Ok(wish) => wishes.push(wish),
            Err(conflict) => drop(conflicts.insert(number, conflict)),
        }
    }
    let job = Job { view: &view, older: base.may_be_older() };
    let sets = job.sets(&wishes, &mut conflicts);
    Resolution { sets, conflicts: conflicts.into_values().collect() }
}

struct Job<'v, 'u> {
    view: &'v View<'u>,
    /// the base may be older than the universe
    older: bool,
}

impl Job<'_, '_> {
    /// The requests in sets that can each be installed.
    fn sets(&self, wishes: &[Wish], conflicts: &mut BTreeMap<usize, Conflict>) -> Vec<Set> {
        let mut open: Vec<&Wish> = wishes.iter().collect();
        let mut sets: Vec<(Vec<&Wish>, Set)> = Vec::new();
        while !open.is_empty() {
            let mut members = Vec::new();
            let mut chosen = None;
            let rejected = apart::fill(&mut members, &mut chosen, &open, &mut |wishes| self.attempt(wishes));
            if members.is_empty() {
                for wish in rejected {
                    conflicts.insert(wish.number, self.why_not(&[], wish));
                }
                break;
            }
            let apart = members.first().and_then(|first| sets.first().map(|(main, _)| self.why_not(main, first)));
            let set = Set {
                name: apart::name(members.first().map(|wish| wish.text.as_str()), sets.iter().map(|(_, set)| set.name.as_str())),
                requests: members.iter().map(|wish| wish.number).collect(),
                picks: self.picks(&members, &chosen.unwrap_or_default()),
                apart,
            };
            sets.push((members, set));
            open = rejected;
        }
        sets.into_iter().map(|(_, set)| set).collect()
    }

    /// The candidates of a solution for all of `wishes`.
    fn attempt(&self, wishes: &[&Wish]) -> Option<Vec<u32>> {
        search::solve(self.view, &wish::goal(wishes, false), self.view.policy.recommends)
    }

    fn why_not(&self, with: &[&Wish], wish: &Wish) -> Conflict {
        let present = self.view.all_present().iter();
        let base: Vec<Vec<u32>> = present.map(|&id| successors(self.view, id).collect()).collect();
        let mut conflict = explain::why_not(self.view, &base, with, wish);
        if wish.taken != wish.wanted {
            let all: Vec<&Wish> = with.iter().copied().chain([wish]).collect();
            if let Some(chosen) = search::solve(self.view, &wish::goal(&all, true), false) {
                let other = |id: &u32| wish.wanted.iter().flatten().any(|option| option == id);
                let fits: Vec<String> = chosen.iter().filter(|id| other(id)).map(|&id| self.view.display(id)).collect();
                conflict.hints.push(format!("not the best version, but one that fits: {}", fits.join(", ")));
            }
        }
        conflict
    }

    fn picks(&self, wishes: &[&Wish], chosen: &[u32]) -> Vec<Pick> {
        let view = self.view;
        let ways = Ways::find(view, chosen);
        let mut wanted_by: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        let mut reasons: BTreeMap<u32, Reason> = BTreeMap::new();
        let mut note = |id: u32, reason: Reason| {
            let known = reasons.entry(id).or_insert(reason);
            *known = reason.min(*known);
        };
        for wish in wishes {
            let is_chosen = |id: &u32| chosen.binary_search(id).is_ok();
            let start: Vec<u32> = wish.taken.iter().filter_map(|options| options.iter().copied().find(is_chosen)).collect();
            start.iter().for_each(|&id| note(id, Reason::Requested));
            ways.from(start.iter().copied(), false).into_iter().for_each(|id| note(id, Reason::Dependency));
            for id in ways.from(start, true) {
                note(id, Reason::Recommended);
                wanted_by.entry(id).or_default().insert(wish.number);
            }
        }
        let mut carried: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for &id in chosen {
            // What a request names is carried even if the base has it, since that may be an older one.
            if !view.is_present(id) || self.older && reasons.get(&id) == Some(&Reason::Requested) {
                let all = || wishes.iter().map(|wish| wish.number).collect();
                carried.insert(id, wanted_by.get(&id).cloned().unwrap_or_else(all));
            }
        }
        let updates = if self.older { drift::carry(view, chosen, &mut carried) } else { Vec::new() };
        let reason = |id: u32| match reasons.get(&id) {
            Some(Reason::Requested) => Reason::Requested,
            _ if updates.binary_search(&id).is_ok() || view.present_of(view.name(id)).next().is_some() => Reason::BaseUpdate,
            Some(&reason) => reason,
            None => Reason::Dependency,
        };
        let known = carried.into_iter().filter(|&(id, _)| view.is_known(id));
        let mut picks: Vec<Pick> = known
            .map(|(id, by)| Pick { candidate: CandidateId(id), wanted_by: by.into_iter().collect(), reason: reason(id) })
            .collect();
        picks.sort_by_key(|pick| (view.name_text(pick.candidate.0), view.arch(pick.candidate.0), pick.candidate));
        picks
    }
}
