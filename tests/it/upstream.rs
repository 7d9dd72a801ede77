//! An upstream on disk: packages made here, indexed and signed as an archive does it.

use crate::deb::deb;
use lsrepo_deb::release::{IndexFile, Release};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{fs, path::Path, sync::LazyLock};

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::generate("upstream", Timestamp(1_600_000_000)).unwrap());

/// An archive below a folder.
pub(crate) struct Upstream {
    folder: tempfile::TempDir,
    index: String,
    date: i64,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key.asc"), KEY.public_armored()).unwrap();
        Self { folder, index: String::new(), date: 1_700_000_000 }
    }

    /// Adds a package; `more` are further lines of its control file.
    pub(crate) fn add(self, name: &str, version: &str, more: &str) -> Self {
        self.add_at(&format!("pool/{name}_{version}.deb"), name, version, more)
    }

    /// Adds a package that the index finds at `filename`.
    pub(crate) fn add_at(mut self, filename: &str, name: &str, version: &str, more: &str) -> Self {
        let control = format!("Package: {name}\nVersion: {version}\nArchitecture: amd64\n{more}Description: a fixture\n");
        let bytes = deb(&control);
        let path = self.folder.path().join(filename.replace("..", "up"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &bytes).unwrap();
        let digest = Digest::of(&bytes);
        self.index += &format!("{control}Filename: {filename}\nSize: {}\nSHA256: {}\n\n", bytes.len(), digest.hex());
        self
    }

    /// Writes and signs the indexes, as of now.
    pub(crate) fn publish(mut self) -> Self {
        self.date += 60;
        let suite = self.folder.path().join("dists/stable");
        let name = "main/binary-amd64/Packages";
        fs::create_dir_all(suite.join("main/binary-amd64")).unwrap();
        fs::write(suite.join(name), &self.index).unwrap();
        let file = IndexFile { size: self.index.len() as u64, sha256: Digest::of(self.index.as_bytes()) };
        let release = Release {
            suite: Some("stable".into()),
            date: Some(Timestamp(self.date)),
            architectures: vec!["amd64".into()],
            components: vec!["main".into()],
            files: [(name.parse().unwrap(), file)].into(),
            ..Release::default()
        };
        fs::write(suite.join("InRelease"), KEY.sign_inline(&release.render(), Timestamp(self.date)).unwrap()).unwrap();
        self
    }

    /// The line for `--source`.
    pub(crate) fn line(&self) -> String {
        let folder = self.path().display();
        format!("deb [signed-by={folder}/key.asc] file://{folder} stable main")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}
