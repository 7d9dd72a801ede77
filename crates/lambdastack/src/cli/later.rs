//! Words for a cluster that was applied.

use super::{AnsibleFlag, BuildFlag, Format};
use crate::scale::Target;
use clap::Args;
use std::path::PathBuf;

/// `lambdastack upgrade`
#[derive(Args, Debug)]
pub struct UpgradeArgs {
    /// Modules; all that can be upgraded where none are named
    #[arg(value_name = "MODULE")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub plan: bool,
    /// With --plan: put it on paper, with its digest, for whoever agrees to it
    #[arg(long, requires = "plan", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The plan that somebody agreed to, as `--plan --out` writes it; if it is not what would be done, nothing is
    #[arg(long, conflicts_with_all = ["plan", "yes"], value_name = "FILE")]
    pub agreed: Option<PathBuf>,
    /// Agree to the plan unseen
    #[arg(long, conflicts_with = "plan")]
    pub yes: bool,
    /// The folder into which data is saved before [default: `backups` in the build folder]
    #[arg(short, long, value_name = "DIR")]
    pub target: Option<PathBuf>,
    /// Save nothing before
    #[arg(long, conflicts_with = "target")]
    pub no_backup: bool,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack status`
#[derive(Args, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack components`
#[derive(Args, Debug)]
pub struct ComponentsArgs {
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack scale`
#[derive(Args, Debug)]
pub struct ScaleArgs {
    /// The component and so many machines, so many more (`+1`) or fewer (`-1`), or their names
    #[arg(value_parser = target, value_name = "COMPONENT=COUNT|+N|-N|MACHINE,…")]
    pub target: (String, Target),
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// Say what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn target(text: &str) -> Result<(String, Target), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("expected COMPONENT=…")?;
    Ok((name.to_owned(), value.parse()?))
}
