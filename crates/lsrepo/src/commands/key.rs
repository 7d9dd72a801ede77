//! `lsrepo key`: this machine's key, and those that it trusts.

use crate::{
    cli::KeyCommand,
    context::Context,
    output::{self, print},
};
use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use std::fs;

#[derive(Serialize)]
struct Row {
    fingerprint: String,
    name: String,
    own: bool,
}

pub(crate) fn run(context: &Context, command: &KeyCommand) -> Result<()> {
    match command {
        KeyCommand::Generate { name } => {
            context.store()?;
            let key = context.generate_key(name)?;
            output::write(format!("{}\n", key.fingerprint()).as_bytes())
        }
        KeyCommand::Export { output: file } => {
            let Some(key) = context.find_key()? else { bail!("this machine has no key yet\nhint: `lsrepo key generate`") };
            match file {
                Some(file) => fs::write(file, key.public_armored()).with_context(|| file.display().to_string()),
                None => output::write(key.public_armored().as_bytes()),
            }
        }
        KeyCommand::Trust { file } => {
            context.store()?;
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            let trusted = context.trust(&bytes).with_context(|| file.display().to_string())?;
            output::write(trusted.iter().map(|one| format!("{one}\n")).collect::<String>().as_bytes())
        }
        KeyCommand::List { output } => {
            let own = context.find_key()?.map(|key| key.fingerprint());
            let row = |key: lsrepo_sign::PublicKey| Row {
                own: own.as_ref() == Some(&key.fingerprint),
                fingerprint: key.fingerprint.to_string(),
                name: key.user_id,
            };
            let rows: Vec<Row> = context.trusted()?.keys().into_iter().map(row).collect();
            let line = |row: &Row| format!("{} {}{}\n", row.fingerprint, row.name, if row.own { " (this machine's)" } else { "" });
            print(*output, &rows, |rows| rows.iter().map(line).collect())
        }
    }
}
