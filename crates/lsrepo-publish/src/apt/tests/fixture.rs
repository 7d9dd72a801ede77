//! Tiny packages, made here.

#[path = "../../../../../tests/it/deb.rs"]
mod archive;

use super::super::*;
use crate::Entry;
use lsrepo_types::Digest;

pub(super) const DATE: Timestamp = Timestamp(1_746_868_877);

/// A key is older than what it signs, else gpgv takes the signature for a clock problem.
pub(super) fn key() -> SecretKey {
    SecretKey::generate("lsrepo test", Timestamp(DATE.0 - 86_400)).unwrap()
}

/// What a package says of itself.
#[derive(Clone)]
pub(super) struct Deb {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) architecture: &'static str,
    pub(super) depends: &'static str,
    pub(super) description: &'static str,
    pub(super) components: &'static [&'static str],
}

impl Deb {
    pub(super) fn new(name: &'static str, version: &'static str, architecture: &'static str) -> Self {
        Self { name, version, architecture, depends: "", description: "a fixture", components: &[] }
    }

    fn control(&self) -> String {
        let depends = match self.depends {
            "" => String::new(),
            depends => format!("Depends: {depends}\n"),
        };
        format!(
            "Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: Nobody <nobody@localhost>\n{depends}Description: {}\n",
            self.name, self.version, self.architecture, self.description
        )
    }

    /// The `.deb` itself.
    pub(super) fn bytes(&self) -> Vec<u8> {
        archive::deb(&self.control())
    }

    fn published(&self) -> PublishedPackage {
        let bytes = self.bytes();
        PublishedPackage {
            name: self.name.into(),
            version: self.version.into(),
            architecture: self.architecture.into(),
            source: String::new(),
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
            components: self.components.iter().map(|&name| name.into()).collect(),
            control: self.control(),
        }
    }
}

pub(super) fn platform(name: &str, debs: &[Deb]) -> PlatformPackages {
    PlatformPackages { platform: name.parse().unwrap(), packages: debs.iter().map(Deb::published).collect() }
}

/// Publishes with one and the same key: byte comparisons need it.
pub(super) fn publish_all(packages: &[PlatformPackages]) -> Tree {
    static KEY: std::sync::OnceLock<SecretKey> = std::sync::OnceLock::new();
    publish(packages, DATE, KEY.get_or_init(key)).unwrap()
}

pub(super) fn text(tree: &Tree, path: &str) -> String {
    match tree.get(path) {
        Some(Entry::Bytes(bytes)) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}
