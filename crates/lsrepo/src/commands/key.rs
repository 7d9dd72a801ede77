//! `lsrepo key`: this machine's key, and those that it trusts.

use crate::{
    cli::KeyCommand,
    context::{Context, load_key},
    output::{self, Format, print},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_sign::PublicKey;
use serde::Serialize;
use std::fs;

#[derive(Serialize)]
struct Row {
    fingerprint: String,
    name: String,
    own: bool,
    /// approves manifests; the others sign bundles
    approver: bool,
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
        KeyCommand::Trust { approver, file } => {
            context.store()?;
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            let trusted = if *approver { context.trust_approver(&bytes) } else { context.trust(&bytes) };
            let trusted = trusted.with_context(|| file.display().to_string())?;
            output::write(trusted.iter().map(|one| format!("{one}\n")).collect::<String>().as_bytes())
        }
        KeyCommand::Sign { key, output: to, file } => {
            let key = match key {
                Some(key) => load_key(&fs::read(key).with_context(|| key.display().to_string())?, key)?,
                None => match context.find_key()? {
                    Some(key) => key,
                    None => bail!("this machine has no key yet\nhint: `lsrepo key generate`, or name one with --key FILE"),
                },
            };
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            let signature = key.sign_detached(&bytes, context.now.max(key.created()))?;
            match to {
                Some(to) => fs::write(to, signature).with_context(|| to.display().to_string()),
                None => output::write(signature.as_bytes()),
            }
        }
        KeyCommand::List { output } => list(context, *output),
    }
}

fn list(context: &Context, output: Format) -> Result<()> {
    let own = context.find_key()?.map(|key| key.fingerprint());
    let row = |key: PublicKey, approver: bool| Row {
        own: own.as_ref() == Some(&key.fingerprint),
        fingerprint: key.fingerprint.to_string(),
        name: key.user_id,
        approver,
    };
    let signers = context.trusted()?.keys().into_iter().map(|key| row(key, false));
    let approvers = context.approvers()?.keys().into_iter().map(|key| row(key, true));
    let rows: Vec<Row> = signers.chain(approvers).collect();
    let line = |row: &Row| {
        let (own, approver) = (if row.own { " (this machine's)" } else { "" }, if row.approver { " (approves)" } else { "" });
        format!("{} {}{own}{approver}\n", row.fingerprint, row.name)
    };
    print(output, &rows, |rows| rows.iter().map(line).collect())
}
