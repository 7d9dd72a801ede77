//! Two inventories, compared.

use super::{Artifact, Inventory, Kind};
use serde::Serialize;
use std::collections::BTreeMap;

/// What differs between an inventory and a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// only in the later one
    pub added: Vec<Artifact>,
    /// only in the earlier one
    pub removed: Vec<Artifact>,
    /// in both under one name, once each, with other content
    pub changed: Vec<Change>,
    /// bytes of what is added and of what is new of what changed
    pub bytes_added: u64,
    /// bytes of what is removed and of what is old of what changed
    pub bytes_removed: u64,
}

/// A thing that became another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// before
    pub from: Artifact,
    /// after
    pub to: Artifact,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// What goes by one name: before, and after.
type Sides<'a> = (Vec<&'a Artifact>, Vec<&'a Artifact>);

/// What has to be done to `before` so that it is `after`. Several versions side by side are things of their own.
pub fn diff(before: &Inventory, after: &Inventory) -> Difference {
    let mut all: BTreeMap<(Kind, &str, &str), Sides<'_>> = BTreeMap::new();
    let key = |one: &'_ Artifact| -> (Kind, String, String) { (one.kind, one.name.clone(), one.arch.clone()) };
    let same =
        |one: &Artifact, others: &[Artifact]| others.iter().any(|other| other.digest == one.digest && key(other) == key(one));
    for one in before.artifacts.iter().filter(|one| !same(one, &after.artifacts)) {
        all.entry((one.kind, &one.name, &one.arch)).or_default().0.push(one);
    }
    for one in after.artifacts.iter().filter(|one| !same(one, &before.artifacts)) {
        all.entry((one.kind, &one.name, &one.arch)).or_default().1.push(one);
    }
    let mut difference = Difference::default();
    for (gone, come) in all.into_values() {
        difference.bytes_removed += gone.iter().map(|one| one.size).sum::<u64>();
        difference.bytes_added += come.iter().map(|one| one.size).sum::<u64>();
        match (&gone[..], &come[..]) {
            ([from], [to]) => difference.changed.push(Change { from: (*from).clone(), to: (*to).clone() }),
            _ => {
                difference.removed.extend(gone.into_iter().cloned());
                difference.added.extend(come.into_iter().cloned());
            }
        }
    }
    difference
}
