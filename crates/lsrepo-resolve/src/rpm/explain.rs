//! RPM packages, as the reasoning about conflicts sees them.

use super::{
    hints, range,
    relations::Because,
    rules,
    view::View,
    wish::{self, Wish},
};
use crate::{
    Conflict, Link,
    explain::{self, Asked, Words, World},
};
use std::collections::HashMap;

/// A view, and what its architectures mean for a set of requests.
struct Told<'v, 'u> {
    view: &'v View<'u>,
    /// what needs a twin for a better architecture, and which there are
    inferior: HashMap<u32, Vec<u32>>,
}

/// Explains why `wish` cannot be met together with `with` on a base that needs `base`.
pub(super) fn why_not(view: &View<'_>, base: &[Vec<u32>], with: &[&Wish], wish: &Wish) -> Conflict {
    let all: Vec<&Wish> = with.iter().copied().chain([wish]).collect();
    let goal = wish::goal(&all, false);
    let Some(reached) = rules::reach(view, goal.wanted.iter().flatten().copied(), view.policy.recommends) else {
        let hint = "there are more alternatives than can be weighed: ask for versions, or exclude what is not meant";
        return Conflict { request: wish.text.clone(), chain: Vec::new(), hints: vec![hint.to_owned()] };
    };
    let told = Told { view, inferior: rules::inferior(view, &reached, &goal.exempt) };
    let with: Vec<Asked<'_>> = with.iter().map(|wish| asked(wish)).collect();
    explain::why_not(&told, base, &with, &asked(wish))
}

fn asked(wish: &Wish) -> Asked<'_> {
    Asked { text: &wish.text, wanted: wish.taken.iter().map(Vec::as_slice).collect() }
}

impl Told<'_, '_> {
    /// The twins, which count as one more dependency.
    fn twins(&self, id: u32, need: usize) -> Option<&Vec<u32>> {
        self.inferior.get(&id).filter(|_| need == self.view.relations(id).needs.len())
    }
}

impl World for Told<'_, '_> {
    /// Names exclude each other by words: whether they do depends on architectures and install-only.
    fn slot(&self, _id: u32) -> Option<u64> {
        None
    }

    fn needs(&self, id: u32) -> Vec<usize> {
        let twins = self.inferior.get(&id).is_some_and(|twins| !twins.is_empty());
        (0..self.view.relations(id).needs.len() + usize::from(twins)).collect()
    }

    fn options(&self, id: u32, need: usize) -> Vec<u32> {
        let twins = self.twins(id, need).cloned();
        let mut options = twins.unwrap_or_else(|| self.view.relations(id).needs[need].options.clone());
        // The newest is what people expect to be told of.
        options.sort_by(|&a, &b| range::strictly(self.view.evr(b), self.view.evr(a)).then(a.cmp(&b)));
        options.sort_by_key(|&id| self.view.name(id));
        options
    }

    fn guards(&self, id: u32, need: usize) -> Vec<u32> {
        match self.twins(id, need) {
            Some(_) => Vec::new(),
            None => self.view.relations(id).needs[need].guards.clone(),
        }
    }

    fn excluded(&self, id: u32) -> Vec<u32> {
        self.view.relations(id).excluded().collect()
    }

    fn words(&self, by: u32, other: u32) -> Words {
        let relations = self.view.relations(by);
        let against = relations.against.iter().find(|against| against.hits.contains(&other));
        let relation = |kind: &str, dep| Words::Relation(format!("{kind}: {}", self.view.universe.text(dep)));
        match against.map(|against| against.because) {
            Some(Because::Conflicts(dep)) => relation("Conflicts", dep),
            Some(Because::Obsoletes(dep)) => relation("Obsoletes", dep),
            Some(Because::Requires(dep)) => relation("Requires", dep),
            Some(Because::SameName) | None => Words::OtherVersion,
        }
    }

    fn barred(&self, id: u32) -> Option<Link> {
        let package = self.view.display(id);
        if let Some(problem) = self.view.relations(id).unreadable.clone() {
            return Some(Link::Unreadable { package, problem });
        }
        let twins = self.inferior.get(&id)?;
        twins.is_empty().then(|| Link::Barred { package, why: "there is one for a better architecture".to_owned() })
    }

    fn display(&self, id: u32) -> String {
        self.view.display(id)
    }

    fn dependency(&self, id: u32, need: usize) -> String {
        match self.twins(id, need) {
            Some(_) => "the same version for the better architecture".to_owned(),
            None => self.view.universe.text(self.view.relations(id).needs[need].dep),
        }
    }

    fn offered(&self, id: u32, need: usize) -> Vec<String> {
        hints::bearers(self.view, self.view.relations(id).needs[need].dep)
    }

    fn hints(&self, id: u32, need: usize) -> Vec<String> {
        hints::for_dependency(self.view, self.view.relations(id).needs[need].dep)
    }

    fn base_word(&self) -> &'static str {
        "installed"
    }
}
