//! What a candidate needs and what it excludes, resolved to candidates.

use super::{
    formula,
    universe::{Dep, Means},
    view::{Literal, View, of},
};
use lsrepo_rpm::primary::Kind;

/// One of `options` has to be there, where all of `guards` are.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) dep: Dep,
    /// from conditions: without them it does not count
    pub(super) guards: Vec<u32>,
    /// by their numbers
    pub(super) options: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Against {
    pub(super) because: Because,
    pub(super) hits: Vec<u32>,
}

/// Why two packages exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    Conflicts(Dep),
    Obsoletes(Dep),
    /// it takes the other's name
    SameName,
    /// a condition of a rich dependency
    Requires(Dep),
}

#[derive(Debug, Default)]
pub(super) struct Relations {
    pub(super) needs: Vec<Need>,
    pub(super) against: Vec<Against>,
    /// what is wrong with its dependencies, where they cannot be read
    pub(super) unreadable: Option<String>,
}

impl Relations {
    pub(super) fn read(view: &View<'_>, id: u32) -> Self {
        let mut all = Self::default();
        if view.is_known(id) {
            let requires = view.universe.deps_of(id, Kind::Requires);
            requires.iter().for_each(|&dep| all.require(view, id, dep));
            let conflicts = view.universe.deps_of(id, Kind::Conflicts);
            conflicts.iter().for_each(|&dep| all.conflict(view, id, dep));
        }
        // What is present has what it needs: a dependency that nothing else present meets is met by something
        // that we were not told of.
        if view.is_present(id) {
            all.needs.retain(|need| need.options.iter().any(|&option| view.is_present(option)));
            all.unreadable = None;
        }
        let several = view.is_install_only(id);
        if view.is_known(id) && !several {
            for &dep in view.universe.deps_of(id, Kind::Obsoletes) {
                all.exclude(Because::Obsoletes(dep), view.obsoleted(id, dep));
            }
        }
        let same = |&other: &u32| {
            let twin = view.evr(other) == view.evr(id) && view.arch(other) == view.arch(id);
            other != id && (twin || !several && view.same_kind(view.arch(id), view.arch(other)))
        };
        all.exclude(Because::SameName, view.named(view.name(id)).into_iter().filter(same).collect());
        // What the target has stands side by side already.
        if view.is_present(id) {
            all.against.iter_mut().for_each(|against| against.hits.retain(|&other| !view.is_present(other)));
        }
        all
    }

    fn require(&mut self, view: &View<'_>, id: u32, dep: Dep) {
        let Means::Rich(number) = dep.means() else {
            let options = view.providers(dep);
            if options.binary_search(&id).is_err() {
                self.needs.push(Need { dep, guards: Vec::new(), options: options.to_vec() });
            }
            return;
        };
        match &view.universe.rich[number as usize].tree {
            Ok(tree) => match formula::clauses(view, tree, true) {
                Ok(clauses) => clauses.into_iter().for_each(|clause| self.clause(id, dep, clause, Because::Requires(dep))),
                Err(formula::TooLarge) => self.unreadable = Some(format!("`{}` is too large", view.universe.text(dep))),
            },
            Err(problem) => self.unreadable = Some(problem.to_string()),
        }
    }

    fn conflict(&mut self, view: &View<'_>, id: u32, dep: Dep) {
        let Means::Rich(number) = dep.means() else {
            let hits = view.providers(dep).iter().copied().filter(|&other| other != id).collect();
            return self.exclude(Because::Conflicts(dep), hits);
        };
        match &view.universe.rich[number as usize].tree {
            Ok(tree) => match formula::clauses(view, tree, false) {
                Ok(clauses) => {
                    for mut clause in clauses {
                        // it does not conflict with itself
                        if clause.as_slice() != [super::view::is_not(id)] {
                            clause.sort_unstable();
                            self.clause(id, dep, clause, Because::Conflicts(dep));
                        }
                    }
                }
                Err(formula::TooLarge) => self.unreadable = Some(format!("`{}` is too large", view.universe.text(dep))),
            },
            Err(problem) => self.unreadable = Some(problem.to_string()),
        }
    }

    /// What a clause means for a package that is there.
    fn clause(&mut self, id: u32, dep: Dep, clause: Vec<Literal>, because: Because) {
        let sorted = |positive: bool| {
            let mut ids: Vec<u32> =
                clause.iter().filter(|literal| (**literal > 0) == positive).map(|&literal| of(literal)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let (options, mut guards) = (sorted(true), sorted(false));
        if options.contains(&id) || guards.iter().any(|guard| options.binary_search(guard).is_ok()) {
            return;
        }
        guards.retain(|&guard| guard != id);
        match (options.is_empty(), guards.as_slice()) {
            (true, &[only]) => self.exclude(because, vec![only]),
            _ => self.needs.push(Need { dep, guards, options }),
        }
    }

    fn exclude(&mut self, because: Because, hits: Vec<u32>) {
        if !hits.is_empty() {
            self.against.push(Against { because, hits });
        }
    }

    /// How much there is to weigh.
    pub(super) fn literals(&self) -> usize {
        let needs = self.needs.iter().map(|need| 1 + need.guards.len() + need.options.len()).sum::<usize>();
        1 + needs + 2 * self.excluded().count()
    }

    /// Every candidate that it excludes.
    pub(super) fn excluded(&self) -> impl Iterator<Item = u32> {
        self.against.iter().flat_map(|against| against.hits.iter().copied())
    }
}
