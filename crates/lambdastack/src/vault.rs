//! Secrets that documents name as `vault:NAME`: one file, encrypted as a whole by Ansible's own vault, so that
//! `ansible-vault edit` opens it too.
//!
//! ```text
//! lambdastack.vault.yml        the vault, in the form 1.1 of Ansible
//! lambdastack.vault.yml.lock   held while it is changed
//! lambdastack.vault.yml.tmp    left by a crash; the next one who takes the lock sweeps it
//! ```
//! In clear it is a map of names and texts. That is only ever in memory and in pipes, and so is the password: programs read
//! it from memory that has no name in any folder, and no list of processes shows it.

mod file;
mod password;
mod program;
mod secrets;
mod wanted;

pub use file::VaultFile;
pub use password::Password;
pub use program::{open, seal};
pub use secrets::{ParseError, Secret, Secrets, is_name};
pub use wanted::{Place, places};

use std::{
    io,
    path::{Path, PathBuf},
};

/// What the vault is called where nobody says otherwise, beside the documents.
pub const NAME: &str = "lambdastack.vault.yml";

/// A vault whose password is known and right.
#[derive(Debug)]
pub struct Opened {
    /// the file, from wherever it is looked at
    pub path: PathBuf,
    /// its password
    pub password: Password,
}

/// Why a vault cannot be used. What it holds is in no message.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// something cannot be read or written
    #[error("{}: {error}", path.display())]
    Io {
        /// what was used
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// somebody else changes it
    #[error("{}: somebody else is changing this vault\nhint: wait until that is done", .0.display())]
    Busy(PathBuf),
    /// it was changed since it was read
    #[error("{}: somebody else changed this vault meanwhile, and nothing was written\nhint: do it again", .0.display())]
    Changed(PathBuf),
    /// the password cannot be used
    #[error("{place}: {why}")]
    Password {
        /// where it comes from
        place: String,
        /// why not
        why: String,
    },
    /// there is no such program
    #[error("{}: {error}\nhint: ansible-core has it; `--ansible-vault PROGRAM` says where it is", program.display())]
    Program {
        /// what was started
        program: PathBuf,
        /// why not
        error: io::Error,
    },
    /// the password is another one
    #[error("the password is not the one of this vault")]
    WrongPassword,
    /// it cannot be read or written for another reason
    #[error("{} did not do it: {said}", program.display())]
    Refused {
        /// what was started
        program: PathBuf,
        /// the last that it said on stderr
        said: String,
    },
    /// what is in it is no map of names and texts
    #[error("what is in the vault is no map of names and texts: {0}\nhint: `ansible-vault edit` shows it")]
    Content(#[from] ParseError),
}

fn at(path: &Path) -> impl Fn(io::Error) -> VaultError {
    let path = path.to_owned();
    move |error| VaultError::Io { path: path.clone(), error }
}

#[cfg(test)]
mod tests;
