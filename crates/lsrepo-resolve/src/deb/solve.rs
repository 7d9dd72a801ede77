//! From requests to sets of picks.

use super::{
    Base, CandidateId, Pick, Reason, Resolution, Set, Universe, drift,
    engine::{Engine, Goal},
    explain,
    reach::Ways,
    view::View,
    walk,
    wish::{Wanted, Wish},
};
use crate::{Conflict, apart};
use lsrepo_deb::Request;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What to take along beyond what is needed, and what never to take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// follow Recommends of what is newly picked, where they can be met
    pub recommends: bool,
    /// follow Suggests as well
    pub suggests: bool,
    /// packages that are not there: `NAME` or `NAME=VERSION`, maybe with `*` and `?`
    pub exclude: Vec<String>,
}

/// Finds the packages that `requests` need on a machine that has `base`.
///
/// All requests are solved together. Where that is impossible, those that fit together with the ones
/// before them stay in the set `main`, the others get further sets in the same way; a request that
/// cannot even be met alone becomes a [`Conflict`]. The same input gives the same answer.
pub fn solve(universe: &Universe<'_>, requests: &[Request], base: &Base, policy: &Policy) -> Resolution {
    let mut view = View::new(universe, &policy.exclude, policy.recommends, policy.suggests);
    let roots = base.settle(&mut view);
    let expand = |view: &View<'_, '_>| {
        requests.iter().enumerate().map(|(number, request)| Wish::expand(view, number, request)).collect::<Vec<_>>()
    };
    // Twice: what is requested has a say in the order of its candidates.
    let wanted: Vec<Wanted> = expand(&view).into_iter().flatten().flat_map(|wish| wish.wanted).collect();
    view.set_requested(&wanted);
    let mut conflicts = BTreeMap::new();
    let mut wishes = Vec::new();
    for (number, wish) in expand(&view).into_iter().enumerate() {
        match wish {
            Ok(wish) => wishes.push(wish),
            Err(conflict) => drop(conflicts.insert(number, conflict)),
        }
    }
    let mut job = Job { view: &view, engine: Engine::new(&view), roots, lenient: false };
    job.lenient = job.attempt(&[]).is_none();
    let sets = job.sets(&wishes, &mut conflicts, base.may_be_older(), requests.is_empty());
    Resolution { sets, conflicts: conflicts.into_values().collect() }
}

struct Job<'v, 'u, 'a> {
    view: &'v View<'u, 'a>,
    engine: Engine<'v, 'u, 'a>,
    /// of the base system, to be carried
    roots: Vec<Wanted>,
    /// the base system itself has no solution: take of it what is possible
    lenient: bool,
}

