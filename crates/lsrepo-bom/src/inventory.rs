//! What is carried, piece by piece: for people, for security officers' tools (CycloneDX, SPDX), and to be compared.

mod cyclonedx;
mod diff;
mod purl;
mod spdx;

pub use cyclonedx::cyclonedx;
pub use diff::{Change, Difference, diff};
pub use spdx::spdx;

use crate::{
    lock::{Lock, PlatformLock},
    requirement::ModuleName,
};
use lsrepo_types::{Digest, Family, Platform, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// a package of Debian's world
    Deb,
    /// an RPM package
    Rpm,
    /// a file that is neither
    File,
    /// a container image
    Image,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Deb => "deb",
            Kind::Rpm => "rpm",
            Kind::File => "file",
            Kind::Image => "image",
        }
    }
}

/// One thing that is carried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Artifact {
    /// what it is
    pub kind: Kind,
    /// `postgresql-15`, `tool.tgz`, `docker.io/library/nginx`
    pub name: String,
    /// of a package its version, of an image its tag; a file has none
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// the ecosystem's word: `amd64`, `noarch`; empty where it does not matter
    #[serde(skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// package URL, <https://github.com/package-url/purl-spec>
    pub purl: String,
    /// of its bytes, or of its first manifest
    pub digest: Digest,
    /// bytes, of an image all that belongs to it
    pub size: u64,
    /// as the package itself states it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// addresses that give it
    pub urls: Vec<String>,
    /// what it is carried for
    pub platforms: BTreeSet<Platform>,
    /// who wants it
    pub modules: BTreeSet<ModuleName>,
}

/// Everything that is carried, sorted, each thing once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// the newest date among the locks
    pub date: Option<Timestamp>,
    /// sorted by kind and name
    pub artifacts: Vec<Artifact>,
}

impl Inventory {
    /// What a lock names. `licences` are those that packages state, as far as their headers were read.
    pub fn of(lock: &Lock, licences: &BTreeMap<Digest, String>) -> Self {
        let mut inventory = Self { date: lock.platforms.iter().map(|part| part.date).max(), artifacts: Vec::new() };
        for part in &lock.platforms {
            inventory.artifacts.extend(packages(part, licences));
            inventory.artifacts.extend(files(part));
            inventory.artifacts.extend(images(part));
        }
        inventory.each_once();
        inventory
    }

    /// Joins what is the same thing on several platforms.
    pub fn each_once(&mut self) {
        let mut all: BTreeMap<(Kind, String, Digest), Artifact> = BTreeMap::new();
        for artifact in std::mem::take(&mut self.artifacts) {
            let key = (artifact.kind, artifact.purl.clone(), artifact.digest);
            match all.get_mut(&key) {
                None => drop(all.insert(key, artifact)),
                Some(seen) => {
                    seen.platforms.extend(artifact.platforms);
                    seen.modules.extend(artifact.modules);
                }
            }
        }
        self.artifacts = all.into_values().collect();
        self.artifacts.sort();
    }
}

/// The packages of a platform, in the order of its lock.
pub fn packages<'a>(part: &'a PlatformLock, licences: &'a BTreeMap<Digest, String>) -> impl Iterator<Item = Artifact> + 'a {
    let kind = match part.name.os.family() {
        Family::Debian => Kind::Deb,
        Family::RedHat => Kind::Rpm,
    };
    part.packages.iter().map(move |package| {
        let source = part.sources.iter().find(|source| source.name == package.source);
        let below = source.into_iter().flat_map(|source| &source.uris);
        let below = below.map(|uri| format!("{}/{}", uri.trim_end_matches('/'), package.path));
        Artifact {
            kind,
            name: package.name.clone(),
            version: package.version.clone(),
            arch: package.arch.clone(),
            purl: purl::package(kind, &part.name.os, package),
            digest: package.digest,
            size: package.size,
            licence: licences.get(&package.digest).cloned(),
            urls: if package.urls.is_empty() { below.collect() } else { package.urls.clone() },
            platforms: [part.name.clone()].into(),
            modules: package.wanted_by.iter().cloned().collect(),
        }
    })
}

/// The files of a platform, in the order of its lock.
pub fn files(part: &PlatformLock) -> impl Iterator<Item = Artifact> + '_ {
    part.files.iter().map(|file| Artifact {
        kind: Kind::File,
        name: file.name.clone(),
        version: String::new(),
        arch: String::new(),
        purl: purl::file(&file.name, file.urls.first().map_or("", String::as_str), &file.digest),
        digest: file.digest,
        size: file.size,
        licence: None,
        urls: file.urls.clone(),
        platforms: [part.name.clone()].into(),
        modules: file.wanted_by.iter().cloned().collect(),
    })
}

/// The container images of a platform, in the order of its lock.
pub fn images(part: &PlatformLock) -> impl Iterator<Item = Artifact> + '_ {
    part.images.iter().map(|image| {
        let (name, tag) = split(&image.reference);
        Artifact {
            kind: Kind::Image,
            name: name.to_owned(),
            version: tag.to_owned(),
            arch: part.name.arch.oci().to_owned(),
            purl: purl::image(name, tag, part.name.arch, &image.digest),
            digest: image.digest,
            size: image.bytes,
            licence: None,
            urls: Vec::new(),
            platforms: [part.name.clone()].into(),
            modules: image.wanted_by.iter().cloned().collect(),
        }
    })
}

/// Name and tag of an image; the tag is empty where it is named by digest alone.
fn split(reference: &str) -> (&str, &str) {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests;
