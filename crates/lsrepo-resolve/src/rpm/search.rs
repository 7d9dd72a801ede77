//! The way to a solution that users of dnf expect.
//!
//! As libsolv goes: first the requests, then what is installed stays, then the dependencies, clause by clause and
//! always on from where the last choice was made, then what is recommended. A choice whose alternative came in
//! later anyway is made again the other way, which makes the set smaller.

use super::{
    choose,
    rules::{Goal, Rules},
    sat::{ClauseId, Sat, Unsolvable},
    universe::{Dep, Means},
    view::{View, is, of},
};
use crate::rpm::formula;
use lsrepo_rpm::primary::Kind;

pub(super) struct Search<'v, 'u> {
    pub(super) view: &'v View<'u>,
    pub(super) sat: Sat,
    jobs: Vec<Vec<u32>>,
    pub(super) weak: bool,
    branches: Vec<Branch>,
    /// by candidate: something chosen recommends it
    pub(super) recommended: Vec<bool>,
    pub(super) suggested: Vec<bool>,
    /// how much of the trail is in `recommended`, and when it was last cut
    noted: (usize, u64),
    minimized: u32,
}

/// More choices than this are not made again: the set is right, if maybe not the smallest.
const MOST_MINIMIZED: u32 = 10_000;

/// A choice that was made.
struct Branch {
    /// of the solver, before the choice
    level: u32,
    chosen: u32,
    /// what might have been chosen, and what was tried already
    others: Vec<(u32, bool)>,
}

/// Whether something was undone, so that what was looked at before has to be looked at again.
#[derive(PartialEq, Eq)]
enum Step {
    Done,
    Again,
}

type Walked = Result<Step, Unsolvable>;

/// The candidates of a solution, sorted; none when there is no solution.
pub(super) fn solve(view: &View<'_>, goal: &Goal, weak: bool) -> Option<Vec<u32>> {
    let Rules { sat, jobs } = Rules::new(view, goal, weak)?;
    let (recommended, suggested) = (vec![false; view.len()], vec![false; view.len()]);
    let mut search = Search { view, sat, jobs, weak, branches: Vec::new(), recommended, suggested, noted: (0, 0), minimized: 0 };
    search.run().ok()?;
    let mut chosen: Vec<u32> = search.sat.trail().iter().filter(|&&literal| literal > 0).map(|&literal| of(literal)).collect();
    chosen.sort_unstable();
    Some(chosen)
}

impl Search<'_, '_> {
    fn run(&mut self) -> Result<(), Unsolvable> {
        self.sat.start()?;
        loop {
            let steps: [fn(&mut Self) -> Walked; 5] =
                [Self::requests, Self::installed, Self::dependencies, Self::weak, Self::minimize];
            let mut all_done = true;
            for step in steps {
                if step(self)? == Step::Again {
                    all_done = false;
                    break;
                }
            }
            if all_done {
                return Ok(());
            }
        }
    }

    /// Decides that a candidate is there.
    fn install(&mut self, id: u32) -> Walked {
        let before = self.sat.level();
        self.sat.decide(is(id))?;
        let level = self.sat.level();
        if level > before {
            return Ok(Step::Done);
        }
        self.forget_branches(level);
        Ok(Step::Again)
    }

    fn forget_branches(&mut self, level: u32) {
        while self.branches.last().is_some_and(|branch| branch.level >= level) {
            self.branches.pop();
        }
    }

    fn choose(&mut self, list: Vec<u32>) -> Walked {
        let list = self.chosen(list);
        let Some(&first) = list.first() else { return Ok(Step::Done) };
        if list.len() > 1 {
            let others = list[1..].iter().map(|&id| (id, false)).collect();
            self.branches.push(Branch { level: self.sat.level(), chosen: first, others });
        }
        self.install(first)
    }

    fn is_open(&self, id: u32) -> bool {
        self.sat.value(is(id)) == 0
    }

