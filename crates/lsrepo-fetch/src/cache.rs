//! Verified indexes of earlier runs: `<cache>/<hex>` by their digest, suites by the digest of their address.

use crate::FetchError;
use lsrepo_types::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file of a suite as it was last seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) etag: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) date: Option<Timestamp>,
}

/// Where indexes are kept.
pub(crate) struct Cache<'a>(pub(crate) &'a Path);

impl Cache<'_> {
    pub(crate) fn by_digest(&self, digest: &Digest) -> PathBuf {
        self.0.join(digest.hex())
    }

    fn by_url(&self, url: &str) -> PathBuf {
        self.0.join(format!("{}.release", Digest::of(url.as_bytes()).hex()))
    }

    /// The bytes that an address gave, and what was seen with them.
    pub(crate) fn load(&self, url: &str) -> Option<(Vec<u8>, Seen)> {
        let path = self.by_url(url);
        let bytes = fs::read(&path).ok()?;
        let seen = fs::read(path.with_extension("json")).ok();
        Some((bytes, seen.and_then(|seen| serde_json::from_slice(&seen).ok()).unwrap_or_default()))
    }

    pub(crate) fn save(&self, url: &str, bytes: &[u8], seen: &Seen) -> Result<(), FetchError> {
        let path = self.by_url(url);
        // The bytes first: with old words about them they are asked for once more, that is all.
        self.write(&path, bytes)?;
        self.write(&path.with_extension("json"), &serde_json::to_vec(seen).unwrap_or_default())
    }

    /// Writes a file as a whole, or not at all: its name is believed by later runs.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), FetchError> {
        self.write_with(path, |file| Ok(Ok(file.write_all(bytes)?))).map(|_: Result<(), String>| ())
    }

    /// Like [`Cache::write`], by a function that may find the content wrong; then nothing is left.
    pub(crate) fn write_with<E>(
        &self,
        path: &Path,
        fill: impl FnOnce(&mut fs::File) -> io::Result<Result<(), E>>,
    ) -> Result<Result<(), E>, FetchError> {
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let write = || {
            fs::create_dir_all(self.0)?;
            let mut file = fs::File::create(&part)?;
            let filled = fill(&mut file)?;
            if filled.is_ok() {
                file.sync_data()?;
                fs::rename(&part, path)?;
            }
            Ok(filled)
        };
        let written = write().map_err(|why: io::Error| FetchError::Cache { path: path.display().to_string(), why });
        if !matches!(written, Ok(Ok(()))) {
            let _ = fs::remove_file(&part);
        }
        written
    }
}
