//! What of the groups is left when only some packages are carried.

use super::{Comps, Group};
use std::collections::{BTreeMap, HashSet};

impl Comps {
    /// Only groups with a carried package, with these packages alone; environments and categories with a group that is
    /// left. A client refuses a group of which a mandatory package is missing.
    #[must_use]
    pub fn reduce(&self, carried: &HashSet<&str>) -> Self {
        let mut reduced = self.clone();
        for group in &mut reduced.groups {
            group.packages.retain(|member| carried.contains(member.name.as_str()));
        }
        reduced.groups.retain(|group| !group.packages.is_empty());
        let left: HashSet<&str> = reduced.groups.iter().map(|group| group.label.id.as_str()).collect();
        for environment in &mut reduced.environments {
            environment.groups.retain(|id| left.contains(id.as_str()));
            environment.options.retain(|(id, _)| left.contains(id.as_str()));
        }
        reduced.environments.retain(|environment| !environment.groups.is_empty());
        for category in &mut reduced.categories {
            category.groups.retain(|id| left.contains(id.as_str()));
        }
        reduced.categories.retain(|category| !category.groups.is_empty());
        reduced.langpacks.retain(|(name, _)| carried.contains(name.as_str()));
        reduced
    }

    /// Takes in what another repository knows. A group that both know has the packages of both.
    pub fn extend(&mut self, other: Self) {
        let known = |groups: &[Group]| -> BTreeMap<String, usize> {
            groups.iter().enumerate().map(|(at, group)| (group.label.id.clone(), at)).collect()
        };
        let mut places = known(&self.groups);
        for group in other.groups {
            match places.get(&group.label.id) {
                Some(&at) => add(&mut self.groups[at].packages, group.packages, |member| member.name.clone()),
                None => {
                    places.insert(group.label.id.clone(), self.groups.len());
                    self.groups.push(group);
                }
            }
        }
        for environment in other.environments {
            match self.environments.iter_mut().find(|known| known.label.id == environment.label.id) {
                Some(known) => {
                    add(&mut known.groups, environment.groups, Clone::clone);
                    add(&mut known.options, environment.options, |(id, _)| id.clone());
                }
                None => self.environments.push(environment),
            }
        }
        for category in other.categories {
            match self.categories.iter_mut().find(|known| known.label.id == category.label.id) {
                Some(known) => add(&mut known.groups, category.groups, Clone::clone),
                None => self.categories.push(category),
            }
        }
        add(&mut self.langpacks, other.langpacks, |(name, _)| name.clone());
    }
}

/// Adds those whose key is not there yet.
fn add<T>(all: &mut Vec<T>, more: Vec<T>, key: impl Fn(&T) -> String) {
    let mut seen: HashSet<String> = all.iter().map(&key).collect();
    all.extend(more.into_iter().filter(|one| seen.insert(key(one))));
}
