//! Where each package lies: `pool/<component>/<p>/<source>/<name>_<version>_<arch>.deb`.
//!
//! The epoch is not part of a file name, so `1:2.0` and `2.0` want the same place, and so do two builds
//! of one version that two upstreams offer. The older version keeps the plain path; the other goes
//! one directory deeper, named by the first digits of its digest.

use super::{Error, PlatformPackages, PublishedPackage, rel_path};
use crate::Entry;
use lsrepo_deb::{pool_path, version::Version};
use lsrepo_types::{Digest, RelPath};
use std::collections::{BTreeMap, BTreeSet};

/// Every package's place.
pub(super) struct Pool {
    /// (plain path, digest) → path, size
    places: BTreeMap<(RelPath, Digest), (RelPath, u64)>,
    is_flat: bool,
}

impl Pool {
    pub(super) fn of(platforms: &[PlatformPackages]) -> Result<Self, Error> {
        Self::filled(platforms.iter().flat_map(|platform| &platform.packages), false)
    }

    /// One folder, without `pool/main/p/postgresql-15/`.
    pub(super) fn flat(packages: &[&PublishedPackage]) -> Result<Self, Error> {
        Self::filled(packages.iter().copied(), true)
    }

    fn filled<'a>(packages: impl Iterator<Item = &'a PublishedPackage>, is_flat: bool) -> Result<Self, Error> {
        let mut wanted: BTreeMap<RelPath, BTreeSet<(Version, Digest, u64)>> = BTreeMap::new();
        for package in packages {
            let (plain, version) = plain_path(package, is_flat)?;
            wanted.entry(plain).or_default().insert((version, package.digest, package.size));
        }
        let mut places = BTreeMap::new();
        for (plain, packages) in wanted {
            for (position, (_, digest, size)) in packages.into_iter().enumerate() {
                let path = match position {
                    0 => plain.clone(),
                    _ => beside(&plain, &digest)?,
                };
                places.entry((plain.clone(), digest)).or_insert((path, size));
            }
        }
        Ok(Self { places, is_flat })
    }

    /// What the index says of this package: `Filename`.
    pub(super) fn path(&self, package: &PublishedPackage) -> Result<&RelPath, Error> {
        let key = (plain_path(package, self.is_flat)?.0, package.digest);
        let place = self.places.get(&key).map(|(path, _)| path);
        place.ok_or_else(|| Error::Control { package: package.title(), why: "it has no place in the pool".into() })
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = (RelPath, Entry)> {
        self.places.into_iter().map(|((_, digest), (path, size))| (path, Entry::Blob { digest, size }))
    }
}

fn plain_path(package: &PublishedPackage, is_flat: bool) -> Result<(RelPath, Version), Error> {
    let wrong = |field, value: &str| Error::Word { package: package.name.clone(), field, value: value.to_owned() };
    let source = match package.source.as_str() {
        "" => &package.name,
        // a `Source` field may say the version too: `postgresql-common (248)`
        source => source.split_whitespace().next().unwrap_or(&package.name),
    };
    for (field, value) in [("name", package.name.as_str()), ("source", source), ("architecture", &package.architecture)] {
        if !is_word(value) {
            return Err(wrong(field, value));
        }
    }
    let version: Version = package.version.parse().map_err(|_| wrong("version", &package.version))?;
    let path = pool_path(package.home(), source, &package.name, &version, &package.architecture)
        .map_err(|_| wrong("name", &package.name))?;
    let path = if is_flat { rel_path(path.file_name().to_owned())? } else { path };
    Ok((path, version))
}

/// What Debian allows in names of packages and architectures; upper case because some vendors use it.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'))
}

fn beside(plain: &RelPath, digest: &Digest) -> Result<RelPath, Error> {
    let name = plain.file_name();
    let directory = plain.as_str().strip_suffix(name).unwrap_or_default();
    rel_path(format!("{directory}{}/{name}", &digest.hex()[..12]))
}
