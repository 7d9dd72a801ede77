//! What several commands read: the documents of a cluster, what was seen, and a plan that somebody agreed to.

use super::{Context, sources};
use crate::{
    failure::{self, unsatisfied},
    module::Catalogue,
    plan::{self, Observed, Paper},
    stack::{self, Stack},
    state::State,
};
use anyhow::{Context as _, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The cluster that the documents ask for.
pub(super) fn stack(context: &Context, files: &[PathBuf], modules: &Catalogue) -> Result<Stack> {
    let reading = stack::read(&sources(files)?, modules);
    if !reading.misfits.is_empty() {
        return Err(failure::misfits(&reading.misfits));
    }
    let none = "there is no document of the kind `lambdastack-cluster`\nhint: `lambdastack init` writes one";
    let stack = reading.stack.ok_or_else(|| unsatisfied(none))?;
    reading.notes.iter().for_each(|note| context.note(&format!("note: {note}")));
    Ok(stack)
}

/// What was seen on machines; nothing where no file says so.
pub(super) fn observed(context: &Context, path: Option<&PathBuf>, stack: &Stack) -> Result<Observed> {
    let Some(path) = path else { return Ok(Observed::default()) };
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let observed: Observed = serde_saphyr::from_str(&text).map_err(|error| unsatisfied(format!("{}: {error}", path.display())))?;
    for name in observed.0.keys().filter(|name| !stack.machines.contains_key(*name)) {
        context.note(&format!("note: `{name}` was seen, and is no machine of the documents"));
    }
    Ok(observed)
}

/// The plan, on paper.
pub(super) fn plan(stack: &Stack, modules: &Catalogue, state: Option<&State>, observed: &Observed) -> Result<Paper> {
    let refused =
        |refusals: Vec<plan::PlanRefusal>| unsatisfied(refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    plan::plan(stack, modules, state, observed).map(Paper::new).map_err(refused)
}

/// Whether the plan that somebody agreed to is the one that would be carried out.
pub(super) fn agreed<P: Serialize + DeserializeOwned>(path: &Path, paper: &Paper<P>) -> Result<()> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let agreed = Paper::<P>::parse(&bytes).map_err(|error| unsatisfied(format!("{}: {error}", path.display())))?;
    match agreed.digest == paper.digest {
        true => Ok(()),
        false => {
            let said = format!("{} is not what would be done now\nhint: plan again, and agree again", path.display());
            Err(unsatisfied(said))
        }
    }
}
