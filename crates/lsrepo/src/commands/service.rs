//! `lsrepo service`: the files that make a service of `lsrepo serve`, and their places.

use crate::{cli::ServiceCommand, context::Context, failure::Hint, output, service::units, whole};
use anyhow::{Context as _, Result, bail};
use lsrepo_publish::client::render_config;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the service's store is.
const HOME: &str = "/var/lib/lsrepo";

pub(crate) fn run(context: &Context, command: &ServiceCommand) -> Result<()> {
    let files = units::files(&program()?);
    match command {
        ServiceCommand::Print => output::write(render_config(&files).as_bytes()),
        ServiceCommand::Install { dry_run, root } => install(context, &files, root.as_deref(), *dry_run),
        ServiceCommand::Remove { root } => remove(context, &files, root.as_deref()),
    }
}

/// Where this program lies.
fn program() -> Result<String> {
    Ok(env::current_exe().context("where is this program?")?.display().to_string())
}

fn below(root: Option<&Path>, path: &str) -> PathBuf {
    root.unwrap_or(Path::new("/")).join(path.trim_start_matches('/'))
}

fn install(context: &Context, files: &[lsrepo_publish::client::ConfigFile], root: Option<&Path>, dry_run: bool) -> Result<()> {
    if root.is_none() && !rustix::process::geteuid().is_root() {
        bail!("this needs root\nhint: sudo, or `lsrepo service print`");
    }
    for file in files {
        let path = below(root, &file.path);
        let there = fs::read_to_string(&path).ok();
        let what = match &there {
            Some(text) if *text == file.text => "is there",
            Some(_) => "is there with other content, and stays",
            None if dry_run => "would be written",
            None => {
                let dir = path.parent().unwrap_or(&path);
                fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                whole::write_text(&path, &file.text)?;
                "was written"
            }
        };
        context.progress.note(&format!("{}: {what}", path.display()));
    }
    if dry_run {
        return Ok(());
    }
    let mut users = Command::new("systemd-sysusers");
    users.args(root.map(|root| format!("--root={}", root.display())));
    let made = users.arg(below(root, "/etc/sysusers.d/lsrepo.conf")).status();
    if !made.is_ok_and(|status| status.success()) {
        context.progress.warn("the user `lsrepo` could not be made\nhint: useradd --system --home-dir /var/lib/lsrepo lsrepo");
    }
    if root.is_none() {
        own_store()?;
        _ = Command::new("systemctl").arg("daemon-reload").status();
        context.progress.note("next: edit /etc/lsrepo/serve.toml; systemctl enable --now lsrepo");
    }
    Ok(())
}

/// The store belongs to the user that serves it. Whatever root does there later is done as that user.
fn own_store() -> Result<()> {
    fs::create_dir_all(HOME).context(HOME)?;
    let done = Command::new("chown").args(["-R", "lsrepo:lsrepo", HOME]).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        _ => bail!("{HOME}: it could not be given to the user `lsrepo`"),
    }
}

fn remove(context: &Context, files: &[lsrepo_publish::client::ConfigFile], root: Option<&Path>) -> Result<()> {
    if root.is_none() {
        if !rustix::process::geteuid().is_root() {
            bail!("this needs root");
        }
        _ = Command::new("systemctl").args(["disable", "--now", "lsrepo.socket", "lsrepo.service"]).status();
    }
    for file in files.iter().filter(|file| file.path.contains("/systemd/") || file.path.contains("/sysusers.d/")) {
        let path = below(root, &file.path);
        match fs::remove_file(&path) {
            Ok(()) => context.progress.note(&format!("{}: removed", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| path.display().to_string()).hint("remove it by hand"),
        }
    }
    if root.is_none() {
        _ = Command::new("systemctl").arg("daemon-reload").status();
    }
    Ok(())
}
