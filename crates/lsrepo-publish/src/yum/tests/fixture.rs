//! Tiny packages, made here.

#[path = "../../../../../tests/it/rpm.rs"]
#[allow(dead_code)] // each user of it needs another part
mod file;

pub(super) use file::Value;

use super::super::*;
use file::{PROVIDES, REQUIRES, basics, files, package, relations};
use lsrepo_rpm::{Package, Record};
use lsrepo_types::Digest;

pub(super) const DATE: Timestamp = Timestamp(1_746_868_877);

/// A key is older than what it signs, else gpgv takes the signature for a clock problem.
pub(super) fn key() -> SecretKey {
    SecretKey::generate("lsrepo test", Timestamp(DATE.0 - 86_400)).unwrap()
}

/// What a package says of itself.
#[derive(Clone)]
pub(super) struct Rpm {
    pub(super) name: &'static str,
    pub(super) epoch: u32,
    pub(super) version: &'static str,
    pub(super) arch: &'static str,
    pub(super) requires: &'static [&'static str],
    pub(super) files: &'static [&'static str],
    pub(super) required_files: &'static [&'static str],
    /// other entries of the header
    pub(super) more: Vec<(u32, Value)>,
}

impl Rpm {
    pub(super) fn new(name: &'static str, version: &'static str, arch: &'static str) -> Self {
        Self { name, epoch: 0, version, arch, requires: &[], files: &[], required_files: &[], more: Vec::new() }
    }

    /// The `.rpm` itself.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut entries = basics(self.name, self.version, "1", self.arch);
        if self.epoch > 0 {
            entries.push((1003, Value::Numbers(vec![self.epoch])));
        }
        let evr = format!("{}:{}-1", self.epoch, self.version);
        entries.extend(relations(PROVIDES, &[(self.name, 8, evr.trim_start_matches("0:"))]));
        let requires: Vec<_> = self.requires.iter().map(|name| (*name, 0, "")).collect();
        entries.extend(relations(REQUIRES, &requires));
        let paths: Vec<_> = self.files.iter().map(|path| (*path, 0o100_644, 0)).collect();
        if !paths.is_empty() {
            entries.extend(files(&paths));
        }
        entries.extend(self.more.clone());
        package(&entries)
    }

    pub(super) fn published(&self) -> PublishedPackage {
        let bytes = self.bytes();
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        let record = Record::new(&Package::read(&bytes[..]).unwrap(), digest, size).unwrap();
        PublishedPackage {
            name: self.name.into(),
            evr: record.evr(),
            arch: self.arch.into(),
            size,
            digest,
            required_files: self.required_files.iter().map(|&path| path.into()).collect(),
            record,
        }
    }
}

pub(super) fn platform(name: &str, rpms: &[Rpm]) -> PlatformPackages {
    PlatformPackages {
        platform: name.parse().unwrap(),
        packages: rpms.iter().map(Rpm::published).collect(),
        extras: Extras::default(),
    }
}

/// Publishes with one and the same key: byte comparisons need it.
pub(super) fn publish_all(packages: &[PlatformPackages]) -> Tree {
    static KEY: std::sync::OnceLock<SecretKey> = std::sync::OnceLock::new();
    publish(packages, DATE, KEY.get_or_init(key)).unwrap()
}

pub(super) fn bytes<'a>(tree: &'a Tree, path: &str) -> &'a [u8] {
    match tree.get(path) {
        Some(Entry::Bytes(bytes)) => bytes,
        other => panic!("{path}: {other:?}"),
    }
}

pub(super) fn text(tree: &Tree, path: &str) -> String {
    String::from_utf8(bytes(tree, path).to_vec()).unwrap()
}

/// What stands between `start` and `end`, each time.
pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// A file of metadata by its kind, unpacked.
pub(super) fn metadata_of(tree: &Tree, arch: &str, kind: &str) -> String {
    use std::io::Read;
    let repomd = text(tree, &format!("{arch}/repodata/repomd.xml"));
    let data = between(&repomd, &format!("<data type=\"{kind}\">"), "</data>")[0];
    let href = between(data, "href=\"", "\"")[0];
    let packed = bytes(tree, &format!("{arch}/{href}"));
    let mut plain = String::new();
    match href.rsplit('.').next() {
        Some("gz") => drop(flate2::read::GzDecoder::new(packed).read_to_string(&mut plain).unwrap()),
        Some("zst") => plain = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap(),
        _ => plain = String::from_utf8(packed.to_vec()).unwrap(),
    }
    plain
}
