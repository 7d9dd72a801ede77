//! The words of `lsrepo sync`, and those that lead to object storage.

use clap::Args;
use lsrepo_depot::Place;
use std::path::PathBuf;

/// `lsrepo sync`
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// Take what is shown there: a server of lsrepo, http://HOST or https://HOST, or object storage, s3://BUCKET/PREFIX
    #[arg(required_unless_present = "to", value_name = "FROM")]
    pub from: Option<String>,
    /// Put what is shown here into object storage, for servers with `lsrepo serve --store`
    #[arg(long, value_name = "s3://BUCKET/PREFIX", conflicts_with = "from")]
    pub to: Option<Place>,
    /// Trust a signer that this machine does not know yet, and remember it
    #[arg(long, conflicts_with = "to")]
    pub trust_on_first_use: bool,
    /// Take what is shown there though it is older than what was taken last; with --to, replace what is shown there though it is
    /// newer, or somebody else's
    #[arg(long)]
    pub older: bool,
    /// The authority of the server's certificate, instead of those that this machine knows
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub ca: Option<PathBuf>,
    /// Remove from there what no snapshot of this store needs any more
    #[arg(long, requires = "to")]
    pub delete: bool,
    /// Read everything that is there already, and send again what is damaged
    #[arg(long, requires = "to")]
    pub verify: bool,
    /// Show what would be done; change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(crate) s3: S3Flags,
}

/// How object storage is reached.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Object storage")]
pub struct S3Flags {
    /// Its server, as http:// or https:// HOST:PORT [default: Amazon's own]
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// Its region [default: us-east-1, as most servers but Amazon's have it]
    #[arg(long, env = "AWS_REGION", value_name = "NAME")]
    pub s3_region: Option<String>,
    /// The authority of its certificate, besides those that this machine knows
    #[arg(long, value_name = "FILE")]
    pub s3_ca: Option<PathBuf>,
    /// File with the lines aws_access_key_id = … and aws_secret_access_key = … [default: the variables of these names]
    #[arg(long, env = "AWS_SHARED_CREDENTIALS_FILE", value_name = "FILE")]
    pub s3_credentials: Option<PathBuf>,
}
