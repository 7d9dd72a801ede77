//! Why a request cannot be met, by the same reasoning that a person would do.
//!
//! What has only one option is taken, with everything that follows from it, until a dependency has no
//! option left. Where there is a choice, the options are tried in order, and the first one's failure is
//! the story that is told. What packages are and say of each other comes through a [`World`], so the same
//! reasoning serves every kind of package.

use crate::{Conflict, Link};
use std::collections::{BTreeSet, HashMap};

/// How many choices are followed before the story ends where it is.
const MOST_CHOICES: usize = 1000;

/// How many choices that failed as well are worth a line.
const MOST_TOLD: usize = 3;

/// What the reasoning has to know of a kind of packages. Candidates are numbers.
pub(crate) trait World {
    /// A place that only one candidate can take, where there are such places.
    fn slot(&self, id: u32) -> Option<u64>;
    /// The numbers of its dependencies that bind, without those that it meets itself.
    fn needs(&self, id: u32) -> Vec<usize>;
    /// What would meet a dependency, the first to try in front.
    fn options(&self, id: u32, need: usize) -> Vec<u32>;
    /// What all has to be there for a dependency to count.
    fn guards(&self, _id: u32, _need: usize) -> Vec<u32> {
        Vec::new()
    }
    /// Every candidate that it excludes.
    fn excluded(&self, id: u32) -> Vec<u32>;
    /// With which words one excludes another.
    fn words(&self, by: u32, other: u32) -> Words;
    /// Why a candidate cannot be taken at all.
    fn barred(&self, id: u32) -> Option<Link>;
    /// Name and version, for people.
    fn display(&self, id: u32) -> String;
    /// A dependency as its author wrote it.
    fn dependency(&self, id: u32, need: usize) -> String;
    /// What bears a name that a dependency names, and does not fit.
    fn offered(&self, id: u32, need: usize) -> Vec<String>;
    /// What might help where nothing meets a dependency.
    fn hints(&self, id: u32, need: usize) -> Vec<String>;
    /// What makes a package part of the base system.
    fn base_word(&self) -> &'static str;
}

/// How one package excludes another.
pub(crate) enum Words {
    /// by a relation
    Relation(String),
    /// by being another version of it
    OtherVersion,
}

/// Something that is asked for.
pub(crate) struct Asked<'r> {
    /// as it was written
    pub(crate) text: &'r str,
    /// of each list one has to be there
    pub(crate) wanted: Vec<&'r [u32]>,
}

/// Where a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// the n-th root
    Root(usize),
    /// the n-th need of a package
    Package(u32, usize),
}

/// What has to be there from the start.
struct Root<'r> {
    options: &'r [u32],
    /// the request, or none for the base system
    request: Option<&'r str>,
}

/// Why an option is none.
enum Obstacle {
    Excludes { by: u32, relation: String, other: u32 },
    OtherVersion(u32),
    Barred(Link),
    Failed,
}

struct Story<'s, W> {
    world: &'s W,
    roots: &'s [Root<'s>],
    choices: usize,
}

#[derive(Clone, Default)]
struct State {
    taken: HashMap<u32, By>,
    slots: HashMap<u64, u32>,
    /// what the taken packages exclude, and which of them does
    excluded: HashMap<u32, u32>,
    /// options that were tried in vain, with the story of the first failure
    failed: HashMap<u32, Ending>,
    open: Vec<By>,
}

#[derive(Clone, Default)]
struct Ending {
    chain: Vec<Link>,
    hints: Vec<String>,
}

