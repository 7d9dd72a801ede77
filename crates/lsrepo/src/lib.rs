//! The command: joins the stages `requirements → resolve → lock → fetch → store → bundle` on one side
//! and `import → store → publish → serve` on the other.
//!
//! Only here are the environment, the clock and the terminal read; everything below gets them as arguments.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod authority;
mod charts;
pub mod cli;
mod closure;
mod commands;
mod context;
mod failure;
mod files;
mod head;
mod host;
pub mod output;
mod owner;
mod prepared;
mod progress;
mod registries;
mod service;
mod shelves;
mod site;
mod snapshots;
mod storage;
mod stored_images;
mod upstreams;
mod vouch;
mod wanted;
mod whole;

use clap::Parser;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&failure::message(&error));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}