    pub(super) fn is_chosen(&self, id: u32) -> bool {
        self.sat.value(is(id)) > 0
    }

    fn requests(&mut self) -> Walked {
        for number in 0..self.jobs.len() {
            loop {
                let options = &self.jobs[number];
                if options.iter().any(|&id| self.is_chosen(id)) {
                    break;
                }
                let open: Vec<u32> = options.iter().copied().filter(|&id| self.is_open(id)).collect();
                if open.is_empty() || self.choose(open)? == Step::Again {
                    return Ok(Step::Again);
                }
            }
        }
        Ok(Step::Done)
    }

    /// What the target has stays, where it can.
    fn installed(&mut self) -> Walked {
        for position in 0..self.view.all_present().len() {
            let id = self.view.all_present()[position];
            if self.is_open(id) && self.install(id)? == Step::Again {
                return Ok(Step::Again);
            }
        }
        Ok(Step::Done)
    }

    fn dependencies(&mut self) -> Walked {
        let (mut clause, mut looked_at) = (0, 0);
        let mut open = Vec::new();
        while looked_at < self.sat.clauses() {
            if clause >= self.sat.clauses() {
                clause = 0;
            }
            looked_at += 1;
            if self.is_undecided(clause, &mut open) {
                if self.choose(open.clone())? == Step::Again {
                    return Ok(Step::Again);
                }
                looked_at = 0;
            }
            clause += 1;
        }
        Ok(Step::Done)
    }

    /// Whether a clause still has to be met, by one of `open`.
    fn is_undecided(&self, clause: ClauseId, open: &mut Vec<u32>) -> bool {
        open.clear();
        for &literal in self.sat.clause(clause) {
            match self.sat.value(literal) {
                value if value > 0 => return false,
                0 if literal < 0 => return false,
                0 => open.push(of(literal)),
                _ => {}
            }
        }
        open.len() > 1
    }

    /// What is recommended, and what comes along by its own will.
    fn weak(&mut self) -> Walked {
        if !self.weak {
            return Ok(Step::Done);
        }
        let mut wanted = self.wanted_by_others();
        let mut willing: Vec<u32> = self.view.universe.index().supplementing.clone();
        willing.retain(|&id| {
            let open = self.is_open(id) && !self.view.excluded[id as usize] && self.holds_one(id, Kind::Supplements);
            // Nobody wants a second architecture of what is there.
            open && !self.view.named(self.view.name(id)).into_iter().any(|twin| self.is_chosen(twin))
        });
        for &id in &willing {
            if !wanted.contains(&id) {
                wanted.push(id);
            }
        }
        match wanted.as_slice() {
            [] => return Ok(Step::Done),
            &[only] => return self.install(only).map(|_| Step::Again),
            _ => {}
        }
        choose::best_recommended(self.view, &mut wanted);
        let mut fits = vec![false; self.view.len()];
        wanted.iter().for_each(|&id| fits[id as usize] = true);
        willing.retain(|&id| fits[id as usize]);
        choose::supplement_order(self.view, &mut willing);
        for id in willing {
            if self.is_open(id) && self.install(id)? == Step::Again {
                return Ok(Step::Again);
            }
        }
        let mut position = 0;
        while let Some(&literal) = self.sat.trail().get(position) {
            position += 1;
            if literal < 0 || !self.view.is_known(of(literal)) || self.view.is_present(of(literal)) {
                continue;
            }
            for &dep in self.view.universe.deps_of(of(literal), Kind::Recommends) {
                for options in self.options(dep) {
                    if options.iter().any(|&id| self.is_chosen(id)) {
                        continue;
                    }
                    let open: Vec<u32> = options.into_iter().filter(|&id| self.is_open(id) && fits[id as usize]).collect();
                    if self.choose(open)? == Step::Again {
                        return Ok(Step::Again);
                    }
                }
            }
        }
        Ok(Step::Again)
    }

