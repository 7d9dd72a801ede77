//! The words of the command line. Help, man pages and completions are made from these types.

mod bom;
mod bundle;
mod client;
mod image_command;
mod images;
mod key;
mod manifest;
mod selection;
mod serve;
mod snapshot;
mod sync;
mod tls;

pub use bom::{ArtifactArgs, BomArgs, BomCommand, BomFormat, ExpandArgs, ImportListsArgs, PreflightArgs};
pub use bundle::{
    BundleCommand, BundleLevel, DiffArgs, ExportArgs, ExtractArgs, ImportArgs, InspectArgs, LsArgs, ReceiptArgs, RepairArgs,
    VerifyArgs,
};
pub use client::{ClientApplyArgs, ClientCommand, ClientPart, ClientRevertArgs, ClientStatusArgs};
pub use image_command::{ImageCommand, ImageExportArgs, ImageFormat, ImagePushArgs};
pub use images::RegistryFlags;
pub use key::KeyCommand;
pub use manifest::{ManifestArgs, ManifestFormat};
pub use selection::{Kind, Selection, Upstreams};
pub(crate) use serve::duration;
pub use serve::{GcArgs, ServeArgs, ServiceCommand};
pub use snapshot::{FsckArgs, Keep, SnapshotCommand};
pub use sync::{S3Flags, SyncArgs};
pub use tls::{TlsCommand, TokenArgs};

use crate::output::Format;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The whole command, for man pages and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Carry a whole software stack across an air gap.
#[derive(Debug, Parser)]
#[command(
    name = "lsrepo",
    version,
    about = "Carry a whole software stack across an air gap, and install from it with apt, dnf and any registry client",
    after_help = "Where there is internet:   lsrepo prepare  &&  lsrepo export -o bundle.tar.zst\n\
                  Behind the air gap:        lsrepo import bundle.tar.zst  &&  lsrepo serve\n\
                  ... or from the media:     lsrepo serve --bundle bundle.tar.zst\n\n\
                  Exit codes: 0 done, 1 the request cannot be satisfied, 2 wrong use or an environment error."
)]
pub struct Cli {
    /// Where blobs, keys and snapshots live [default: /var/lib/lsrepo as root, else the user's data folder]
    #[arg(long, global = true, env = "LSREPO_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// How to report progress
    #[arg(long, global = true, value_enum, default_value_t = ProgressMode::Auto, value_name = "MODE")]
    pub progress: ProgressMode,
    /// Report no progress (the same as --progress none)
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more of what is done
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// bars on a terminal, plain lines elsewhere
    Auto,
    /// plain lines
    Plain,
    /// one JSON object a line, on stderr
    Json,
    /// nothing
    None,
}

/// What lsrepo does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Resolve, lock and download everything that is wanted
    Prepare(PrepareArgs),
    /// Show the dependency closure without downloading a package
    Resolve(ResolveArgs),
    /// List what is carried, piece by piece; show, check, expand and compare what it is made of
    Bom(BomArgs),
    /// See whether everything wanted can be had: modules, upstreams, requirements, room, time
    Preflight(Box<PreflightArgs>),
    /// Take what an address has now for what it has to be
    Lock(LockArgs),
    /// Write what was prepared into one signed bundle
    Export(ExportArgs),
    /// Show what a bundle holds
    Inspect(InspectArgs),
    /// List what lies in a bundle
    Ls(LsArgs),
    /// Take single packages and files out of a bundle
    Extract(ExtractArgs),
    /// Check a bundle, and say where it is damaged
    Verify(VerifyArgs),
    /// Mend a bundle with its parity files: volumes that are lost, bytes that are wrong
    Repair(RepairArgs),
    /// Write down what a bundle holds and who vouches for it, for whoever decides whether it may cross the gap
    Manifest(ManifestArgs),
    /// Check a bundle and take it into the store of this machine, or leave it where it lies
    Import(ImportArgs),
    /// Say what this machine has, so that the next bundle carries only what is missing
    Receipt(ReceiptArgs),
    /// Compare what two locks, bundles or stores carry
    Diff(DiffArgs),
    /// Show and forget bundles that are used where they lie
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Show, export and push the container images of the store
    #[command(subcommand)]
    Image(ImageCommand),
    /// Serve what was imported or prepared: to apt, to dnf and yum, and as a registry of container images
    Serve(ServeArgs),
    /// Make a service of `lsrepo serve`: its units, its user, its configuration
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Show, compare, switch and forget what was imported at different times
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Copy another repository into this one, or this one into object storage: only what is missing
    Sync(SyncArgs),
    /// Point this host at a server of lsrepo, and back: packages, images, the authority
    #[command(subcommand)]
    Client(ClientCommand),
    /// Remove from the store what nothing needs any more
    Gc(GcArgs),
    /// Read every blob of the store, and bring back what is damaged or missing
    Fsck(FsckArgs),
    /// Make an authority and a certificate of one's own, so that the server speaks TLS
    #[command(subcommand)]
    Tls(TlsCommand),
    /// Make a token with which somebody, or a program, logs in
    Token(TokenArgs),
    /// Make, show and trust signing keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print shell completions
    Completions {
        /// the shell to complete for
        shell: clap_complete::Shell,
    },
}

/// `lsrepo prepare`
#[derive(Args, Debug)]
pub struct PrepareArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    #[command(flatten)]
    pub(crate) registries: RegistryFlags,
    /// Take only images that cosign signed with this public key; with several, any of them will do
    #[arg(long = "verify-key", value_name = "FILE", help_heading = "Registries")]
    pub verify_keys: Vec<PathBuf>,
    /// Take along the images that Helm charts use; without it they are listed
    #[arg(long)]
    pub chart_images: bool,
    /// The lock file
    #[arg(long, default_value = "lsrepo.lock", value_name = "FILE")]
    pub lock_file: PathBuf,
    /// Show counts, bytes and disk needed; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: ask nobody, and show what would be asked for
    #[arg(long, requires = "dry_run")]
    pub offline_metadata: bool,
    /// Take exactly what the lock says; ask no index
    #[arg(long, conflicts_with = "update")]
    pub locked: bool,
    /// Resolve again; with names, let only these packages and images change
    #[arg(long, value_delimiter = ',', num_args = 0.., value_name = "NAME")]
    pub update: Option<Vec<String>>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lsrepo resolve`
#[derive(Args, Debug)]
pub struct ResolveArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lsrepo lock`
#[derive(Args, Debug)]
pub struct LockArgs {
    /// Address of a file that was changed by its owner, and that somebody looked at; repeatable
    #[arg(long, required = true, value_name = "URL")]
    pub repin: Vec<String>,
    #[command(flatten)]
    pub(crate) upstreams: Upstreams,
    /// The lock file
    #[arg(long, default_value = "lsrepo.lock", value_name = "FILE")]
    pub lock_file: PathBuf,
    /// Show old and new; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}
