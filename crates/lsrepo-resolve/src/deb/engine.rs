//! The universe in the words of the SAT solver.
//!
//! A package name of the solver is a [`Node`], a solvable a candidate. A version set is an explicit
//! list of candidates of one node (the solver goes silently wrong when it holds several), so an
//! alternative or a provider becomes a version set of its own and a dependency their ordered union.
//! Something that should be there if it can is a union with a fresh, empty pseudo-package behind it.

use super::{
    relations::Strength,
    view::{Node, View},
};
use resolvo::{
    Candidates, Condition, ConditionId, ConditionalRequirement, Dependencies, DependencyProvider, HintDependenciesAvailable,
    Interner, KnownDependencies, NameId, Problem, SolvableId, Solver, SolverCache, StringId, UnsolvableOrCancelled, VersionSetId,
    VersionSetUnionId,
};
use std::{cell::RefCell, collections::HashMap, fmt::Display, rc::Rc};

/// A solver over a view; several problems can be put to it one after the other.
pub(super) struct Engine<'v, 'u, 'a> {
    solver: Solver<Provider<'v, 'u, 'a>>,
}

/// What to solve.
#[derive(Default)]
pub(super) struct Goal {
    /// of each list one has to be there
    pub(super) hard: Vec<Vec<u32>>,
    /// of each list one should be there; earlier lists count more
    pub(super) soft: Vec<Vec<u32>>,
}

/// The number of the pseudo-package that nothing asks for.
const NOBODY: u32 = 0;

struct Provider<'v, 'u, 'a> {
    view: &'v View<'u, 'a>,
    interned: RefCell<Interned>,
}

#[derive(Default)]
struct Interned {
    sets: Vec<Rc<VersionSet>>,
    set_ids: HashMap<Rc<VersionSet>, VersionSetId>,
    unions: Vec<Rc<[VersionSetId]>>,
    union_ids: HashMap<Rc<[VersionSetId]>, VersionSetUnionId>,
    strings: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct VersionSet {
    name: u32,
    members: Box<[u32]>,
    /// all of the name but these
    negated: bool,
}

impl<'v, 'u, 'a> Engine<'v, 'u, 'a> {
    pub(super) fn new(view: &'v View<'u, 'a>) -> Self {
        Self { solver: Solver::new(Provider { view, interned: RefCell::default() }) }
    }

    /// The candidates of a solution, sorted; none when there is no solution.
    pub(super) fn solve(&mut self, goal: &Goal) -> Option<Vec<u32>> {
        let provider = self.solver.provider();
        let mut requirements: Vec<ConditionalRequirement> =
            goal.hard.iter().map(|options| provider.requirement(options, None)).collect();
        for (number, options) in goal.soft.iter().enumerate() {
            requirements.push(provider.requirement(options, Some(NOBODY + 1 + number as u32)));
        }
        let candidates = self.solver.provider().view.len() as u32;
        match self.solver.solve(Problem::new().requirements(requirements)) {
            Ok(chosen) => {
                let mut chosen: Vec<u32> = chosen.into_iter().map(SolvableId::into_raw).collect();
                chosen.retain(|&id| id < candidates);
                chosen.sort_unstable();
                chosen.dedup();
                Some(chosen)
            }
            Err(UnsolvableOrCancelled::Unsolvable(_) | UnsolvableOrCancelled::Cancelled(_)) => None,
        }
    }
}

impl Provider<'_, '_, '_> {
    fn name_of(&self, node: Node) -> u32 {
        node.name * self.view.universe.architectures.len() as u32 + u32::from(node.arch)
    }

    fn node_of(&self, name: u32) -> Option<Node> {
        let arches = self.view.universe.architectures.len() as u32;
        let node = Node { name: name / arches, arch: (name % arches) as u8 };
        ((node.name as usize) < self.view.names()).then_some(node)
    }

    /// The name and the only solvable of a pseudo-package.
    fn pseudo(&self, number: u32) -> (u32, u32) {
        let arches = self.view.universe.architectures.len() as u32;
        (self.view.names() as u32 * arches + number, self.view.len() as u32 + number)
    }

    fn solvable_of_pseudo(&self, name: u32) -> u32 {
        let (first_name, first_solvable) = self.pseudo(0);
        name - first_name + first_solvable
    }

    /// One of `options`, in this order of preference; with a way out, none of them as the last.
    fn requirement(&self, options: &[u32], way_out: Option<u32>) -> ConditionalRequirement {
        let mut sets = Vec::new();
        for group in options.chunk_by(|&a, &b| self.view.node(a) == self.view.node(b)) {
            sets.push(self.set(self.name_of(self.view.node(group[0])), group, false));
        }
        if let Some(number) = way_out {
            let (name, solvable) = self.pseudo(number);
            sets.push(self.set(name, &[solvable], false));
        }
        match sets.as_slice() {
            // A name that nobody bears: the solver finds no candidates for it.
            [] => self.set(self.pseudo(NOBODY).0, &[], false).into(),
            &[one] => one.into(),
            _ => self.union(sets).into(),
        }
    }

