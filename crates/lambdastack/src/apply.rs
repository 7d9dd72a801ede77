//! A plan is carried out: module by module, each written down before it begins and after it ended.
//!
//! Whatever ends a run, also a machine that loses its power, the state says how far it got, and the next plan goes on there.

use crate::{
    ansible::{Failure, Outcome},
    module::{Catalogue, Manifest, Method},
    order,
    plan::{self, ActionKind, Plan, desired},
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

/// All that a plan runs, in order: what is wanted is applied, what others need first; then modules go from the machines that they
/// leave, and those go that nobody wants any more, what others need last. `state` is the one that the plan starts from.
pub fn runs<'a>(plan: &'a Plan, stack: &Stack, modules: &Catalogue, state: Option<&State>, influenced: bool) -> Vec<Run<'a>> {
    let desired = desired(stack, modules);
    let (mut all, mut going) = (Vec::new(), BTreeMap::new());
    for action in plan.actions.iter().filter(|action| influenced || action.kind != ActionKind::Influence) {
        let name = &action.module;
        let applied = state.and_then(|state| state.modules.get(name));
        let anew = |method, inputs, leaves| Run { module: name, method, inputs, anew: true, leaves };
        let (Some(inputs), Some(module)) = (desired.get(name), modules.get(name)) else {
            if let Some(applied) = applied.filter(|_| action.kind == ActionKind::Remove) {
                going.insert(name, anew(Method::Teardown, teardown::left(stack, name, applied), Vec::new()));
            }
            continue;
        };
        let leaving = applied.map(|applied| plan::leaving(stack, modules, applied, inputs, name)).unwrap_or_default();
        let leaves: Vec<String> = leaving.keys().cloned().collect();
        if !leaving.is_empty() && module.manifest.has(Method::Scale) {
            let machines = inputs.machines.clone().into_iter().chain(leaving.clone()).collect();
            all.push(anew(Method::Scale, Inputs { machines, ..inputs.clone() }, leaves.clone()));
        }
        if !leaving.is_empty() && module.manifest.has(Method::Teardown) {
            let inputs = Inputs { machines: leaving, cluster: BTreeMap::new(), ..inputs.clone() };
            going.insert(name, anew(Method::Teardown, inputs, leaves.clone()));
        }
        all.push(Run { module: name, method: Method::Apply, inputs: inputs.clone(), anew: action.kind.is_anew(), leaves });
    }
    let order = order::among(going.keys().copied(), modules);
    all.extend(order.iter().rev().filter_map(|name| going.remove(name)));
    all
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
    let mut done: Vec<ModuleName> = Vec::new();
    let runs = runs(plan, stack, modules, Some(state), influenced);
    for (index, step) in runs.iter().enumerate() {
        let name = step.module;
        begin(state, step, modules);
        file.save(state)?;
        if let Err(Wrong { failures, why }) = go(step, (stack, modules), state, run) {
            state.modules.entry(name.clone()).and_modify(|applied| applied.status = Status::Failed);
            file.save(state)?;
            let mut left: Vec<ModuleName> = Vec::new();
            for later in runs[index + 1..].iter().map(|run| run.module).filter(|later| *later != name) {
                if !left.contains(later) {
                    left.push(later.clone());
                }
            }
            return Err(ApplyError::Module(Box::new(Broken { module: name.clone(), method: Method::Apply, failures, why, left })));
        }
        file.save(state)?;
        if !done.contains(name) {
            done.push(name.clone());
        }
    }
    for action in plan.actions.iter().filter(|action| action.kind == ActionKind::Release) {
        state.modules.remove(&action.module);
        file.save(state)?;
        done.push(action.module.clone());
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

/// Writes down what is about to be done. Machines that it leaves are known until it is gone from them.
fn begin(state: &mut State, step: &Run<'_>, modules: &Catalogue) {
    let before = state.modules.get(step.module);
    let mut applied = match (step.method, before) {
        (Method::Apply, before) => {
            let leaves = before.map(|applied| plan::left_behind(applied, &step.inputs, modules, step.module)).unwrap_or_default();
            let returns = before.map(|applied| applied.returns.clone()).unwrap_or_default();
            Applied { returns, leaves, ..Applied::new(Status::Applying, step.inputs.clone()) }
        }
        (_, Some(applied)) => applied.clone(),
        (_, None) => return,
    };
    applied.status = Status::Applying;
    state.modules.insert(step.module.clone(), applied);
}

/// Runs it, and writes down what came of it.
fn go(
    step: &Run<'_>,
    (stack, modules): (&Stack, &Catalogue),
    state: &mut State,
    run: &mut dyn FnMut(&Run<'_>) -> Result<Outcome, String>,
) -> Result<(), Wrong> {
    let outcome = run(step)?;
    if !outcome.failures.is_empty() {
        return Err(Wrong { failures: outcome.failures, why: String::new() });
    }
    let Some(applied) = state.modules.get_mut(step.module) else { return Ok(()) };
    match step.method {
        Method::Apply => {
            let manifest = modules.get(step.module).map(|module| &module.manifest);
            applied.returns = manifest.map(|manifest| returned(manifest, &step.inputs, &outcome)).transpose()?.unwrap_or_default();
            applied.status = Status::Applied;
        }
        Method::Teardown if stack.modules.contains_key(step.module) => {
            applied.leaves.retain(|machine, _| !step.inputs.machines.contains_key(machine));
            applied.status = Status::Applied;
        }
        Method::Teardown => drop(state.modules.remove(step.module)),
        _ => {}
    }
    Ok(())
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
