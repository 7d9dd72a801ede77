//! A repository of RPM packages on the disk, signed in every way, with groups and a module's streams.

use crate::rpm::{PROVIDES, REQUIRES, Value, basics, files, header, relations, signed};
use lsrepo_rpm::{
    Package, Record,
    metadata::{self, Compression, Placed, render_repomd},
};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{fs, path::Path};

/// When its texts were made: long before anybody had a key to sign them again.
const DATE: Timestamp = Timestamp(1_446_868_877);

/// Packages, and who signs them.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    key: SecretKey,
    packages: Vec<(String, Vec<u8>)>,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let key = SecretKey::generate("vendor", Timestamp(DATE.0 - 86_400)).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), key, packages: Vec::new() }
    }

    /// Adds a package with what it requires and a file of it; `sign` says whether it bears a signature.
    pub(crate) fn add(mut self, name: &str, version: &str, requires: &[&str], file: &str, sign: bool) -> Self {
        let mut entries = basics(name, version, "1", "x86_64");
        entries.extend(relations(PROVIDES, &[(name, 8, &format!("{version}-1"))]));
        let requires: Vec<_> = requires.iter().map(|name| (*name, 0, "")).collect();
        entries.extend(relations(REQUIRES, &requires));
        entries.extend(files(&[(file, 0o100_644, 0)]));
        let signature = self.key.sign_detached(&header(63, &entries), DATE).unwrap();
        let signatures = if sign { vec![(278, Value::Texts(vec![unarmored(&signature)]))] } else { Vec::new() };
        self.packages.push((format!("{name}-{version}-1.x86_64.rpm"), signed(&entries, &signatures, b"payload")));
        self
    }

    /// Writes packages, metadata and keys.
    pub(crate) fn publish(self) -> Self {
        let mut records: Vec<(String, Record)> = Vec::new();
        for (file, bytes) in &self.packages {
            fs::write(self.path().join(file), bytes).unwrap();
            let package = Package::read(&bytes[..]).unwrap();
            records.push((file.clone(), Record::new(&package, Digest::of(bytes), bytes.len() as u64).unwrap()));
        }
        let placed: Vec<_> = records.iter().map(|(href, record)| Placed { record, href, required_files: &[] }).collect();
        let texts = metadata::render(&placed, Compression::Gzip).unwrap();
        fs::create_dir_all(self.path().join("repodata")).unwrap();
        for text in &texts {
            fs::write(self.path().join(&*text.href), &text.bytes).unwrap();
        }
        let repomd = render_repomd(&texts, DATE);
        fs::write(self.path().join("repodata/repomd.xml.asc"), self.key.sign_detached(repomd.as_bytes(), DATE).unwrap()).unwrap();
        fs::write(self.path().join("repodata/repomd.xml"), repomd).unwrap();
        fs::write(self.path().join("key.asc"), self.key.public_armored()).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// As a source of which everything is checked.
    pub(crate) fn line(&self) -> String {
        let folder = self.path().display();
        format!("rpm [id=vendor,gpgkey={folder}/key.asc,repo_gpgcheck=1] file://{folder}")
    }
}

/// The packets in base64, as a package's header has them.
fn unarmored(signature: &str) -> String {
    let body = signature.split_once("\n\n").map_or("", |(_, body)| body);
    body.lines().take_while(|line| !line.starts_with(['=', '-'])).collect()
}
