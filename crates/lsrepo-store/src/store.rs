//! The store itself.

use crate::{
    Blob, BlobWriter, CacheFigures, Origin, Partial, Pending, Shelf,
    cache::Cache,
    disk::{self, write_whole},
    error::{At, StoreError},
    lock::{self, Guard},
    root,
};
use lsrepo_types::{Digest, RelPath, VerifyError};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

/// From so many blobs on, the whole file system is synced instead of each of them.
const MANY: usize = 16;

/// Blobs by digest, and names for some of them.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    shelves: Arc<RwLock<Vec<Arc<dyn Shelf>>>>,
    cache: Option<Arc<Cache>>,
}

impl Store {
    /// Opens the store in a folder; makes it where there is none.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        for dir in ["blobs/sha256", "tmp", "roots"] {
            let dir = root.join(dir);
            fs::create_dir_all(&dir).at(&dir)?;
        }
        Ok(Self { root: root.to_owned(), shelves: Arc::default(), cache: None })
    }

    /// Opens a folder as the cache of a store that lies elsewhere; at most about `most` bytes are kept; half of
    /// what the disk has room for, where nobody said. What is in it may be lost at any time.
    pub fn open_cache(root: &Path, origin: Arc<dyn Origin>, most: Option<u64>) -> Result<Self, StoreError> {
        let mut store = Self::open(root)?;
        store.sweep()?;
        store.cache = Some(Arc::new(Cache::open(root, origin, most)?));
        Ok(store)
    }

    /// What was done as a cache; none where this is none.
    pub fn cache_figures(&self) -> Option<CacheFigures> {
        self.cache.as_ref().map(|cache| cache.figures())
    }

    /// Of a cache, what stays however long it is not used, instead of what did before.
    pub fn pin(&self, blobs: BTreeSet<Digest>) {
        if let Some(cache) = &self.cache {
            cache.pin(blobs);
        }
    }

    /// Somebody uses a blob that he has open: of a cache, it stays for longer.
    pub fn touch(&self, blob: &Blob) {
        if let (Some(_), Some(file), Some(path)) = (&self.cache, blob.file(), blob.path()) {
            Cache::touch(path, file.metadata().and_then(|data| data.modified()));
        }
    }

    /// How often blobs had to go from a cache: whoever holds some open keeps their place on the disk.
    pub fn evictions(&self) -> u64 {
        self.cache.as_ref().map_or(0, |cache| cache.evictions.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    /// From now on, these are looked into for what is not in the store's own folder; so do all clones of this store.
    pub fn set_shelves(&self, shelves: Vec<Arc<dyn Shelf>>) {
        *self.shelves.write().unwrap_or_else(PoisonError::into_inner) = shelves;
    }

    /// What is looked into besides the store's own folder.
    pub fn shelves(&self) -> Vec<Arc<dyn Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn shelf_of(&self, digest: &Digest) -> Option<(Arc<dyn Shelf>, u64)> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        shelves.iter().find_map(|shelf| Some((shelf.clone(), shelf.size_of(digest)?)))
    }

    /// How long a blob is, if it is there. Only plain files are blobs.
    pub fn size_of(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        match (self.own_size_of(digest)?.or_else(|| self.shelf_of(digest).map(|(_, size)| size)), &self.cache) {
            (None, Some(cache)) => cache.size_of(digest),
            (size, _) => Ok(size),
        }
    }

    /// How long a blob in the store's own folder is.
    pub fn own_size_of(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let path = self.blob(digest);
        match fs::symlink_metadata(&path) {
            Ok(data) => Ok(data.is_file().then_some(data.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at(&path),
        }
    }

    /// Whether a blob of that length is there.
    pub fn contains(&self, digest: &Digest, size: u64) -> bool {
        self.size_of(digest).is_ok_and(|found| found == Some(size))
    }

    /// Opens a blob to be read. One on a shelf is checked before, which may take its time.
    pub fn open_blob(&self, digest: &Digest) -> Result<Blob, StoreError> {
        if self.own_size_of(digest)?.is_some() {
            let path = self.blob(digest);
            match (File::open(&path), &self.cache) {
                // It had to go just now.
                (Err(error), Some(_)) if error.kind() == io::ErrorKind::NotFound => {}
                (file, cache) => {
                    let file = file.at(&path)?;
                    if cache.is_some() {
                        Cache::touch(&path, file.metadata().and_then(|data| data.modified()));
                    }
                    return Blob::of_file(file, path);
                }
            }
        }
        let missing = || StoreError::Missing { digest: *digest, root: self.root.clone() };
        match (self.shelf_of(digest), &self.cache) {
            (Some((shelf, size)), _) => Blob::of_shelf(shelf, *digest, size),
            (None, Some(cache)) => {
                let (spool, size) = cache.fetch(digest, || self.writer())?.ok_or_else(missing)?;
                Ok(Blob::of_spool(spool, size))
            }
            (None, None) => Err(missing()),
        }
    }

    /// A whole blob of at most `limit` bytes, checked.
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, StoreError> {
        let blob = self.open_blob(digest)?;
        let size = blob.size().at(&self.blob(digest))?;
        if size > limit {
            return Err(StoreError::TooLarge { digest: *digest, size, limit });
        }
        let mut bytes = Vec::with_capacity(size as usize);
        blob.take(limit.saturating_add(1)).read_to_end(&mut bytes).at(&self.blob(digest))?;
        match Digest::of(&bytes) {
            found if found == *digest => Ok(bytes),
            found => Err(StoreError::Corrupt { digest: *digest, why: VerifyError::Digest { expected: *digest, actual: found } }),
        }
    }

    /// Adds a small blob.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if self.own_size_of(&digest)? != Some(bytes.len() as u64) {
            let mut writer = self.writer()?;
            writer.add(bytes)?;
            self.commit(vec![writer.finish()])?;
        }
        Ok(digest)
    }

    /// Begins a blob whose digest is not known yet.
    pub fn writer(&self) -> Result<BlobWriter, StoreError> {
        BlobWriter::new(&self.tmp())
    }

    /// Begins a blob in a file of its own name, which [`Store::sweep_uploads`] removes and nothing else.
    pub fn upload(&self, name: &RelPath) -> Result<BlobWriter, StoreError> {
        BlobWriter::named(&self.tmp(), &format!("{}.upload", name.as_str().replace('/', "-")))
    }

    /// Gives blobs their names: first all bytes are on disk, then all names, then the folder.
    pub fn commit(&self, all: Vec<Pending>) -> Result<(), StoreError> {
        match &all[..] {
            [] => return Ok(()),
            // One journal entry for all of them, instead of one for each.
            many if many.len() >= MANY => disk::sync_all(&self.tmp())?,
            few => few.iter().try_for_each(Pending::sync)?,
        }
        for pending in all {
            let blob = self.blob(&pending.digest);
            pending.name(&blob)?;
        }
        disk::sync_dir(&self.root.join("blobs/sha256"))
    }

    /// Begins or continues a blob whose digest and size are known.
    pub fn partial(&self, digest: &Digest, size: u64) -> Result<Partial, StoreError> {
        Partial::open(self, digest, Some(*digest), Some(size))
    }

    /// Begins or continues a blob that comes from `place`, where digest or size may be unknown.
    pub fn partial_from(&self, place: &str, digest: Option<Digest>, size: Option<u64>) -> Result<Partial, StoreError> {
        Partial::open(self, &digest.unwrap_or_else(|| Digest::of(place.as_bytes())), digest, size)
    }

    /// Bytes that can still be written.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        disk::free_bytes(&self.root).at(&self.root)
    }

    /// Makes a name stand for a digest.
    pub fn set_root(&self, name: &str, digest: &Digest) -> Result<(), StoreError> {
        root::set(&self.root, name, digest)
    }

    /// The names and what they stand for, those of shelves too.
    pub fn roots(&self) -> Result<BTreeMap<String, Digest>, StoreError> {
        let mut roots = BTreeMap::new();
        for shelf in self.shelves() {
            roots.extend(shelf.roots().clone());
        }
        roots.extend(root::all(&self.root)?);
        Ok(roots)
    }

    /// Forgets a name; it is no error where there is none.
    pub fn remove_root(&self, name: &str) -> Result<(), StoreError> {
        root::remove(&self.root, name)
    }

    /// For who changes the store. One at a time.
    pub fn lock_exclusive(&self) -> Result<Guard, StoreError> {
        lock::take(&self.root, true)
    }

    /// For who only reads.
    pub fn lock_shared(&self) -> Result<Guard, StoreError> {
        lock::take(&self.root, false)
    }

    /// For the one server that takes pushes; no blob is collected meanwhile.
    pub fn lock_registry(&self) -> Result<Guard, StoreError> {
        lock::take_registry(&self.root)
    }

    /// Writes a document beside the blobs, as a whole or not at all.
    pub fn write_document(&self, path: &RelPath, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(path.as_str());
        let dir = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(dir).at(dir)?;
        write_whole(&path, bytes)
    }

    /// A document, if it is there.
    pub fn read_document(&self, path: &RelPath) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.root.join(path.as_str());
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at(&path),
        }
    }

    /// The documents in a folder, sorted; none where there is no such folder.
    pub fn documents(&self, folder: &RelPath) -> Result<Vec<RelPath>, StoreError> {
        let dir = self.root.join(folder.as_str());
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at(&dir),
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = entry.at(&dir)?.file_name();
            let name = name.to_str().filter(|name| !name.starts_with('.'));
            all.extend(name.and_then(|name| format!("{folder}/{name}").parse::<RelPath>().ok()));
        }
        all.sort();
        Ok(all)
    }

    /// Removes a document; it is no error where there is none.
    pub fn remove_document(&self, path: &RelPath) -> Result<(), StoreError> {
        let path = self.root.join(path.as_str());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(&path),
            _ => Ok(()),
        }
    }
}
