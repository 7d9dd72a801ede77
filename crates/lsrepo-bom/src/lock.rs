//! `lsrepo.lock`: the exact artifacts of each platform, written once by a resolve and then only read.
//!
//! TOML, sorted, one `[[platform]]` after the other, so that a new version is a diff of few lines.
//! The lock repeats what it was asked, so that it can tell by itself whether it still satisfies the
//! requirements of today ([`PlatformLock::stale`]).

mod parts;
mod render;
mod stale;

pub use parts::{
    DocumentKind, LockedDocument, LockedFile, LockedImage, LockedKey, LockedPackage, LockedReferrer, LockedSource,
    PackageSignatures, Proof,
};

use crate::chart::ChartRequirement;
use crate::requirement::{FileRequirement, ImageRequirement, ModuleName, Requirement};
use lsrepo_types::{Digest, Platform, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// What every platform of a project is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// the format's version
    pub version: u32,
    /// addresses whose content somebody looked at again, sorted
    #[serde(default, rename = "repin")]
    pub repins: Vec<Repin>,
    /// sorted by platform
    #[serde(default, rename = "platform")]
    pub platforms: Vec<PlatformLock>,
}

/// An address whose content changed upstream, and was found to be good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repin {
    /// of the file
    pub url: String,
    /// what it had to be before
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Digest>,
    /// what it has to be now
    pub digest: Digest,
}

/// What one platform is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformLock {
    /// `debian-12/x86_64`
    pub name: Platform,
    /// the newest date among the indexes it was resolved from; the date of all that is published from it
    pub date: Timestamp,
    /// what was asked
    pub asked: Asked,
    /// the upstreams, sorted by name
    #[serde(default, rename = "source")]
    pub sources: Vec<LockedSource>,
    /// the keys that sign the packages themselves, where that is usual (RPM), sorted by fingerprint
    #[serde(default, rename = "key")]
    pub keys: Vec<LockedKey>,
    /// what else of the upstreams travels along, sorted by source and kind
    #[serde(default, rename = "document")]
    pub documents: Vec<LockedDocument>,
    /// the packages, sorted by name, architecture, version
    #[serde(default, rename = "package")]
    pub packages: Vec<LockedPackage>,
    /// the container images, sorted by reference
    #[serde(default, rename = "image")]
    pub images: Vec<LockedImage>,
    /// the files, sorted by name
    #[serde(default, rename = "file")]
    pub files: Vec<LockedFile>,
}

/// The question that a platform's lock answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `none`, `minbase`, or `file:` and the digest of the base file
    pub base: String,
    /// take Recommends along
    #[serde(default)]
    pub recommends: bool,
    /// take Suggests along
    #[serde(default)]
    pub suggests: bool,
    /// packages that must not be taken
    #[serde(default)]
    pub exclude: Vec<String>,
    /// module streams (RPM) to be taken instead of the default ones: `postgresql:16`
    #[serde(default)]
    pub streams: Vec<String>,
    /// what is requested may be older than the newest, where only that fits (RPM)
    #[serde(default)]
    pub any_version: bool,
    /// who wants what, sorted
    pub requirements: Vec<Requirement>,
    /// who wants which image, sorted
    #[serde(default)]
    pub images: Vec<ImageRequirement>,
    /// who wants which file, or package by URL, sorted
    #[serde(default)]
    pub files: Vec<FileRequirement>,
    /// who wants which Helm chart, sorted
    #[serde(default)]
    pub charts: Vec<ChartRequirement>,
    /// take the layers of every platform that an image has
    #[serde(default)]
    pub all_platforms: bool,
    /// leave signatures and the like behind
    #[serde(default)]
    pub no_referrers: bool,
    /// take layers that only their owner may distribute
    #[serde(default)]
    pub foreign_layers: bool,
}

impl Asked {
    /// Whether packages or files are wanted by one of these modules. No modules mean that it does not matter.
    pub fn has_one_of(&self, modules: &[ModuleName]) -> bool {
        let mut wanting = self.requirements.iter().map(|wish| &wish.module).chain(self.files.iter().map(|wish| &wish.module));
        modules.is_empty() || wanting.any(|module| modules.contains(module))
    }
}

/// A lock that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// not TOML, or not ours
    #[error("lock: {0}")]
    Syntax(Box<toml::de::Error>),
    /// written by a later lsrepo
    #[error("lock: format version {0}, this program reads version {VERSION}\nhint: use the lsrepo that wrote it, or resolve again")]
    Version(u32),
    /// a package, a document or a key names a source that is not there
    #[error("lock: `{what}` of `{platform}` names the unknown source `{source_name}`")]
    Source {
        /// where
        platform: Platform,
        /// which
        what: String,
        /// the missing one
        source_name: String,
    },
    /// the same platform twice
    #[error("lock: platform `{0}` stands there twice")]
    Twice(Platform),
}

impl Lock {
    /// A lock of these platforms, sorted.
    pub fn new(mut platforms: Vec<PlatformLock>) -> Self {
        platforms.iter_mut().for_each(PlatformLock::sort);
        platforms.sort_by(|a, b| a.name.cmp(&b.name));
        Self { version: VERSION, repins: Vec::new(), platforms }
    }

