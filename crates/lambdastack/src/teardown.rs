//! What modules brought is taken away again, those first that others did not need; the state forgets each as it goes.
//!
//! A teardown that ends badly leaves a module as one whose apply did not get to its end: it is torn down again, or applied.

use crate::{
    ansible::Outcome,
    apply::{ApplyError, Broken},
    module::{Catalogue, Method},
    order,
    source::unknown,
    stack::Stack,
    state::{Applied, Inputs, State, StateFile, Status},
};
use lsrepo_bom::ModuleName;
use std::collections::BTreeSet;

/// A module that is taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct Teardown {
    /// the module
    pub module: ModuleName,
    /// with what, and where
    pub inputs: Inputs,
    /// machines that the documents do not know any more, and that cannot be logged into
    pub gone: Vec<String>,
}

/// What would be taken away, in order: the modules that are named, or all that can. What cannot be is told at once.
/// Machines are those of the state, and the configuration is that of the documents, where they still have it.
pub fn plan(stack: &Stack, modules: &Catalogue, state: &State, named: &[String]) -> Result<Vec<Teardown>, Vec<String>> {
    let mut wrong = Vec::new();
    if state.cluster != stack.name {
        wrong.push(format!("the state is of the cluster `{}`, and the documents are of `{}`", state.cluster, stack.name));
    }
    let can = |name: &ModuleName| modules.get(name).is_some_and(|module| module.manifest.has(Method::Teardown));
    for name in named {
        match state.modules.keys().find(|one| one.as_str() == name) {
            None => wrong.push(unknown("module", name, state.modules.keys().map(ModuleName::as_str))),
            Some(name) if !can(name) => wrong.push(format!("`{name}` has no method `teardown`: what it brought stays")),
            Some(_) => {}
        }
    }
    let meant = |name: &&ModuleName| named.is_empty() || named.iter().any(|one| one == name.as_str());
    let all: BTreeSet<&ModuleName> = state.modules.keys().collect();
    let going: BTreeSet<&ModuleName> = all.iter().copied().filter(meant).filter(|name| can(name)).collect();
    for (needs, lost) in order::bereft(&all, &going, modules).into_iter().filter(|_| !named.is_empty()) {
        wrong.push(format!("`{needs}` needs `{lost}`, and stays\nhint: `lambdastack teardown {lost} {needs}` takes both"));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let order = order::among(all.into_iter(), modules).into_iter().rev().filter(|name| going.contains(name));
    Ok(order.filter_map(|name| one(stack, state, &name)).collect())
}

/// What was applied, as far as its machines can still be logged into; also those that it was to leave.
pub(crate) fn left(stack: &Stack, applied: &Applied) -> Inputs {
    let mut inputs = applied.inputs.clone();
    inputs.machines.extend(applied.leaves.clone());
    let known = |machine: &String| stack.machines.contains_key(machine);
    inputs.machines.retain(|machine, _| known(machine));
    inputs.cluster.retain(|machine, _| known(machine));
    inputs
}

fn one(stack: &Stack, state: &State, name: &ModuleName) -> Option<Teardown> {
    let applied = state.modules.get(name)?;
    let mut inputs = left(stack, applied);
    if let Some(wanted) = stack.modules.get(name) {
        inputs.configuration = wanted.configuration.clone();
    }
    let known = |machine: &String| stack.machines.contains_key(machine);
    let gone = applied.inputs.everywhere().into_keys().filter(|machine| !known(machine)).cloned().collect();
    Some(Teardown { module: name.clone(), inputs, gone })
}

/// The plan in lines.
pub fn show(cluster: &str, plan: &[Teardown]) -> String {
    if plan.is_empty() {
        return format!("{cluster}: nothing to tear down\n");
    }
    let mut text = String::new();
    for Teardown { module, inputs, gone } in plan {
        let machines: Vec<&str> = inputs.everywhere().into_keys().map(String::as_str).collect();
        text += &format!("- {module} on {}: is torn down\n", machines.join(", "));
        if !gone.is_empty() {
            text += &format!("    {} stays as it is: the documents do not know it any more\n", gone.join(", "));
        }
    }
    text + &format!("{cluster}: {} to tear down\n", plan.len())
}

/// Carries it out; `run` tears one module down, and says how that went. Gives the modules that were.
pub fn tear_down(
    plan: &[Teardown],
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Teardown) -> Result<Outcome, String>,
) -> Result<Vec<ModuleName>, ApplyError> {
    let mut done = Vec::new();
    for (index, teardown) in plan.iter().enumerate() {
        let name = &teardown.module;
        mark(state, name, Status::Applying);
        file.save(state)?;
        let (failures, why) = match run(teardown) {
            Ok(outcome) => (outcome.failures, String::new()),
            Err(why) => (Vec::new(), why),
        };
        if failures.is_empty() && why.is_empty() {
            state.modules.remove(name);
            file.save(state)?;
            done.push(name.clone());
            continue;
        }
        mark(state, name, Status::Failed);
        file.save(state)?;
        let left = plan[index + 1..].iter().map(|teardown| teardown.module.clone()).collect();
        let broken = Broken { module: name.clone(), method: Method::Teardown, failures, why, left };
        return Err(ApplyError::Module(Box::new(broken)));
    }
    Ok(done)
}

fn mark(state: &mut State, name: &ModuleName, status: Status) {
    if let Some(applied) = state.modules.get_mut(name) {
        applied.status = status;
    }
}

#[cfg(test)]
mod tests;
