//! What has to hold, as clauses: from the requests outward, only for what could be needed.

use super::{
    formula,
    relations::{Need, Relations},
    sat::Sat,
    universe::{Dep, Means},
    view::{Literal, View, is, is_not},
};
use lsrepo_rpm::{primary::Kind, rich::Expression};
use std::collections::{HashMap, VecDeque};

/// An index in which everything needs what everything provides could fill any memory. CentOS Stream 9 as a whole comes to
/// two million.
const MOST_LITERALS: usize = 40_000_000;

/// What to solve.
#[derive(Clone, Debug, Default)]
pub(super) struct Goal {
    /// of each list one has to be there
    pub(super) wanted: Vec<Vec<u32>>,
    /// asked for by their architecture: none is too bad
    pub(super) exempt: Vec<u32>,
}

/// The clauses of a goal, and where the goal's own are among them.
pub(super) struct Rules {
    pub(super) sat: Sat,
    /// of the lists that have more than one option: their options
    pub(super) jobs: Vec<Vec<u32>>,
}

impl Rules {
    /// None where there is more to weigh than any real set of repositories has.
    pub(super) fn new(view: &View<'_>, goal: &Goal, weak: bool) -> Option<Self> {
        let roots = goal.wanted.iter().flatten().chain(view.all_present()).copied();
        let reached = reach(view, roots, weak)?;
        let mut clauses = Clauses::default();
        for &id in &reached {
            clauses.of_package(id, &view.relations(id));
        }
        let mut sat = Sat::new(view.len());
        clauses.in_order().for_each(|clause| sat.add(clause));
        let mut beside: Vec<(u32, Vec<u32>)> = inferior(view, &reached, &goal.exempt).into_iter().collect();
        beside.sort_unstable();
        for (id, twins) in beside {
            let clause: Vec<Literal> = [is_not(id)].into_iter().chain(twins.into_iter().map(is)).collect();
            sat.add(&clause);
        }
        for &present in view.all_present() {
            sat.add(&successors(view, present).map(is).collect::<Vec<_>>());
        }
        for wanted in &goal.wanted {
            let clause: Vec<Literal> = wanted.iter().copied().map(is).collect();
            sat.add(&clause);
        }
        let jobs = goal.wanted.iter().filter(|wanted| wanted.len() > 1).cloned().collect();
        Some(Self { sat, jobs })
    }
}

/// What is present stays, or another version or its successor takes its place.
pub(super) fn successors(view: &View<'_>, present: u32) -> impl Iterator<Item = u32> {
    let arch = view.arch(present);
    let mut all = view.named(view.name(present));
    all.retain(|&other| view.same_kind(arch, view.arch(other)));
    all.extend(view.obsoleters(present));
    all.sort_unstable_by_key(|&other| (other != present, other));
    all.dedup();
    all.into_iter()
}

struct Reached {
    order: Vec<u32>,
    seen: Vec<bool>,
    open: VecDeque<u32>,
}

impl Reached {
    fn add(&mut self, ids: &[u32]) {
        for &id in ids {
            if !std::mem::replace(&mut self.seen[id as usize], true) {
                self.open.push_back(id);
            }
        }
    }
}

/// Every candidate that could come in on the way; none where that would take more than [`MOST_LITERALS`].
pub(super) fn reach(view: &View<'_>, roots: impl Iterator<Item = u32>, weak: bool) -> Option<Vec<u32>> {
    let mut room = MOST_LITERALS;
    let mut reached = Reached { order: Vec::new(), seen: vec![false; view.len()], open: VecDeque::new() };
    roots.for_each(|id| reached.add(&[id]));
    view.all_present().iter().for_each(|&id| successors(view, id).for_each(|other| reached.add(&[other])));
    loop {
        while let Some(id) = reached.open.pop_front() {
            reached.order.push(id);
            let relations = view.relations(id);
            room = room.checked_sub(relations.literals())?;
            relations.needs.iter().for_each(|need| reached.add(&need.options));
            reached.add(&better_twins(view, id));
            if weak && view.is_known(id) {
                for kind in [Kind::Recommends, Kind::Suggests] {
                    for &dep in view.universe.deps_of(id, kind) {
                        view.leaf_providers(dep, &mut |other| reached.add(&[other]));
                    }
                }
            }
        }
        if weak {
            for &id in &view.universe.index().supplementing {
                let inside = |id: u32| reached.seen[id as usize];
                let mut supplements = view.universe.deps_of(id, Kind::Supplements).iter();
                let usable = !reached.seen[id as usize] && !view.excluded[id as usize];
                if usable && supplements.any(|&dep| possible(view, dep, &inside)) {
                    reached.add(&[id]);
                }
            }
        }
        if reached.open.is_empty() {
            return Some(reached.order);
        }
    }
}

