//! Man pages and shell completions, made from the types of the command line; the program for bare hosts.

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum as _;
use clap_complete::Shell;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Writes `man/*.1` and `completions/*` into `folder`.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for (name, command) in [("lsrepo", lsrepo::cli::command as fn() -> _), ("lambdastack", lambdastack::cli::command)] {
        clap_mangen::generate_to(command(), &man)?;
        for shell in Shell::value_variants() {
            clap_complete::generate_to(*shell, &mut command(), name, &completions)?;
        }
    }
    Ok(())
}

/// Builds `lsrepo` for this machine's architecture, linked statically, and puts it into `dist/`.
pub(crate) fn program(root: &Path) -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let built = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--locked", "--release", "--package", "lsrepo", "--target", &target])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(root)
        .status()
        .context("starting cargo")?;
    ensure!(built.success(), "the build failed");
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let arch = if env::consts::ARCH == "aarch64" { "arm64" } else { env::consts::ARCH };
    let (from, to) = (folder.join(target).join("release/lsrepo"), root.join("dist").join(format!("lsrepo-{arch}")));
    fs::create_dir_all(root.join("dist"))?;
    fs::copy(&from, &to).with_context(|| from.display().to_string())?;
    Ok(to)
}
