//! `lambdastack restore`: what was saved takes the place of what is there.

use super::{
    Context,
    apply::ask,
    method::{Ground, archive_of, went_wrong},
    report::Report,
};
use crate::{archive, cli::RestoreArgs, failure::unsatisfied, module::Method, source::unknown};
use anyhow::{Context as _, Result};
use lsrepo_bom::ModuleName;
use std::{collections::BTreeSet, fs, os::unix::fs::DirBuilderExt as _};

pub(super) fn run(context: &Context, args: &RestoreArgs) -> Result<u8> {
    let ground = Ground::take(context, &args.build.files(), &args.build.state())?;
    let workplace = ground.workplace()?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&workplace).with_context(|| workplace.display().to_string())?;
    let folder = fs::canonicalize(&workplace).with_context(|| workplace.display().to_string())?.join("archive");
    // all of it is proven before anything is touched
    let metadata = archive::read(&args.target, None).map_err(unsatisfied)?;
    if metadata.cluster != ground.state.cluster {
        let said = format!("it is a backup of the cluster `{}`, and this is `{}`", metadata.cluster, ground.state.cluster);
        return Err(unsatisfied(format!("{}: {said}", args.target.display())));
    }
    let saved = || metadata.modules.keys().map(ModuleName::as_str);
    let asked: Vec<String> = if args.only.is_empty() { saved().map(str::to_owned).collect() } else { args.only.clone() };
    if let Some(word) = asked.iter().find(|word| !saved().any(|one| one == **word)) {
        return Err(unsatisfied(format!("{}: {}", args.target.display(), unknown("module that was saved", word, saved()))));
    }
    let names: BTreeSet<ModuleName> = ground.modules(Method::Restore, &asked)?.into_iter().collect();
    let told: Vec<&str> = names.iter().map(ModuleName::as_str).collect();
    if !args.yes {
        let what = format!("What {} has now is lost, and becomes what it was at {}. Go on?", told.join(", "), metadata.time);
        ask(&what, "`--yes`")?;
    }
    archive::read(&args.target, Some((&folder, &names))).map_err(unsatisfied)?;
    let mut report = Report::new(Method::Restore, &ground.state.cluster);
    report.archive(&args.target);
    for name in &names {
        let place = folder.join(name.as_str());
        let outcome = ground.run(context, &args.ansible.program, Method::Restore, name, &[archive_of(&place)])?;
        report.ran(name, &outcome);
        if !outcome.failures.is_empty() {
            report.print(args.output, ground.state.serial)?;
            return Err(unsatisfied(format!("not everything is as it was\n{}", went_wrong(name, &outcome))));
        }
        context.note(&format!("{name}: is as it was at {}", metadata.time));
    }
    ground.workplace()?;
    report.print(args.output, ground.state.serial)?;
    Ok(0)
}
