//! Where each package lies: `Packages/<first letter>/<name>-<version>-<release>.<arch>.rpm`.
//!
//! The epoch is not part of a file name, so two packages may want the same one. The older keeps the plain
//! path; the other goes one directory deeper, named by the first digits of its digest.

use super::{Error, PlatformPackages, PublishedPackage};
use lsrepo_rpm::Evr;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// A package and its paths, below the folder of the architecture.
pub(super) struct Place<'a> {
    pub(super) package: &'a PublishedPackage,
    /// what the metadata says
    pub(super) href: String,
    /// the name alone, where it is this package's
    pub(super) flat: Option<String>,
    /// of all that name the package
    pub(super) required_files: BTreeSet<&'a str>,
}

/// Every package once, by name, version and architecture.
pub(super) fn places(platform: &PlatformPackages) -> Result<Vec<Place<'_>>, Error> {
    let mut sorted: Vec<&PublishedPackage> = platform.packages.iter().collect();
    sorted.sort_by(|a, b| by_name(a, b).then_with(|| a.digest.cmp(&b.digest)));
    let mut places: Vec<Place<'_>> = Vec::with_capacity(sorted.len());
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for package in sorted {
        check(package)?;
        let required = package.required_files.iter().map(String::as_str);
        if let Some(last) = places.last_mut().filter(|last| by_name(last.package, package).is_eq()) {
            if last.package.digest != package.digest {
                return Err(Error::TwoBlobs {
                    package: package.title(),
                    platform: platform.platform.clone(),
                    digests: Box::new([last.package.digest, package.digest]),
                });
            }
            last.required_files.extend(required);
            continue;
        }
        let file = format!("{}-{}-{}.{}.rpm", package.name, package.evr.version, package.evr.release, package.arch);
        let letter = package.name[..1].to_ascii_lowercase();
        let count = taken.entry(file.clone()).or_insert(0);
        *count += 1;
        let (href, flat) = match *count {
            1 => (format!("Packages/{letter}/{file}"), Some(file)),
            _ => (format!("Packages/{letter}/{}/{file}", &package.digest.hex()[..12]), None),
        };
        places.push(Place { package, href, flat, required_files: required.collect() });
    }
    Ok(places)
}

/// Versions that are equal in order and not in text are two packages.
fn by_name(a: &PublishedPackage, b: &PublishedPackage) -> Ordering {
    let text = |evr: &Evr| (evr.version.clone(), evr.release.clone());
    a.name
        .cmp(&b.name)
        .then_with(|| a.evr.compare(&b.evr))
        .then_with(|| text(&a.evr).cmp(&text(&b.evr)))
        .then_with(|| a.arch.cmp(&b.arch))
}

/// Names become paths, and a record comes from elsewhere than the lock.
fn check(package: &PublishedPackage) -> Result<(), Error> {
    let words = [
        ("name", package.name.as_str(), "._+-"),
        ("version", &package.evr.version, "._+~^"),
        ("release", &package.evr.release, "._+~^"),
        ("architecture", &package.arch, "_"),
    ];
    for (field, value, allowed) in words {
        let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || allowed.contains(c));
        if !plain || value.is_empty() || value.len() > 255 || value.starts_with(['.', '-']) {
            return Err(Error::Word { package: package.name.clone(), field, value: value.to_owned() });
        }
    }
    let record = &package.record;
    let fields = [
        ("name", record.name.to_string(), package.name.clone()),
        ("version", record.evr().to_string(), package.evr.to_string()),
        ("architecture", record.arch.to_string(), package.arch.clone()),
        ("size", record.size.to_string(), package.size.to_string()),
        ("digest", record.digest.to_string(), package.digest.to_string()),
    ];
    match fields.into_iter().find(|(_, recorded, locked)| recorded != locked) {
        Some((field, recorded, locked)) => Err(Error::Record { package: package.title(), field, recorded, locked }),
        None => Ok(()),
    }
}
