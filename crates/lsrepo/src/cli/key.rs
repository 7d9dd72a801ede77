//! The words of `lsrepo key`.

use crate::output::Format;
use clap::Subcommand;
use std::path::PathBuf;

/// `lsrepo key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make this machine's signing key
    Generate {
        /// The name on the key
        #[arg(long, default_value = "lsrepo", value_name = "NAME")]
        name: String,
    },
    /// Print the public half of this machine's key
    Export {
        /// Write it to a file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Trust bundles signed by this key
    Trust {
        /// Trust its approvals instead, under manifests of bundles; from then on nothing is imported without one
        #[arg(long)]
        approver: bool,
        /// A public key, armoured or binary
        file: PathBuf,
    },
    /// Print a detached signature of a file, as `gpg --detach-sign --armor` makes it
    Sign {
        /// Sign with this secret key instead of the store's own
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Write it to a file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// What is signed
        file: PathBuf,
    },
    /// Show this machine's key and those it trusts
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
}
