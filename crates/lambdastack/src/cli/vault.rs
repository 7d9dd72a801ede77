//! The words about secrets: where the vault is, and what is done with it.

use crate::output::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where the vault is, and how it is opened.
#[derive(Args, Debug, Default)]
pub struct VaultFlag {
    /// Secrets that documents name as `vault:NAME` [default: lambdastack.vault.yml beside the documents]
    #[arg(long, global = true, env = "LAMBDASTACK_VAULT", value_name = "FILE")]
    pub vault: Option<PathBuf>,
    /// The password of the vault: a file, or a program that says it; without it, it is asked for on a terminal
    #[arg(long, global = true, env = "LAMBDASTACK_VAULT_PASSWORD_FILE", value_name = "FILE")]
    pub vault_password_file: Option<PathBuf>,
    /// The program that encrypts it
    #[arg(long, global = true, default_value = "ansible-vault", env = "LAMBDASTACK_ANSIBLE_VAULT", value_name = "PROGRAM")]
    pub ansible_vault: PathBuf,
}

/// `lambdastack vault`
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make an empty vault
    Init,
    /// Put a secret in: asked for on a terminal, else read from stdin, and never an argument
    Set {
        /// The name, which documents write as `vault:NAME`
        name: String,
        /// Read it from a file; `-` is stdin
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
    },
    /// Put a secret in that nobody has seen: letters and digits by chance
    Generate {
        /// The name, which documents write as `vault:NAME`
        name: String,
        /// How many letters and digits
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=4096), value_name = "N")]
        length: u16,
        /// In the place of the one that is there
        #[arg(long)]
        force: bool,
    },
    /// List the names
    List {
        /// Form of what is printed
        #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
        output: Format,
    },
    /// Show a secret, on a terminal
    Show {
        /// The name
        name: String,
        /// Elsewhere too
        #[arg(long)]
        force: bool,
    },
    /// Take a secret out
    Rm {
        /// The name
        name: String,
    },
    /// Give the vault another password
    Rekey {
        /// The new password: a file, or a program that says it; without it, it is asked for on a terminal
        #[arg(long, value_name = "FILE")]
        new_vault_password_file: Option<PathBuf>,
    },
}
