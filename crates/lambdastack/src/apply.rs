//! A plan is carried out: module by module, each written down before it begins and after it ended.
//!
//! Whatever ends a run, also a machine that loses its power, the state says how far it got, and the next plan goes on there.

use crate::{
    ansible::{Failure, Outcome},
    module::{Catalogue, Manifest, Method, Module},
    plan::{self, Action, ActionKind, Plan, desired},
    schema::Settings,
    source::{Reader, Source},
    stack::Stack,
    state::{Applied, Inputs, State, StateError, StateFile, Status},
    teardown, yaml,
};
use lsrepo_bom::ModuleName;
use std::{collections::BTreeMap, fmt};

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// the state cannot be written
    #[error(transparent)]
    State(#[from] StateError),
    /// a module went wrong; those before it are done
    #[error("{0}")]
    Module(Box<Broken>),
}

/// A module that went wrong.
#[derive(Debug)]
pub struct Broken {
    /// the module
    pub module: ModuleName,
    /// what was done with it
    pub method: Method,
    /// what went wrong on machines
    pub failures: Vec<Failure>,
    /// what went wrong otherwise
    pub why: String,
    /// modules that were not begun
    pub left: Vec<ModuleName>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match self.method {
            Method::Teardown => "torn down",
            Method::Upgrade => "upgraded",
            _ => "applied",
        };
        write!(f, "`{}` was not {done}", self.module)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        for Failure { machine, task, message } in &self.failures {
            write!(f, "\n  {machine}: {task}: {}", message.replace('\n', "\n    "))?;
        }
        if !self.left.is_empty() {
            let left: Vec<&str> = self.left.iter().map(ModuleName::as_str).collect();
            write!(f, "\n  not begun: {}", left.join(", "))?;
        }
        match self.method {
            Method::Upgrade => write!(f, "\nhint: once that is mended, an apply finishes it, and another upgrade does the rest"),
            method => write!(f, "\nhint: once that is mended, `lambdastack {method}` goes on here"),
        }
    }
}

/// A playbook of a module that is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<'a> {
    /// the module
    pub module: &'a ModuleName,
    /// which of its playbooks
    pub method: Method,
    /// on which machines, with what
    pub inputs: Inputs,
    /// whether an earlier run may have ended anywhere, or somebody else was at work
    pub anew: bool,
    /// machines that the module leaves
    pub leaves: Vec<String>,
}

impl Run<'_> {
    /// The name of its folder, among those of all that a plan runs.
    pub fn folder(&self) -> String {
        match self.method {
            Method::Apply => self.module.to_string(),
            method => format!("{}-{method}", self.module),
        }
    }
}

/// Carries the plan out; `run` runs one playbook, and says how that went. Modules that are only influenced are left as they
/// are, unless `influenced`. Gives the modules that were done.
pub fn apply(
    plan: &Plan,
    stack: &Stack,
    modules: &Catalogue,
    influenced: bool,
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Run<'_>) -> Result<Outcome, String>,
) -> Result<Vec<ModuleName>, ApplyError> {
    let desired = desired(stack, modules);
    let actions: Vec<&Action> = plan.actions.iter().filter(|action| influenced || action.kind != ActionKind::Influence).collect();
    let mut done = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let name = &action.module;
        let broken = match (desired.get(name), modules.get(name)) {
            (Some(inputs), Some(module)) => one(action, inputs, module, (stack, modules), (file, state), run)?,
            _ => unwanted(action, stack, (file, state), run)?,
        };
        if let Err(Wrong { failures, why }) = broken {
            let left = actions[index + 1..].iter().map(|action| action.module.clone()).collect();
            return Err(ApplyError::Module(Box::new(Broken { module: name.clone(), method: Method::Apply, failures, why, left })));
        }
        done.push(name.clone());
    }
    Ok(done)
}

/// What went wrong with a module, on machines or otherwise.
struct Wrong {
    failures: Vec<Failure>,
    why: String,
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self { failures: Vec::new(), why }
    }
}

/// How that went, where it did not go wrong.
fn went(outcome: Result<Outcome, String>) -> Result<Outcome, Wrong> {
    match outcome? {
        Outcome { failures, .. } if !failures.is_empty() => Err(Wrong { failures, why: String::new() }),
        outcome => Ok(outcome),
    }
}

