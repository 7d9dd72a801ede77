//! Why a request cannot be met, by the same reasoning that a person would do.
//!
//! What has only one option is taken, with everything that follows from it, until a dependency has no
//! option left. Where there is a choice, the options are tried in order, and the first one's failure is
//! the story that is told.

use super::{
    hints,
    relations::{self, Strength},
    view::{Node, View},
    wish::Wish,
};
use crate::{Conflict, Link};
use std::collections::{BTreeSet, HashMap};

/// How many choices are followed before the story ends where it is.
const MOST_CHOICES: usize = 1000;

/// How many choices that failed as well are worth a line.
const MOST_TOLD: usize = 3;

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
    Excludes { by: u32, relation: Option<String>, other: u32 },
    OtherVersion(u32),
    Unreadable(String),
    Failed,
}

struct Story<'s, 'v, 'u, 'a> {
    view: &'v View<'u, 'a>,
    roots: &'s [Root<'s>],
    choices: usize,
}

#[derive(Clone, Default)]
struct State {
    taken: HashMap<u32, By>,
    nodes: HashMap<Node, u32>,
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

/// Explains why `wish` cannot be met together with `with` on a base that needs `base`.
pub(super) fn why_not(view: &View<'_, '_>, base: &[Vec<u32>], with: &[&Wish], wish: &Wish) -> Conflict {
    let base = base.iter().map(|options| Root { options, request: None });
    let wishes = with.iter().chain(std::iter::once(&wish));
    let wanted = wishes.flat_map(|wish| wish.wanted.iter().map(|wanted| (wanted, wish.text.as_str())));
    let requested = wanted.map(|(wanted, text)| Root { options: &wanted.options, request: Some(text) });
    // The request comes last: the story is that of the others standing in its way.
    let roots: Vec<Root<'_>> = base.chain(requested).collect();
    let mut story = Story { view, roots: &roots, choices: 0 };
    let mut state = State { open: (0..roots.len()).map(By::Root).collect(), ..State::default() };
    let Ending { chain, hints } = story.refute(&mut state).unwrap_or_else(|| {
        let hint = format!("more than {MOST_CHOICES} choices stand open: ask for fewer packages at once to see why");
        Ending { chain: Vec::new(), hints: vec![hint] }
    });
    Conflict { request: wish.text.clone(), chain, hints }
}

impl Story<'_, '_, '_, '_> {
    /// The way to a contradiction; none if there is no contradiction (or it was not found in time).
    fn refute(&mut self, state: &mut State) -> Option<Ending> {
        loop {
            if let Some(dead) = self.take_all_certain(state) {
                return Some(self.ending(state, dead));
            }
            let &by = state.open.first()?;
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
            By::Package(id, need) => self.view.relations(id).needs[need].options.clone(),
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
        state.nodes.insert(self.view.node(id), id);
        let relations = self.view.relations(id);
        for other in relations.excluded() {
            state.excluded.entry(other).or_insert(id);
        }
        let hard = relations.needs.iter().enumerate().filter(|(_, need)| need.strength == Strength::Hard);
        state.open.extend(hard.filter(|(_, need)| !need.options.contains(&id)).map(|(number, _)| By::Package(id, number)));
    }

    fn obstacle(&self, state: &State, id: u32) -> Option<Obstacle> {
        if state.failed.contains_key(&id) {
            return Some(Obstacle::Failed);
        }
        if let Some(&other) = state.nodes.get(&self.view.node(id)) {
            return (other != id).then_some(Obstacle::OtherVersion(other));
        }
        if let Some(&by) = state.excluded.get(&id) {
            return Some(Obstacle::Excludes { by, relation: self.words(by, id), other: id });
        }
        let relations = self.view.relations(id);
        if let Some(problem) = &relations.unreadable {
            return Some(Obstacle::Unreadable(problem.clone()));
        }
        let other = relations.excluded().find(|other| state.taken.contains_key(other))?;
        Some(Obstacle::Excludes { by: id, relation: self.words(id, other), other })
    }

    /// The relation with which one candidate excludes another.
    fn words(&self, by: u32, other: u32) -> Option<String> {
        let relations = self.view.relations(by);
        let against = relations.against.iter().find(|against| against.hits.contains(&other))?;
        against.relation.as_ref().map(|relation| relations::text(std::slice::from_ref(relation)))
    }

    fn dependency(&self, by: By) -> String {
        match by {
            By::Root(number) => self.roots[number].request.unwrap_or("the base system").to_owned(),
            By::Package(id, need) => relations::text(&self.view.relations(id).needs[need].alternatives),
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
                let relation = relation.unwrap_or_else(|| "one architecture of a name at a time".to_owned());
                let (package, against) = (self.view.display(by), self.view.display(other));
                ending.chain.push(Link::Excludes { package, relation, other: against });
                self.needed_by(state, if by == option { other } else { by }, &mut ending.chain);
            }
            Some(Obstacle::OtherVersion(other)) => {
                let (package, against) = (self.view.display(option), self.view.display(other));
                ending.chain.push(Link::OtherVersion { package, other: against });
                self.needed_by(state, other, &mut ending.chain);
            }
            Some(Obstacle::Unreadable(problem)) => {
                ending.chain.push(Link::Unreadable { package: self.view.display(option), problem });
            }
            Some(Obstacle::Failed) | None => {}
        }
        ending.hints = self.other_choices(state, dead, &ending.chain);
        ending
    }

    /// The packages from a root to a dependency, each with what it needs.
    fn way_to(&self, state: &State, mut by: By) -> Vec<Link> {
        let mut way = Vec::new();
        while let By::Package(id, _) = by {
            way.push(Link::Needs { package: self.view.display(id), dependency: self.dependency(by) });
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
                    told.push(format!("the choice of {} fails as well: {link}", self.view.display(id)));
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
                By::Package(needer, _) => self.view.display(needer),
            };
            let dependency = match by {
                By::Root(number) if self.roots[number].request.is_none() => "essential".to_owned(),
                by => self.dependency(by),
            };
            let stop = told.contains(&needer);
            chain.push(Link::NeededBy { package: self.view.display(id), by: needer, dependency });
            match by {
                By::Package(needer, _) if !stop => id = needer,
                _ => return,
            }
        }
    }

    fn names(&self, by: By) -> Vec<String> {
        match by {
            By::Root(_) => Vec::new(),
            By::Package(id, need) => {
                let relations = self.view.relations(id);
                relations.needs[need].alternatives.iter().map(|relation| relation.name.to_owned()).collect()
            }
        }
    }

    /// What bears one of the names, and does not fit.
    fn offered(&self, by: By) -> Vec<String> {
        let arches = 0..self.view.universe.architectures.len() as u8;
        let names = self.names(by).into_iter().filter_map(|name| self.view.name(&name)).collect::<Vec<_>>();
        let nodes = names.iter().flat_map(|&name| arches.clone().map(move |arch| Node { name, arch }));
        let ids = nodes.flat_map(|node| self.view.candidates(node).to_vec());
        let mut offered: Vec<String> = ids.map(|id| self.view.display(id)).collect();
        offered.dedup();
        offered
    }

    fn hints(&self, by: By) -> Vec<String> {
        let By::Package(id, need) = by else { return Vec::new() };
        let relations = self.view.relations(id);
        let alternatives = relations.needs[need].alternatives.iter();
        alternatives.filter_map(|relation| hints::for_dependency(self.view, relation, self.view.node(id).arch)).collect()
    }
}
