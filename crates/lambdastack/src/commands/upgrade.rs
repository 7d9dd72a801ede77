//! `lambdastack upgrade`: packages of what was applied go to the versions that the repository has now.

use super::{
    Context,
    apply::ask,
    backup,
    method::{Ground, went_wrong},
    report::{self, Report},
    wanted,
};
use crate::{
    apply::ApplyError,
    cli::UpgradeArgs,
    failure::unsatisfied,
    module::Method,
    output,
    plan::{Access, ActionKind, Observed, Paper},
    state::State,
    upgrade::{self, Stage, Step, Upgrade},
};
use anyhow::{Context as _, Result};
use lsrepo_bom::ModuleName;
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, path::PathBuf};

/// What a playbook is run for: `look`, `go`, or `back` to what the repository showed before.
const STEP: &str = "lambdastack_step";

/// With `--plan`, exit code 0 where there is nothing to do, 2 where there is.
pub(super) fn run(context: &Context, args: &UpgradeArgs) -> Result<u8> {
    let ground = Ground::take(context, &args.build.files(), &args.build.state())?;
    settled(&ground)?;
    if !args.plan {
        ground.open_vault(context, &ground.modules(Method::Upgrade, &args.only)?)?;
    }
    let paper = Paper::new(look(context, &ground, args)?);
    if args.plan {
        output::print(args.output, &paper, |paper| upgrade::show(&paper.plan))?;
        if let Some(path) = &args.out {
            let text = serde_json::to_string_pretty(&paper)? + "\n";
            output::write_private(path, text.as_bytes()).with_context(|| path.display().to_string())?;
            context.note(&format!("{}: {}", path.display(), paper.digest));
        }
        return Ok(if paper.plan.steps.is_empty() { 0 } else { 2 });
    }
    report::show(context, args.output, &upgrade::show(&paper.plan))?;
    match &args.agreed {
        Some(path) => wanted::agreed(path, &paper)?,
        None if paper.plan.steps.is_empty() || args.yes => {}
        None => ask("Upgrade this?", "`--agreed PLAN` with what `lambdastack upgrade --plan --out PLAN` wrote, or `--yes`")?,
    }
    let mut report = Report::new(Method::Upgrade, &ground.state.cluster);
    let mut state = ground.state.clone();
    let done = upgraded(context, &ground, &paper.plan, args, (&mut state, &mut report));
    if done.is_err() {
        report.wrong();
    }
    report.print(args.output, state.serial)?;
    done.map(|()| 0)
}

/// Saves, upgrades, and takes the repository back where that goes wrong.
fn upgraded(
    context: &Context,
    ground: &Ground,
    plan: &Upgrade,
    args: &UpgradeArgs,
    (state, report): (&mut State, &mut Report),
) -> Result<()> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    let saved = save(context, ground, plan, args)?;
    if let Some(path) = &saved {
        report.archive(path);
    }
    let mut touched = false;
    carry_out(context, ground, plan, args, (state, report, &mut touched)).map_err(|error| {
        let back = if touched { go_back(context, ground, args) } else { "nothing was upgraded".to_owned() };
        let saved = saved.map(|path| format!("\nhint: what the data was before lies in {}", path.display())).unwrap_or_default();
        unsatisfied(format!("{error:#}\n{back}{saved}"))
    })
}

/// An upgrade begins where everything is as the documents say: else it would be unclear what the machines are to be.
fn settled(ground: &Ground) -> Result<()> {
    let paper = wanted::plan(&ground.stack, &ground.modules, Some(&ground.state), &Observed::default())?;
    let open: Vec<&str> = paper
        .plan
        .actions
        .iter()
        .filter(|action| action.kind != ActionKind::Influence)
        .map(|action| action.module.as_str())
        .collect();
    match open.is_empty() {
        true => Ok(()),
        false => Err(unsatisfied(format!(
            "the documents ask for what was not applied yet: {}\nhint: `lambdastack apply` first, also to take in a new bundle",
            open.join(", ")
        ))),
    }
}