/// A module is applied. Machines that it leaves are got ready for that before, and it is taken from them after.
fn one(
    action: &Action,
    inputs: &Inputs,
    module: &Module,
    (stack, modules): (&Stack, &Catalogue),
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Run<'_>) -> Result<Outcome, String>,
) -> Result<Result<(), Wrong>, StateError> {
    let (name, manifest) = (&action.module, &module.manifest);
    let before = state.modules.get(name);
    let leaves = before.map(|applied| plan::leaving(stack, modules, applied, inputs, name)).unwrap_or_default();
    let returns = before.map(|applied| applied.returns.clone()).unwrap_or_default();
    let mut applied = Applied { returns, leaves, ..Applied::new(Status::Applying, inputs.clone()) };
    state.modules.insert(name.clone(), applied.clone());
    file.save(state)?;
    let leaving = || applied.leaves.keys().cloned().collect();
    let mut steps =
        vec![Run { module: name, method: Method::Apply, inputs: inputs.clone(), anew: action.kind.is_anew(), leaves: leaving() }];
    if !applied.leaves.is_empty() && manifest.has(Method::Scale) {
        let mut inputs = inputs.clone();
        inputs.machines.extend(applied.leaves.clone());
        steps.insert(0, Run { module: name, method: Method::Scale, inputs, anew: true, leaves: leaving() });
    }
    if !applied.leaves.is_empty() && manifest.has(Method::Teardown) {
        let inputs = Inputs { machines: applied.leaves.clone(), cluster: BTreeMap::new(), ..inputs.clone() };
        steps.push(Run { module: name, method: Method::Teardown, inputs, anew: true, leaves: leaving() });
    }
    let mut well = || -> Result<BTreeMap<String, Settings>, Wrong> {
        let mut returns = BTreeMap::new();
        for step in &steps {
            let outcome = went(run(step))?;
            if step.method == Method::Apply {
                returns = returned(manifest, inputs, &outcome)?;
            }
        }
        Ok(returns)
    };
    let result = well().map(|returns| {
        (applied.returns, applied.leaves) = (returns, BTreeMap::new());
    });
    applied.status = if result.is_ok() { Status::Applied } else { Status::Failed };
    state.modules.insert(name.clone(), applied);
    file.save(state)?;
    Ok(result)
}

/// A module that nobody wants any more is torn down, where it can be, and forgotten.
fn unwanted(
    action: &Action,
    stack: &Stack,
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Run<'_>) -> Result<Outcome, String>,
) -> Result<Result<(), Wrong>, StateError> {
    let name = &action.module;
    if action.kind == ActionKind::Remove
        && let Some(applied) = state.modules.get_mut(name)
    {
        let inputs = teardown::left(stack, applied);
        applied.status = Status::Applying;
        file.save(state)?;
        let step = Run { module: name, method: Method::Teardown, inputs, anew: true, leaves: Vec::new() };
        if let Err(wrong) = went(run(&step)) {
            state.modules.entry(name.clone()).and_modify(|applied| applied.status = Status::Failed);
            file.save(state)?;
            return Ok(Err(wrong));
        }
    }
    state.modules.remove(name);
    file.save(state)?;
    Ok(Ok(()))
}

/// What each machine handed back, which has to be what `returns` describes.
pub(crate) fn returned(manifest: &Manifest, inputs: &Inputs, outcome: &Outcome) -> Result<BTreeMap<String, Settings>, String> {
    let one = |machine: &String| {
        let value = outcome.returned.get(machine).and_then(|value| value.get("lambdastack_returns"));
        let value = value.ok_or_else(|| format!("`{machine}` handed nothing back"))?;
        let source = Source::new(format!("{machine} handed back"), value.to_string());
        let nodes = yaml::parse(&source).map_err(|misfit| misfit.to_string())?;
        let mut reader = Reader::new(&source);
        let settled = nodes.first().and_then(|node| manifest.returns.settle(&mut reader, node, ""));
        let first = reader.misfits.first().map(|misfit| format!("`{machine}` handed back what does not fit: {}", misfit.what));
        settled.map(|settled| (machine.clone(), settled)).ok_or(first.unwrap_or_else(|| format!("`{machine}` handed nothing back")))
    };
    inputs.machines.keys().map(one).collect()
}

#[cfg(test)]
mod tests;
