//! `lambdastack backup`: the data of modules, in one archive on this machine.

use super::{
    Context,
    method::{Ground, archive_of, went_wrong},
    report::{self, Report},
};
use crate::{
    archive::{self, FORM, Metadata},
    cli::BackupArgs,
    failure::unsatisfied,
    module::Method,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::ModuleName;
use lsrepo_types::Timestamp;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

pub(super) fn run(context: &Context, args: &BackupArgs) -> Result<u8> {
    let ground = Ground::take(context, &args.build.files(), &args.build.state())?;
    let names = ground.modules(Method::Backup, &args.only)?;
    let mut report = Report::new(Method::Backup, &ground.state.cluster);
    let saved = save(context, &ground, &args.ansible.program, &names, &args.target, &mut report);
    match &saved {
        Ok(path) => {
            report::show(context, args.output, &format!("{}\n", path.display()))?;
            report.archive(path);
        }
        Err(_) => report.wrong(),
    }
    report.print(args.output, ground.state.serial)?;
    saved.map(|_| 0)
}

/// Writes an archive of the data of these modules into the folder `target`, and gives its path; `report` is told how it went.
pub(super) fn save(
    context: &Context,
    ground: &Ground,
    program: &Path,
    names: &[ModuleName],
    target: &Path,
    report: &mut Report,
) -> Result<PathBuf> {
    let workplace = ground.workplace()?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut metadata = Metadata {
        form: FORM,
        cluster: ground.state.cluster.clone(),
        lineage: ground.state.lineage.clone(),
        serial: ground.state.serial,
        time: Timestamp(since.as_secs().try_into().unwrap_or_default()),
        lambdastack: env!("CARGO_PKG_VERSION").to_owned(),
        modules: BTreeMap::new(),
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&workplace).with_context(|| workplace.display().to_string())?;
    // Ansible runs elsewhere
    let folder = fs::canonicalize(&workplace).with_context(|| workplace.display().to_string())?.join("archive");
    for name in names {
        let place = folder.join(name.as_str());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&place).with_context(|| place.display().to_string())?;
        let outcome = ground.run(context, program, Method::Backup, name, &[archive_of(&place)])?;
        report.ran(name, &outcome);
        if !outcome.failures.is_empty() {
            ground.workplace()?;
            return Err(unsatisfied(format!("nothing was saved: the backup went wrong\n{}", went_wrong(name, &outcome))));
        }
        let mut saved = archive::gather(&place)?;
        if saved.files.is_empty() {
            return Err(unsatisfied(format!("the backup of `{name}` handed no file out")));
        }
        if let Some(applied) = ground.state.modules.get(name) {
            (saved.version, saved.returns) = (applied.inputs.version.clone(), applied.returns.clone());
        }
        metadata.modules.insert(name.clone(), saved);
    }
    let path = archive::write(target, &metadata, &folder)?;
    ground.workplace()?;
    Ok(path)
}
