//! `dists/<os>/`: the indexes, and the `Release` that vouches for them.
//!
//! Of `all` packages there are two honest layouts. Either a `binary-all` of its own holds them, and
//! `Architectures` says `all`; or each `binary-<arch>` holds them, and
//! `No-Support-for-Architecture-all: Packages` says so. The second is taken, as Debian does it:
//! - the platforms of an OS are locked one by one and may differ in the version of an `all` package;
//!   apt only ever considers the newest version of a name, so a shared index would break one of them;
//! - clients that fetch just `binary-amd64` (apt before 1.1, mirrors with an architecture list) miss nothing.
//!
//! An **empty** `binary-all` is listed as well: debmirror always asks for it and gives up where it is
//! not; apt before `No-Support-…` reads it and finds nothing to add.

use super::{Error, index, rel_path};
use crate::{Entry, Tree};
use lsrepo_deb::release::{IndexFile, Release};
use lsrepo_sign::{SecretKey, verify_detached, verify_inline};
use lsrepo_types::{Digest, Os, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// `Origin` and `Label` of every repository of ours. A later change would make each client demand
/// `--allow-releaseinfo-change`, so they are constants and carry no version and no date.
pub(super) const ORIGIN: &str = "lsrepo";

/// A suite that is being filled with indexes.
pub(super) struct Suite<'a> {
    os: &'a Os,
    date: Timestamp,
    components: Vec<String>,
    architectures: BTreeSet<String>,
    files: BTreeMap<lsrepo_types::RelPath, IndexFile>,
    tree: Tree,
}

impl<'a> Suite<'a> {
    pub(super) fn new(os: &'a Os, components: &[String], date: Timestamp) -> Self {
        Self {
            os,
            date,
            components: components.to_vec(),
            architectures: BTreeSet::new(),
            files: BTreeMap::new(),
            tree: Tree::default(),
        }
    }

    /// Adds an index in all its forms, under its name and under its digest.
    pub(super) fn add(&mut self, component: &str, architecture: &str, text: &str) -> Result<(), Error> {
        self.architectures.insert(architecture.to_owned());
        for (path, bytes) in index::files(&format!("{component}/binary-{architecture}/Packages"), text)? {
            let file = IndexFile { size: bytes.len() as u64, sha256: Digest::of(&bytes) };
            let full = rel_path(format!("dists/{}/{path}", self.os))?;
            let by_hash = index::by_hash(&full, &bytes)?;
            let entry = Entry::Bytes(Arc::from(bytes));
            self.files.insert(rel_path(path)?, file);
            self.tree.insert(by_hash, entry.clone());
            self.tree.insert(full, entry);
        }
        Ok(())
    }

    /// Adds `Release` and its signatures.
    pub(super) fn sign(mut self, key: &SecretKey) -> Result<Tree, Error> {
        for (name, text) in signed(&self.release(), self.date, key)? {
            let path = rel_path(format!("dists/{}/{name}", self.os))?;
            self.tree.insert(path, Entry::Bytes(Arc::from(text.into_bytes())));
        }
        Ok(self.tree)
    }

    /// No `Valid-Until`: behind an air gap nobody would renew it, and the repository would die by itself.
    fn release(&self) -> Release {
        let name = || Some(self.os.to_string());
        Release {
            origin: Some(ORIGIN.to_owned()),
            label: Some(ORIGIN.to_owned()),
            // Both are the word in the client's sources list; apt warns of anything else.
            suite: name(),
            codename: name(),
            version: None,
            date: Some(self.date),
            valid_until: None,
            architectures: self.architectures.iter().cloned().collect(),
            components: self.components.clone(),
            acquire_by_hash: true,
            not_automatic: false,
            but_automatic_upgrades: false,
            no_support_for_all: true,
            files: self.files.clone(),
        }
    }
}

/// Renders `Release` and signs it both ways: apt takes `InRelease`, older tools want the pair.
pub(super) fn signed(release: &Release, date: Timestamp, key: &SecretKey) -> Result<[(&'static str, String); 3], Error> {
    let release = release.render();
    let failed = |error: &dyn std::fmt::Display| Error::Sign(error.to_string());
    let inline = key.sign_inline(&release, date).map_err(|error| failed(&error))?;
    let detached = key.sign_detached(release.as_bytes(), date).map_err(|error| failed(&error))?;
    prove(key, &release, &inline, &detached, date)?;
    Ok([("InRelease", inline), ("Release", release), ("Release.gpg", detached)])
}

/// What a client would say of the signatures, before one has to say it behind the air gap.
fn prove(key: &SecretKey, release: &str, inline: &str, detached: &str, now: Timestamp) -> Result<(), Error> {
    let refused = |error: &dyn std::fmt::Display| Error::Unverified(error.to_string());
    let keyring = key.keyring();
    verify_inline(inline.as_bytes(), &keyring, now).map_err(|error| refused(&error))?;
    verify_detached(release.as_bytes(), detached.as_bytes(), &keyring, now).map_err(|error| refused(&error))?;
    Ok(())
}