/// The same version for a better architecture.
fn better_twins(view: &View<'_>, id: u32) -> Vec<u32> {
    let (arch, evr) = (view.arch(id), view.evr(id));
    if arch == 0 || view.universe.is_noarch(arch) {
        return Vec::new();
    }
    view.named(view.name(id)).into_iter().filter(|&other| view.arch(other) < arch && view.evr(other) == evr).collect()
}

/// Whether a dependency could hold among what is reached.
fn possible(view: &View<'_>, dep: Dep, inside: &impl Fn(u32) -> bool) -> bool {
    fn tree(view: &View<'_>, of: &Expression<Dep>, inside: &impl Fn(u32) -> bool) -> bool {
        match of {
            Expression::And(all) => all.iter().all(|one| tree(view, one, inside)),
            Expression::Or(all) => all.iter().any(|one| tree(view, one, inside)),
            Expression::If(_) => true,
            Expression::Unless(parts) => tree(view, &parts.then, inside) || parts.otherwise.is_some(),
            Expression::Is(_) | Expression::With(_) | Expression::Without(_) => formula::holds(view, of, inside),
        }
    }
    match dep.means() {
        Means::Rich(number) => view.universe.rich[number as usize].tree.as_ref().is_ok_and(|of| tree(view, of, inside)),
        Means::Name(_) | Means::Relation(_) => view.providers(dep).iter().any(|&id| inside(id)),
    }
}

/// Candidates of which a better architecture is reached, and what of that has to stand beside them.
///
/// Of the same kind (`i586` where there is `i686`) nothing helps. A package for another kind of programs (`i686` on
/// `x86_64`) stands only beside its twin for the better one.
pub(super) fn inferior(view: &View<'_>, reached: &[u32], exempt: &[u32]) -> HashMap<u32, Vec<u32>> {
    let mut by_name: HashMap<u32, Vec<u32>> = HashMap::new();
    for &id in reached.iter().filter(|&&id| !view.universe.is_noarch(view.arch(id))) {
        by_name.entry(view.name(id)).or_default().push(id);
    }
    let mut found = HashMap::new();
    for all in by_name.into_values().filter(|all| all.len() > 1) {
        let Some(best) = all.iter().map(|&id| view.arch(id)).min() else { continue };
        for &id in all.iter().filter(|&&id| view.arch(id) != best && !view.is_present(id) && !exempt.contains(&id)) {
            let twin = |&other: &u32| view.arch(other) == best && view.evr(other) == view.evr(id);
            let other_kind = !view.same_kind(view.arch(id), best);
            found.insert(id, all.iter().copied().filter(|other| other_kind && twin(other)).collect());
        }
    }
    found
}

/// Clauses in one piece.
#[derive(Default)]
struct Clauses {
    literals: Vec<Literal>,
    ranges: Vec<(u32, u32)>,
}

impl Clauses {
    fn add(&mut self, clause: impl Iterator<Item = Literal>) {
        let start = self.literals.len() as u32;
        self.literals.extend(clause);
        self.ranges.push((start, self.literals.len() as u32));
    }

    fn of_package(&mut self, id: u32, relations: &Relations) {
        if relations.unreadable.is_some() {
            self.add([is_not(id)].into_iter());
        }
        for Need { guards, options, .. } in &relations.needs {
            let guards = guards.iter().copied().map(is_not);
            self.add([is_not(id)].into_iter().chain(guards).chain(options.iter().copied().map(is)));
        }
        for other in relations.excluded() {
            let (low, high) = (id.min(other), id.max(other));
            self.add([is_not(high), is_not(low)].into_iter());
        }
    }

    /// Sorted, each once: so libsolv goes through them.
    fn in_order(&mut self) -> impl Iterator<Item = &[Literal]> {
        let literals = &self.literals;
        let slice = move |&(start, end): &(u32, u32)| &literals[start as usize..end as usize];
        self.ranges.sort_unstable_by(|a, b| slice(a).cmp(slice(b)));
        self.ranges.dedup_by(|a, b| slice(a) == slice(b));
        self.ranges.iter().map(slice)
    }
}
