//! Bundles that are used where they lie: which they are, kept in the store as `bundles/<hex>.json`.

use crate::context::Context;
use anyhow::{Context as _, Result};
use lsrepo_bundle::{Archive, Source, Trust};
use lsrepo_sign::Keyring;
use lsrepo_store::{Shelf, Store};
use lsrepo_types::{Digest, RelPath};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

const FOLDER: &str = "bundles";

/// A bundle that is used where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    /// of its signed index
    pub(crate) index: Digest,
    /// who signed it; was trusted when it was registered
    pub(crate) signer: String,
    /// its files
    pub(crate) paths: Vec<PathBuf>,
}

impl Registered {
    pub(crate) fn of(archive: &Archive) -> Result<Self> {
        let paths = archive.paths().into_iter().map(|path| path.canonicalize().with_context(|| path.display().to_string()));
        Ok(Self { index: archive.index, signer: archive.signer.to_string(), paths: paths.collect::<Result<_>>()? })
    }

    fn document(&self) -> Result<RelPath> {
        Ok(format!("{FOLDER}/{}.json", self.index.hex()).parse()?)
    }

    pub(crate) fn write(&self, store: &Store) -> Result<()> {
        Ok(store.write_document(&self.document()?, &serde_json::to_vec_pretty(self)?)?)
    }

    pub(crate) fn remove(&self, store: &Store) -> Result<()> {
        Ok(store.remove_document(&self.document()?)?)
    }

    /// Opens it; it must be the one that was registered.
    fn open(&self, context: &Context) -> Result<Archive> {
        // Its digest says that it is the one whose signer was trusted.
        let (nobody, only) = (Keyring::default(), Some(self.index));
        let trust = Trust { keys: &nobody, on_first_use: true, now: context.now, only };
        Archive::open(&Arc::new(Source::open(&self.paths)?), &trust).context("it is not what was registered")
    }
}

/// The bundles that are used where they lie.
pub(crate) fn all(store: &Store) -> Result<Vec<Registered>> {
    let mut all = Vec::new();
    for path in store.documents(&FOLDER.parse()?)? {
        if let Some(bytes) = store.read_document(&path)? {
            all.push(serde_json::from_slice(&bytes).with_context(|| path.to_string())?);
        }
    }
    Ok(all)
}

/// Whether every bundle that is used where it lies can be read now.
pub(crate) fn are_all_there(store: &Store) -> Result<bool> {
    Ok(all(store)?.len() == store.shelves().len())
}

/// [`load`], where they are others than those `known`.
pub(crate) fn reload(context: &Context, store: &Store, known: &mut Vec<Registered>) -> Result<()> {
    let now = all(store)?;
    if now != *known {
        load(context, store)?;
        *known = now;
    }
    Ok(())
}

/// Lets a store look into them; those that are not there are told.
pub(crate) fn load(context: &Context, store: &Store) -> Result<()> {
    let mut shelves: Vec<Arc<dyn Shelf>> = Vec::new();
    for one in all(store)? {
        match one.open(context) {
            Ok(archive) => shelves.push(Arc::new(archive)),
            Err(error) => {
                let path = one.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
                context.progress.warn(&format!(
                    "{path}: a bundle that was used there cannot be read: {error:#}\nhint: bring the media back, or `lsrepo bundle forget {}`",
                    &one.index.hex()[..12]
                ));
            }
        }
    }
    store.set_shelves(shelves);
    Ok(())
}
