//! `lambdastack audit`: what was changed by hand.

use super::{
    Context,
    apply::hear,
    secrets::{Later, needed},
    wanted,
};
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

/// Exit code 0 where everything is as it was applied, 2 where something differs.
pub(super) fn run(context: &Context, args: &AuditArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    let file = StateFile::open(&args.state.state)?;
    let state = file.load()?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", args.state.state.display())))?;
    let (workplace, mut observed) = (file.workplace()?, Observed::default());
    let (mut troubles, later) = (Vec::new(), Later::default());
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
        }
        if let Err(trouble) = audit::take(&mut observed, name, &inputs, &outcome) {
            troubles.push(trouble);
        }
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
    Ok(if differs { 2 } else { 0 })
}
