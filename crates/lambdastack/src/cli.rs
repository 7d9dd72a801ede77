//! The words of the command line. Help, man pages and completions are made from these types.

pub mod health;
mod later;
mod vault;

pub use later::{ComponentsArgs, ScaleArgs, StatusArgs, UpgradeArgs};
pub use vault::{VaultCommand, VaultFlag};

use crate::init::Placement;
pub use crate::output::Format;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::{Path, PathBuf};

/// The whole command, for man pages and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Apply a stack to machines that exist.
#[derive(Debug, Parser)]
#[command(
    name = "lambdastack",
    version,
    about = "Apply a stack to machines that exist, without internet: documents say what, modules say how, a plan says what changes",
    after_help = "A new cluster:    lambdastack init --machine lb-1=10.0.0.1 --component haproxy=lb-1\n\
                  What is wrong:    lambdastack validate cluster.yml\n\
                  What changes:     lambdastack plan -f cluster.yml --out plan.json\n\
                  Do that:          lambdastack apply -f cluster.yml --agreed plan.json\n\n\
                  Exit codes: 0 done, 1 the request cannot be satisfied, 2 wrong use or an environment error;\n\
                  of `plan`, `audit` and `upgrade --plan`: 0 nothing to do, 1 error, 2 there are changes, or differences."
)]
pub struct Cli {
    /// Modules, beside those of lambdastack or in their place: a folder of them, or an image layout or its tar, also as oci:PATH:TAG; repeatable
    #[arg(long, global = true, value_name = "PATH")]
    pub modules: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) vault: VaultFlag,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What lambdastack does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the documents of a new cluster; on a terminal, ask for what it is to be
    Init(InitArgs),
    /// Print a document of a kind, with every default and what it is for
    Template(TemplateArgs),
    /// Say what is wrong with documents, with file, line and column
    Validate(ValidateArgs),
    /// Say what would change: configuration, state and machines compared
    Plan(PlanArgs),
    /// Carry a plan out that somebody agreed to
    Apply(ApplyArgs),
    /// Find out what was changed by hand on the machines
    Audit(AuditArgs),
    /// Take away again what modules brought
    Teardown(TeardownArgs),
    /// Try whether what was applied works
    Test(TestArgs),
    /// Save the data of modules into an archive
    Backup(BackupArgs),
    /// Bring the data of modules back from an archive
    Restore(RestoreArgs),
    /// Ask whether what was applied is well, once or again and again for Prometheus
    Health(health::HealthArgs),
    /// Give a component more or fewer machines, in the documents
    Scale(ScaleArgs),
    /// Bring packages to the versions that the repository has now
    Upgrade(UpgradeArgs),
    /// Show how things are: what was applied, where, in which version, and whether that is what the documents say
    Status(StatusArgs),
    /// Show which components the documents ask for, of which modules, and where
    Components(ComponentsArgs),
    /// Show what was done so far
    State(StateArgs),
    /// Keep the secrets that documents name, encrypted
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Show and pack modules, and check whether they are what they claim to be
    #[command(subcommand)]
    Module(ModuleCommand),
    /// Print shell completions
    Completions {
        /// the shell to complete for
        shell: clap_complete::Shell,
    },
}

/// `lambdastack init`
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Name of the cluster
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub name: String,
    /// Who logs into the machines, and may use sudo there [default: operations]
    #[arg(long, value_name = "USER")]
    pub admin_user: Option<String>,
    /// The private key of that user [default: ~/.ssh/id_ed25519]
    #[arg(long, value_name = "FILE")]
    pub key: Option<String>,
    /// A machine; repeatable
    #[arg(long = "machine", value_parser = pair, value_name = "NAME=ADDRESS")]
    pub machines: Vec<(String, String)>,
    /// A component and its machines, or how many of those that are free; repeatable
    #[arg(long = "component", value_parser = component, value_name = "NAME=MACHINE,…|COUNT")]
    pub components: Vec<(String, Placement)>,
    /// Write the configuration of every module too
    #[arg(long)]
    pub full: bool,
    /// Ask nothing, also on a terminal
    #[arg(long)]
    pub no_interactive: bool,
    /// Where the documents go; `-` is stdout
    #[arg(short, long, default_value = "cluster.yml", value_name = "FILE")]
    pub file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub(crate) state: StateFlag,
}

/// Where the state is.
#[derive(Args, Debug)]
pub struct StateFlag {
    /// What was done so far
    #[arg(long, default_value = "lambdastack.state.json", env = "LAMBDASTACK_STATE", value_name = "FILE")]
    pub state: PathBuf,
}

/// `lambdastack template`
#[derive(Args, Debug)]
pub struct TemplateArgs {
    /// The kind, such as `lambdastack-cluster` or `configuration/haproxy`; without it, the kinds are listed
    pub kind: Option<String>,
}

