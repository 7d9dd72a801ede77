//! A module of the deployer: a folder that says what it installs, how it is configured, and how that is done by Ansible.
//!
//! ```text
//! modules/haproxy/module.yml              what it is: labels, requires, methods, configuration, what it returns
//! modules/haproxy/playbooks/apply.yml     one playbook for each method that does something on machines
//! modules/haproxy/roles/haproxy/…         its own roles
//! modules/roles/service/…                 roles that modules share
//! ```
//! It travels as an OCI artifact ([`artifact`]), and is the same there.
//! `health` in `module.yml` says how one sees whether it is well, which `lambdastack health` asks.
//! The methods `metadata`, `init` and `plan` are answered by lambdastack from `module.yml`; all others are playbooks.
//! A playbook runs on the group of the module's name (`-` is `_` there), and where the module says `scope: cluster` also on
//! `all_machines`, which are those of the cluster. It is given
//!
//! | variable | is |
//! |---|---|
//! | `lambdastack_config` | the module's configuration |
//! | `lambdastack_modules` | module → its machines, for this module and those that influence it |
//! | `lambdastack_machines` | machine → address, for all machines of those; of the cluster where it says `scope: cluster` |
//! | `lambdastack_anew` | whether an earlier run may have ended between writing files and having them taken: then reload all the same |
//! | `lambdastack_targets` | where it says `gets: [targets]`: how one sees whether the modules of the cluster are well, as `lambdastack health serve` reads it |
//! | `lambdastack_wanted`, `…_image_registry`, `…_shared_config` | where it says `gets: [modules]`, `[image-registry]`, `[shared-config]`: all modules of the cluster, and these documents |
//! | `lambdastack_leaving` | machines that it leaves: `scale` is run before `apply` on all machines and those, `teardown` after it on those alone |
//! | `lambdastack_archive` | a folder where lambdastack runs: into it `backup` fetches files, from it `restore` brings them back |
//!
//! A secret is told by its place (`file:/PATH`, `vault:NAME`), and `lookup('lambdastack_secret', PLACE)` is the secret: where it is
//! used there is `no_log: true`, and it comes on stdin or in a file, never as an argument.
//!
//! Nothing else is told, so that a plan shows everything that decides what a playbook does.
//! It returns, by `ansible.builtin.set_stats` with `per_host: true`, from `apply` the map `lambdastack_returns` with the
//! fields that `returns` describes, and from `audit`, on every machine on which it runs, the map `lambdastack_audit`: `in_order`, and `differences` in words.

pub mod artifact;
#[cfg(test)]
mod carried;
mod catalogue;
mod check;
mod files;
mod manifest;
mod method;
mod playbook;
mod shelf;
mod tasks;
mod variables;

pub use catalogue::{Catalogue, CatalogueError};
pub use check::check;
pub use files::Files;
pub use manifest::{Check, Extra, Manifest, Scope};
pub use method::Method;
pub use shelf::Shelf;

use lsrepo_types::{Digest, Hasher};
use std::{fmt, path::PathBuf};

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// it is part of the program
    Embedded,
    /// a folder
    Folder(PathBuf),
    /// an artifact
    Artifact {
        /// the image layout in which it came
        layout: PathBuf,
        /// of its manifest: what a registry calls it
        digest: Digest,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Embedded => f.write_str("lambdastack"),
            Origin::Folder(path) => path.display().fmt(f),
            Origin::Artifact { layout, digest } => write!(f, "{} ({digest})", layout.display()),
        }
    }
}

/// A module.
#[derive(Clone, Debug)]
pub struct Module {
    /// what it says of itself
    pub manifest: Manifest,
    /// its files
    pub files: Files,
    /// where it comes from
    pub origin: Origin,
}

impl Module {
    /// Of everything that its playbooks are made of, with the roles of `shared` that it takes: 16 hexadecimal digits.
    pub fn digest(&self, shared: &Files) -> String {
        let is_taken = |path: &str| self.manifest.roles.iter().any(|role| path.split('/').next() == Some(role));
        let taken = shared.0.iter().filter(|(path, _)| is_taken(path));
        let mut hasher = Hasher::new();
        for (path, bytes) in self.files.0.iter().chain(taken) {
            for part in [path.as_bytes(), bytes] {
                hasher.update(&(part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        hasher.finish().hex()[..16].to_owned()
    }
}

/// The group of all machines of the cluster, for modules with `scope: cluster`.
pub const ALL_MACHINES: &str = "all_machines";

/// The group of machines on which a module's playbooks run.
pub fn group(name: &str) -> String {
    name.replace('-', "_")
}
