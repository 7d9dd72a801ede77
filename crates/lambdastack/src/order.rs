//! What modules require of each other: whether it is there, and who comes first.
//!
//! A strong rule has to hold: one of the modules that are wanted fulfils it, and all that do come first. A weak rule only
//! decides who comes first, where that is possible: two modules that weakly require each other are no cycle.

use crate::module::{Catalogue, Manifest};
use lsrepo_bom::{ModuleName, module::Rule};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Labels, as rules see them.
pub type Labels = BTreeMap<String, String>;

/// A module as far as its order goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// with `name`
    pub labels: Labels,
    /// have to hold
    pub strong: Vec<Rule>,
    /// decide the order where they hold
    pub weak: Vec<Rule>,
}

impl Node {
    /// As its manifest says it.
    pub fn of(manifest: &Manifest) -> Self {
        let (labels, requires) = (manifest.labels.clone(), manifest.requires.clone());
        Self { labels, strong: requires.strong, weak: requires.weak }
    }
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// nobody who is wanted fulfils a rule
    Missing {
        /// who requires it
        module: ModuleName,
        /// what is required
        rule: String,
        /// modules that are known and would do
        providers: Vec<ModuleName>,
    },
    /// modules that require each other, beginning and ending with the same
    Cycle(Vec<ModuleName>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words =
            |names: &[ModuleName], between: &str| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between);
        match self {
            Refusal::Missing { module, rule, providers } if providers.is_empty() => {
                write!(f, "`{module}` needs {rule}, and no module that is known provides it")
            }
            Refusal::Missing { module, rule, providers } => {
                write!(f, "`{module}` needs {rule}, and no component takes such a module")?;
                write!(f, "\nhint: these modules provide it: {}", words(providers, ", "))
            }
            Refusal::Cycle(names) => write!(f, "modules require each other: {}", words(names, " → ")),
        }
    }
}

/// The labels of machines that exist, as if they were a module of their own.
pub fn infrastructure() -> Labels {
    [("kind", "infrastructure"), ("provider", crate::document::PROVIDER)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The modules that fulfil a rule.
pub fn providers(rule: &Rule, known: &Catalogue) -> Vec<ModuleName> {
    known.iter().filter(|module| rule.matches(&module.manifest.labels)).map(|module| module.manifest.name.clone()).collect()
}

/// An order of the wanted modules in which what is required comes first; the same for the same input. Everything that
/// stands in the way is told at once.
pub fn arrange(wanted: &BTreeMap<ModuleName, Node>, known: &Catalogue) -> Result<Vec<ModuleName>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let others = |name: &ModuleName, rule: &Rule| -> BTreeSet<&ModuleName> {
        wanted.iter().filter(|(other, node)| *other != name && rule.matches(&node.labels)).map(|(other, _)| other).collect()
    };
    let (mut strong, mut weak) = (BTreeMap::new(), BTreeMap::new());
    for (name, node) in wanted {
        let mut before = BTreeSet::new();
        for rule in &node.strong {
            let found = others(name, rule);
            if found.is_empty() && !rule.matches(&infrastructure()) {
                let providers = providers(rule, known).into_iter().filter(|other| other != name).collect();
                refusals.push(Refusal::Missing { module: name.clone(), rule: rule.to_string(), providers });
            }
            before.extend(found);
        }
        strong.insert(name, before);
        weak.insert(name, node.weak.iter().flat_map(|rule| others(name, rule)).collect::<BTreeSet<_>>());
    }
    let mut done: Vec<ModuleName> = Vec::new();
    let mut left: BTreeSet<&ModuleName> = wanted.keys().collect();
    while !left.is_empty() {
        let ready = left.iter().filter(|name| strong[**name].is_disjoint(&left));
        // those behind fewer others first, so that a weak circle is broken within and not after it
        let Some(next) = ready.min_by_key(|name| (behind(name, &weak, &strong, &left), **name)).copied() else {
            refusals.push(Refusal::Cycle(cycle(&strong, &left)));
            break;
        };
        left.remove(next);
        done.push(next.clone());
    }
    if refusals.is_empty() { Ok(done) } else { Err(refusals) }
}

/// These in an order in which what is required comes first, as far as they require each other; by name where there is none.
pub fn among<'a>(names: impl Iterator<Item = &'a ModuleName>, known: &Catalogue) -> Vec<ModuleName> {
    let node = |name: &ModuleName| (name.clone(), known.get(name).map(|module| Node::of(&module.manifest)).unwrap_or_default());
    let mut nodes: BTreeMap<ModuleName, Node> = names.map(node).collect();
    let there: Vec<(ModuleName, Labels)> = nodes.iter().map(|(name, node)| (name.clone(), node.labels.clone())).collect();
    for (name, node) in &mut nodes {
        node.strong.retain(|rule| there.iter().any(|(other, labels)| other != name && rule.matches(labels)));
    }
    arrange(&nodes, known).unwrap_or_else(|_| nodes.into_keys().collect())
}

/// Who of `all` needs what only `going` have, and whom: a strong rule that nobody else who stays fulfils.
pub fn bereft(all: &BTreeSet<&ModuleName>, going: &BTreeSet<&ModuleName>, known: &Catalogue) -> Vec<(ModuleName, ModuleName)> {
    let labels = |name: &ModuleName| known.get(name).map(|module| &module.manifest.labels);
    let mut found = Vec::new();
    for name in all.difference(going) {
        for rule in known.get(name).iter().flat_map(|module| &module.manifest.requires.strong) {
            let fits = |other: &&&ModuleName| *other != name && labels(other).is_some_and(|labels| rule.matches(labels));
            let stays = all.difference(going).any(|other| fits(&other)) || rule.matches(&infrastructure());
            let lost = going.iter().find(fits).filter(|_| !stays);
            found.extend(lost.map(|lost| ((*name).clone(), (*lost).clone())));
        }
    }
    found
}

type Edges<'a> = BTreeMap<&'a ModuleName, BTreeSet<&'a ModuleName>>;

/// How many that are left should come before it, near and far.
fn behind(name: &ModuleName, weak: &Edges<'_>, strong: &Edges<'_>, left: &BTreeSet<&ModuleName>) -> usize {
    let (mut seen, mut open): (BTreeSet<&ModuleName>, _) = (BTreeSet::new(), vec![name]);
    while let Some(name) = open.pop() {
        let before = weak[name].iter().chain(&strong[name]).filter(|other| left.contains(*other));
        open.extend(before.filter(|other| seen.insert(**other)));
    }
    seen.remove(name);
    seen.len()
}

/// A circle among those that are left; each of them waits for another one that is left.
fn cycle(strong: &Edges<'_>, left: &BTreeSet<&ModuleName>) -> Vec<ModuleName> {
    let mut path: Vec<&ModuleName> = left.first().copied().into_iter().collect();
    while let Some(next) = path.last().and_then(|last| strong[*last].iter().find(|other| left.contains(*other))) {
        if let Some(start) = path.iter().position(|name| name == next) {
            path.drain(..start);
            path.push(next);
            break;
        }
        path.push(next);
    }
    path.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests;
