//! A plan is carried out: module by module, each written down before it begins and after it ended.
//!
//! Whatever ends a run, also a machine that loses its power, the state says how far it got, and the next plan goes on there.

use crate::{
    ansible::{Failure, Outcome},
    module::{Catalogue, Manifest, Method},
    plan::{Action, ActionKind, Plan},
    schema::Settings,
    source::{Reader, Source},
    state::{Applied, Inputs, State, StateError, StateFile, Status},
    yaml,
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

/// Carries the plan out; `run` applies one module with its inputs, and says how that went. Modules that are only influenced
/// are left as they are, unless `influenced`. Gives the modules that were done.
pub fn apply(
    plan: &Plan,
    desired: &BTreeMap<ModuleName, Inputs>,
    modules: &Catalogue,
    influenced: bool,
    (file, state): (&StateFile, &mut State),
    run: &mut dyn FnMut(&Action, &Inputs) -> Result<Outcome, String>,
) -> Result<Vec<ModuleName>, ApplyError> {
    let actions: Vec<&Action> = plan.actions.iter().filter(|action| influenced || action.kind != ActionKind::Influence).collect();
    let mut done = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let name = &action.module;
        let (Some(inputs), Some(module)) = (desired.get(name), modules.get(name)) else {
            // nobody wants it any more
            state.modules.remove(name);
            file.save(state)?;
            done.push(name.clone());
            continue;
        };
        let returns = state.modules.get(name).map(|applied| applied.returns.clone()).unwrap_or_default();
        let mut applied = Applied { status: Status::Applying, inputs: inputs.clone(), returns };
        state.modules.insert(name.clone(), applied.clone());
        file.save(state)?;
        let (failures, why) = match run(action, inputs) {
            Ok(outcome) if !outcome.failures.is_empty() => (outcome.failures, String::new()),
            Ok(outcome) => match returned(&module.manifest, inputs, &outcome) {
                Ok(returns) => {
                    applied.returns = returns;
                    (Vec::new(), String::new())
                }
                Err(why) => (Vec::new(), why),
            },
            Err(why) => (Vec::new(), why),
        };
        let well = failures.is_empty() && why.is_empty();
        applied.status = if well { Status::Applied } else { Status::Failed };
        state.modules.insert(name.clone(), applied);
        file.save(state)?;
        if !well {
            let left = actions[index + 1..].iter().map(|action| action.module.clone()).collect();
            return Err(ApplyError::Module(Box::new(Broken { module: name.clone(), method: Method::Apply, failures, why, left })));
        }
        done.push(name.clone());
    }
    Ok(done)
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
