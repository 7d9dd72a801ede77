//! `lambdastack status` and `lambdastack components`: how things are, without asking any machine.

use super::{Context, wanted};
use crate::{
    cli::{BuildFlag, ComponentsArgs, StatusArgs},
    output,
    plan::{Observed, Plan},
    stack::Stack,
    state,
    status::{self, Report},
};
use anyhow::Result;

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<u8> {
    output::print(args.output, &report(context, &args.build)?, status::show)?;
    Ok(0)
}

pub(super) fn components(context: &Context, args: &ComponentsArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.build.files(), &modules)?;
    let state = state::peek(&args.build.state())?;
    output::print(args.output, &status::components(&stack, state.as_ref()), |all| status::show_components(&stack.name, all))?;
    Ok(0)
}

fn report(context: &Context, build: &BuildFlag) -> Result<Report> {
    let modules = context.catalogue()?;
    let stack: Stack = wanted::stack(context, &build.files(), &modules)?;
    let state = state::peek(&build.state())?;
    let plan: Plan = wanted::plan(&stack, &modules, state.as_ref(), &Observed::default())?.plan;
    Ok(status::report(&plan, state.as_ref()))
}
