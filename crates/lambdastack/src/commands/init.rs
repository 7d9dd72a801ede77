//! `lambdastack init`: the documents of a new cluster.

use super::Context;
use crate::{
    cli::InitArgs,
    failure::unsatisfied,
    init::{self, Wishes},
    output, state,
};
use anyhow::{Context as _, Result};
use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

pub(super) fn run(context: &Context, args: &InitArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let state = state::peek(&args.state.state)?;
    let to_stdout = args.file == Path::new("-");
    if !to_stdout && !args.force && args.file.exists() {
        return Err(unsatisfied(format!("{} is there already\nhint: `--force` writes over it", args.file.display())));
    }
    let mut wishes = Wishes {
        name: args.name.clone(),
        admin_user: args.admin_user.clone().unwrap_or_default(),
        key_path: args.key.clone().unwrap_or_default(),
        machines: args.machines.iter().cloned().collect(),
        components: args.components.iter().cloned().collect(),
        full: args.full,
    };
    let said_all = !(args.machines.is_empty() && args.components.is_empty());
    if !args.no_interactive && !said_all && io::stdin().is_terminal() && io::stderr().is_terminal() {
        wishes = init::ask(wishes, &modules, &mut io::stdin().lock(), &mut io::stderr().lock())?;
    }
    let written = init::documents(&wishes, &modules, state.as_ref()).map_err(|wrong| unsatisfied(wrong.join("\n")))?;
    written.notes.iter().for_each(|note| context.note(&format!("note: {note}")));
    match to_stdout {
        true => output::write(written.text.as_bytes())?,
        false => {
            let mut options = OpenOptions::new();
            options.write(true).create(args.force).truncate(args.force).create_new(!args.force);
            let file = options.open(&args.file).and_then(|mut file| file.write_all(written.text.as_bytes()));
            file.with_context(|| args.file.display().to_string())?;
            context.note(&format!("{0} is written; `lambdastack plan -f {0}` says what it takes", args.file.display()));
        }
    }
    Ok(0)
}
