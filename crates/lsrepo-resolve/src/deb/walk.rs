//! The walk through the dependencies as apt goes: what users expect to get.
//!
//! Follows apt's `pkgDepCache::MarkInstall`: everything requested is marked first; then depth first,
//! field by field and clause by clause; a clause that something marked meets already is left alone;
//! of the others the first option that can be marked is. What fails is discarded for good. What has to
//! be there (a request, and whatever is the only way to meet a dependency of such a package) is
//! protected: in a conflict it drives out what was merely a choice.
//!
//! The result is a proposal. It may be incomplete (a clause that nothing meets is skipped), so nothing
//! here has to be exact about the rare case; the solver is.

use super::{
    relations::{Need, Strength},
    view::{Node, View},
    wish::Wanted,
};
use std::collections::{HashMap, HashSet};

/// Deeper than any real chain; what lies below is left to the solver.
const DEEPEST: usize = 600;
/// Bounds the work on a universe that was made to be hard.
const MOST_STEPS: usize = 2_000_000;

struct Walk<'v, 'u, 'a> {
    view: &'v View<'u, 'a>,
    marked: HashMap<Node, u32>,
    protected: HashSet<u32>,
    discarded: HashSet<u32>,
    /// the marked packages that exclude it
    excluded: HashMap<u32, Vec<u32>>,
    /// all that happened, so that it can be undone
    log: Vec<Step>,
    steps: usize,
}

#[derive(Clone, Copy)]
enum Step {
    Marked(u32),
    Unmarked(u32),
    Protected(u32),
}

/// Proposes a set for all of `wanted` together, in the order in which apt comes to it.
pub(super) fn propose<'w>(view: &View<'_, '_>, wanted: impl Iterator<Item = &'w Wanted>) -> Vec<u32> {
    let mut walk = Walk {
        view,
        marked: view.all_present().into_iter().map(|id| (view.node(id), id)).collect(),
        protected: HashSet::new(),
        discarded: HashSet::new(),
        excluded: HashMap::new(),
        log: Vec::new(),
        steps: 0,
    };
    let mut roots = Vec::new();
    for wanted in wanted {
        let marked = wanted.options.iter().copied().find(|&id| walk.is_marked(id));
        if let Some(id) = marked.or_else(|| wanted.options.iter().copied().find(|&id| walk.make_room(id))) {
            walk.set_mark(id);
            walk.protect(id);
            roots.push(id);
        }
    }
    for id in roots {
        walk.follow(id, 0);
    }
    let mut seen = HashSet::new();
    let steps = walk.log.iter().filter_map(|step| if let Step::Marked(id) = step { Some(*id) } else { None });
    steps.filter(|&id| walk.is_marked(id) && seen.insert(id)).collect()
}

impl Walk<'_, '_, '_> {
    fn is_marked(&self, id: u32) -> bool {
        self.marked.get(&self.view.node(id)) == Some(&id)
    }

    /// Sees to it that the candidate can be marked, driving out what is neither protected nor present.
    fn make_room(&mut self, id: u32) -> bool {
        let node = self.view.node(id);
        let relations = self.view.relations(id);
        let taken = self.marked.get(&node).is_some_and(|&other| !self.view.is_present(other));
        if taken || self.discarded.contains(&id) || relations.unreadable.is_some() {
            return false;
        }
        let mut rivals: Vec<u32> = relations.excluded().filter(|&other| self.is_marked(other)).collect();
        rivals.extend(self.excluded.get(&id).into_iter().flatten());
        // What is present may have to give way as well; whether it can is for the solver to say.
        rivals.retain(|&other| !self.view.is_present(other));
        if rivals.iter().any(|other| self.protected.contains(other)) {
            return false;
        }
        for rival in rivals {
            if self.is_marked(rival) {
                self.unmark(rival);
                self.log.push(Step::Unmarked(rival));
            }
        }
        true
    }

    fn set_mark(&mut self, id: u32) {
        if !self.is_marked(id) {
            self.remark(id);
            self.log.push(Step::Marked(id));
        }
    }

    fn remark(&mut self, id: u32) {
        self.marked.insert(self.view.node(id), id);
        for other in self.view.relations(id).excluded() {
            self.excluded.entry(other).or_default().push(id);
        }
    }

    fn unmark(&mut self, id: u32) {
        let node = self.view.node(id);
        match self.view.present(node) {
            Some(present) => self.marked.insert(node, present),
            None => self.marked.remove(&node),
        };
        for other in self.view.relations(id).excluded() {
            if let Some(by) = self.excluded.get_mut(&other) {
                by.retain(|&by| by != id);
            }
        }
    }

    fn protect(&mut self, id: u32) -> bool {
        let new = self.protected.insert(id);
        if new {
            self.log.push(Step::Protected(id));
        }
        new
    }

    fn undo(&mut self, length: usize) {
        for step in self.log.split_off(length).into_iter().rev() {
            match step {
                Step::Marked(id) => self.unmark(id),
                Step::Unmarked(id) => self.remark(id),
                Step::Protected(id) => drop(self.protected.remove(&id)),
            }
        }
    }

    fn mark(&mut self, id: u32, depth: usize) -> bool {
        if self.is_marked(id) {
            return true;
        }
        let before = self.log.len();
        if !self.make_room(id) {
            return false;
        }
        self.set_mark(id);
        if self.follow(id, depth) {
            return true;
        }
        self.undo(before);
        self.discarded.insert(id);
        false
    }

    /// Marks what a marked package needs. For a protected one all is tried, else the first failure ends it.
    fn follow(&mut self, id: u32, depth: usize) -> bool {
        self.steps += 1;
        if depth > DEEPEST || self.steps > MOST_STEPS || self.view.is_present(id) {
            return true;
        }
        let protected = self.protected.contains(&id);
        for need in &self.view.relations(id).needs {
            let only = if protected { self.only_option(need) } else { None };
            if let Some(only) = only {
                if self.is_marked(only) || self.make_room(only) {
                    self.set_mark(only);
                    if self.protect(only) {
                        self.follow(only, depth + 1);
                    }
                }
                continue;
            }
            let met = need.options.iter().any(|&option| self.is_marked(option))
                || need.options.iter().any(|&option| self.mark(option, depth + 1));
            if !met && need.strength == Strength::Hard && !protected {
                return false;
            }
        }
        true
    }

    /// The only thing that apt would weigh for a dependency.
    fn only_option(&self, need: &Need<'_>) -> Option<u32> {
        let mut options = need.options.iter().copied().filter(|&id| self.view.is_first_choice(id));
        let first = options.next().filter(|_| need.strength == Strength::Hard)?;
        options.next().is_none().then_some(first)
    }
}
