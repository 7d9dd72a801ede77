//! RPM packages, as the reasoning about conflicts sees them.

use super::{hints, relations::Because, view::View, wish::Wish};
use crate::{
    Conflict, Link,
    explain::{self, Asked, Words, World},
};

/// Explains why `wish` cannot be met together with `with` on a base that needs `base`.
pub(super) fn why_not(view: &View<'_>, base: &[Vec<u32>], with: &[&Wish], wish: &Wish) -> Conflict {
    let with: Vec<Asked<'_>> = with.iter().map(|wish| asked(wish)).collect();
    explain::why_not(view, base, &with, &asked(wish))
}

fn asked(wish: &Wish) -> Asked<'_> {
    Asked { text: &wish.text, wanted: wish.taken.iter().map(Vec::as_slice).collect() }
}

impl World for View<'_> {
    /// Names exclude each other by words: whether they do depends on architectures and install-only.
    fn slot(&self, _id: u32) -> Option<u64> {
        None
    }

    fn needs(&self, id: u32) -> Vec<usize> {
        (0..self.relations(id).needs.len()).collect()
    }

    fn options(&self, id: u32, need: usize) -> Vec<u32> {
        let mut options = self.relations(id).needs[need].options.clone();
        // The newest is what people expect to be told of.
        options.sort_by(|&a, &b| super::range::strictly(self.evr(b), self.evr(a)).then(a.cmp(&b)));
        options.sort_by_key(|&id| self.name(id));
        options
    }

    fn guards(&self, id: u32, need: usize) -> Vec<u32> {
        self.relations(id).needs[need].guards.clone()
    }

    fn excluded(&self, id: u32) -> Vec<u32> {
        self.relations(id).excluded().collect()
    }

    fn words(&self, by: u32, other: u32) -> Words {
        let relations = self.relations(by);
        let against = relations.against.iter().find(|against| against.hits.contains(&other));
        match against.map(|against| against.because) {
            Some(Because::Conflicts(dep)) => Words::Relation(format!("Conflicts: {}", self.universe.text(dep))),
            Some(Because::Obsoletes(dep)) => Words::Relation(format!("Obsoletes: {}", self.universe.text(dep))),
            Some(Because::Requires(dep)) => Words::Relation(format!("Requires: {}", self.universe.text(dep))),
            Some(Because::SameName) | None => Words::OtherVersion,
        }
    }

    fn barred(&self, id: u32) -> Option<Link> {
        let problem = self.relations(id).unreadable.clone()?;
        Some(Link::Unreadable { package: self.display(id), problem })
    }

    fn display(&self, id: u32) -> String {
        self.display(id)
    }

    fn dependency(&self, id: u32, need: usize) -> String {
        self.universe.text(self.relations(id).needs[need].dep)
    }

    fn offered(&self, id: u32, need: usize) -> Vec<String> {
        hints::bearers(self, self.relations(id).needs[need].dep)
    }

    fn hints(&self, id: u32, need: usize) -> Vec<String> {
        hints::for_dependency(self, self.relations(id).needs[need].dep)
    }

    fn base_word(&self) -> &'static str {
        "installed"
    }
}
