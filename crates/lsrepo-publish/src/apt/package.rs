//! What is published: the packages of a platform, with what their own headers say.

use super::MAIN;
use lsrepo_types::{Digest, Platform};
use std::collections::{BTreeMap, BTreeSet};

/// The packages that one platform's clients shall see.
#[derive(Clone, Debug)]
pub struct PlatformPackages {
    /// `debian-12/x86_64`
    pub platform: Platform,
    /// in any order
    pub packages: Vec<PublishedPackage>,
}

/// One `.deb`, known by its digest.
#[derive(Clone, Debug)]
pub struct PublishedPackage {
    /// `postgresql-15`
    pub name: String,
    /// with its epoch
    pub version: String,
    /// Debian's word: `amd64`, `all`
    pub architecture: String,
    /// the source package, which names the directory in the pool; empty where it is the package's own name
    pub source: String,
    /// bytes
    pub size: u64,
    /// of the whole file
    pub digest: Digest,
    /// the components that show it; none means [`MAIN`]
    pub components: Vec<String>,
    /// the control paragraph of the package itself
    pub control: String,
}

impl PublishedPackage {
    pub(super) fn is_in(&self, component: &str) -> bool {
        match self.components.is_empty() {
            true => component == MAIN,
            false => self.components.iter().any(|own| own == component),
        }
    }

    /// The component whose pool holds the file: `main` where it is in `main`, else the first by name.
    pub(super) fn home(&self) -> &str {
        match self.is_in(MAIN) {
            true => MAIN,
            false => self.components.iter().min().map_or(MAIN, String::as_str),
        }
    }

    /// How messages call it.
    pub(super) fn title(&self) -> String {
        format!("{} {} {}", self.name, self.version, self.architecture)
    }
}

/// The packages of a component as the index of each architecture shows them. Every architecture has
/// its entry, also without a package, and so has `all` (see `suite`).
///
/// An `all` package is shown to the architecture of the platform that wants it. Two platforms may
/// have locked different versions of it, and apt knows only the newest version of a name: an index
/// for both would break `foo-data (= 1.0)` on one of them.
pub(super) fn by_architecture<'a>(
    platforms: &'a [PlatformPackages],
    component: &str,
) -> BTreeMap<String, Vec<&'a PublishedPackage>> {
    let mut all: BTreeMap<String, Vec<&PublishedPackage>> =
        architectures(platforms).into_iter().map(|name| (name, Vec::new())).collect();
    for platform in platforms {
        for package in platform.packages.iter().filter(|package| package.is_in(component)) {
            let architecture = match package.architecture.as_str() {
                "all" => platform.platform.arch.deb(),
                own => own,
            };
            all.entry(architecture.to_owned()).or_default().push(package);
        }
    }
    all
}

fn architectures(platforms: &[PlatformPackages]) -> BTreeSet<String> {
    let own = platforms.iter().map(|platform| platform.platform.arch.deb());
    let packages = platforms.iter().flat_map(|platform| &platform.packages);
    let foreign = packages.map(|package| package.architecture.as_str());
    own.chain(foreign).chain(["all"]).map(str::to_owned).collect()
}
