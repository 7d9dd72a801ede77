//! `lambdastack health`: whether what was applied is well.

use super::Context;
use crate::{
    cli::health::{HealthArgs, HealthCommand, ServeArgs, TargetsFlag},
    failure::unsatisfied,
    health::{self, Monitor, Report, Targets},
    output, state,
};
use anyhow::{Context as _, Result};
use signal_hook::{consts, low_level::pipe};
use std::{fs, os::unix::net::UnixStream, path::Path};

/// Exit code 0 where all is up, 1 where something is down.
pub(super) fn run(context: &Context, args: &HealthArgs) -> Result<u8> {
    match &args.command {
        Some(HealthCommand::Serve(args)) => return serve(context, args),
        Some(HealthCommand::Targets { state }) => {
            let targets = of_state(context, state)?;
            output::write((serde_json::to_string_pretty(&targets)? + "\n").as_bytes())?;
            return Ok(0);
        }
        None => {}
    }
    let targets = health::select(targets(context, &args.from)?, &args.only).map_err(unsatisfied)?;
    if targets.modules.is_empty() {
        return Err(unsatisfied("no module that was applied says how one sees whether it is well"));
    }
    let report = health::round(&targets, args.timeout.timeout);
    output::print(args.output, &report, Report::text)?;
    Ok(if report.is_up() { 0 } else { 1 })
}

fn serve(context: &Context, args: &ServeArgs) -> Result<u8> {
    let targets = targets(context, &args.from)?;
    let (stop, told) = UnixStream::pair()?;
    for signal in [consts::SIGTERM, consts::SIGINT] {
        pipe::register(signal, told.try_clone()?)?;
    }
    let monitor = Monitor { targets, interval: args.interval, timeout: args.timeout.timeout };
    monitor.serve(args.listen, &stop, |address| context.note(&format!("listening on http://{address}/")))?;
    Ok(0)
}

/// What is asked, as a file or the state says it.
fn targets(context: &Context, from: &TargetsFlag) -> Result<Targets> {
    let Some(path) = &from.targets else { return of_state(context, &from.state) };
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Targets::parse(&bytes).map_err(|error| unsatisfied(format!("{}: {error}", path.display())))
}

fn of_state(context: &Context, path: &Path) -> Result<Targets> {
    let state = state::peek(path)?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", path.display())))?;
    let (targets, unknown) = health::of_state(&state, &context.catalogue()?);
    for name in unknown {
        context.note(&format!("note: `{name}` was applied, and there is no such module here: nothing is asked of it"));
    }
    Ok(targets)
}
