//! `lambdastack teardown`: what modules brought is taken away again.

use super::{
    Context,
    apply::{ask, hear},
    report::{self, Report},
    secrets::{Later, needed},
    wanted,
};
use crate::{
    ansible::{self, Event},
    apply::ApplyError,
    cli::TeardownArgs,
    failure::unsatisfied,
    module::Method,
    state::{self, StateFile},
    teardown::{self, Teardown},
};
use anyhow::Result;

pub(super) fn run(context: &Context, args: &TeardownArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    let none = || unsatisfied(format!("{}: nothing was applied yet", args.state.state.display()));
    let plan =
        |state: &state::State| teardown::plan(&stack, &modules, state, &args.named).map_err(|wrong| unsatisfied(wrong.join("\n")));
    let show = |plan: &[Teardown]| report::show(context, args.output, &teardown::show(&stack.name, plan));
    if args.dry_run {
        let state = state::peek(&args.state.state)?.ok_or_else(none)?;
        let (plan, mut report) = (plan(&state)?, Report::new(Method::Teardown, &stack.name));
        show(&plan)?;
        plan.iter().for_each(|teardown| report.waits(&teardown.module));
        report.print(args.output, state.serial)?;
        return Ok(0);
    }
    let program = ansible::found(&args.ansible.program)?;
    // from here to the end nobody else changes the state
    let file = StateFile::open(&args.state.state)?;
    let mut state = file.load()?.ok_or_else(none)?;
    let plan = plan(&state)?;
    show(&plan)?;
    if !plan.is_empty() && !args.yes {
        ask("Tear this down?", "`--yes`")?;
    }
    let workplace = file.workplace()?;
    let (mut report, later) = (Report::new(Method::Teardown, &stack.name), Later::default());
    let mut run = |teardown: &Teardown| {
        let Teardown { module: name, inputs, .. } = teardown;
        let module = modules.get(name).ok_or_else(|| format!("there is no module `{name}`"))?;
        let files = ansible::workplace(module, inputs, &stack, &modules, true);
        let folder = workplace.join(name.as_str());
        let mut hear = |event: &Event| hear(context, name, event);
        let share = file.share().map_err(|error| error.to_string())?;
        let vault =
            later.open(context, &args.files, &needed(module, &inputs.configuration)).map_err(|error| format!("{error:#}"))?;
        let outcome = ansible::run(&program, &folder, &files, Method::Teardown, share, vault, &mut hear);
        let outcome = outcome.map_err(|error| error.to_string())?;
        report.ran(name, &outcome);
        Ok(outcome)
    };
    match teardown::tear_down(&plan, (&file, &mut state), &mut run) {
        Ok(done) => {
            file.workplace()?;
            context.note(&format!("{}: {} torn down, the state is at {}", stack.name, done.len(), state.serial));
            report.print(args.output, state.serial)?;
            Ok(0)
        }
        Err(ApplyError::Module(broken)) => {
            report.failed(&broken.module, &broken.failures, &broken.why);
            broken.left.iter().for_each(|name| report.waits(name));
            report.print(args.output, state.serial)?;
            let place = workplace.join(broken.module.as_str());
            Err(unsatisfied(format!("{broken}\nhint: what Ansible was given lies in {}", place.display())))
        }
        Err(error) => Err(error.into()),
    }
}
