//! Taste: which of several packages to take. libsolv's, since that is what users of dnf expect.

use super::{
    range,
    search::Search,
    view::{View, is},
};
use lsrepo_rpm::{Operator, primary::Kind};
use std::{cmp::Ordering, collections::HashMap};

/// More newer offers than this make no difference.
const MOST_COMPARED: usize = 100;

impl Search<'_, '_> {
    /// What is worth a choice of `list`, the first to try in front.
    pub(super) fn chosen(&mut self, mut list: Vec<u32>) -> Vec<u32> {
        if list.len() > 1 {
            prefer_kept(self.view, &mut list);
        }
        if list.len() > 1 {
            best_priority(self.view, &mut list);
        }
        best_of(self.view, &mut list);
        if list.len() > 1 && self.weak {
            self.recommended_only(&mut list);
        }
        if list.len() > 1 {
            outdated_last(self.view, &mut list);
            newer_offers_first(self.view, &mut list);
            list.sort_by_key(|&id| !self.view.is_present(id));
            self.suggested_first(&mut list);
        }
        list
    }

    /// Only what something chosen recommends, or what wants to stand beside something chosen, if there is any.
    fn recommended_only(&mut self, list: &mut Vec<u32>) {
        self.update_recommended();
        let wanted: Vec<u32> =
            list.iter().copied().filter(|&id| self.recommended[id as usize] || self.holds_one(id, Kind::Supplements)).collect();
        if !wanted.is_empty() {
            *list = wanted;
        }
    }

    fn suggested_first(&mut self, list: &mut [u32]) {
        self.update_recommended();
        list.sort_by_key(|&id| !(self.suggested[id as usize] || self.holds_one(id, Kind::Enhances)));
    }

    /// Whether one of the dependencies of a kind holds in what is chosen.
    pub(super) fn holds_one(&self, id: u32, kind: Kind) -> bool {
        let inside = |id: u32| self.sat.value(is(id)) > 0;
        self.view.is_known(id) && self.view.universe.deps_of(id, kind).iter().any(|&dep| self.view.holds(dep, &inside))
    }
}

/// Several packages that are recommended: of each name the best.
pub(super) fn best_recommended(view: &View<'_>, list: &mut Vec<u32>) {
    prefer_kept_per_name(view, list);
    best_priority_per_name(view, list);
    best_of(view, list);
}

/// The order of packages that come along by their own will.
pub(super) fn supplement_order(view: &View<'_>, list: &mut [u32]) {
    outdated_last(view, list);
    newer_offers_first(view, list);
}

/// What a request gets where nothing else is known: the best architecture, of each name the best version.
pub(super) fn best_at_rest(view: &View<'_>, list: &[u32]) -> Vec<u32> {
    let mut list = list.to_vec();
    prefer_kept(view, &mut list);
    best_priority(view, &mut list);
    best_of(view, &mut list);
    list
}

fn best_of(view: &View<'_>, list: &mut Vec<u32>) {
    if list.len() > 1 {
        best_arch(view, list);
    }
    if list.len() > 1 {
        best_version(view, list);
    }
}

fn prefer_kept(view: &View<'_>, list: &mut Vec<u32>) {
    if list.iter().any(|&id| view.is_kept(id)) {
        list.retain(|&id| view.is_kept(id));
    }
}

fn prefer_kept_per_name(view: &View<'_>, list: &mut Vec<u32>) {
    let kept: Vec<u32> = list.iter().filter(|&&id| view.is_kept(id)).map(|&id| view.name(id)).collect();
    if !kept.is_empty() {
        list.retain(|&id| view.is_kept(id) || !kept.contains(&view.name(id)));
    }
}

fn best_priority(view: &View<'_>, list: &mut Vec<u32>) {
    let best = list.iter().map(|&id| view.priority(id)).min();
    list.retain(|&id| Some(view.priority(id)) == best);
}

fn best_priority_per_name(view: &View<'_>, list: &mut Vec<u32>) {
    let all = list.clone();
    list.retain(|&id| {
        let twins = all.iter().filter(|&&other| view.name(other) == view.name(id));
        twins.map(|&other| view.priority(other)).min() == Some(view.priority(id))
    });
}

fn best_arch(view: &View<'_>, list: &mut Vec<u32>) {
    let real = list.iter().map(|&id| view.arch(id)).filter(|&arch| !view.universe.is_noarch(arch));
    if let Some(best) = real.min() {
        list.retain(|&id| view.arch(id) == best || view.universe.is_noarch(view.arch(id)));
    }
}

