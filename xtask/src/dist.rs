//! Man pages and shell completions, made from the types of the command line.

use anyhow::Result;
use clap::ValueEnum as _;
use clap_complete::Shell;
use std::{fs, path::Path};

/// Writes `man/*.1` and `completions/*` into `folder`.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(lsrepo::cli::command(), &man)?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut lsrepo::cli::command(), "lsrepo", &completions)?;
    }
    Ok(())
}
