//! What Debian packages say of themselves.

use anyhow::{Context as _, Result, bail};
use lsrepo_bom::lock::{LockedPackage, PlatformLock};
use lsrepo_deb::archive;
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::BufReader,
};

/// The control paragraphs of a platform's packages.
pub(super) fn records(store: &Store, part: &PlatformLock) -> Result<BTreeMap<Digest, String>> {
    let mut records = BTreeMap::new();
    for package in &part.packages {
        if let Entry::Vacant(free) = records.entry(package.digest) {
            free.insert(control(store, package)?);
        }
    }
    Ok(records)
}

/// What a package says of itself; it must be the package that the lock means.
fn control(store: &Store, package: &LockedPackage) -> Result<String> {
    let what = || format!("{} {}", package.name, package.version);
    let text = archive::control(BufReader::new(store.open_blob(&package.digest)?)).with_context(what)?;
    let stanza = lsrepo_deb::packages::scan(&text).next().with_context(what)?.with_context(what)?;
    if (stanza.package, stanza.version, stanza.architecture) != (&package.name, &package.version, &package.arch) {
        bail!("{}: the package calls itself {} {} {}", what(), stanza.package, stanza.version, stanza.architecture);
    }
    Ok(text)
}
