//! The words of `lsrepo tls` and `lsrepo token`.

use crate::output::Format;
use clap::{Args, Subcommand};

/// `lsrepo tls`
#[derive(Debug, Subcommand)]
pub enum TlsCommand {
    /// Make an authority of one's own and a certificate for this server
    Init {
        /// A name or an address of the server; repeatable [default: this machine's host name and addresses]
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
    },
    /// Make another certificate for this server, by the same authority
    Renew {
        /// A name or an address of the server; repeatable [default: as before]
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
    },
    /// Show the authority, the server's names and the end of its certificate
    Show {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Print the authority's certificate
    Export,
}

/// `lsrepo token`
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// Whose it shall be
    pub name: String,
}
