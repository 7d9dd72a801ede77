//! Whose store it is. A service has a user of its own, and whoever imports for it is usually root: what root wrote the service
//! could not change, and what it may not read it could not serve. So root does these things as the store's owner.

use crate::{cli::Command as Wanted, context::Context};
use anyhow::{Context as _, Result};
use std::{
    env, fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    process::Command,
};

/// Goes on as the owner of the store, where root works in somebody else's; comes back where there is nothing to do.
pub(crate) fn act_as(context: &Context, wanted: &Wanted) -> Result<()> {
    if !rustix::process::geteuid().is_root() || !uses_store(wanted) {
        return Ok(());
    }
    let Ok(data) = fs::metadata(&context.home) else { return Ok(()) };
    if data.uid() == 0 {
        return Ok(());
    }
    context.progress.note(&format!("{}: the store belongs to user {}, who does this", context.home.display(), data.uid()));
    let program = env::current_exe().context("where is this program?")?;
    let mut again = Command::new(program);
    // The same store: what is usual for another user is another one. A `--home` on the command line comes before this.
    again.args(env::args_os().skip(1)).env("LSREPO_HOME", &context.home).env("HOME", &context.home).env_remove("XDG_DATA_HOME");
    let error = again.uid(data.uid()).gid(data.gid()).exec();
    Err(error).context("going on as the owner of the store")
}

/// Opening a store makes its folders and its lock, so even who only looks does it as the owner.
fn uses_store(wanted: &Wanted) -> bool {
    !matches!(
        wanted,
        Wanted::Service(_)
            | Wanted::Client(_)
            | Wanted::Token(_)
            | Wanted::Completions { .. }
            | Wanted::Inspect(_)
            | Wanted::Ls(_)
            | Wanted::Extract(_)
            | Wanted::Verify(_)
            | Wanted::Repair(_)
            | Wanted::Manifest(_)
    )
}