/// Every module looks what its machines would get; nothing is changed.
fn look(context: &Context, ground: &Ground, args: &UpgradeArgs) -> Result<Upgrade> {
    let mut seen = BTreeMap::new();
    for name in ground.modules(Method::Upgrade, &args.only)? {
        ground.workplace()?;
        let outcome = ground.run(context, &args.ansible.program, Method::Upgrade, &name, &[(STEP, "look".into())])?;
        if !outcome.failures.is_empty() {
            return Err(unsatisfied(format!("it cannot be seen what there is to upgrade\n{}", went_wrong(&name, &outcome))));
        }
        let found = upgrade::looked(&outcome.returned).map_err(|why| unsatisfied(format!("`{name}`: {why}")))?;
        seen.insert(name, found);
    }
    ground.workplace()?;
    let access = Access { user: ground.stack.admin_user.clone(), key_path: ground.stack.key_path.clone() };
    Ok(upgrade::plan(&ground.state, access, &ground.modules, &ground.stack.order, &seen))
}

/// The data of what is upgraded is saved; gives where.
fn save(context: &Context, ground: &Ground, plan: &Upgrade, args: &UpgradeArgs) -> Result<Option<PathBuf>> {
    let names: Vec<ModuleName> = plan.steps.iter().filter(|step| step.saved).map(|step| step.module.clone()).collect();
    if args.no_backup || names.is_empty() {
        return Ok(None);
    }
    let target = args.target.clone().unwrap_or_else(|| args.build.folder().join("backups"));
    let mut report = Report::new(Method::Backup, &ground.state.cluster);
    let path = backup::save(context, ground, &args.ansible.program, &names, &target, &mut report)?;
    context.note(&format!("saved before: {}", path.display()));
    Ok(Some(path))
}

fn carry_out(
    context: &Context,
    ground: &Ground,
    plan: &Upgrade,
    args: &UpgradeArgs,
    (state, report, touched): (&mut State, &mut Report, &mut bool),
) -> Result<(), ApplyError> {
    let done = upgrade::carry_out(plan, &ground.modules, (&ground.file, state), &mut |step: &Step, stage: Stage| {
        let (method, more): (Method, Vec<(&str, Json)>) = match stage {
            Stage::Upgrade => (Method::Upgrade, vec![(STEP, "go".into()), ("lambdastack_upgrade", json!(step.machines))]),
            Stage::Test => (Method::Test, Vec::new()),
            Stage::Apply => (Method::Apply, Vec::new()),
        };
        ground.workplace().map_err(|error| error.to_string())?;
        let outcome =
            ground.run(context, &args.ansible.program, method, &step.module, &more).map_err(|error| format!("{error:#}"))?;
        *touched |= stage == Stage::Upgrade && (!outcome.changed.is_empty() || outcome.worked && !outcome.failures.is_empty());
        if stage == Stage::Upgrade || !outcome.failures.is_empty() {
            report.ran(&step.module, &outcome);
        }
        Ok(outcome)
    });
    match &done {
        Ok(()) => {
            ground.workplace()?;
            let names: Vec<&str> = plan.steps.iter().map(|step| step.module.as_str()).collect();
            context.note(&format!("{}: {} upgraded, the state is at {}", plan.cluster, names.join(", "), state.serial));
        }
        Err(ApplyError::Module(broken)) => {
            report.failed(&broken.module, &broken.failures, &broken.why);
            broken.left.iter().for_each(|name| report.waits(name));
        }
        Err(_) => {}
    }
    done
}

/// What everything else stands on shows again what it showed before; says how that went.
fn go_back(context: &Context, ground: &Ground, args: &UpgradeArgs) -> String {
    let is_repository = |name: &ModuleName| {
        let manifest = ground.modules.get(name).map(|module| &module.manifest);
        manifest.is_some_and(|manifest| {
            manifest.has(Method::Upgrade) && manifest.labels.get("core-technology").is_some_and(|label| label == "lsrepo")
        })
    };
    let Some(name) = ground.state.modules.keys().find(|name| is_repository(name)) else {
        return "the repository is not ours, and stays as it is".to_owned();
    };
    let gone = ground.workplace().map_err(anyhow::Error::from);
    let outcome = gone.and_then(|_| ground.run(context, &args.ansible.program, Method::Upgrade, name, &[(STEP, "back".into())]));
    match outcome {
        Ok(outcome) if outcome.failures.is_empty() => {
            format!(
                "`{name}` shows again what it showed before the last bundle; what was upgraded stays\nhint: `lambdastack audit` finds that, and an apply of what it saw shows the bundle again"
            )
        }
        Ok(outcome) => format!("and the repository could not be switched back\n{}", went_wrong(name, &outcome)),
        Err(error) => format!("and the repository could not be switched back: {error:#}"),
    }
}