    /// Reads a lock and checks that it is whole.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let syntax = |error| LockError::Syntax(Box::new(error));
        let head: Head = toml::from_str(text).map_err(syntax)?;
        if head.version != VERSION {
            return Err(LockError::Version(head.version));
        }
        let lock: Lock = toml::from_str(text).map_err(syntax)?;
        for (position, platform) in lock.platforms.iter().enumerate() {
            platform.check()?;
            if lock.platforms[..position].iter().any(|other| other.name == platform.name) {
                return Err(LockError::Twice(platform.name.clone()));
            }
        }
        Ok(lock)
    }

    /// The text of the file. Equal locks give equal bytes.
    pub fn render(&self) -> String {
        render::render(self)
    }

    /// One platform's part.
    pub fn platform(&self, name: &Platform) -> Option<&PlatformLock> {
        self.platforms.iter().find(|platform| platform.name == *name)
    }

    /// Puts `platform` in the place of the part of the same name.
    pub fn replace(&mut self, platform: PlatformLock) {
        let others = std::mem::take(&mut self.platforms).into_iter().filter(|other| other.name != platform.name);
        *self = Lock { repins: std::mem::take(&mut self.repins), ..Lock::new(others.chain([platform.clone()]).collect()) };
    }
}

impl PlatformLock {
    /// A platform of which nothing is known but what is asked.
    pub fn new(name: Platform, asked: Asked) -> Self {
        let (sources, keys, documents) = (Vec::new(), Vec::new(), Vec::new());
        let (packages, images, files) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, date: Timestamp(0), asked, sources, keys, documents, packages, images, files }
    }

    /// Sizes of all packages, images and files, in bytes. What images share counts for each of them.
    pub fn size(&self) -> u64 {
        let images = self.images.iter().map(|image| image.bytes);
        let files = self.files.iter().map(|file| file.size);
        self.packages.iter().map(|package| package.size).chain(images).chain(files).fold(0, u64::saturating_add)
    }

    /// The modules that want something, sorted.
    pub fn modules(&self) -> Vec<ModuleName> {
        let images = self.images.iter().flat_map(|image| &image.wanted_by);
        let files = self.files.iter().flat_map(|file| &file.wanted_by);
        let all: BTreeSet<_> = self.packages.iter().flat_map(|package| &package.wanted_by).chain(images).chain(files).collect();
        all.into_iter().cloned().collect()
    }

    /// The part of this lock that `module` wants.
    pub fn for_module(&self, module: &ModuleName) -> PlatformLock {
        let mut part = self.clone();
        part.packages.retain(|package| package.wanted_by.contains(module));
        part.images.retain(|image| image.wanted_by.contains(module));
        part.files.retain(|file| file.wanted_by.contains(module));
        part.asked.requirements.retain(|requirement| requirement.module == *module);
        part.asked.images.retain(|requirement| requirement.module == *module);
        part.asked.files.retain(|requirement| requirement.module == *module);
        part.asked.charts.retain(|requirement| requirement.module == *module);
        part.sources.retain(|source| part.packages.iter().any(|package| package.source == source.name));
        part.documents.retain(|document| part.sources.iter().any(|source| source.name == document.source));
        // Whoever reads the part alone knows no other sources.
        part.keys.iter_mut().for_each(|key| key.sources.retain(|name| part.sources.iter().any(|source| source.name == *name)));
        part.keys.retain(|key| !key.sources.is_empty());
        part
    }

    fn sort(&mut self) {
        self.asked.requirements.sort();
        self.asked.requirements.dedup();
        self.asked.exclude.sort();
        self.asked.exclude.dedup();
        self.asked.streams.sort();
        self.asked.streams.dedup();
        self.sources.sort_by(|a, b| a.name.cmp(&b.name));
        self.keys.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        self.keys.iter_mut().for_each(|key| key.sources.sort());
        self.documents.sort_by(|a, b| (&a.source, a.kind, &a.path).cmp(&(&b.source, b.kind, &b.path)));
        for package in &mut self.packages {
            package.wanted_by.sort();
            package.wanted_by.dedup();
            package.sets.sort();
            package.sets.dedup();
        }
        self.asked.images.sort();
        self.asked.images.dedup();
        self.asked.files.sort();
        self.asked.files.dedup();
        self.asked.charts.sort();
        self.asked.charts.dedup();
        for file in &mut self.files {
            file.wanted_by.sort();
            file.wanted_by.dedup();
        }
        self.files.sort_by(|a, b| (&a.name, a.digest).cmp(&(&b.name, b.digest)));
        for image in &mut self.images {
            image.wanted_by.sort();
            image.wanted_by.dedup();
            image.referrers.sort();
        }
        self.images.sort_by(|a, b| a.reference.cmp(&b.reference));
        self.packages.sort_by(|a, b| (&a.name, &a.arch, &a.version).cmp(&(&b.name, &b.arch, &b.version)));
    }

    fn check(&self) -> Result<(), LockError> {
        let known = |name: &str| self.sources.iter().any(|source| source.name == name);
        let packages = self.packages.iter().map(|package| (package.name.as_str(), &package.source));
        let documents = self.documents.iter().map(|document| (document.kind.as_str(), &document.source));
        let keys = self.keys.iter().flat_map(|key| key.sources.iter().map(|source| (key.fingerprint.as_str(), source)));
        match packages.chain(documents).chain(keys).find(|(_, source)| !known(source)) {
            None => Ok(()),
            Some((what, source)) => {
                Err(LockError::Source { platform: self.name.clone(), what: what.to_owned(), source_name: source.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests;
