//! A flat repository of one platform: one folder, without suites, components and a pool.
//! Format: <https://wiki.debian.org/DebianRepository/Format>, "Flat Repository Format".
//!
//! ```text
//! Release  InRelease  Release.gpg
//! Packages{,.gz,.xz}
//! postgresql-15_15.6-0+deb12u1_amd64.deb          every version; where an epoch alone tells two apart, one is a folder deeper
//! ```
//! Clients read it with `deb URL ./`. What stands in components of their own elsewhere stands side by side here.

use super::{Error, PlatformPackages, PublishedPackage, index, pool::Pool, rel_path, suite};
use crate::{Entry, Tree};
use lsrepo_deb::release::{IndexFile, Release};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A package of which two builds have one name, version and architecture: one folder can show one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// name, version and architecture
    pub package: String,
    /// of the one that is not shown
    pub digest: Digest,
}

/// The flat repository of a platform, and what it does not show.
pub fn flat(platform: &PlatformPackages, date: Timestamp, key: &SecretKey) -> Result<(Tree, Vec<Twin>), Error> {
    let (shown, twins) = one_build_each(&platform.packages);
    let pool = Pool::flat(&shown)?;
    let text = index::render("the flat repository", platform.platform.arch.deb(), &shown, &pool)?;
    let mut tree = Tree::default();
    let mut files = BTreeMap::new();
    for (path, bytes) in index::files("Packages", &text)? {
        let path = rel_path(path)?;
        files.insert(path.clone(), IndexFile { size: bytes.len() as u64, sha256: Digest::of(&bytes) });
        tree.insert(path, Entry::Bytes(Arc::from(bytes)));
    }
    let architectures = shown.iter().map(|package| package.architecture.as_str()).chain([platform.platform.arch.deb()]);
    let os = || Some(platform.platform.os.to_string());
    let release = Release {
        origin: Some(suite::ORIGIN.to_owned()),
        label: Some(suite::ORIGIN.to_owned()),
        suite: os(),
        codename: os(),
        date: Some(date),
        architectures: architectures.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect(),
        files,
        ..Release::default()
    };
    for (name, text) in suite::signed(&release, date, key)? {
        tree.insert(rel_path(name.to_owned())?, Entry::Bytes(Arc::from(text.into_bytes())));
    }
    tree.entries.extend(pool.into_entries());
    Ok((tree, twins))
}

/// Of several builds that a client could not tell apart, that of `main` stays, or else the first by its digest.
fn one_build_each(packages: &[PublishedPackage]) -> (Vec<&PublishedPackage>, Vec<Twin>) {
    let mut sorted: Vec<&PublishedPackage> = packages.iter().collect();
    sorted.sort_by_key(|package| (!package.is_in(super::MAIN), package.digest));
    let (mut seen, mut twins) = (BTreeMap::new(), Vec::new());
    sorted.retain(|package| {
        let name = (package.name.as_str(), package.version.as_str(), package.architecture.as_str());
        let first = *seen.entry(name).or_insert(package.digest);
        if first != package.digest {
            twins.push(Twin { package: package.title(), digest: package.digest });
        }
        first == package.digest
    });
    (sorted, twins)
}
