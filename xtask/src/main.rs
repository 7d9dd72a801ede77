//! The project's own chores: references made from the code and from `bom/`.
#![allow(clippy::print_stdout, reason = "a program")]

mod dist;
mod requirements;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::{path::Path, process::ExitCode};

/// The project's own chores
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write `requirements/` and the schema of modules from `bom/` and the code
    Generate {
        /// Write nothing; fail where a file is not what it would be
        #[arg(long)]
        check: bool,
    },
    /// Build `lsrepo` without a dynamic linker, for bare hosts, into `dist/`
    Static,
    /// Write man pages and shell completions into `dist/`
    Dist,
}

fn main() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match Cli::parse().task {
        Task::Generate { check: false } => requirements::write(&root)?,
        Task::Generate { check: true } => {
            let stale = requirements::stale(&root)?;
            stale.iter().for_each(|path| println!("{path}: not what bom/ says; run `cargo xtask generate`"));
            return Ok(ExitCode::from(u8::from(!stale.is_empty())));
        }
        Task::Static => println!("{}", dist::program(&root)?.display()),
        Task::Dist => dist::write(&root.join("dist"))?,
    }
    Ok(ExitCode::SUCCESS)
}
