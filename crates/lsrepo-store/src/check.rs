//! What is in the store that should not be: blobs that nobody wants, and blobs that are not what they say.

use crate::{
    error::{At, StoreError},
    lock::Guard,
    store::Store,
};
use lsrepo_types::{Digest, Hasher};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What a collection freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcReport {
    /// blobs that went
    pub removed: u64,
    /// their bytes
    pub bytes: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FsckReport {
    /// blobs that were read
    pub checked: u64,
    /// those that are not what they say, moved aside
    pub bad: Vec<Bad>,
}

/// A blob that is not what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// its name
    pub name: String,
    /// what it holds
    pub found: Digest,
}

impl Store {
    /// Removes every blob that is not `live`, and what crashed runs left. The caller holds the store exclusively.
    /// What was pushed into a registry is only live where `live` says so; refused while a server takes pushes.
    pub fn gc(&self, live: impl Fn(&Digest) -> bool) -> Result<GcReport, StoreError> {
        self.gc_locked(&self.lock_registry()?, live)
    }

    /// [`Store::gc`], for who holds the registry's lock already.
    pub fn gc_locked(&self, _nobody_pushes: &Guard, live: impl Fn(&Digest) -> bool) -> Result<GcReport, StoreError> {
        let report = self.remove_unless(live, false)?;
        self.sweep_links()?;
        self.sweep()?;
        self.sweep_uploads()?;
        Ok(report)
    }

    /// What [`Store::gc`] would remove.
    pub fn garbage(&self, live: impl Fn(&Digest) -> bool) -> Result<GcReport, StoreError> {
        self.remove_unless(live, true)
    }

    fn remove_unless(&self, live: impl Fn(&Digest) -> bool, only_count: bool) -> Result<GcReport, StoreError> {
        let mut report = GcReport::default();
        for path in self.blobs()? {
            let digest = path.file_name().and_then(|name| Digest::from_hex(name.to_str()?).ok());
            if !digest.is_some_and(|digest| live(&digest)) {
                report.bytes += fs::symlink_metadata(&path).at(&path)?.len();
                report.removed += 1;
                if !only_count {
                    fs::remove_file(&path).at(&path)?;
                }
            }
        }
        Ok(report)
    }

    /// Removes blobs and documents without a name that crashed runs left; parts stay. The caller holds the store exclusively.
    pub fn sweep(&self) -> Result<(), StoreError> {
        for folder in ["roots", "snapshots", "bundles", "archive"].map(|folder| self.root().join(folder)) {
            let all = if folder.is_dir() { files(&folder)? } else { Vec::new() };
            let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            all.into_iter().filter(hidden).try_for_each(|path| fs::remove_file(&path).at(&path))?;
        }
        self.sweep_temporary("new")
    }

    /// Removes what clients began to push and a crashed server left. The caller holds the registry's lock.
    pub fn sweep_uploads(&self) -> Result<(), StoreError> {
        self.sweep_temporary("upload")
    }

    fn sweep_temporary(&self, kind: &str) -> Result<(), StoreError> {
        for path in files(&self.tmp())? {
            if path.extension().is_some_and(|extension| extension == kind) {
                fs::remove_file(&path).at(&path)?;
            }
        }
        Ok(())
    }

    /// Hashes every blob; moves those aside that are not what they say.
    pub fn fsck(&self) -> Result<FsckReport, StoreError> {
        let mut report = FsckReport::default();
        for path in self.blobs()? {
            let mut hasher = Hasher::new();
            let mut file = fs::File::open(&path).at(&path)?;
            io::copy(&mut file, &mut Into(&mut hasher)).at(&path)?;
            let (name, found) = (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), hasher.finish());
            report.checked += 1;
            if name != found.hex() {
                let aside = self.tmp().join(format!("{name}.bad"));
                fs::rename(&path, &aside).at(&aside)?;
                report.bad.push(Bad { name, found });
            }
        }
        self.check_links(&mut report)?;
        Ok(report)
    }

    fn blobs(&self) -> Result<Vec<PathBuf>, StoreError> {
        files(&self.root().join("blobs/sha256"))
    }
}

pub(crate) fn files(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(dir).at(dir)?;
    let mut all = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>().at(dir)?;
    all.sort();
    Ok(all)
}

struct Into<'a>(&'a mut Hasher);

impl io::Write for Into<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
