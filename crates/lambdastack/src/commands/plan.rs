//! `lambdastack plan`: what would change.

use super::{Context, sources};
use crate::{
    cli::PlanArgs,
    failure::{self, unsatisfied},
    output,
    plan::{self, Observed, Paper},
    stack, state,
};
use anyhow::{Context as _, Result};
use std::fs;

/// Exit code 0 where there is nothing to do, 2 where there is.
pub(super) fn run(context: &Context, args: &PlanArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let reading = stack::read(&sources(&args.files)?, &modules);
    if !reading.misfits.is_empty() {
        return Err(failure::misfits(&reading.misfits));
    }
    let none = "there is no document of the kind `lambdastack-cluster`\nhint: `lambdastack init` writes one";
    let stack = reading.stack.ok_or_else(|| unsatisfied(none))?;
    reading.notes.iter().for_each(|note| context.note(&format!("note: {note}")));
    let state = state::peek(&args.state.state)?;
    let observed = match &args.observed {
        None => Observed::default(),
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            serde_saphyr::from_str(&text).with_context(|| path.display().to_string())?
        }
    };
    for name in observed.0.keys().filter(|name| !stack.machines.contains_key(*name)) {
        context.note(&format!("note: `{name}` was seen, and is no machine of the documents"));
    }
    let refused =
        |refusals: Vec<plan::PlanRefusal>| unsatisfied(refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    let paper = Paper::new(plan::plan(&stack, &modules, state.as_ref(), &observed).map_err(refused)?);
    if let Some(path) = &args.agreed {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        let agreed = Paper::parse(&bytes).map_err(|error| unsatisfied(format!("{}: {error}", path.display())))?;
        if agreed.digest != paper.digest {
            output::print(args.output, &paper, |paper| plan::show(&paper.plan))?;
            return Err(unsatisfied(format!(
                "{} is not what would be done now\nhint: plan again, and agree again",
                path.display()
            )));
        }
        context.note(&format!("{} is what would be done", path.display()));
    }
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&paper)? + "\n";
        fs::write(path, text).with_context(|| path.display().to_string())?;
        context.note(&format!("{}: {}", path.display(), paper.digest));
    }
    output::print(args.output, &paper, |paper| plan::show(&paper.plan))?;
    Ok(if paper.plan.is_empty() { 0 } else { 2 })
}
