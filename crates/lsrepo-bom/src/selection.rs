//! From named modules to all that must come along: strong requirements, and theirs, each with its reason.

use crate::{
    module::{Module, Rule},
    requirement::ModuleName,
};
use lsrepo_types::nearest;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

/// Why a module is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// it was named
    Named,
    /// it belongs to a component of a cluster
    Component(String),
    /// everything is wanted
    All,
    /// a module that is taken requires it
    RequiredBy(ModuleName),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Named => f.write_str("named"),
            Reason::Component(component) => write!(f, "component {component}"),
            Reason::All => f.write_str("everything"),
            Reason::RequiredBy(module) => write!(f, "required by {module}"),
        }
    }
}

/// What is taken, and what might be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// sorted by name
    pub modules: BTreeMap<ModuleName, Reason>,
    /// modules that weak rules would like, and the first module that would
    pub offered: BTreeMap<ModuleName, ModuleName>,
}

/// Why nothing can be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// a module that is not in the BOM
    #[error("there is no module `{name}` (there are: {known}){}", near.as_ref().map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?")))]
    Unknown {
        /// what was named
        name: ModuleName,
        /// all names
        known: String,
        /// the one that is spelt most like it
        near: Option<String>,
    },
    /// nobody fulfils a rule
    #[error("the module `{module}` requires one with {rule}, and there is none")]
    Unmet {
        /// whose rule
        module: ModuleName,
        /// the rule
        rule: String,
    },
    /// several could fulfil a rule
    #[error("the module `{module}` requires one with {rule}: choose one of {candidates}\nhint: --module NAME")]
    Choice {
        /// whose rule
        module: ModuleName,
        /// the rule
        rule: String,
        /// who could
        candidates: String,
    },
}

/// Takes `wanted` out of `known`, with all that they require.
pub fn select(known: &[Module], wanted: impl IntoIterator<Item = (ModuleName, Reason)>) -> Result<Selected, SelectionError> {
    let mut selected = Selected::default();
    let mut queue: VecDeque<&Module> = VecDeque::new();
    for (name, reason) in wanted {
        let module = find(known, &name)?;
        if let std::collections::btree_map::Entry::Vacant(free) = selected.modules.entry(name) {
            free.insert(reason);
            queue.push_back(module);
        }
    }
    // What was named counts before what is only required: a choice that was made need not be made again.
    while let Some(module) = queue.pop_front() {
        for rule in &module.requires.strong {
            if let Some(needed) = needed(known, &selected, module, rule)? {
                selected.modules.insert(needed.name.clone(), Reason::RequiredBy(module.name.clone()));
                queue.push_back(needed);
            }
        }
    }
    for name in selected.modules.keys() {
        for rule in &find(known, name)?.requires.weak {
            let candidates = known.iter().filter(|other| other.name != *name && fulfils(other, rule));
            for candidate in candidates.filter(|candidate| !selected.modules.contains_key(&candidate.name)) {
                selected.offered.entry(candidate.name.clone()).or_insert_with(|| name.clone());
            }
        }
    }
    Ok(selected)
}

/// The module that must be added so that `rule` of `module` holds; none where it does.
fn needed<'a>(
    known: &'a [Module],
    selected: &Selected,
    module: &Module,
    rule: &Rule,
) -> Result<Option<&'a Module>, SelectionError> {
    let candidates: Vec<&Module> = known.iter().filter(|other| other.name != module.name && fulfils(other, rule)).collect();
    if candidates.iter().any(|candidate| selected.modules.contains_key(&candidate.name)) {
        return Ok(None);
    }
    let (name, text) = (module.name.clone(), rule.to_string());
    match candidates[..] {
        [] => Err(SelectionError::Unmet { module: name, rule: text }),
        [one] => Ok(Some(one)),
        _ => {
            let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name.as_str()).collect();
            Err(SelectionError::Choice { module: name, rule: text, candidates: names.join(", ") })
        }
    }
}

