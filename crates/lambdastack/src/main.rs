//! `lambdastack`: the companion deployer. It arrives with a later release; so far it says so.

use clap::{CommandFactory as _, Parser};
use std::process::ExitCode;

/// The companion deployer of lsrepo
#[derive(Debug, Parser)]
#[command(
    name = "lambdastack",
    version,
    after_help = "The deployer (plan, apply, audit) arrives with a later release. To carry packages across an air gap, use `lsrepo`.\n\n\
                  Exit codes: 0 for --help and --version, 2 for everything else."
)]
struct Cli {}

fn main() -> ExitCode {
    Cli::parse();
    let error = Cli::command().error(
        clap::error::ErrorKind::MissingSubcommand,
        "there is nothing to run yet: the deployer arrives with a later release\nhint: `lsrepo --help` shows what can be done today",
    );
    // where stderr is closed nobody reads this, and the exit code still says it
    let _ = error.print();
    ExitCode::from(2)
}
