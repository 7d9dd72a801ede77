//! `lambdastack state`: what was done so far.

use crate::{
    cli::StateArgs,
    failure::unsatisfied,
    output,
    state::{self, Status},
};
use anyhow::Result;

pub(super) fn run(args: &StateArgs) -> Result<u8> {
    let path = &args.state.state;
    let state = state::peek(path)?.ok_or_else(|| unsatisfied(format!("{}: nothing was applied yet", path.display())))?;
    output::print(args.output, &state, |state| {
        let mut text = format!("{}: serial {}, lineage {}\n", state.cluster, state.serial, state.lineage);
        for (name, applied) in &state.modules {
            let machines: Vec<&str> = applied.inputs.machines.keys().map(String::as_str).collect();
            let status = match applied.status {
                Status::Applied => "applied",
                Status::Applying => "not finished",
                Status::Failed => "failed",
            };
            text += &format!("{name} {}: {status} on {}\n", applied.inputs.version, machines.join(", "));
        }
        text
    })?;
    Ok(0)
}