/// Whether a module's labels fulfil a rule. Its name counts as a label.
fn fulfils(module: &Module, rule: &Rule) -> bool {
    let mut labels = module.labels.clone();
    labels.entry("name".to_owned()).or_insert_with(|| module.name.to_string());
    rule.matches(&labels)
}

/// A module by its name.
pub fn find<'a>(known: &'a [Module], name: &ModuleName) -> Result<&'a Module, SelectionError> {
    known.iter().find(|module| module.name == *name).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|module| module.name.as_str()).collect();
        let near = nearest(name.as_str(), names.iter().copied()).map(str::to_owned);
        SelectionError::Unknown { name: name.clone(), known: names.join(", "), near }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, labels: &str, requires: &str) -> Module {
        let text = format!("{{kind: module, name: {name}, version: 0.1.0, labels: {labels}, requires: {requires}}}");
        Module::parse(&text, "x").unwrap()
    }

    fn take(known: &[Module], names: &[&str]) -> Result<Selected, SelectionError> {
        select(known, names.iter().map(|name| (name.parse().unwrap(), Reason::Named)))
    }

    #[test]
    fn what_is_required_comes_along_with_its_reason() {
        let known = [
            module(
                "app",
                "{}",
                "{strong: [[{key: kind, operator: eq, values: [database]}]], weak: [[{key: name, operator: eq, values: [metrics]}]]}",
            ),
            module("base", "{kind: base}", "{}"),
            module("database", "{kind: database}", "{strong: [[{key: name, operator: eq, values: [base]}]]}"),
            module("metrics", "{}", "{}"),
        ];
        let selected = take(&known, &["app"]).unwrap();
        let said: Vec<String> = selected.modules.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
        assert_eq!(said, ["app: named", "base: required by database", "database: required by app"]);
        assert_eq!(selected.offered.keys().map(ModuleName::as_str).collect::<Vec<_>>(), ["metrics"]);
    }

    #[test]
    fn a_strong_rule_is_met_by_one_module_alone() {
        let rule =
            "{strong: [[{key: kind, operator: eq, values: [infrastructure]}, {key: provider, operator: in, values: [any, aws]}]]}";
        let (base, own) = (
            module("z", "{kind: infrastructure, provider: gcp}", rule),
            module("own", "{kind: infrastructure, provider: any}", rule),
        );
        let halves = [module("a", "{kind: infrastructure}", "{}"), module("b", "{provider: any}", "{}"), base.clone()];
        assert!(matches!(take(&halves, &["z"]), Err(SelectionError::Unmet { .. })));
        // not by itself either
        assert!(matches!(take(&[own], &["own"]), Err(SelectionError::Unmet { .. })));
        let whole = [base, module("c", "{kind: infrastructure, provider: aws}", "{}")];
        assert_eq!(take(&whole, &["z"]).unwrap().modules.len(), 2);
    }

    #[test]
    fn a_choice_is_the_users() {
        let rule = "{strong: [[{key: network, operator: exists}]]}";
        let known = [module("a", "{network: x}", "{}"), module("b", "{network: y}", "{}"), module("c", "{}", rule)];
        let error = take(&known, &["c"]).unwrap_err().to_string();
        assert!(error.contains("any network: choose one of a, b"), "{error}");
        assert_eq!(take(&known, &["c", "b"]).unwrap().modules.len(), 2);
        let error = take(&known[2..], &["c"]).unwrap_err().to_string();
        assert!(error.ends_with("and there is none"), "{error}");
        assert!(take(&known, &["aa"]).unwrap_err().to_string().ends_with("did you mean `a`?"));
    }

    #[test]
    fn every_module_of_the_bom_can_be_selected_alone() {
        let known = crate::embedded::modules().unwrap();
        for one in &known {
            let selected = take(&known, &[one.name.as_str()]).unwrap();
            assert!(selected.modules.contains_key(&one.name));
        }
        let components = crate::embedded::components().unwrap();
        for name in components.0.values().flatten() {
            find(&known, name).unwrap();
        }
    }
}
