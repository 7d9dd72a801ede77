//! Debian packages, as the reasoning about conflicts sees them.

use super::{
    hints,
    relations::{self, Strength},
    view::{Node, View},
    wish::Wish,
};
use crate::{
    Conflict, Link,
    explain::{self, Asked, Words, World},
};

/// Explains why `wish` cannot be met together with `with` on a base that needs `base`.
pub(super) fn why_not(view: &View<'_, '_>, base: &[Vec<u32>], with: &[&Wish], wish: &Wish) -> Conflict {
    let with: Vec<Asked<'_>> = with.iter().map(|wish| asked(wish)).collect();
    explain::why_not(view, base, &with, &asked(wish))
}

fn asked(wish: &Wish) -> Asked<'_> {
    Asked { text: &wish.text, wanted: wish.wanted.iter().map(|wanted| wanted.options.as_slice()).collect() }
}

impl World for View<'_, '_> {
    fn slot(&self, id: u32) -> Option<u64> {
        let Node { name, arch } = self.node(id);
        Some(u64::from(name) << 8 | u64::from(arch))
    }

    fn needs(&self, id: u32) -> Vec<usize> {
        let relations = self.relations(id);
        let needs = relations.needs.iter().enumerate();
        let binds = needs.filter(|(_, need)| need.strength == Strength::Hard && !need.options.contains(&id));
        binds.map(|(number, _)| number).collect()
    }

    fn options(&self, id: u32, need: usize) -> Vec<u32> {
        self.relations(id).needs[need].options.clone()
    }

    fn excluded(&self, id: u32) -> Vec<u32> {
        self.relations(id).excluded().collect()
    }

    fn words(&self, by: u32, other: u32) -> Words {
        let relations = self.relations(by);
        let against = relations.against.iter().find(|against| against.hits.contains(&other));
        let relation = against.and_then(|against| against.relation.as_ref());
        let text = relation.map(|relation| relations::text(std::slice::from_ref(relation)));
        Words::Relation(text.unwrap_or_else(|| "one architecture of a name at a time".to_owned()))
    }

    fn barred(&self, id: u32) -> Option<Link> {
        let problem = self.relations(id).unreadable.clone()?;
        Some(Link::Unreadable { package: self.display(id), problem })
    }

    fn display(&self, id: u32) -> String {
        self.display(id)
    }

    fn dependency(&self, id: u32, need: usize) -> String {
        relations::text(&self.relations(id).needs[need].alternatives)
    }

    fn offered(&self, id: u32, need: usize) -> Vec<String> {
        let relations = self.relations(id);
        let arches = 0..self.universe.architectures.len() as u8;
        let names = relations.needs[need].alternatives.iter().filter_map(|relation| self.name(relation.name));
        let nodes = names.flat_map(|name| arches.clone().map(move |arch| Node { name, arch }));
        let ids = nodes.flat_map(|node| self.candidates(node).to_vec());
        let mut offered: Vec<String> = ids.map(|id| self.display(id)).collect();
        offered.dedup();
        offered
    }

    fn hints(&self, id: u32, need: usize) -> Vec<String> {
        let relations = self.relations(id);
        let alternatives = relations.needs[need].alternatives.iter();
        alternatives.filter_map(|relation| hints::for_dependency(self, relation, self.node(id).arch)).collect()
    }

    fn base_word(&self) -> &'static str {
        "essential"
    }
}
