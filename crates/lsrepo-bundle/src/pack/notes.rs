//! What an export that ends early has found out and packed, for the next one: documents in the folder `archive` of the store.

use super::Gzip;
use crate::{BundleError, error::io as failed};
use lsrepo_store::Store;
use lsrepo_types::{Digest, RelPath};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fs, time::Duration};

/// What was found out of a blob.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    /// none where it is carried as it is
    pub(super) plain: Option<u64>,
    pub(super) gzip: Option<Gzip>,
}

/// A pack that was made.
#[derive(Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

pub(super) fn of_blob(digest: &Digest) -> Result<RelPath, BundleError> {
    document(&format!("blob-{}", digest.hex()))
}

/// `key` says what goes into it, and how.
pub(super) fn of_pack(key: &Digest) -> Result<RelPath, BundleError> {
    document(&format!("pack-{}", key.hex()))
}

/// What another version found out is not looked at.
fn document(name: &str) -> Result<RelPath, BundleError> {
    let name = format!("archive/{}-{name}", lsrepo_gzip::VERSION);
    name.parse().map_err(|_| BundleError::Shape(format!("`{name}` names no document")))
}

/// A document of ours; one that cannot be read is written anew.
pub(super) fn said<T: DeserializeOwned>(store: &Store, path: &RelPath) -> Result<Option<T>, BundleError> {
    Ok(store.read_document(path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

pub(super) fn say(store: &Store, path: &RelPath, what: &impl Serialize) -> Result<(), BundleError> {
    Ok(store.write_document(path, &serde_json::to_vec(what).unwrap_or_default())?)
}

/// Removes what was found out, and the packs, where that is older than this. The caller holds the store exclusively.
pub fn forget(store: &Store, older: Duration) -> Result<(), BundleError> {
    let Ok(folder) = "archive".parse() else { return Ok(()) };
    for path in store.documents(&folder)? {
        let file = store.root().join(path.as_str());
        let written = fs::metadata(&file).and_then(|data| data.modified()).map_err(failed(path.as_str()))?;
        if written.elapsed().unwrap_or_default() < older {
            continue;
        }
        if let Some(Done { digest, .. }) = said(store, &path)? {
            store.remove_moved(&digest)?;
        }
        store.remove_document(&path)?;
    }
    Ok(())
}
