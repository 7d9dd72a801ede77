//! The repositories that a site shows, one for each OS, and how a host is pointed at them.

use super::PublicKey;
use lsrepo_publish::{
    Tree,
    apt::PlatformPackages,
    client::{AptSource, BaseUrl, PackageSource, YumKey, YumSource, debian_sources, yum_repo},
};
use lsrepo_types::{Digest, Os, Platform, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// One OS's repository, to be shown at `/apt/<os>/`.
#[derive(Clone, Debug)]
pub struct AptRepository {
    /// `debian-12`
    pub os: Os,
    /// `dists/…` and `pool/…`
    pub tree: Tree,
    /// the date it was published with
    pub date: Timestamp,
    /// what the set-up script asks for; none means `main`
    pub components: Vec<String>,
    /// for the first page
    pub platforms: Vec<PlatformSummary>,
}

/// One OS's repository, to be shown at `/yum/<os>/`.
#[derive(Clone, Debug)]
pub struct YumRepository {
    /// `almalinux-9`
    pub os: Os,
    /// a folder for each architecture, with `repodata/` and packages
    pub tree: Tree,
    /// the date it was published with
    pub date: Timestamp,
    /// the key that signs it, armoured, where the OS can read such a key
    pub key: Option<String>,
    /// the keys that sign its packages; they are shown at `/keys/`
    pub package_keys: Vec<YumKey>,
    /// whether all packages are signed by those
    pub packages_signed: bool,
    /// packages of modules are shown without their streams
    pub module_hotfixes: bool,
    /// for the first page
    pub platforms: Vec<PlatformSummary>,
}

/// A repository of either kind.
pub(crate) enum Repository {
    Apt(AptRepository),
    Yum(YumRepository),
}

impl Repository {
    /// `apt` or `yum`, the first part of its path.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Repository::Apt(_) => "apt",
            Repository::Yum(_) => "yum",
        }
    }

    pub(crate) fn platforms(&self) -> &[PlatformSummary] {
        match self {
            Repository::Apt(apt) => &apt.platforms,
            Repository::Yum(yum) => &yum.platforms,
        }
    }

    /// What a host's own configuration says, for those who write it by hand.
    pub(crate) fn by_hand(&self, base_url: &BaseUrl) -> String {
        match self {
            Repository::Apt(apt) => debian_sources(&apt.os, base_url, &apt.components),
            Repository::Yum(yum) => yum_repo(&yum.source(base_url)),
        }
    }

    /// What the set-up script is made of.
    pub(super) fn package_source<'a>(&'a self, base_url: &'a BaseUrl, key: &'a PublicKey) -> PackageSource<'a> {
        match self {
            Repository::Apt(apt) => {
                PackageSource::Apt(AptSource { os: &apt.os, base_url, repository_key: &key.armored, components: &apt.components })
            }
            Repository::Yum(yum) => PackageSource::Yum(yum.source(base_url)),
        }
    }
}

impl YumRepository {
    fn source<'a>(&'a self, base_url: &'a BaseUrl) -> YumSource<'a> {
        YumSource {
            os: &self.os,
            base_url,
            repository_key: self.key.as_deref(),
            package_keys: &self.package_keys,
            packages_signed: self.packages_signed,
            module_hotfixes: self.module_hotfixes,
        }
    }
}

/// The figures of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformSummary {
    /// `debian-12/x86_64`
    pub platform: Platform,
    /// different files
    pub packages: u64,
    /// the sum of their sizes
    pub bytes: u64,
    /// `main` first
    pub components: Vec<String>,
}

impl PlatformSummary {
    /// Counts what was published.
    pub fn of(packages: &PlatformPackages) -> Self {
        let sizes: BTreeMap<Digest, u64> = packages.packages.iter().map(|package| (package.digest, package.size)).collect();
        let main = lsrepo_publish::apt::MAIN;
        let components = packages.packages.iter().flat_map(|package| &package.components).map(String::as_str);
        let mut others: BTreeSet<&str> = components.collect();
        others.remove(main);
        Self {
            platform: packages.platform.clone(),
            packages: sizes.len() as u64,
            bytes: sizes.values().sum(),
            components: std::iter::once(main).chain(others).map(str::to_owned).collect(),
        }
    }
}
