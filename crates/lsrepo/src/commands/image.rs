//! `lsrepo image`: the container images of the store, listed, as files for container tools, into other registries.

mod export;
mod list;
mod push;

use crate::{cli::ImageCommand, context::Context};
use anyhow::Result;

pub(crate) fn run(context: &Context, command: &ImageCommand) -> Result<()> {
    match command {
        ImageCommand::List { output } => list::run(context, *output),
        ImageCommand::Export(args) => export::run(context, args),
        ImageCommand::Push(args) => push::run(context, args),
    }
}
