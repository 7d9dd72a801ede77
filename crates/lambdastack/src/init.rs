//! The documents of a new cluster: what was said on the command line or to questions, filled from the state.
//!
//! A component gets machines by name, or so many of those that are free: that no other component has, here or in the state.
//! Which of its modules lambdastack has, and what those require, is written into a `configuration/feature-mapping`.

mod dialogue;

pub use dialogue::ask;

use crate::{kind::Kind, module::Catalogue, order, state::State, template};
use lsrepo_bom::{ModuleName, embedded};
use lsrepo_types::nearest;
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

/// What a new cluster is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// its name
    pub name: String,
    /// who logs into the machines; the default where it is empty
    pub admin_user: String,
    /// the private key of that user; the default where it is empty
    pub key_path: String,
    /// machine → address
    pub machines: BTreeMap<String, String>,
    /// component → machines
    pub components: BTreeMap<String, Placement>,
    /// whether the configuration of every module is written too
    pub full: bool,
}

/// Where a component goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// onto these
    Machines(Vec<String>),
    /// onto so many that are free
    Count(usize),
}

impl FromStr for Placement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match (text.trim().parse(), names.is_empty()) {
            (Ok(0), _) | (Err(_), true) => Err("expected names of machines, or how many".to_owned()),
            (Ok(count), _) => Ok(Self::Count(count)),
            (Err(_), false) => Ok(Self::Machines(names)),
        }
    }
}

/// The documents, and what somebody should know of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// YAML
    pub text: String,
    /// for people
    pub notes: Vec<String>,
}

/// Writes the documents. What cannot be is told all at once.
pub fn documents(wishes: &Wishes, modules: &Catalogue, state: Option<&State>) -> Result<Written, Vec<String>> {
    let (mut wrong, mut notes) = (Vec::new(), Vec::new());
    let machines = machines(wishes, state);
    let placed = place(wishes, &machines, state, &mut wrong);
    let mut mapping: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for component in placed.keys() {
        match take(component, modules, &mut notes) {
            Ok(names) => {
                taken.extend(names.iter().cloned());
                mapping.insert(component, names.iter().map(ToString::to_string).collect());
            }
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let components: BTreeMap<&String, Json> =
        placed.iter().map(|(name, machines)| (name, json!({"count": machines.len(), "machines": machines}))).collect();
    let mut admin = serde_json::Map::new();
    for (key, value) in [("name", &wishes.admin_user), ("key_path", &wishes.key_path)] {
        if !value.is_empty() {
            admin.insert(key.to_owned(), json!(value));
        }
    }
    let values = json!({"name": wishes.name, "admin_user": admin, "components": components});
    let mut parts = vec![template::document(&Kind::Cluster, None, &values, modules)];
    let used: BTreeSet<&String> = placed.values().flatten().collect();
    for (name, address) in machines.iter().filter(|(name, _)| wishes.machines.contains_key(*name) || used.contains(name)) {
        parts.push(template::document(&Kind::Machine, Some(name), &json!({"ip": address}), modules));
    }
    if !mapping.is_empty() {
        parts.push(template::document(&Kind::FeatureMapping, None, &json!({"roles_mapping": mapping}), modules));
    }
    for name in &taken {
        let unwritten = modules.get(name).is_some_and(|module| module.manifest.configuration.defaults().is_none());
        if wishes.full || unwritten {
            parts.push(template::document(&Kind::Module(name.clone()), None, &Json::Null, modules));
        }
        if unwritten {
            notes.push(format!("`configuration/{name}` has fields that somebody has to fill in"));
        }
    }
    Ok(Written { text: parts.into_iter().flatten().collect::<Vec<_>>().join("---\n"), notes })
}

/// Those that were named, and those that the state knows.
fn machines(wishes: &Wishes, state: Option<&State>) -> BTreeMap<String, String> {
    let known = state.map(State::machines).unwrap_or_default();
    let mut all: BTreeMap<String, String> =
        known.iter().map(|(name, (address, _))| ((*name).to_owned(), (*address).to_owned())).collect();
    all.extend(wishes.machines.clone());
    all
}

fn place(
    wishes: &Wishes,
    machines: &BTreeMap<String, String>,
    state: Option<&State>,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut used: BTreeSet<String> = state.map(State::machines).unwrap_or_default().keys().map(|name| (*name).to_owned()).collect();
    let mut placed = BTreeMap::new();
    for (component, placement) in &wishes.components {
        if let Placement::Machines(names) = placement {
            for name in names.iter().filter(|name| !machines.contains_key(*name)) {
                let near = nearest(name, machines.keys().map(String::as_str));
                let hint =
                    near.map_or("name it with `--machine NAME=ADDRESS`".to_owned(), |near| format!("did you mean `{near}`?"));
                wrong.push(format!("`{component}`: unknown machine `{name}`\nhint: {hint}"));
            }
            used.extend(names.iter().cloned());
            placed.insert(component.clone(), names.clone());
        }
    }
    for (component, placement) in &wishes.components {
        if let Placement::Count(count) = placement {
            let free: Vec<String> = machines.keys().filter(|name| !used.contains(*name)).take(*count).cloned().collect();
            if free.len() < *count {
                wrong.push(format!("`{component}` wants {count} machines, and {} are free", free.len()));
            }
            used.extend(free.iter().cloned());
            placed.insert(component.clone(), free);
        }
    }
    placed
}

/// The modules of a component that lambdastack has, and what they require.
fn take(component: &str, modules: &Catalogue, notes: &mut Vec<String>) -> Result<BTreeSet<ModuleName>, String> {
    let bom = embedded::components().map_err(|error| error.to_string())?;
    let own = component.parse().ok().filter(|name| modules.get(name).is_some());
    let listed = match (own, bom.0.get(component)) {
        (Some(own), _) => vec![own],
        (None, Some(listed)) => listed.clone(),
        (None, None) => {
            let known = bom.0.keys().map(String::as_str).chain(modules.names().map(ModuleName::as_str));
            return Err(crate::source::unknown("component", component, known));
        }
    };
    let (mut taken, left): (BTreeSet<ModuleName>, BTreeSet<ModuleName>) =
        listed.into_iter().partition(|name| modules.get(name).is_some());
    if taken.is_empty() {
        return Err(format!("of the component `{component}` lambdastack has no module yet"));
    }
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        notes.push(format!("`{component}`: lambdastack has no modules yet for {}", left.join(", ")));
    }
    let mut open: Vec<ModuleName> = taken.iter().cloned().collect();
    while let Some(manifest) = open.pop().and_then(|name| modules.get(&name)).map(|module| &module.manifest) {
        for rule in &manifest.requires.strong {
            let providers = order::providers(rule, modules);
            if rule.matches(&order::infrastructure()) || providers.iter().any(|name| taken.contains(name)) {
                continue;
            }
            match &providers[..] {
                [one] => {
                    taken.insert(one.clone());
                    open.push(one.clone());
                }
                [] => return Err(format!("`{}` needs {rule}, and no module that is known provides it", manifest.name)),
                _ => notes.push(format!("`{}` needs {rule}: add a module to the `configuration/feature-mapping`", manifest.name)),
            }
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests;
