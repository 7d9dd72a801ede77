//! The companion deployer: documents say what a cluster is to be, modules say how, a plan says what changes.
//!
//! ```text
//! documents ─► stack ─┐
//! modules ────────────┼─► plan ─► somebody agrees ─► apply, by Ansible
//! state ──────────────┘
//! ```
//! Up to the plan everything is a function of values; files, the terminal and the environment are met in `commands` alone.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod ansible;
pub mod apply;
pub mod archive;
pub mod audit;
pub mod cli;
mod commands;
pub mod document;
mod failure;
pub mod health;
pub mod init;
pub mod kind;
pub mod merge;
pub mod module;
pub mod order;
mod output;
pub mod plan;
mod progress;
pub mod scale;
pub mod schema;
pub mod source;
pub mod stack;
pub mod state;
pub mod status;
pub mod teardown;
pub mod template;
pub mod upgrade;
pub mod vault;
pub mod version;
pub mod yaml;

#[cfg(test)]
mod broken;

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match commands::run(std::env::args_os()) {
        Ok(code) => ExitCode::from(code),
        Err(failed) => {
            output::say(&failure::message(&failed.error));
            ExitCode::from(failed.code)
        }
    }
}
