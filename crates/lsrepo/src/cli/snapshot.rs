//! The words of `lsrepo snapshot` and `lsrepo fsck`.

use crate::output::Format;
use clap::{Args, Subcommand};
use std::{path::PathBuf, str::FromStr};

/// `lsrepo snapshot`
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// List the snapshots, and say which one is shown
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Show what a snapshot holds
    Show {
        /// Its number [default: the one that is shown]
        number: Option<u64>,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Compare two snapshots: what was added, removed and changed
    Diff {
        /// The number of the first
        before: u64,
        /// The number of the second [default: the one that is shown]
        after: Option<u64>,
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Remember what was prepared here, and show it; a server that runs does so by itself within seconds
    Take {
        /// What made it, for whoever reads the list
        #[arg(long, default_value = "prepare", value_name = "WORDS")]
        cause: String,
    },
    /// Show another snapshot from now on; servers that run take it within seconds
    Switch {
        /// Its number; with --back the one before the one that is shown
        #[arg(required_unless_present = "back")]
        number: Option<u64>,
        /// The one before the one that is shown
        #[arg(long, conflicts_with = "number")]
        back: bool,
    },
    /// Forget snapshots; what only they need goes with the next `lsrepo gc`
    Rm {
        /// Their numbers
        #[arg(required = true)]
        numbers: Vec<u64>,
    },
    /// Keep so many snapshots from now on, the newest and the one that is shown
    Keep {
        /// A number, or `all`
        count: Keep,
    },
}

/// How many snapshots are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep(pub Option<u64>);

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self(None)),
            _ => match text.parse() {
                Ok(count @ 1..) => Ok(Self(Some(count))),
                _ => Err(format!("`{text}` is not `all` nor a number above 0")),
            },
        }
    }
}

/// `lsrepo fsck`
#[derive(Args, Debug)]
pub struct FsckArgs {
    /// Take blobs that are damaged or missing out of this bundle: its file, one of its volumes or all of them, their folder
    #[arg(long, value_name = "BUNDLE", num_args = 1..)]
    pub repair_from: Vec<PathBuf>,
    /// With --repair-from: take a signer that this machine does not know yet
    #[arg(long, requires = "repair_from")]
    pub trust_on_first_use: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}