    fn set(&self, name: u32, members: &[u32], negated: bool) -> VersionSetId {
        let set = Rc::new(VersionSet { name, members: members.into(), negated });
        let mut interned = self.interned.borrow_mut();
        if let Some(&id) = interned.set_ids.get(&set) {
            return id;
        }
        let id = VersionSetId(interned.sets.len() as u32);
        interned.sets.push(set.clone());
        interned.set_ids.insert(set, id);
        id
    }

    fn union(&self, sets: Vec<VersionSetId>) -> VersionSetUnionId {
        let sets: Rc<[VersionSetId]> = sets.into();
        let mut interned = self.interned.borrow_mut();
        if let Some(&id) = interned.union_ids.get(&sets) {
            return id;
        }
        let id = VersionSetUnionId(interned.unions.len() as u32);
        interned.unions.push(sets.clone());
        interned.union_ids.insert(sets, id);
        id
    }

    fn version_set(&self, id: VersionSetId) -> Rc<VersionSet> {
        self.interned.borrow().sets[id.0 as usize].clone()
    }

    fn string(&self, text: &str) -> StringId {
        let mut interned = self.interned.borrow_mut();
        interned.strings.push(text.to_owned());
        StringId(interned.strings.len() as u32 - 1)
    }
}

impl DependencyProvider for Provider<'_, '_, '_> {
    async fn filter_candidates(&self, candidates: &[SolvableId], version_set: VersionSetId, inverse: bool) -> Vec<SolvableId> {
        let set = self.version_set(version_set);
        let inside = |id: &SolvableId| set.members.contains(&id.into_raw()) != set.negated;
        // The options stand in their order of preference, which need not be the node's.
        if !inverse && !set.negated {
            let there = |&id: &u32| candidates.iter().any(|candidate| candidate.into_raw() == id);
            return set.members.iter().copied().filter(there).map(SolvableId::from_raw).collect();
        }
        candidates.iter().copied().filter(|id| inside(id) != inverse).collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        let name = name.into_raw();
        let candidates: Vec<SolvableId> = match self.node_of(name) {
            Some(node) => self.view.candidates(node).iter().copied().map(SolvableId::from_raw).collect(),
            None => vec![SolvableId::from_raw(self.solvable_of_pseudo(name))],
        };
        Some(Candidates { candidates, hint_dependencies_available: HintDependenciesAvailable::None, ..Candidates::default() })
    }

    /// They come in order: see [`View::candidates`] and [`Self::requirement`].
    async fn sort_candidates(&self, _: &SolverCache<Self>, _: &mut [SolvableId]) {}

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        let id = solvable.into_raw();
        if id as usize >= self.view.len() {
            return Dependencies::Known(KnownDependencies::default());
        }
        let relations = self.view.relations(id);
        if let Some(problem) = &relations.unreadable {
            return Dependencies::Unknown(self.string(problem));
        }
        let mut known = KnownDependencies::default();
        for need in &relations.needs {
            if need.strength == Strength::Hard && !need.options.contains(&id) {
                known.requirements.push(self.requirement(&need.options, None));
            }
        }
        let mut hits: Vec<(u32, u32)> = relations.excluded().map(|other| (self.name_of(self.view.node(other)), other)).collect();
        hits.sort_unstable();
        hits.dedup();
        for group in hits.chunk_by(|a, b| a.0 == b.0) {
            let members: Vec<u32> = group.iter().map(|&(_, other)| other).collect();
            known.constrains.push(self.set(group[0].0, &members, true));
        }
        Dependencies::Known(known)
    }
}

impl Interner for Provider<'_, '_, '_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        let id = solvable.into_raw();
        if (id as usize) < self.view.len() { self.view.display(id) } else { "nothing".to_owned() }
    }

    fn display_name(&self, name: NameId) -> impl Display + '_ {
        self.node_of(name.into_raw()).map_or("nothing", |node| self.view.name_text(node.name))
    }

    fn display_version_set(&self, version_set: VersionSetId) -> impl Display + '_ {
        format!("{:?}", self.version_set(version_set))
    }

    fn display_string(&self, string: StringId) -> impl Display + '_ {
        self.interned.borrow().strings[string.0 as usize].clone()
    }

    fn version_set_name(&self, version_set: VersionSetId) -> NameId {
        NameId::from_raw(self.version_set(version_set).name)
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        let id = solvable.into_raw();
        if (id as usize) < self.view.len() {
            return NameId::from_raw(self.name_of(self.view.node(id)));
        }
        let (first_name, first_solvable) = self.pseudo(0);
        NameId::from_raw(id - first_solvable + first_name)
    }

    fn version_sets_in_union(&self, union: VersionSetUnionId) -> impl Iterator<Item = VersionSetId> {
        let sets = self.interned.borrow().unions[union.0 as usize].clone();
        (0..sets.len()).map(move |position| sets[position])
    }

    fn resolve_condition(&self, _: ConditionId) -> Condition {
        unreachable!("no requirement here has a condition")
    }
}
