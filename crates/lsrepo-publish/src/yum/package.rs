//! What is published: the packages of a platform, with what their own headers say.

use lsrepo_rpm::{Evr, Nevra, Record};
use lsrepo_types::{Digest, Platform};

/// The packages that one platform's clients shall see.
#[derive(Clone, Debug)]
pub struct PlatformPackages {
    /// `almalinux-9/x86_64`
    pub platform: Platform,
    /// in any order
    pub packages: Vec<PublishedPackage>,
    /// beside the packages
    pub extras: Extras,
}

/// Documents that say more of the packages, reduced to those that are carried.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// the streams of modules, as YAML. Without it dnf solves for a package of a module and then refuses to
    /// install it
    pub modules: Option<String>,
    /// errata, as XML
    pub updateinfo: Option<String>,
    /// groups and environments, as XML
    pub comps: Option<String>,
}

/// One `.rpm`, known by its digest.
#[derive(Clone, Debug)]
pub struct PublishedPackage {
    /// `postgresql16`
    pub name: String,
    /// epoch, version and release
    pub evr: Evr,
    /// RPM's word: `x86_64`, `noarch`
    pub arch: String,
    /// bytes
    pub size: u64,
    /// of the whole file
    pub digest: Digest,
    /// paths that others need from it. Those that are its files are told to every client, whatever folder they
    /// are in
    pub required_files: Vec<String>,
    /// what the package itself says
    pub record: Record,
}

impl PublishedPackage {
    /// How messages call it.
    pub(super) fn title(&self) -> String {
        let Self { name, evr, arch, .. } = self;
        Nevra { name: name.as_str().into(), evr: evr.clone(), arch: arch.as_str().into() }.to_string()
    }
}
