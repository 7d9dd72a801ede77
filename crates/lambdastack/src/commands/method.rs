//! A method of modules that were applied: tested, saved or brought back with what they were applied with.

use super::{
    Context,
    apply::hear,
    secrets::{Later, needed},
    wanted,
};
use crate::{
    ansible::{self, Event, Outcome},
    failure::unsatisfied,
    module::{Catalogue, Method},
    source::unknown,
    stack::Stack,
    state::{Applied, State, StateError, StateFile, Status},
};
use anyhow::Result;
use lsrepo_bom::ModuleName;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// A cluster on which something was applied, and which nobody else changes meanwhile.
pub(super) struct Ground {
    pub(super) modules: Catalogue,
    pub(super) stack: Stack,
    pub(super) file: StateFile,
    files: Vec<PathBuf>,
    vault: Later,
    pub(super) state: State,
}

impl Ground {
    pub(super) fn take(context: &Context, files: &[PathBuf], state: &Path) -> Result<Self> {
        let modules = context.catalogue()?;
        let stack = wanted::stack(context, files, &modules)?;
        let file = StateFile::open(state)?;
        let state = file.load()?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", state.display())))?;
        Ok(Self { modules, stack, file, files: files.to_vec(), vault: Later::default(), state })
    }

    /// An empty folder for runs; whatever was in it is gone.
    pub(super) fn workplace(&self) -> Result<PathBuf, StateError> {
        self.file.workplace()
    }

    /// The modules that were asked for, each of which has to have the method; all that have it where none were.
    pub(super) fn modules(&self, method: Method, asked: &[String]) -> Result<Vec<ModuleName>> {
        let has = |name: &ModuleName| self.modules.get(name).is_some_and(|module| module.manifest.has(method));
        let done = |applied: &Applied| applied.status == Status::Applied;
        if asked.is_empty() {
            let found: Vec<ModuleName> = self
                .state
                .modules
                .iter()
                .filter(|(name, applied)| done(applied) && has(name))
                .map(|(name, _)| name.clone())
                .collect();
            let none = || unsatisfied(format!("no module that was applied has the method `{method}`"));
            return if found.is_empty() { Err(none()) } else { Ok(found) };
        }
        let one = |word: &String| match self.state.modules.iter().find(|(name, _)| name.as_str() == word) {
            None => Err(unsatisfied(unknown("module that was applied", word, self.state.modules.keys().map(ModuleName::as_str)))),
            Some((name, applied)) if !done(applied) => Err(unsatisfied(format!("`{name}` was not applied to its end"))),
            Some((name, _)) if !has(name) => Err(unsatisfied(format!("`{name}` does not have the method `{method}`"))),
            Some((name, _)) => Ok(name.clone()),
        };
        asked.iter().map(one).collect()
    }

    /// Opens the vault that these modules need, before anything is done; without it nothing is begun.
    pub(super) fn open_vault(&self, context: &Context, names: &[ModuleName]) -> Result<()> {
        let of = |name: &ModuleName| {
            let (module, applied) = self.modules.get(name).zip(self.state.modules.get(name))?;
            Some(needed(module, &applied.inputs.configuration))
        };
        let all: Vec<_> = names.iter().filter_map(of).flatten().collect();
        if all.is_empty() { Ok(()) } else { self.vault.open_now(context, &self.files, &all) }
    }

    /// Runs the method of a module, which is told `more`. What went wrong on machines is in the outcome.
    pub(super) fn run(
        &self,
        context: &Context,
        program: &Path,
        method: Method,
        name: &ModuleName,
        more: &[(&str, Json)],
    ) -> Result<Outcome> {
        let (Some(module), Some(applied)) = (self.modules.get(name), self.state.modules.get(name)) else {
            return Err(unsatisfied(format!("there is no module `{name}`")));
        };
        // machines that are gone from the documents cannot be logged into any more
        let mut inputs = applied.inputs.clone();
        inputs.machines.retain(|machine, _| self.stack.machines.contains_key(machine));
        let mut files = ansible::workplace(module, &inputs, &self.stack, &self.modules, false);
        for (name, value) in more {
            ansible::give(&mut files, name, value.clone());
        }
        let folder = self.file.workplace_of(name.as_str());
        let mut hear = |event: &Event| hear(context, name, event);
        let vault = self.vault.open(context, &self.files, &needed(module, &inputs.configuration))?;
        Ok(ansible::run(program, &folder, &files, method, self.file.share()?, vault, &mut hear)?)
    }
}

/// Where the files of a module come from, or go to.
pub(super) fn archive_of(folder: &Path) -> (&'static str, Json) {
    ("lambdastack_archive", folder.display().to_string().into())
}

/// What went wrong, for people.
pub(super) fn went_wrong(name: &ModuleName, outcome: &Outcome) -> String {
    let lines = outcome.failures.iter().map(|failure| format!("  {}: {}: {}", failure.machine, failure.task, failure.message));
    format!("`{name}`:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