/// `lambdastack validate`
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// Files of documents; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack plan`
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// A file of documents; `-` is stdin; repeatable
    #[arg(short, long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateFlag,
    /// What was seen on the machines, as `lambdastack audit --out` writes it; `os` and `arch` may be added
    #[arg(long, value_name = "FILE")]
    pub observed: Option<PathBuf>,
    /// Put the plan on paper, with its digest, for whoever agrees to it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// See whether this plan, which somebody agreed to, is still what would be done
    #[arg(long, value_name = "FILE")]
    pub agreed: Option<PathBuf>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack apply`
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// A file of documents; `-` is stdin; repeatable
    #[arg(short, long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateFlag,
    /// What was seen on the machines, as `lambdastack audit --out` writes it
    #[arg(long, value_name = "FILE")]
    pub observed: Option<PathBuf>,
    /// The plan that somebody agreed to, as `lambdastack plan --out` writes it; if it is not what would be done, nothing is
    #[arg(long, value_name = "FILE")]
    pub agreed: Option<PathBuf>,
    /// Agree to the plan unseen
    #[arg(long, conflicts_with = "agreed")]
    pub yes: bool,
    /// Apply modules that are only influenced too, which no plan on paper says
    #[arg(long, conflicts_with = "agreed")]
    pub with_influenced: bool,
    /// Show the plan, and write nothing and run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: write what Ansible would be given into this folder, which must not be there
    #[arg(long, requires = "dry_run", value_name = "DIR")]
    pub render: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// Which Ansible is run.
#[derive(Args, Debug)]
pub struct AnsibleFlag {
    /// The program that runs playbooks
    #[arg(long = "ansible", default_value = "ansible-playbook", env = "LAMBDASTACK_ANSIBLE", value_name = "PROGRAM")]
    pub program: PathBuf,
}

/// `lambdastack audit`
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// A file of documents; `-` is stdin; repeatable
    #[arg(short, long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateFlag,
    /// Write what was found for `lambdastack plan --observed`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Take what was changed into the configuration: write documents that ask for what is there now
    #[arg(long, value_name = "FILE")]
    pub take: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack test`
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Modules; all that can be tested where none are named
    #[arg(value_name = "MODULE")]
    pub only: Vec<String>,
    /// A file of documents; `-` is stdin; repeatable
    #[arg(short, long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateFlag,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// Where the documents and the state of a cluster lie.
#[derive(Args, Debug)]
pub struct BuildFlag {
    /// The folder in which `cluster.yml` and `lambdastack.state.json` lie
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    build: PathBuf,
    /// A file of documents instead; repeatable
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What was done so far, elsewhere
    #[arg(long, env = "LAMBDASTACK_STATE", value_name = "FILE")]
    state: Option<PathBuf>,
}

impl BuildFlag {
    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.build
    }

    /// The files of documents.
    pub fn files(&self) -> Vec<PathBuf> {
        if self.files.is_empty() { vec![self.build.join("cluster.yml")] } else { self.files.clone() }
    }

    /// The file of the state.
    pub fn state(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| self.build.join("lambdastack.state.json"))
    }
}

/// `lambdastack backup`
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// Modules; all that can be saved where none are named
    #[arg(value_name = "MODULE")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// The folder into which the archive is written
    #[arg(short, long, value_name = "DIR")]
    pub target: PathBuf,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack restore`
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// Modules; all that were saved where none are named
    #[arg(value_name = "MODULE")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub(crate) build: BuildFlag,
    /// The archive
    #[arg(short, long, value_name = "FILE")]
    pub target: PathBuf,
    /// Agree unseen that what is there now is lost
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack teardown`
#[derive(Args, Debug)]
pub struct TeardownArgs {
    /// The modules; without any, all that were applied and can be torn down
    #[arg(value_name = "MODULE")]
    pub named: Vec<String>,
    /// A file of documents, which say how machines are logged into; `-` is stdin; repeatable
    #[arg(short, long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateFlag,
    /// Agree to it unseen
    #[arg(long)]
    pub yes: bool,
    /// Show what would be torn down, and write nothing and run nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(crate) ansible: AnsibleFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack state`
#[derive(Args, Debug)]
pub struct StateArgs {
    #[command(flatten)]
    pub(crate) state: StateFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// `lambdastack module`
#[derive(Debug, Subcommand)]
pub enum ModuleCommand {
    /// List the modules that are known
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Show what a module says of itself
    Show {
        /// The module
        name: String,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// See whether what modules claim is there, and returns in the expected form
    Check {
        /// Folders of one module each, or image layouts of modules
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Write a module as an OCI artifact, for a registry and for hosts behind an air gap
    #[command(after_help = "Into a registry:    skopeo copy oci-archive:shop.tar docker://registry.example/modules/shop:1\n\
                            Across the gap:     lsrepo prepare … --image registry.example/modules/shop:1\n\
                            There, out again:   lsrepo image export registry.example/modules/shop:1 -o shop.tar\n\
                            Used:               lambdastack --modules shop.tar plan -f cluster.yml\n\n\
                            Roles that the module shares with others beside it go with it; those of lambdastack do not.\n\
                            The same module gives the same bytes.")]
    Pack {
        /// The folder of the module, in which nothing may be wrong
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The archive that is written
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=ADDRESS".to_owned()),
    }
}

fn component(text: &str) -> Result<(String, Placement), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("expected NAME=MACHINE,… or NAME=COUNT")?;
    Ok((name.to_owned(), value.parse()?))
}
