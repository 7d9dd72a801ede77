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
    if !rustix::process::geteuid().is_root() || !changes_store(wanted) {
        return Ok(());
    }
    let Ok(data) = fs::metadata(&context.home) else { return Ok(()) };
    if data.uid() == 0 {
        return Ok(());
    }
    context.progress.detail(&format!("{}: the store belongs to user {}, who does this", context.home.display(), data.uid()));
    let program = env::current_exe().context("where is this program?")?;
    let error = Command::new(program).args(env::args_os().skip(1)).uid(data.uid()).gid(data.gid()).exec();
    Err(error).context("going on as the owner of the store")
}

fn changes_store(wanted: &Wanted) -> bool {
    matches!(
        wanted,
        Wanted::Prepare(_)
            | Wanted::Export(_)
            | Wanted::Import(_)
            | Wanted::Receipt(_)
            | Wanted::Bundle(_)
            | Wanted::Serve(_)
            | Wanted::Snapshot(_)
            | Wanted::Gc(_)
            | Wanted::Fsck(_)
            | Wanted::Tls(_)
            | Wanted::Key(_)
    )
}
