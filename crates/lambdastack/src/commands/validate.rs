//! `lambdastack validate`: what is wrong with documents.

use super::{
    Context,
    secrets::{Ask, needed_by},
    sources,
};
use crate::{cli::ValidateArgs, failure, output, stack};
use anyhow::Result;
use serde::Serialize;

/// One document that is right.
#[derive(Serialize)]
struct Line {
    file: String,
    line: u64,
    kind: String,
    name: String,
}

pub(super) fn run(context: &Context, args: &ValidateArgs) -> Result<u8> {
    let (sources, modules) = (sources(&args.files)?, context.catalogue()?);
    let reading = stack::read(&sources, &modules);
    if !reading.misfits.is_empty() {
        return Err(failure::misfits(&reading.misfits));
    }
    reading.notes.iter().for_each(|note| context.note(&format!("note: {note}")));
    if let Some(stack) = &reading.stack {
        context.open_vault(&args.files, &needed_by(stack, &modules), Ask::Never)?;
    } else {
        context.note("note: there is no document of the kind `lambdastack-cluster`: each was looked at alone");
    }
    let line = |document: &crate::document::Document| Line {
        file: sources[document.source].file.clone(),
        line: document.node.place.line,
        kind: document.kind.to_string(),
        name: document.name.clone(),
    };
    let lines: Vec<Line> = reading.documents.iter().map(line).collect();
    output::print(args.output, &lines, |lines| {
        lines.iter().map(|one| format!("{}:{}: {} {}\n", one.file, one.line, one.kind, one.name)).collect()
    })?;
    Ok(0)
}
