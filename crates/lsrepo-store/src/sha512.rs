//! Blobs that somebody asks for by their SHA-512: links beside the blobs, so that the folder is still that of an image
//! layout. A link is made once its digest was computed, and says nothing but `../sha256/<hex>`.

use crate::{
    Blob,
    check::{Bad, FsckReport, files},
    disk::sync_dir,
    error::{At, StoreError},
    store::Store,
};
use lsrepo_types::{Digest, Sha512, Sha512Hasher};
use std::{
    fs,
    io::{self, Read},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

impl Store {
    /// The blob that has this SHA-512, where one is known. It may have been collected since.
    pub fn sha256_of(&self, digest: &Sha512) -> Result<Option<Digest>, StoreError> {
        let path = self.links().join(digest.hex());
        match fs::read_link(&path) {
            Ok(target) => Ok(target_of(&target)),
            // not there, or no link
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => Ok(None),
            Err(error) => Err(error).at(&path),
        }
    }

    /// Lets a blob be found by its SHA-512 too, which the caller has computed.
    pub fn name_sha512(&self, name: &Sha512, blob: &Digest) -> Result<(), StoreError> {
        if self.sha256_of(name)? == Some(*blob) {
            return Ok(());
        }
        let links = self.links();
        fs::create_dir_all(&links).at(&links)?;
        let (path, part) = (links.join(name.hex()), links.join(format!(".{}", blob.hex())));
        let made = symlink(Path::new("../sha256").join(blob.hex()), &part).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        });
        made.and_then(|()| fs::rename(&part, &path)).at(&path)?;
        sync_dir(&links)
    }

    /// Removes links whose blob is gone.
    pub(crate) fn sweep_links(&self) -> Result<(), StoreError> {
        for path in self.all_links()? {
            if !fs::read_link(&path).ok().and_then(|target| target_of(&target)).is_some_and(|blob| self.blob(&blob).is_file()) {
                fs::remove_file(&path).at(&path)?;
            }
        }
        Ok(())
    }

    /// Hashes what links lead to; moves links aside that do not lead to what they say.
    pub(crate) fn check_links(&self, report: &mut FsckReport) -> Result<(), StoreError> {
        for path in self.all_links()? {
            let Some(blob) = fs::read_link(&path).ok().and_then(|target| target_of(&target)) else { continue };
            // A blob that is not what it says was moved aside already.
            let Ok(file) = self.open_blob(&blob) else { continue };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if hash(file).at(&path)?.hex() != name {
                let aside = self.tmp().join(format!("{name}.bad"));
                fs::rename(&path, &aside).at(&aside)?;
                report.bad.push(Bad { name, found: blob });
            }
        }
        Ok(())
    }

    fn links(&self) -> PathBuf {
        self.root().join("blobs/sha512")
    }

    fn all_links(&self) -> Result<Vec<PathBuf>, StoreError> {
        let links = self.links();
        if links.is_dir() { files(&links) } else { Ok(Vec::new()) }
    }
}

fn target_of(target: &Path) -> Option<Digest> {
    Digest::from_hex(target.strip_prefix("../sha256").ok()?.to_str()?).ok()
}

fn hash(mut file: Blob) -> io::Result<Sha512> {
    let mut hasher = Sha512Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
