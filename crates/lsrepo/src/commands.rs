//! What each command does.

mod bom;
mod carry;
mod client;
mod fsck;
mod gc;
mod image;
mod key;
mod lock;
mod manifest;
mod preflight;
mod prepare;
mod resolve;
mod serve;
mod service;
mod snapshot;
mod sync;
mod tls;

use crate::{
    cli::{self, Cli, Command},
    context::Context,
    owner,
    service::doors,
};
use anyhow::Result;

/// Runs one command.
pub(crate) fn run(cli: Cli) -> Result<()> {
    // Many files and connections are open at once; what is usual for a shell is little.
    doors::raise_descriptor_limit();
    let context = Context::new(&cli)?;
    owner::act_as(&context, &cli.command)?;
    match cli.command {
        Command::Prepare(args) => prepare::run(&context, &args),
        Command::Resolve(args) => resolve::run(&context, &args),
        Command::Bom(args) => bom::run(&context, &args),
        Command::Preflight(args) => preflight::run(&context, &args),
        Command::Lock(args) => lock::run(&context, &args),
        Command::Export(args) => carry::export::export(&context, &args),
        Command::Inspect(args) => carry::inspect(&context, &args),
        Command::Ls(args) => carry::listing::list(&context, &args),
        Command::Extract(args) => carry::listing::extract(&context, &args),
        Command::Verify(args) => carry::check::verify(&context, &args),
        Command::Repair(args) => carry::check::repair(&context, &args),
        Command::Manifest(args) => manifest::run(&context, &args),
        Command::Import(args) => carry::import::import(&context, &args),
        Command::Receipt(args) => carry::delta::receipt(&context, &args),
        Command::Diff(args) => bom::diff(&context, &args),
        Command::Bundle(command) => carry::registered::run(&context, &command),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Image(command) => image::run(&context, &command),
        Command::Service(command) => service::run(&context, &command),
        Command::Snapshot(command) => snapshot::run(&context, &command),
        Command::Client(command) => client::run(&context, &command),
        Command::Sync(args) => sync::run(&context, &args),
        Command::Gc(args) => gc::run(&context, &args),
        Command::Fsck(args) => fsck::run(&context, &args),
        Command::Tls(command) => tls::run(&context, &command),
        Command::Token(args) => tls::token(&context, &args),
        Command::Key(command) => key::run(&context, &command),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut cli::command(), "lsrepo", &mut text);
            crate::output::write(&text)
        }
    }
}

/// A runtime for the commands that use the network.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2048).enable_all().build()?)
}