    /// What something chosen recommends, and nothing chosen meets.
    fn wanted_by_others(&self) -> Vec<u32> {
        let mut wanted = Vec::new();
        let mut seen = vec![false; self.view.len()];
        let mut chosen: Vec<u32> = self.sat.trail().iter().filter(|&&literal| literal > 0).map(|&literal| of(literal)).collect();
        chosen.sort_unstable();
        for id in chosen.into_iter().filter(|&id| self.view.is_known(id) && !self.view.is_present(id)) {
            for &dep in self.view.universe.deps_of(id, Kind::Recommends) {
                for options in self.options(dep) {
                    if !options.iter().any(|&id| self.is_chosen(id)) {
                        let open = options.into_iter().filter(|&id| self.is_open(id));
                        wanted.extend(open.filter(|&id| !std::mem::replace(&mut seen[id as usize], true)));
                    }
                }
            }
        }
        wanted
    }

    /// The lists of which a recommendation wants one each, under the conditions that hold.
    fn options(&self, dep: Dep) -> Vec<Vec<u32>> {
        let Means::Rich(number) = dep.means() else { return vec![self.view.providers(dep).to_vec()] };
        let Ok(tree) = &self.view.universe.rich[number as usize].tree else { return Vec::new() };
        let clauses = formula::clauses(self.view, tree, true).unwrap_or_default();
        let counts = |clause: &&Vec<i32>| clause.iter().all(|&literal| literal > 0 || self.sat.value(literal) < 0);
        let positive = |clause: &Vec<i32>| clause.iter().filter(|&&literal| literal > 0).map(|&literal| of(literal)).collect();
        clauses.iter().filter(counts).map(positive).collect()
    }

    /// Makes one choice again where another option of it came in anyway, or is what something chosen recommends.
    fn minimize(&mut self) -> Walked {
        self.update_recommended();
        let welcome = |id: u32| self.recommended[id as usize] || self.holds_one(id, Kind::Supplements);
        let came_in = |branch: &Branch, id: u32| self.sat.value(is(id)) > branch.level as i32;
        let fits_better = |branch: &Branch, id: u32| !welcome(branch.chosen) && welcome(id);
        let found = self.untried(came_in).or_else(|| self.untried(fits_better));
        let Some((number, other)) = found.filter(|_| self.minimized < MOST_MINIMIZED) else { return Ok(Step::Done) };
        self.minimized += 1;
        let branch = &mut self.branches[number];
        branch.others[other].1 = true;
        branch.chosen = branch.others[other].0;
        let (id, level) = (branch.chosen, branch.level);
        self.branches.truncate(number + 1);
        self.sat.revert(level);
        self.install(id).map(|_| Step::Again)
    }

    /// The first choice that has an untried option with something about it.
    fn untried(&self, about: impl Fn(&Branch, u32) -> bool) -> Option<(usize, usize)> {
        self.branches.iter().enumerate().find_map(|(number, branch)| {
            let other = branch.others.iter().position(|&(id, tried)| !tried && about(branch, id))?;
            Some((number, other))
        })
    }

    /// Brings `recommended` and `suggested` up to date.
    pub(super) fn update_recommended(&mut self) {
        let (from, cut) = self.noted;
        let from = if cut == self.sat.cuts() { from } else { 0 };
        if from == 0 {
            self.recommended.fill(false);
            self.suggested.fill(false);
        }
        for position in from..self.sat.trail().len() {
            let literal = self.sat.trail()[position];
            if literal < 0 || !self.view.is_known(of(literal)) {
                continue;
            }
            for kind in [Kind::Recommends, Kind::Suggests] {
                for &dep in self.view.universe.deps_of(of(literal), kind) {
                    for options in self.options(dep) {
                        let marks = if kind == Kind::Recommends { &mut self.recommended } else { &mut self.suggested };
                        options.iter().for_each(|&id| marks[id as usize] = true);
                    }
                }
            }
        }
        self.noted = (self.sat.trail().len(), self.sat.cuts());
    }
}
