//! `lambdastack audit`: what was changed by hand.

use super::{
    Context,
    apply::hear,
    secrets::{Later, needed},
    wanted,
};
use crate::{
    ansible::{self, Event},
    audit::{self, Found},
    cli::AuditArgs,
    document,
    failure::{self, unsatisfied},
    kind::Kind,
    module::{Catalogue, Method},
    output,
    plan::Observed,
    source::Source,
    state::{Inputs, State, StateFile, Status},
    template,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::ModuleName;
use std::collections::BTreeMap;

/// Exit code 0 where everything is as it was applied, 2 where something differs.
pub(super) fn run(context: &Context, args: &AuditArgs) -> Result<u8> {
    if let Some(path) = args.take.as_ref().filter(|path| path.exists()) {
        return Err(unsatisfied(format!(
            "{} is there already\nhint: name a new file; what is in it is for your documents",
            path.display()
        )));
    }
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    let file = StateFile::open(&args.state.state)?;
    let state = file.load()?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", args.state.state.display())))?;
    let (workplace, mut observed) = (file.workplace()?, Observed::default());
    let (mut troubles, mut found, later) = (Vec::new(), BTreeMap::new(), Later::default());
    for (name, applied) in &state.modules {
        let Some(module) = modules.get(name).filter(|_| applied.status == Status::Applied) else {
            context.note(&format!("note: `{name}` is not looked at: it was not applied to its end, or is not known here"));
            continue;
        };
        if applied.inputs.playbooks != module.digest(&modules.shared) {
            // Today's playbooks would find what yesterday's wrote changed by hand.
            context.note(&format!("note: `{name}` is not looked at: it was applied with other playbooks than are here"));
            continue;
        }
        // machines that are gone from the documents cannot be logged into any more
        let mut inputs: Inputs = applied.inputs.clone();
        inputs.machines.retain(|machine, _| stack.machines.contains_key(machine));
        inputs.cluster.retain(|machine, _| stack.machines.contains_key(machine));
        if inputs.machines.is_empty() {
            continue;
        }
        let files = ansible::workplace(module, &inputs, &stack, &modules, false);
        let mut hear = |event: &Event| hear(context, name, event);
        let folder = workplace.join(name.as_str());
        let vault = later.open(context, &args.files, &needed(module, &inputs.configuration))?;
        let outcome = ansible::run(&args.ansible.program, &folder, &files, Method::Audit, file.share()?, vault, &mut hear)?;
        // One machine that is away hides nothing of the others.
        for failure in &outcome.failures {
            troubles.push(format!("the audit of `{name}` went wrong: {}: {}: {}", failure.machine, failure.task, failure.message));
            inputs.machines.remove(&failure.machine);
            inputs.cluster.remove(&failure.machine);
        }
        let (machines, silent) = audit::take(&mut observed, name, &inputs, &outcome);
        troubles.extend(silent);
        found.insert(name.clone(), machines);
    }
    file.workplace()?;
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&observed)? + "\n";
        output::write_private(path, text.as_bytes()).with_context(|| path.display().to_string())?;
    }
    let differs = observed.0.values().any(|host| !host.differences.is_empty());
    output::print(args.output, &observed, |observed| {
        let line = |machine: &String, module: &dyn std::fmt::Display, what: &String| format!("! {machine}: {module}: {what}\n");
        let mut text = String::new();
        for (machine, host) in &observed.0 {
            for (module, all) in &host.differences {
                text.extend(all.iter().map(|what| line(machine, module, what)));
            }
        }
        if text.is_empty() && troubles.is_empty() { format!("{}: everything is as it was applied\n", stack.name) } else { text }
    })?;
    if !troubles.is_empty() {
        return Err(unsatisfied(troubles.join("\n")));
    }
    // what is there only in part, since a machine was away, is no configuration
    if let Some(path) = &args.take {
        let text = taken(&state, &modules, &found)?;
        if text.is_empty() {
            context.note("nothing that documents could ask for was changed");
        } else {
            output::write_new_private(path, text.as_bytes()).with_context(|| path.display().to_string())?;
            context.note(&format!("{}: in the place of your documents of the same kinds", path.display()));
        }
    }
    Ok(if differs { 2 } else { 0 })
}

/// What was found, as documents of the modules' configurations.
fn taken(state: &State, modules: &Catalogue, found: &BTreeMap<ModuleName, Found>) -> Result<String> {
    let mut documents = Vec::new();
    for (name, applied) in &state.modules {
        let Some(found) = found.get(name) else { continue };
        let Some(values) = audit::configuration(name, &applied.inputs.configuration, found).map_err(unsatisfied)? else { continue };
        let text = template::document(&Kind::Module(name.clone()), None, &values, modules).unwrap_or_default();
        let (_, misfits) = document::read(&[Source::new(format!("what was found of {name}"), text.clone())], modules);
        if !misfits.is_empty() {
            return Err(failure::misfits(&misfits));
        }
        documents.push(text);
    }
    Ok(documents.join("---\n"))
}
