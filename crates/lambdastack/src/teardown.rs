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
/// Where machines are, and how the module is configured, is what the documents say now, as far as they say it.
pub(crate) fn left(stack: &Stack, name: &ModuleName, applied: &Applied) -> Inputs {
    let mut inputs = applied.inputs.clone();
    inputs.machines.extend(applied.leaves.clone());
    let known = |machine: &String| stack.machines.contains_key(machine);
    inputs.machines.retain(|machine, _| known(machine));
    inputs.cluster.retain(|machine, _| known(machine));
    let addresses = inputs.machines.iter_mut().chain(&mut inputs.cluster).chain(inputs.neighbours.values_mut().flatten());
    for (machine, address) in addresses {
        if let Some(known) = stack.machines.get(machine) {
            address.clone_from(&known.address);
        }
    }
    let wanted = stack.modules.get(name).map(|wanted| &wanted.configuration);
    if let Some(configuration) = wanted.or_else(|| stack.idle.get(name)) {
        inputs.configuration = configuration.clone();
    }
    // what an earlier lambdastack applied does not say so
    inputs.shared_config.get_or_insert_with(|| stack.shared_config.clone());
    inputs
}

/// Machines on which it stays as it is: the documents do not know them any more.
pub(crate) fn gone(stack: &Stack, applied: &Applied) -> Vec<String> {
    let all: BTreeSet<&String> = applied.inputs.everywhere().into_keys().chain(applied.leaves.keys()).collect();
    all.into_iter().filter(|machine| !stack.machines.contains_key(*machine)).cloned().collect()
}

/// Whether its data goes too.
pub(crate) fn purges(inputs: &Inputs) -> bool {
    inputs.configuration.as_json()["purge"] == true
}

fn one(stack: &Stack, state: &State, name: &ModuleName) -> Option<Teardown> {
    let applied = state.modules.get(name)?;
    Some(Teardown { module: name.clone(), inputs: left(stack, name, applied), gone: gone(stack, applied) })
}

/// The plan in lines.
pub fn show(cluster: &str, plan: &[Teardown]) -> String {
    if plan.is_empty() {
        return format!("{cluster}: nothing to tear down\n");
    }
    let mut text = String::new();
    for Teardown { module, inputs, gone } in plan {
        let machines: Vec<&str> = inputs.everywhere().into_keys().map(String::as_str).collect();
        let with = if purges(inputs) { ", and its data goes with it" } else { "" };
        text += &format!("- {module} on {}: is torn down{with}\n", machines.join(", "));
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
