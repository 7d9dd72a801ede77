//! Packages that lie in no repository: in the store already, and offered to the solver beside what repositories have.

use crate::failure::{OrUnsatisfied, unsatisfied};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    ModuleName, Requirement,
    lock::{LockedPackage, LockedSource, PackageSignatures, Proof},
};
use lsrepo_deb::archive;
use lsrepo_rpm::{
    Package, Record,
    metadata::{self, Compression, Placed},
};
use lsrepo_store::Store;
use lsrepo_types::{Arch, Digest};
use std::io::BufReader;

/// The source that stands in the lock for all of them.
pub(crate) const SOURCE: &str = "url";

/// A package that came from an address of its own.
#[derive(Clone, Debug)]
pub(crate) struct UrlPackage {
    pub(crate) modules: Vec<ModuleName>,
    pub(crate) urls: Vec<String>,
    pub(crate) file_name: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) proof: Proof,
}

/// An index of such packages, and who wants each.
pub(crate) struct Offer {
    /// Packages of Debian, or a primary of the RPM world
    pub(crate) index: Vec<u8>,
    /// by name and exact version
    pub(crate) requirements: Vec<Requirement>,
}

/// The source of such packages, as the lock has it.
pub(crate) fn source() -> LockedSource {
    LockedSource {
        name: SOURCE.to_owned(),
        uris: Vec::new(),
        signer: None,
        date: None,
        package_signatures: PackageSignatures::Unchecked,
        module_hotfixes: false,
    }
}

/// Says of a package of that source where it is.
pub(crate) fn place(package: &mut LockedPackage, all: &[UrlPackage]) {
    if let Some(one) = all.iter().find(|one| one.digest == package.digest).filter(|_| package.source == SOURCE) {
        package.urls.clone_from(&one.urls);
        package.proof = Some(one.proof);
    }
}

/// What apt would read of them.
pub(crate) fn deb(store: &Store, packages: &[UrlPackage], arch: Arch) -> Result<Offer> {
    let (mut index, mut requirements) = (String::new(), Vec::new());
    for package in packages {
        let what = || package.urls.first().cloned().unwrap_or_default();
        let control = archive::control(BufReader::new(store.open_blob(&package.digest)?)).or_unsatisfied().with_context(what)?;
        let stanza = lsrepo_deb::packages::scan(&control).next().transpose().or_unsatisfied().with_context(what)?;
        let stanza = stanza.with_context(what)?;
        if ![arch.deb(), "all"].contains(&stanza.architecture) {
            return Err(unsatisfied(format!("{}: it is a package for {}, not for {arch}", what(), stanza.architecture)));
        }
        want(&mut requirements, package, &format!("{}={}", stanza.package, stanza.version)).with_context(what)?;
        let UrlPackage { file_name, size, digest, .. } = package;
        index += &format!("{}\nFilename: {file_name}\nSize: {size}\nSHA256: {}\n\n", control.trim_end(), digest.hex());
    }
    Ok(Offer { index: index.into_bytes(), requirements })
}

/// What dnf would read of them.
pub(crate) fn rpm(store: &Store, packages: &[UrlPackage], arch: Arch) -> Result<Offer> {
    let (mut records, mut requirements) = (Vec::new(), Vec::new());
    for package in packages {
        let what = || package.urls.first().cloned().unwrap_or_default();
        let head = Package::read(BufReader::new(store.open_blob(&package.digest)?)).or_unsatisfied().with_context(what)?;
        let record = Record::new(&head, package.digest, package.size).or_unsatisfied().with_context(what)?;
        let nevra = record.nevra();
        if ![arch.rpm(), "noarch"].contains(&&*nevra.arch) {
            return Err(unsatisfied(format!("{}: it is a package for {}, not for {arch}", what(), nevra.arch)));
        }
        want(&mut requirements, package, &nevra.to_string()).with_context(what)?;
        records.push((record, package.file_name.as_str()));
    }
    let placed: Vec<Placed<'_>> = records.iter().map(|(record, href)| Placed { record, href, required_files: &[] }).collect();
    let [primary, ..] = metadata::render(&placed, Compression::Plain)?;
    Ok(Offer { index: primary.bytes, requirements })
}

fn want(requirements: &mut Vec<Requirement>, package: &UrlPackage, request: &str) -> Result<()> {
    for module in &package.modules {
        requirements.push(Requirement { module: module.clone(), package: request.parse()? });
    }
    Ok(())
}
