//! What was pushed, as far as the whole server knows it: a value for each repository, replaced as a whole. A change is
//! on disk before anybody sees it.

use super::{
    document,
    quota::Quota,
    repository::{Repository, StoredBlob},
};
use lsrepo_oci::{
    AnyDigest,
    api::{ApiError, ErrorCode},
};
use lsrepo_store::Store;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// All pushed repositories.
pub(crate) struct Pushed {
    store: Arc<Store>,
    slots: RwLock<BTreeMap<String, Arc<Slot>>>,
    pub(crate) quota: Quota,
}

/// One repository's place. It stays empty where the first change failed.
#[derive(Default)]
struct Slot {
    changing: Mutex<()>,
    shown: RwLock<Option<Arc<Repository>>>,
}

impl Pushed {
    /// Reads all documents. Of what was pushed, at most `quota` bytes may lie in the store.
    pub(crate) fn load(store: Arc<Store>, quota: Option<u64>) -> io::Result<Self> {
        let quota = Quota::new(quota);
        let mut slots = BTreeMap::new();
        for (name, repository) in documents(&store)? {
            repository.stored().for_each(|(blob, size)| quota.add(blob, size));
            slots.insert(name, Arc::new(Slot { changing: Mutex::default(), shown: RwLock::new(Some(Arc::new(repository))) }));
        }
        Ok(Self { store, slots: RwLock::new(slots), quota })
    }

    /// A repository, as it is now.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Repository>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(name)?.get()
    }

    /// The names of all.
    pub(crate) fn names(&self) -> Vec<String> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|(_, slot)| slot.get().is_some()).map(|(name, _)| name.clone()).collect()
    }

    /// A blob, in whichever repository.
    pub(crate) fn find_blob(&self, digest: &AnyDigest) -> Option<StoredBlob> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().find_map(|slot| slot.get()?.blobs.get(digest).cloned())
    }

    /// Makes another of a repository, writes it down, and shows it. Waits for the disk.
    pub(crate) fn change<T>(&self, name: &str, change: impl FnOnce(&mut Repository) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let slot = self.slot(name);
        let _one_at_a_time = slot.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = slot.get();
        let mut new = old.as_deref().cloned().unwrap_or_default();
        let done = change(&mut new)?;
        if old.as_deref() == Some(&new) {
            return Ok(done);
        }
        let bytes = document::render(name, &new);
        let written = document::path(name).map_err(|why| why.to_string());
        written.and_then(|path| self.store.write_document(&path, &bytes).map_err(|why| why.to_string())).map_err(disk)?;
        new.stored().for_each(|(blob, size)| self.quota.add(blob, size));
        *slot.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(new));
        Ok(done)
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return slot.clone();
        }
        self.slots.write().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }
}

impl Slot {
    fn get(&self) -> Option<Arc<Repository>> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Every repository that is written down in a store.
pub(crate) fn documents(store: &Store) -> io::Result<Vec<(String, Repository)>> {
    let folder = document::FOLDER.parse().map_err(io::Error::other)?;
    let mut all = Vec::new();
    for path in store.documents(&folder).map_err(io::Error::other)? {
        if !path.as_str().ends_with(".json") {
            continue;
        }
        if let Some(bytes) = store.read_document(&path).map_err(io::Error::other)? {
            let wrong = |why| io::Error::other(format!("{}/{path}: {why}", store.root().display()));
            all.push(document::parse(&path, &bytes).map_err(wrong)?);
        }
    }
    Ok(all)
}

/// The disk did not do it; the client can do nothing about that.
pub(crate) fn disk(why: impl ToString) -> ApiError {
    ApiError::new(ErrorCode::Denied, format!("the registry cannot write: {}", why.to_string())).with_status(500)
}
