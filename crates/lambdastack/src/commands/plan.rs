//! `lambdastack plan`: what would change.

use super::{
    Context,
    secrets::{Ask, needed_by},
    wanted,
};
use crate::{cli::PlanArgs, output, plan, state};
use anyhow::{Context as _, Result};

/// Exit code 0 where there is nothing to do, 2 where there is.
pub(super) fn run(context: &Context, args: &PlanArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    context.open_vault(&args.files, &needed_by(&stack, &modules), Ask::Never)?;
    let state = state::peek(&args.state.state)?;
    let observed = wanted::observed(context, args.observed.as_ref(), &stack)?;
    let paper = wanted::plan(&stack, &modules, state.as_ref(), &observed)?;
    output::print(args.output, &paper, |paper| plan::show(&paper.plan))?;
    if let Some(path) = &args.agreed {
        wanted::agreed(path, &paper)?;
        context.note(&format!("{} is what would be done", path.display()));
    }
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&paper)? + "\n";
        output::write_private(path, text.as_bytes()).with_context(|| path.display().to_string())?;
        context.note(&format!("{}: {}", path.display(), paper.digest));
    }
    Ok(if paper.plan.is_empty() { 0 } else { 2 })
}
