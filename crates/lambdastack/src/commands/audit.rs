//! `lambdastack audit`: what was changed by hand.

use super::{Context, apply::hear, wanted};
use crate::{
    ansible::{self, Event},
    audit,
    cli::AuditArgs,
    failure::unsatisfied,
    module::Method,
    output,
    plan::Observed,
    state::{Inputs, StateFile, Status},
};
use anyhow::{Context as _, Result};
use std::fs;

/// Exit code 0 where everything is as it was applied, 2 where something differs.
pub(super) fn run(context: &Context, args: &AuditArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    let file = StateFile::open(&args.state.state)?;
    let state = file.load()?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", args.state.state.display())))?;
    let (workplace, mut observed) = (file.workplace()?, Observed::default());
    for (name, applied) in &state.modules {
        let Some(module) = modules.get(name).filter(|_| applied.status == Status::Applied) else {
            context.note(&format!("note: `{name}` is not looked at: it was not applied to its end, or is not known here"));
            continue;
        };
        // machines that are gone from the documents cannot be logged into any more
        let mut inputs: Inputs = applied.inputs.clone();
        inputs.machines.retain(|machine, _| stack.machines.contains_key(machine));
        inputs.cluster.retain(|machine, _| stack.machines.contains_key(machine));
        if inputs.machines.is_empty() {
            continue;
        }
        let files = ansible::workplace(module, &inputs, &stack, &modules);
        let mut hear = |event: &Event| hear(context, name, event);
        let folder = workplace.join(name.as_str());
        let outcome = ansible::run(&args.ansible.program, &folder, &files, Method::Audit, file.share()?, &mut hear)?;
        if let Some(failure) = outcome.failures.first() {
            let said = format!("the audit of `{name}` went wrong: {}: {}: {}", failure.machine, failure.task, failure.message);
            return Err(unsatisfied(said));
        }
        audit::take(&mut observed, name, &inputs, &outcome).map_err(unsatisfied)?;
    }
    file.workplace()?;
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&observed)? + "\n";
        fs::write(path, text).with_context(|| path.display().to_string())?;
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
        if text.is_empty() { format!("{}: everything is as it was applied\n", stack.name) } else { text }
    })?;
    Ok(if differs { 2 } else { 0 })
}
