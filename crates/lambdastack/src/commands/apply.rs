//! `lambdastack apply`: a plan that somebody agreed to is carried out by Ansible.

use super::{
    Context,
    report::{self, Report},
    secrets::{Ask, needed},
    terminal, wanted,
};
use crate::{
    ansible::{self, Event},
    apply::{self, ApplyError, Run},
    cli::ApplyArgs,
    failure::unsatisfied,
    module::{Catalogue, Method, Module},
    output,
    plan::{self, Action, ActionKind, Paper, desired},
    stack::Stack,
    state::{self, State, StateFile},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::ModuleName;
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead as _, Read as _, Write as _},
    path::Path,
};

pub(super) fn run(context: &Context, args: &ApplyArgs) -> Result<u8> {
    let modules = context.catalogue()?;
    let stack = wanted::stack(context, &args.files, &modules)?;
    let observed = wanted::observed(context, args.observed.as_ref(), &stack)?;
    let show = |paper: &Paper| report::show(context, args.output, &plan::show(&paper.plan));
    if args.dry_run {
        let state = state::peek(&args.state.state)?;
        let paper = wanted::plan(&stack, &modules, state.as_ref(), &observed)?;
        output::print(args.output, &paper, |paper| plan::show(&paper.plan))?;
        if let Some(path) = &args.agreed {
            wanted::agreed(path, &paper)?;
        }
        if let Some(folder) = &args.render {
            render(folder, &paper, state.as_ref(), &stack, &modules)?;
        }
        return Ok(0);
    }
    let program = ansible::found(&args.ansible.program)?;
    // from here to the end nobody else changes the state, so that the plan stays what it is
    let file = StateFile::open(&args.state.state)?;
    let state = file.load()?;
    let paper = wanted::plan(&stack, &modules, state.as_ref(), &observed)?;
    show(&paper)?;
    match &args.agreed {
        Some(path) => wanted::agreed(path, &paper)?,
        None if paper.plan.is_empty() || args.yes => {}
        None => ask("Apply this?", "`--agreed PLAN` with what `lambdastack plan --out PLAN` wrote, or `--yes`")?,
    }
    let mut state = match state {
        Some(state) => state,
        None => State::new(stack.name.clone(), lineage()?),
    };
    let desired = desired(&stack, &modules);
    let runs = |action: &&Action| args.with_influenced || action.kind != ActionKind::Influence;
    // what only goes is not among what is desired, and needs none
    let of_module = |action: &Action| Some(needed(modules.get(&action.module)?, &desired.get(&action.module)?.configuration));
    let secrets: Vec<_> = paper.plan.actions.iter().filter(runs).filter_map(of_module).flatten().collect();
    let vault = context.open_vault(&args.files, &secrets, Ask::Always)?;
    let workplace = file.workplace()?;
    let mut report = Report::new(Method::Apply, &stack.name);
    let mut run = |step: &Run<'_>| {
        let name = step.module;
        let module = modules.get(name).ok_or_else(|| format!("there is no module `{name}`"))?;
        let files = given(module, step, &stack, &modules);
        let folder = workplace.join(step.folder());
        let mut hear = |event: &Event| hear(context, name, event);
        let share = file.share().map_err(|error| error.to_string())?;
        let outcome = ansible::run(&program, &folder, &files, step.method, share, vault.as_ref(), &mut hear)
            .map_err(|error| error.to_string())?;
        report.ran(name, &outcome);
        let changed: Vec<&str> = outcome.changed.iter().map(String::as_str).collect();
        let done = if step.method == Method::Apply { "" } else { step.method.word() };
        let told = format!("{name} {done}");
        match changed[..] {
            [] if !outcome.failures.is_empty() => {}
            [] => context.note(&format!("{}: nothing had to be changed", told.trim())),
            _ => context.note(&format!("{}: changed on {}", told.trim(), changed.join(", "))),
        }
        Ok(outcome)
    };
    let done = apply::apply(&paper.plan, &stack, &modules, args.with_influenced, (&file, &mut state), &mut run);
    match done {
        Ok(done) => {
            file.workplace()?;
            done.iter().for_each(|name| report.done(name));
            let left = paper.plan.actions.iter().filter(|action| action.kind == ActionKind::Influence && !args.with_influenced);
            let left: Vec<&str> = left.map(|action| action.module.as_str()).collect();
            if !left.is_empty() {
                context.note(&format!("note: {} would get to know of it: `--with-influenced`", left.join(", ")));
            }
            context.note(&format!("{}: {} done, the state is at {}", stack.name, done.len(), state.serial));
            report.print(args.output, state.serial)?;
            Ok(0)
        }
        Err(ApplyError::Module(broken)) => {
            report.failed(&broken.module, &broken.failures, &broken.why);
            broken.left.iter().for_each(|name| report.waits(name));
            report.print(args.output, state.serial)?;
            Err(unsatisfied(format!("{broken}\nhint: what Ansible was given lies in {}", workplace.display())))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tells what Ansible does.
pub(super) fn hear(context: &Context, name: &ModuleName, event: &Event) {
    context.progress.hear(name.as_str(), event);
}

fn render(folder: &Path, paper: &Paper, state: Option<&State>, stack: &Stack, modules: &Catalogue) -> Result<()> {
    if folder.exists() {
        return Err(unsatisfied(format!("{} is there already", folder.display())));
    }
    for step in apply::runs(&paper.plan, stack, modules, state, true) {
        if let Some(module) = modules.get(step.module) {
            let place = folder.join(step.folder());
            ansible::write(&place, &given(module, &step, stack, modules)).with_context(|| place.display().to_string())?;
        }
    }
    Ok(())
}

/// The files of a run.
fn given(module: &Module, step: &Run<'_>, stack: &Stack, modules: &Catalogue) -> BTreeMap<String, Vec<u8>> {
    let mut files = ansible::workplace(module, &step.inputs, stack, modules, step.anew);
    ansible::give(&mut files, "lambdastack_leaving", step.leaves.clone().into());
    files
}

/// Somebody has to agree; `otherwise` says how, where nobody can be asked.
pub(super) fn ask(question: &str, otherwise: &str) -> Result<()> {
    if !terminal::is_there() {
        bail!("nobody agreed\nhint: {otherwise}");
    }
    write!(io::stderr(), "{question} Only `yes` is a yes: ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(unsatisfied("nobody agreed")),
    }
}

/// A name that no other state has.
fn lineage() -> Result<String> {
    let mut random = [0; 16];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random)).context("/dev/urandom")?;
    Ok(Digest::of(&random).hex()[..32].to_owned())
}
