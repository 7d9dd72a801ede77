//! The words for bundles.

use super::{RegistryFlags, Upstreams};
use crate::output::Format;
use clap::{Args, Subcommand};
use lsrepo_bundle::pack::Level;
use lsrepo_types::{Arch, Bytes, Os};
use std::{path::PathBuf, str::FromStr};

/// `lsrepo export`
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The bundle to write; `-` writes to standard output, oci://REGISTRY/REPOSITORY:TAG into a registry
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Only these operating systems
    #[arg(long, value_delimiter = ',', value_name = "OS")]
    pub os: Vec<Os>,
    /// Only these architectures
    #[arg(long, value_delimiter = ',', value_name = "ARCH")]
    pub arch: Vec<Arch>,
    /// Write volumes FILE.001, FILE.002 … of at most this size each, such as 4GiB
    #[arg(long, value_name = "SIZE")]
    pub split: Option<Bytes>,
    /// Write parity files too, that mend the loss of so many hundredths of it
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub parity: Option<u32>,
    /// How small: `stored` copies what is there; `archive` takes layers and files apart and compresses what is in them, for
    /// as long as that takes, and the far side makes them again; `archive=1` to `archive=19` is how hard it tries
    #[arg(long, default_value = "stored", value_name = "LEVEL", conflicts_with_all = ["moving", "from_lock"])]
    pub level: BundleLevel,
    /// Leave out what the far side has, as its `lsrepo receipt` says; repeatable
    #[arg(long = "receipt", value_name = "FILE")]
    pub receipts: Vec<PathBuf>,
    /// Leave out what is in this bundle, lock or store; repeatable
    #[arg(long, value_name = "BUNDLE|LOCK|STORE")]
    pub since: Vec<PathBuf>,
    /// Let the bundle take the packages, files and images over from the store, so that the disk holds them once
    #[arg(long = "move")]
    pub moving: bool,
    /// Download what the lock says first, and let the bundle take it over
    #[arg(long)]
    pub from_lock: bool,
    /// The lock file, for --from-lock
    #[arg(long, default_value = "lsrepo.lock", value_name = "FILE")]
    pub lock_file: PathBuf,
    /// Program to carry for bare hosts, of any architecture; repeatable [default: this one, where it is linked statically]
    #[arg(long = "tool", value_name = "FILE")]
    pub tools: Vec<PathBuf>,
    /// Carry no program
    #[arg(long, conflicts_with = "tools")]
    pub no_tools: bool,
    /// Sign with this secret key instead of the store's own
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Show what the bundle would hold; write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
}

/// How small a bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleLevel {
    /// everything as it is
    Stored,
    /// what is in layers and files, compressed
    Archive(Level),
}

impl FromStr for BundleLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("archive") {
            None if text == "stored" => Ok(Self::Stored),
            Some("") => Ok(Self::Archive(Level::SMALLEST)),
            Some(more) => {
                let level = more.strip_prefix('=').and_then(|level| level.parse().ok()).and_then(Level::new);
                level.map(Self::Archive).ok_or_else(|| "it goes from `archive=1` to `archive=19`".to_owned())
            }
            None => Err("it is `stored`, `archive`, or `archive=1` to `archive=19`".to_owned()),
        }
    }
}

/// `lsrepo inspect`
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// The bundle: its file, one of its volumes or all of them, their folder, `-`, or oci://REGISTRY/REPOSITORY:TAG
    #[arg(required = true, value_name = "BUNDLE")]
    pub bundle: Vec<PathBuf>,
    /// List every package
    #[arg(long)]
    pub packages: bool,
    /// List every container image
    #[arg(long)]
    pub images: bool,
    /// List every file
    #[arg(long)]
    pub files: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
}

/// `lsrepo ls`
#[derive(Args, Debug)]
pub struct LsArgs {
    /// The bundle: its file, one of its volumes, their folder, `-`, or oci://REGISTRY/REPOSITORY:TAG
    pub bundle: PathBuf,
    /// Only what fits: a path, a name or a digest, with `*` and `?`
    pub patterns: Vec<String>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
}

/// `lsrepo extract`
#[derive(Args, Debug)]
pub struct ExtractArgs {
    /// The bundle: its file, one of its volumes, or their folder
    pub bundle: PathBuf,
    /// What to take out, as `lsrepo ls` shows it: a path, a name or a digest, with `*` and `?`
    #[arg(required = true)]
    pub patterns: Vec<String>,
    /// The folder to write to
    #[arg(short = 'd', long, default_value = ".", value_name = "DIR")]
    pub directory: PathBuf,
}

/// `lsrepo verify`
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The bundle: its file, one of its volumes or all of them, or their folder; `-` reads all of it from standard input
    #[arg(required = true, value_name = "BUNDLE")]
    pub bundle: Vec<PathBuf>,
    /// Read every byte of every blob
    #[arg(long)]
    pub full: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lsrepo repair`
#[derive(Args, Debug)]
pub struct RepairArgs {
    /// The bundle, one of its volumes or parity files, or their folder
    pub bundle: PathBuf,
    /// Say what is damaged and whether it can be mended; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lsrepo import`
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// The bundle: its file, one of its volumes or all of them, their folder; `-` reads it from standard input,
    /// oci://REGISTRY/REPOSITORY:TAG from a registry
    #[arg(required_unless_present = "watch", value_name = "BUNDLE")]
    pub bundle: Vec<PathBuf>,
    /// Begin while volumes are still being copied into this folder, and wait for those that are not there yet
    #[arg(long, value_name = "DIR", conflicts_with_all = ["bundle", "register", "moving", "dry_run"])]
    pub watch: Option<PathBuf>,
    /// Leave it where it lies, and use it there; it is checked while it is used
    #[arg(long, conflicts_with = "moving")]
    pub register: bool,
    /// Let the store take it over: the media gives back what is in the store, and the files go in the end
    #[arg(long = "move")]
    pub moving: bool,
    /// Trust a signer that this machine does not know yet, and remember it
    #[arg(long)]
    pub trust_on_first_use: bool,
    /// The signature of an approver under the bundle's manifest; needed on a machine that trusts approvers
    #[arg(long, value_name = "FILE")]
    pub approve: Option<PathBuf>,
    /// Show what would be added; change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
}

/// `lsrepo receipt`
#[derive(Args, Debug)]
pub struct ReceiptArgs {
    /// The file to write
    #[arg(short, long, default_value = "have.lsr", value_name = "FILE")]
    pub output: PathBuf,
}

/// `lsrepo diff`
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// What was: a lock, a bundle or a store
    pub before: PathBuf,
    /// What is
    pub after: PathBuf,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lsrepo bundle`
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// List bundles that are used where they lie
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Use a bundle no more; its files stay
    Forget {
        /// One of its files, or the first digits of its digest
        bundle: String,
        /// Also where the store is not whole without it
        #[arg(long)]
        anyway: bool,
    },
}
