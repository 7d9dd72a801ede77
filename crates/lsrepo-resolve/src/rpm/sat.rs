//! A small SAT solver: clauses, unit propagation with two watched literals, learning from conflicts.
//!
//! It decides nothing by itself: somebody with taste says what to try next, and it says what follows, or
//! what was learned. After Eén and Sörensson, "An Extensible SAT-solver" (2003).

use super::view::Literal;

/// The number of a clause, in the order in which they were added.
pub(super) type ClauseId = u32;

/// What cannot be undone is decided at this level; every decision is one higher than the last.
pub(super) const FIRST: u32 = 1;

/// Real repositories come to a few dozen conflicts; what was made to be hard is given up.
const MOST_CONFLICTS: u32 = 200_000;

/// There is no solution, or none was found in time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsolvable;

#[derive(Debug)]
struct Clause {
    start: u32,
    end: u32,
    watched: [Literal; 2],
}

#[derive(Debug, Default)]
pub(super) struct Sat {
    literals: Vec<Literal>,
    clauses: Vec<Clause>,
    /// by literal: the clauses that watch it
    watches: Vec<Vec<ClauseId>>,
    /// by variable: 0 is open, else the level, negative where it is false
    values: Vec<i32>,
    /// by variable: what forced it; none for decisions
    reasons: Vec<Option<ClauseId>>,
    /// by variable: when it was set, as a position of the trail
    trail: Vec<Literal>,
    propagated: usize,
    level: u32,
    cuts: u64,
    conflicts: u32,
    seen: Vec<bool>,
    unsolvable: bool,
}

impl Sat {
    pub(super) fn new(variables: usize) -> Self {
        Self {
            watches: vec![Vec::new(); variables * 2 + 2],
            values: vec![0; variables + 1],
            reasons: vec![None; variables + 1],
            seen: vec![false; variables + 1],
            level: FIRST,
            ..Self::default()
        }
    }

    /// Adds a clause at the first level. It must not hold a literal twice, nor one and its opposite.
    pub(super) fn add(&mut self, clause: &[Literal]) {
        debug_assert_eq!(self.level, FIRST);
        let id = self.store(clause);
        match *clause {
            [] => self.unsolvable = true,
            [only] => self.assert(only, id),
            _ => {}
        }
    }

    fn assert(&mut self, literal: Literal, because: ClauseId) {
        match self.value(literal) {
            0 => self.set(literal, Some(because)),
            value if value < 0 => self.unsolvable = true,
            _ => {}
        }
    }

    fn store(&mut self, clause: &[Literal]) -> ClauseId {
        let id = self.clauses.len() as ClauseId;
        let start = self.literals.len() as u32;
        self.literals.extend_from_slice(clause);
        let mut watched = [0, 0];
        if let [first, second, ..] = *clause {
            watched = [first, second];
            watched.iter().for_each(|&literal| self.watches[slot(literal)].push(id));
        }
        self.clauses.push(Clause { start, end: self.literals.len() as u32, watched });
        id
    }

    pub(super) fn clauses(&self) -> ClauseId {
        self.clauses.len() as ClauseId
    }

    pub(super) fn clause(&self, id: ClauseId) -> &[Literal] {
        let Clause { start, end, .. } = self.clauses[id as usize];
        &self.literals[start as usize..end as usize]
    }

    /// Positive where the literal is true, negative where it is false, 0 where that is open; the
    /// amount is the level since when.
    pub(super) fn value(&self, literal: Literal) -> i32 {
        let value = self.values[literal.unsigned_abs() as usize];
        if literal > 0 { value } else { -value }
    }

    /// All that is set, in the order in which it was.
    pub(super) fn trail(&self) -> &[Literal] {
        &self.trail
    }

    /// How often something was undone.
    pub(super) fn cuts(&self) -> u64 {
        self.cuts
    }

    pub(super) fn level(&self) -> u32 {
        self.level
    }

    fn set(&mut self, literal: Literal, because: Option<ClauseId>) {
        let level = self.level as i32;
        self.values[literal.unsigned_abs() as usize] = if literal > 0 { level } else { -level };
        self.reasons[literal.unsigned_abs() as usize] = because;
        self.trail.push(literal);
    }

    /// Follows what is certain from the start.
    pub(super) fn start(&mut self) -> Result<(), Unsolvable> {
        match self.unsolvable || self.propagate().is_some() {
            true => Err(Unsolvable),
            false => Ok(()),
        }
    }

    /// Decides an open literal, with all that follows. A conflict is learned from, and goes back to an earlier level.
    pub(super) fn decide(&mut self, literal: Literal) -> Result<(), Unsolvable> {
        self.level += 1;
        self.set(literal, None);
        while let Some(conflict) = self.propagate() {
            self.conflicts += 1;
            if self.level == FIRST || self.conflicts > MOST_CONFLICTS {
                return Err(Unsolvable);
            }
            let (learned, level) = self.analyze(conflict);
            self.revert(level);
            let id = self.store(&learned);
            self.set(learned[0], Some(id));
        }
        Ok(())
    }

    /// Forgets all decisions above a level.
    pub(super) fn revert(&mut self, level: u32) {
        self.cuts += 1;
        while let Some(&literal) = self.trail.last() {
            let variable = literal.unsigned_abs() as usize;
            if self.values[variable].unsigned_abs() <= level {
                break;
            }
            self.values[variable] = 0;
            self.trail.pop();
        }
        self.propagated = self.propagated.min(self.trail.len());
        self.level = level;
    }