/// Explains why `asked` cannot be met together with `with` on a base that needs `base`.
pub(crate) fn why_not<W: World>(world: &W, base: &[Vec<u32>], with: &[Asked<'_>], asked: &Asked<'_>) -> Conflict {
    let base = base.iter().map(|options| Root { options, request: None });
    let all = with.iter().chain(std::iter::once(asked));
    let requested = all.flat_map(|one| one.wanted.iter().map(|options| Root { options, request: Some(one.text) }));
    // The request comes last: the story is that of the others standing in its way.
    let roots: Vec<Root<'_>> = base.chain(requested).collect();
    let mut story = Story { world, roots: &roots, choices: 0 };
    let mut state = State { open: (0..roots.len()).map(By::Root).collect(), ..State::default() };
    let Ending { chain, hints } = story.refute(&mut state).unwrap_or_else(|| {
        let hint = format!("more than {MOST_CHOICES} choices stand open: ask for fewer packages at once to see why");
        Ending { chain: Vec::new(), hints: vec![hint] }
    });
    Conflict { request: asked.text.to_owned(), chain, hints }
}

impl<W: World> Story<'_, W> {
    /// The way to a contradiction; none if there is no contradiction (or it was not found in time).
    fn refute(&mut self, state: &mut State) -> Option<Ending> {
        loop {
            if let Some(dead) = self.take_all_certain(state) {
                return Some(self.ending(state, dead));
            }
            let &by = state.open.iter().find(|&&by| self.counts(state, by))?;
            self.choices += 1;
            if self.choices > MOST_CHOICES {
                return None;
            }
            let option = self.options(by).into_iter().find(|&id| self.obstacle(state, id).is_none())?;
            let mut assumed = state.clone();
            self.take(&mut assumed, option, by);
            let ending = self.refute(&mut assumed)?;
            state.failed.insert(option, ending);
        }
    }

    fn options(&self, by: By) -> Vec<u32> {
        match by {
            By::Root(number) => self.roots[number].options.to_vec(),
            By::Package(id, need) => self.world.options(id, need),
        }
    }

    /// Whether what a dependency is tied to is there.
    fn counts(&self, state: &State, by: By) -> bool {
        match by {
            By::Root(_) => true,
            By::Package(id, need) => self.world.guards(id, need).iter().all(|guard| state.taken.contains_key(guard)),
        }
    }

    /// Takes whatever has one option; gives a dependency that has none.
    fn take_all_certain(&self, state: &mut State) -> Option<By> {
        loop {
            let mut progress = false;
            let mut later = Vec::new();
            let open = std::mem::take(&mut state.open);
            for by in open {
                let options = self.options(by);
                if !self.counts(state, by) {
                    later.push(by);
                    continue;
                }
                if options.iter().any(|id| state.taken.contains_key(id)) {
                    continue;
                }
                let mut left = options.iter().copied().filter(|&id| self.obstacle(state, id).is_none());
                match (left.next(), left.next()) {
                    (None, _) => return Some(by),
                    (Some(only), None) => {
                        drop(left);
                        self.take(state, only, by);
                        progress = true;
                    }
                    _ => later.push(by),
                }
            }
            later.append(&mut state.open);
            state.open = later;
            if !progress {
                return None;
            }
        }
    }

    fn take(&self, state: &mut State, id: u32, by: By) {
        state.taken.insert(id, by);
        if let Some(slot) = self.world.slot(id) {
            state.slots.insert(slot, id);
        }
        for other in self.world.excluded(id) {
            state.excluded.entry(other).or_insert(id);
        }
        state.open.extend(self.world.needs(id).into_iter().map(|need| By::Package(id, need)));
    }

    fn obstacle(&self, state: &State, id: u32) -> Option<Obstacle> {
        if state.failed.contains_key(&id) {
            return Some(Obstacle::Failed);
        }
        if state.taken.contains_key(&id) {
            return None;
        }
        if let Some(&other) = self.world.slot(id).and_then(|slot| state.slots.get(&slot)) {
            return Some(Obstacle::OtherVersion(other));
        }
        if let Some(&by) = state.excluded.get(&id) {
            return Some(self.exclusion(by, id, by));
        }
        if let Some(link) = self.world.barred(id) {
            return Some(Obstacle::Barred(link));
        }
        let other = self.world.excluded(id).into_iter().find(|other| state.taken.contains_key(other))?;
        Some(self.exclusion(id, other, other))
    }

    fn exclusion(&self, by: u32, hit: u32, taken: u32) -> Obstacle {
        match self.world.words(by, hit) {
            Words::Relation(relation) => Obstacle::Excludes { by, relation, other: hit },
            Words::OtherVersion => Obstacle::OtherVersion(taken),
        }
    }

    fn dependency(&self, by: By) -> String {
        match by {
            By::Root(number) => self.roots[number].request.unwrap_or("the base system").to_owned(),
            By::Package(id, need) => self.world.dependency(id, need),
        }
    }

    /// The story of a dependency that has no option left.
    fn ending(&self, state: &State, dead: By) -> Ending {
        let options = self.options(dead);
        if let Some(told) = options.first().and_then(|id| state.failed.get(id)) {
            return told.clone();
        }
        let mut ending = Ending { chain: self.way_to(state, dead), hints: Vec::new() };
        let Some(&option) = options.first() else {
            ending.chain.push(Link::Nothing { dependency: self.dependency(dead), offered: self.offered(dead) });
            ending.hints = self.other_choices(state, dead, &ending.chain);
            ending.hints.extend(self.hints(dead));
            return ending;
        };
        match self.obstacle(state, option) {
            Some(Obstacle::Excludes { by, relation, other }) => {
                let (package, against) = (self.world.display(by), self.world.display(other));
                ending.chain.push(Link::Excludes { package, relation, other: against });
                self.needed_by(state, if by == option { other } else { by }, &mut ending.chain);
            }
            Some(Obstacle::OtherVersion(other)) => {
                let (package, against) = (self.world.display(option), self.world.display(other));
                ending.chain.push(Link::OtherVersion { package, other: against });
                self.needed_by(state, other, &mut ending.chain);
            }
            Some(Obstacle::Barred(link)) => ending.chain.push(link),
            Some(Obstacle::Failed) | None => {}
        }
        ending.hints = self.other_choices(state, dead, &ending.chain);
        ending
    }

    /// The packages from a root to a dependency, each with what it needs.
    fn way_to(&self, state: &State, mut by: By) -> Vec<Link> {
        let mut way = Vec::new();
        while let By::Package(id, _) = by {
            way.push(Link::Needs { package: self.world.display(id), dependency: self.dependency(by) });
            match state.taken.get(&id) {
                Some(&before) if way.len() < 1000 => by = before,
                _ => break,
            }
        }
        way.reverse();
        way
    }

    /// What was tried on the way to a dependency before the choice that the story tells of.
    fn other_choices(&self, state: &State, mut by: By, chain: &[Link]) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..1000 {
            for id in self.options(by) {
                let obstacle = |link: &&Link| !matches!(link, Link::Needs { .. });
                let link = state.failed.get(&id).and_then(|ending| ending.chain.iter().find(obstacle));
                if let Some(link) = link.filter(|link| !chain.contains(link)) {
                    told.push(format!("the choice of {} fails as well: {link}", self.world.display(id)));
                }
            }
            let By::Package(id, _) = by else { break };
            let Some(&before) = state.taken.get(&id) else { break };
            by = before;
        }
        told.truncate(MOST_TOLD);
        told
    }

    /// The way back from a package to what needs it.
    fn needed_by(&self, state: &State, mut id: u32, chain: &mut Vec<Link>) {
        let told: BTreeSet<String> = chain
            .iter()
            .filter_map(|link| if let Link::Needs { package, .. } = link { Some(package.clone()) } else { None })
            .collect();
        for _ in 0..1000 {
            let Some(&by) = state.taken.get(&id) else { return };
            let needer = match by {
                By::Root(number) => match self.roots[number].request {
                    Some(_) => "the request".to_owned(),
                    None => "the base system".to_owned(),
                },
                By::Package(needer, _) => self.world.display(needer),
            };
            let dependency = match by {
                By::Root(number) if self.roots[number].request.is_none() => self.world.base_word().to_owned(),
                by => self.dependency(by),
            };
            let stop = told.contains(&needer);
            chain.push(Link::NeededBy { package: self.world.display(id), by: needer, dependency });
            match by {
                By::Package(needer, _) if !stop => id = needer,
                _ => return,
            }
        }
    }

    fn offered(&self, by: By) -> Vec<String> {
        match by {
            By::Root(_) => Vec::new(),
            By::Package(id, need) => self.world.offered(id, need),
        }
    }

    fn hints(&self, by: By) -> Vec<String> {
        match by {
            By::Root(_) => Vec::new(),
            By::Package(id, need) => self.world.hints(id, need),
        }
    }
}
