//! `lsrepo bom`: what the stack is made of, and what is carried of it.

pub(super) mod artifacts;
mod lists;

use crate::{
    cli::{BomArgs, BomCommand, DiffArgs, ExpandArgs},
    context::Context,
    output::{print, write},
    wanted::{self, Chosen},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{Module, embedded, requirements_file};
use lsrepo_types::Arch;
use serde::Serialize;
use std::{fs, path::Path};

pub(crate) fn run(context: &Context, args: &BomArgs) -> Result<()> {
    match &args.command {
        None => artifacts::list(context, &args.artifacts),
        Some(BomCommand::Diff { before, after, output }) => artifacts::diff(context, before, after, *output),
        Some(BomCommand::Modules { bom, output }) => {
            let rows: Vec<Row> = wanted::known(bom)?.iter().map(Row::of).collect();
            print(*output, &rows, |rows| rows.iter().map(Row::text).collect())
        }
        Some(BomCommand::Expand(args)) => expand(context, args),
        Some(BomCommand::Check { files }) => check(context, files),
        Some(BomCommand::Schema) => write((serde_json::to_string_pretty(&Module::schema())? + "\n").as_bytes()),
        Some(BomCommand::Import(args)) => lists::import(context, args),
    }
}

pub(crate) fn diff(context: &Context, args: &DiffArgs) -> Result<()> {
    artifacts::diff(context, &args.before, &args.after, args.output)
}

/// A module, as it is listed.
#[derive(Serialize)]
struct Row {
    name: String,
    summary: String,
    requires: Vec<String>,
    likes: Vec<String>,
    architectures: Vec<Arch>,
}

impl Row {
    fn of(module: &Module) -> Self {
        let rules = |rules: &[lsrepo_bom::module::Rule]| rules.iter().map(ToString::to_string).collect();
        Self {
            name: module.name.to_string(),
            summary: module.summary.clone(),
            requires: rules(&module.requires.strong),
            likes: rules(&module.requires.weak),
            architectures: module.supported_architectures.0.iter().copied().collect(),
        }
    }

    fn text(&self) -> String {
        let words = |rules: &[String]| rules.iter().map(|rule| rule.trim_start_matches("name = ")).collect::<Vec<_>>().join(", ");
        let mut text = format!("{:<30} {}\n", self.name, self.summary);
        if !self.requires.is_empty() {
            text += &format!("{:<30}   requires {}\n", "", words(&self.requires));
        }
        if self.architectures.len() < Arch::ALL.len() {
            let only: Vec<String> = self.architectures.iter().map(ToString::to_string).collect();
            text += &format!("{:<30}   only on {}\n", "", only.join(", "));
        }
        text
    }
}

fn expand(context: &Context, args: &ExpandArgs) -> Result<()> {
    let chosen = Chosen::of(&args.selection)?;
    let selection = &args.selection;
    let platforms = match &args.write {
        Some(_) if selection.os.is_empty() && selection.arch.is_empty() => embedded::all_platforms()?,
        _ => wanted::platforms(selection, &[])?,
    };
    for platform in platforms {
        let text = requirements_file::render(&platform, chosen.modules().map(|(module, _)| module));
        match &args.write {
            None => write(text.as_bytes())?,
            Some(folder) => {
                let file = folder.join(format!("{}/requirements_{}.txt", platform.os, platform.arch));
                save(&file, &text)?;
                context.progress.note(&file.display().to_string());
            }
        }
    }
    Ok(())
}

/// Writes a file in a folder that need not be there.
pub(super) fn save(file: &Path, text: &str) -> Result<()> {
    let write = || {
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(file, text)
    };
    write().with_context(|| file.display().to_string())
}

fn check(context: &Context, files: &[impl AsRef<Path>]) -> Result<()> {
    let mut wrong = Vec::new();
    for file in files {
        let name = file.as_ref().display().to_string();
        let text = fs::read_to_string(file).with_context(|| name.clone())?;
        match Module::parse(&text, &name) {
            Ok(module) => context.progress.note(&format!("{name}: the module {}", module.name)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => bail!(wrong.join("\n")),
    }
}