impl Job<'_, '_, '_> {
    /// The requests in sets that can each be installed.
    fn sets(&mut self, wishes: &[Wish], conflicts: &mut BTreeMap<usize, Conflict>, older: bool, nothing_asked: bool) -> Vec<Set> {
        let mut open: Vec<&Wish> = wishes.iter().collect();
        let mut sets: Vec<(Vec<&Wish>, Set)> = Vec::new();
        loop {
            let mut members = Vec::new();
            let mut chosen = None;
            let rejected = apart::fill(&mut members, &mut chosen, &open, &mut |wishes| self.attempt(wishes));
            if members.is_empty() && !(nothing_asked && sets.is_empty()) {
                for wish in rejected {
                    conflicts.insert(wish.number, explain::why_not(self.view, &self.hard_roots(), &[], wish));
                }
                break;
            }
            let chosen = chosen.or_else(|| self.attempt(&members)).unwrap_or_default();
            let apart = members.first().and_then(|first| {
                let (main, _) = sets.first()?;
                Some(explain::why_not(self.view, &self.hard_roots(), main, first))
            });
            let set = Set {
                name: apart::name(members.first().map(|wish| wish.text.as_str()), sets.iter().map(|(_, set)| set.name.as_str())),
                requests: members.iter().map(|wish| wish.number).collect(),
                picks: self.picks(&members, &chosen, older),
                apart,
            };
            sets.push((members, set));
            if rejected.is_empty() {
                break;
            }
            open = rejected;
        }
        sets.into_iter().map(|(_, set)| set).collect()
    }

    /// Everything of the base system that must stay.
    fn hard_roots(&self) -> Vec<Vec<u32>> {
        if self.lenient {
            return Vec::new();
        }
        let essential = self.view.all_present().into_iter().filter(|&id| self.view.essential(id));
        let roots = self.roots.iter().map(|wanted| wanted.options.clone());
        roots.chain(essential.map(|id| self.view.candidates(self.view.node(id)).to_vec())).collect()
    }

    /// The candidates of a solution for all of `wishes`.
    fn attempt(&mut self, wishes: &[&Wish]) -> Option<Vec<u32>> {
        let wanted = wishes.iter().flat_map(|wish| &wish.wanted);
        let mut goal = Goal { hard: self.hard_roots(), soft: Vec::new() };
        goal.hard.extend(wanted.clone().map(|wanted| wanted.options.clone()));
        goal.soft.extend(self.view.all_present().into_iter().map(|id| self.view.candidates(self.view.node(id)).to_vec()));
        goal.soft.extend(walk::propose(self.view, self.roots.iter().chain(wanted)).into_iter().map(|id| vec![id]));
        self.engine.solve(&goal)
    }

    fn picks(&self, wishes: &[&Wish], chosen: &[u32], older: bool) -> Vec<Pick> {
        let view = self.view;
        let first = |wanted: &Wanted| wanted.options.iter().copied().find(|id| chosen.binary_search(id).is_ok());
        let ways = Ways::find(view, chosen);
        let mut wanted_by: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        let mut reasons: BTreeMap<u32, Reason> = BTreeMap::new();
        let mut note = |id: u32, reason: Reason| {
            let known = reasons.entry(id).or_insert(reason);
            *known = reason.min(*known);
        };
        for wish in wishes {
            let start: Vec<u32> = wish.wanted.iter().filter_map(first).collect();
            start.iter().for_each(|&id| note(id, Reason::Requested));
            ways.from(start.iter().copied(), false).into_iter().for_each(|id| note(id, Reason::Dependency));
            for id in ways.from(start, true) {
                note(id, Reason::Recommended);
                wanted_by.entry(id).or_default().insert(wish.number);
            }
        }
        let start: Vec<u32> = self.roots.iter().filter_map(first).collect();
        ways.from(start.iter().copied(), false).into_iter().for_each(|id| note(id, Reason::Base));
        ways.from(start, true).into_iter().for_each(|id| note(id, Reason::Recommended));
        // Another version of what is present, whatever made it necessary.
        let changed = |id: &u32| view.present(view.node(*id)).is_some_and(|present| present != *id);
        let changed: Vec<u32> = chosen.iter().copied().filter(changed).collect();
        for id in ways.from(changed, true) {
            note(id, Reason::BaseUpdate);
            wanted_by.entry(id).or_insert_with(|| wishes.iter().map(|wish| wish.number).collect());
        }
        let mut carried: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for (&id, &reason) in &reasons {
            // What a request names is carried even if the base has it, since that may be an older one.
            if !view.is_present(id) || older && reason == Reason::Requested {
                carried.insert(id, wanted_by.get(&id).cloned().unwrap_or_default());
            }
        }
        let updates = if older { drift::carry(view, chosen, &mut carried) } else { Vec::new() };
        let reason = |id: u32| match reasons.get(&id) {
            Some(Reason::Requested) => Reason::Requested,
            _ if updates.binary_search(&id).is_ok() || view.present(view.node(id)).is_some() => Reason::BaseUpdate,
            Some(&reason) => reason,
            None => Reason::BaseUpdate,
        };
        let mut picks: Vec<Pick> = carried
            .into_iter()
            .filter(|&(id, _)| view.known(id).is_some())
            .map(|(id, by)| Pick { candidate: CandidateId(id), wanted_by: by.into_iter().collect(), reason: reason(id) })
            .collect();
        picks.sort_by_key(|pick| {
            let node = view.node(pick.candidate.0);
            (view.name_text(node.name), node.arch, pick.candidate)
        });
        picks
    }
}