    /// Gives a clause that cannot be met any more.
    fn propagate(&mut self) -> Option<ClauseId> {
        while self.propagated < self.trail.len() {
            let now_false = -self.trail[self.propagated];
            self.propagated += 1;
            let mut watching = std::mem::take(&mut self.watches[slot(now_false)]);
            let mut kept = 0;
            let mut conflict = None;
            for position in 0..watching.len() {
                let id = watching[position];
                let Clause { start, end, watched } = self.clauses[id as usize];
                let own = usize::from(watched[1] == now_false);
                let other = watched[1 - own];
                let free = |&&literal: &&Literal| literal != other && literal != now_false && self.value(literal) >= 0;
                if self.value(other) <= 0
                    && let Some(&next) = self.literals[start as usize..end as usize].iter().find(free)
                {
                    self.clauses[id as usize].watched[own] = next;
                    self.watches[slot(next)].push(id);
                    continue;
                }
                watching[kept] = id;
                kept += 1;
                match self.value(other) {
                    0 => self.set(other, Some(id)),
                    value if value < 0 => {
                        watching.copy_within(position + 1.., kept);
                        kept += watching.len() - position - 1;
                        conflict = Some(id);
                        break;
                    }
                    _ => {}
                }
            }
            watching.truncate(kept);
            self.watches[slot(now_false)] = watching;
            if conflict.is_some() {
                return conflict;
            }
        }
        None
    }

    /// The clause that would have prevented a conflict, its only literal of this level in front and one of the level to
    /// go back to behind it.
    fn analyze(&mut self, conflict: ClauseId) -> (Vec<Literal>, u32) {
        let mut learned = vec![0];
        let mut open = 0;
        let mut clause = conflict;
        let mut position = self.trail.len();
        let mut expanded: Literal = 0;
        let mut touched = Vec::new();
        loop {
            let Clause { start, end, .. } = self.clauses[clause as usize];
            for index in start as usize..end as usize {
                let literal = self.literals[index];
                let variable = literal.unsigned_abs() as usize;
                let level = self.values[variable].unsigned_abs();
                if literal == expanded || self.seen[variable] || level == FIRST {
                    continue;
                }
                self.seen[variable] = true;
                touched.push(variable);
                match level == self.level {
                    true => open += 1,
                    false => learned.push(literal),
                }
            }
            loop {
                position -= 1;
                expanded = self.trail[position];
                if self.seen[expanded.unsigned_abs() as usize] {
                    break;
                }
            }
            open -= 1;
            if open == 0 {
                break;
            }
            // only a decision has no reason, and a level has one decision, its first
            clause = self.reasons[expanded.unsigned_abs() as usize].unwrap_or(conflict);
        }
        touched.into_iter().for_each(|variable| self.seen[variable] = false);
        learned[0] = -expanded;
        let level_of = |literal: &Literal| self.values[literal.unsigned_abs() as usize].unsigned_abs();
        let highest = (1..learned.len()).max_by_key(|&position| level_of(&learned[position]));
        let back = highest.map_or(FIRST, |position| {
            learned.swap(1, position);
            level_of(&learned[1])
        });
        (learned, back)
    }
}

fn slot(literal: Literal) -> usize {
    literal.unsigned_abs() as usize * 2 + usize::from(literal < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decides whatever is open, false first.
    fn solve(variables: usize, clauses: &[Vec<Literal>]) -> Option<Vec<bool>> {
        let mut sat = Sat::new(variables);
        clauses.iter().for_each(|clause| sat.add(clause));
        sat.start().ok()?;
        while let Some(open) = (1..=variables as Literal).find(|&variable| sat.value(variable) == 0) {
            sat.decide(-open).ok()?;
        }
        Some((1..=variables as Literal).map(|variable| sat.value(variable) > 0).collect())
    }

    fn right(clauses: &[Vec<Literal>], values: &[bool]) -> bool {
        let holds = |literal: &Literal| values[literal.unsigned_abs() as usize - 1] == (*literal > 0);
        clauses.iter().all(|clause| clause.iter().any(holds))
    }

    #[test]
    fn it_finds_a_solution_exactly_where_there_is_one() {
        let mut seed = 1u64;
        let mut roll = |sides: usize| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize % sides
        };
        let mut counts = [0, 0];
        for round in 0..5000 {
            let variables = 3 + roll(6);
            let clauses: Vec<Vec<Literal>> = (0..variables + roll(12))
                .map(|_| {
                    let mut clause: Vec<Literal> = Vec::new();
                    for _ in 0..1 + roll(3) {
                        let variable = 1 + roll(variables) as Literal;
                        if !clause.iter().any(|literal| literal.abs() == variable) {
                            clause.push(if roll(2) == 0 { variable } else { -variable });
                        }
                    }
                    clause
                })
                .collect();
            let exists = (0..1u32 << variables).any(|bits| {
                let values: Vec<bool> = (0..variables).map(|variable| bits >> variable & 1 == 1).collect();
                right(&clauses, &values)
            });
            let found = solve(variables, &clauses);
            assert_eq!(found.is_some(), exists, "round {round}: {clauses:?}");
            assert!(found.is_none_or(|values| right(&clauses, &values)), "round {round}: {clauses:?}");
            counts[usize::from(exists)] += 1;
        }
        assert!(counts.iter().all(|&count| count > 500), "{counts:?}");
    }
}
