//! An APT repository of one OS: `dists/<os>/…` for its indexes, `pool/…` for its packages.
//! Format: <https://wiki.debian.org/DebianRepository/Format>
//!
//! ```text
//! dists/debian-12/InRelease                             Release, signed in place
//! dists/debian-12/{Release,Release.gpg}                 the same, signature apart
//! dists/debian-12/main/binary-amd64/Packages{,.gz,.xz}
//! dists/debian-12/main/binary-amd64/by-hash/SHA256/…    each of the three again, by its digest
//! dists/debian-12/main/binary-all/…                     empty on purpose: see [`suite`]
//! pool/main/p/postgresql-15/postgresql-15_15.6-0+deb12u1_amd64.deb
//! ```
//!
//! What each client refuses, or worse, accepts without a word, shapes what is written here; the tests
//! name every such trap.

mod error;
mod flat;
mod index;
mod lint;
mod package;
mod pool;
mod suite;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use flat::{Twin, flat};
pub use lint::{Finding, lint};
pub use package::{PlatformPackages, PublishedPackage};

use crate::Tree;
use lsrepo_sign::SecretKey;
use lsrepo_types::{Os, RelPath, Timestamp};
use std::collections::BTreeSet;

/// The component that every repository has.
pub const MAIN: &str = "main";

/// The repository of one OS, for all of its platforms that are given.
///
/// Every platform must be of the same OS. `date` is what the `Release` says, see
/// [`date_after`](crate::date_after).
pub fn publish(platforms: &[PlatformPackages], date: Timestamp, key: &SecretKey) -> Result<Tree, Error> {
    let os = the_os(platforms)?;
    let components = components(platforms)?;
    let pool = pool::Pool::of(platforms)?;
    let mut suite = suite::Suite::new(os, &components, date);
    for component in &components {
        for (architecture, packages) in package::by_architecture(platforms, component) {
            let text = index::render(component, &architecture, &packages, &pool)?;
            suite.add(component, &architecture, &text)?;
        }
    }
    let mut tree = suite.sign(key)?;
    tree.entries.extend(pool.into_entries());
    Ok(tree)
}

/// Adds the indexes of older generations by their digests, so that a client that read the `InRelease`
/// before a switch still finds what it lists. Keep the last two.
///
/// Only what an older tree listed itself is taken, not what it had been given in this way: the
/// number of generations stays what the caller says.
pub fn keep_older_indexes(tree: &mut Tree, older: &[&Tree]) -> Result<(), Error> {
    for entry in older.iter().flat_map(|older| older.entries.iter()) {
        let (path, crate::Entry::Bytes(bytes)) = entry else {
            continue;
        };
        let name = path.file_name();
        if name == "Packages" || name.starts_with("Packages.") {
            let by_hash = index::by_hash(path, bytes)?;
            tree.entries.entry(by_hash).or_insert_with(|| crate::Entry::Bytes(bytes.clone()));
        }
    }
    Ok(())
}

fn the_os(platforms: &[PlatformPackages]) -> Result<&Os, Error> {
    let mut names: Vec<&Os> = platforms.iter().map(|platform| &platform.platform.os).collect();
    names.sort();
    names.dedup();
    match names[..] {
        [os] if os.family() == lsrepo_types::Family::Debian => Ok(os),
        [os] => Err(Error::NotDebian { os: os.clone() }),
        [] => Err(Error::NoPlatform),
        [first, second, ..] => Err(Error::SeveralOs { first: first.clone(), second: second.clone() }),
    }
}

/// `main` first, then the others by name.
fn components(platforms: &[PlatformPackages]) -> Result<Vec<String>, Error> {
    let packages = platforms.iter().flat_map(|platform| &platform.packages);
    let mut others: BTreeSet<&str> = packages.flat_map(|package| &package.components).map(String::as_str).collect();
    others.remove(MAIN);
    if let Some(wrong) = others.iter().find(|name| !is_component(name)) {
        return Err(Error::Component { name: (*wrong).to_owned() });
    }
    Ok(std::iter::once(MAIN).chain(others).map(str::to_owned).collect())
}

/// A component is a word of `Release`, of sources lists and a directory: one plain name.
fn is_component(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.len() <= 100
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '+'))
        // a client reads `main/binary-amd64` below a component; its names are not for components
        && !name.starts_with("binary-")
}

/// A path that this module made of checked words.
fn rel_path(text: String) -> Result<RelPath, Error> {
    text.parse().map_err(Error::Path)
}
