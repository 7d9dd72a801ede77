//! `lambdastack scale`: a component gets more or fewer machines.

use super::{Context, sources};
use crate::{
    cli::ScaleArgs,
    failure::{self, unsatisfied},
    kind::Kind,
    output, scale, stack,
};
use anyhow::{Context as _, Result, bail};
use std::path::Path;

pub(super) fn run(context: &Context, args: &ScaleArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let files = args.build.files();
    if files.iter().any(|path| path == Path::new("-")) {
        bail!("documents that come on stdin cannot be written anew\nhint: name their file");
    }
    let sources = sources(&files)?;
    let reading = stack::read(&sources, &modules);
    if !reading.misfits.is_empty() {
        return Err(failure::misfits(&reading.misfits));
    }
    let none = || unsatisfied("there is no document of the kind `lambdastack-cluster`\nhint: `lambdastack init` writes one");
    let cluster = reading.documents.iter().find(|document| document.kind == Kind::Cluster).ok_or_else(none)?;
    let stack = reading.stack.as_ref().ok_or_else(none)?;
    let (component, target) = &args.target;
    let machines = scale::machines(stack, component, target).map_err(unsatisfied)?;
    let before = stack.components.get(component).cloned().unwrap_or_default();
    let mut text = String::new();
    for name in machines.iter().filter(|name| !before.contains(name)) {
        text += &format!("+ {component} on {name}\n");
    }
    for name in before.iter().filter(|name| !machines.contains(name)) {
        text += &format!("- {component} on {name}\n");
    }
    output::write(text.as_bytes())?;
    let path = &files[cluster.source];
    if machines == before {
        context.note(&format!("{component}: it has these already"));
        return Ok(0);
    }
    let source = &sources[cluster.source].text;
    let Some(written) = scale::rewrite(source, cluster, component, &machines, &modules) else {
        return Err(unsatisfied(format!("{}: the document of the cluster cannot be written anew", path.display())));
    };
    if !args.dry_run {
        output::replace(path, written.as_bytes()).with_context(|| path.display().to_string())?;
        context.note(&format!("{} asks for that; `lambdastack plan` says what it takes", path.display()));
    }
    Ok(0)
}