/// Of each name the best version, without what another one takes the place of; by name.
fn best_version(view: &View<'_>, list: &mut Vec<u32>) {
    let cost =
        |id: u32| view.universe.candidates.get(id as usize).map_or(0, |known| view.universe.sources[known.source as usize].cost);
    let arches = |a: u32, b: u32| {
        let (a, b) = (view.arch(a), view.arch(b));
        if view.universe.is_noarch(a) || view.universe.is_noarch(b) { Ordering::Equal } else { a.cmp(&b) }
    };
    list.sort_by(|&a, &b| {
        let names = view.name_text(a).cmp(view.name_text(b));
        let versions = || range::strictly(view.evr(b), view.evr(a));
        names.then_with(versions).then_with(|| arches(a, b)).then_with(|| cost(a).cmp(&cost(b))).then(a.cmp(&b))
    });
    let all = std::mem::take(list);
    for id in all {
        match list.last() {
            Some(&best) if view.name(best) == view.name(id) => {
                if range::strictly(view.evr(best), view.evr(id)).is_eq() {
                    list.push(id);
                }
            }
            _ => list.push(id),
        }
    }
    without_obsoleted(view, list);
}

/// What obsoletes each other stays.
fn without_obsoleted(view: &View<'_>, list: &mut Vec<u32>) {
    if list.len() < 2 || list.iter().all(|&id| !view.is_known(id) || view.universe.deps_of(id, Kind::Obsoletes).is_empty()) {
        return;
    }
    let hits: Vec<Vec<u32>> = list
        .iter()
        .map(|&id| {
            let deps = if view.is_known(id) { view.universe.deps_of(id, Kind::Obsoletes) } else { &[] };
            deps.iter().flat_map(|&dep| view.obsoleted(id, dep)).filter(|other| list.contains(other)).collect()
        })
        .collect();
    let position = |id: u32| list.iter().position(|&other| other == id);
    let leads = |from: u32, to: u32| {
        let mut open = vec![from];
        let mut seen = vec![from];
        while let Some(id) = open.pop() {
            for &next in position(id).map(|at| hits[at].as_slice()).unwrap_or_default() {
                if next == to {
                    return true;
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
        }
        false
    };
    let replaced = |&id: &u32| {
        let by = list.iter().zip(&hits).filter(|(_, hits)| hits.contains(&id)).map(|(&by, _)| by);
        by.into_iter().any(|by| !leads(id, by))
    };
    let gone: Vec<u32> = list.iter().copied().filter(replaced).collect();
    list.retain(|id| !gone.contains(id));
}

/// The more of what a package provides others provide in newer versions, the later it comes.
fn newer_offers_first(view: &View<'_>, list: &mut [u32]) {
    let mut offers: Vec<(u32, &str, u32)> = Vec::new();
    for &id in list.iter() {
        let deps = if view.is_known(id) { view.universe.deps_of(id, Kind::Provides) } else { &[] };
        offers.extend(deps.iter().filter_map(|&dep| match view.range(dep) {
            Some((Operator::Equal, evr)) => Some((view.universe.plain_name(dep)?, evr, id)),
            _ => None,
        }));
    }
    offers.sort_unstable();
    let mut behind: HashMap<u32, usize> = HashMap::new();
    for same in offers.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        // In their order, all that stand behind the last equal one are newer.
        let mut same: Vec<(&str, u32)> = same.iter().map(|&(_, evr, id)| (evr, id)).collect();
        same.sort_by(|a, b| range::loosely(a.0, b.0));
        for (position, &(evr, id)) in same.iter().enumerate() {
            let newer = same[position + 1..].iter().filter(|&&(other, by)| by != id && range::loosely(evr, other).is_lt());
            *behind.entry(id).or_default() += newer.take(MOST_COMPARED).count();
        }
    }
    list.sort_by_key(|id| behind.get(id).copied().unwrap_or_default());
}

/// What has a newer version somewhere goes behind.
fn outdated_last(view: &View<'_>, list: &mut [u32]) {
    list.sort_by_cached_key(|&id| {
        view.named(view.name(id)).into_iter().any(|other| {
            let newer = || range::strictly(view.evr(other), view.evr(id)).is_gt();
            let (own, others) = (view.priority(id), view.priority(other));
            view.arch(other) == view.arch(id) && (others < own || others == own && newer())
        })
    });
}
