//! The words of `lsrepo bom` and `lsrepo preflight`.

use super::{RegistryFlags, Selection, Upstreams};
use crate::output::Format;
use clap::{Args, Subcommand, ValueEnum};
use lsrepo_types::{Arch, Os};
use std::path::PathBuf;

/// `lsrepo bom`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BomArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BomCommand>,
    #[command(flatten)]
    pub(crate) artifacts: ArtifactArgs,
}

/// Everything that is carried, piece by piece.
#[derive(Args, Debug)]
pub struct ArtifactArgs {
    /// What to list: a lock, a bundle, or a store's folder [default: lsrepo.lock, else this machine's store]
    #[arg(value_name = "LOCK|BUNDLE|STORE")]
    pub what: Option<PathBuf>,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = BomFormat::Table, value_name = "FORMAT")]
    pub format: BomFormat,
    /// Only these operating systems
    #[arg(long, value_delimiter = ',', value_name = "OS")]
    pub os: Vec<Os>,
    /// Only these architectures
    #[arg(long, value_delimiter = ',', value_name = "ARCH")]
    pub arch: Vec<Arch>,
    /// Write it to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The form of a list of artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BomFormat {
    /// for people
    Table,
    /// lsrepo's own
    Json,
    /// CycloneDX 1.6, JSON
    Cyclonedx,
    /// SPDX 2.3, JSON
    Spdx,
}

/// What else is done with the BOM.
#[derive(Debug, Subcommand)]
pub enum BomCommand {
    /// List the modules: what each is for, what it requires, where it runs
    Modules {
        /// Folder with modules of your own, beside those of lsrepo or in their place; repeatable
        #[arg(long, value_name = "DIR")]
        bom: Vec<PathBuf>,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Write what modules want on each platform as requirements files
    Expand(Box<ExpandArgs>),
    /// Check module documents
    Check {
        /// the documents
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of module documents
    Schema,
    /// Turn a LambdaStack or Epiphany folder of requirements into requirements files
    Import(ImportListsArgs),
    /// Compare what two locks, bundles or stores carry
    Diff {
        /// the earlier one
        #[arg(value_name = "LOCK|BUNDLE|STORE")]
        before: PathBuf,
        /// the later one
        #[arg(value_name = "LOCK|BUNDLE|STORE")]
        after: PathBuf,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
}

/// `lsrepo bom expand`
#[derive(Args, Debug)]
pub struct ExpandArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Write OS/requirements_ARCH.txt below this folder, for every known platform unless some are named
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

/// `lsrepo bom import`
#[derive(Args, Debug)]
pub struct ImportListsArgs {
    /// The folder called download-requirements, or what lies in it
    pub folder: PathBuf,
    /// Take only what this manifest needs: cluster document and feature mappings
    #[arg(short, long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Write OS/requirements_ARCH.txt below this folder
    #[arg(short, long, default_value = "requirements", value_name = "DIR")]
    pub output: PathBuf,
}

/// `lsrepo preflight`
#[derive(Args, Debug)]
pub struct PreflightArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
    /// The lock file, whose digests are kept
    #[arg(long, default_value = "lsrepo.lock", value_name = "FILE")]
    pub lock_file: PathBuf,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}
