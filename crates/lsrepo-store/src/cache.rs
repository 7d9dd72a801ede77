//! A store that is the cache of an [`Origin`]: what is not here is fetched when somebody wants it, each blob once however
//! many want it, and what was not used for the longest time goes where there is no room.

use crate::{
    BlobWriter, Origin, Pending,
    check::files,
    disk::{free_bytes, sync_dir},
    error::{At, StoreError},
    spool::{Filler, Spool},
};
use lsrepo_types::Digest;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// A blob's time of use is written down no more often than this.
const ROUGHLY: Duration = Duration::from_secs(60);

/// What a cache did since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// blobs that were asked for, and came from the origin
    pub fetched: u64,
    /// their bytes
    pub fetched_bytes: u64,
    /// blobs that had to go
    pub evicted: u64,
    /// bytes that lie in it
    pub bytes: u64,
    /// bytes that may
    pub most: u64,
}

pub(crate) struct Cache {
    pub(crate) origin: Arc<dyn Origin>,
    root: PathBuf,
    most: u64,
    bytes: AtomicU64,
    coming: Mutex<HashMap<Digest, Arc<Spool>>>,
    sizes: Mutex<HashMap<Digest, u64>>,
    fetched: AtomicU64,
    fetched_bytes: AtomicU64,
    evicted: AtomicU64,
    /// how often something went
    pub(crate) evictions: AtomicU64,
    clearing: Mutex<()>,
    pinned: Mutex<BTreeSet<Digest>>,
}

/// Sizes that are remembered; a server knows most of what it asks for.
const MOST_SIZES: usize = 100_000;

impl Cache {
    /// In the store's folder, which may hold `most` bytes; half of what it could, where nobody said.
    pub(crate) fn open(root: &Path, origin: Arc<dyn Origin>, most: Option<u64>) -> Result<Self, StoreError> {
        let mut cache = Self {
            origin,
            root: root.to_owned(),
            most: 0,
            bytes: AtomicU64::new(0),
            coming: Mutex::default(),
            sizes: Mutex::default(),
            fetched: AtomicU64::new(0),
            fetched_bytes: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            clearing: Mutex::default(),
            pinned: Mutex::default(),
        };
        let bytes = cache.all()?.iter().map(|(_, _, size)| size).sum();
        cache.bytes.store(bytes, Relaxed);
        let half = || free_bytes(root).map(|free| (free + bytes) / 2).at(root);
        cache.most = most.map_or_else(half, Ok)?;
        cache.shrink(cache.most)?;
        Ok(cache)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs/sha256")
    }

    /// A blob that is on its way, from now on; none where there is none.
    pub(crate) fn fetch(
        self: &Arc<Self>,
        digest: &Digest,
        writer: impl FnOnce() -> Result<BlobWriter, StoreError>,
    ) -> Result<Option<(Arc<Spool>, u64)>, StoreError> {
        let (spool, filler) = {
            let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
            match coming.get(digest) {
                Some(spool) => (spool.clone(), None),
                None => {
                    let writer = writer()?;
                    let spool = Arc::new(Spool::new(*digest, self.origin.clone(), writer.reader()?));
                    coming.insert(*digest, spool.clone());
                    (spool.clone(), Some(Filler::new(spool, Arc::downgrade(self), writer)))
                }
            }
        };
        if let Some(filler) = filler {
            self.origin.fetch(digest, filler);
        }
        match spool.opened() {
            Ok(size) => Ok(size.map(|size| (spool, size))),
            Err(why) => Err(StoreError::Origin { digest: *digest, origin: self.origin.name(), why }),
        }
    }

    /// How long a blob at the origin is.
    pub(crate) fn size_of(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let known = self.sizes.lock().unwrap_or_else(PoisonError::into_inner).get(digest).copied();
        if known.is_some() {
            return Ok(known);
        }
        let asked = self.origin.size_of(digest);
        let size = asked.map_err(|why| StoreError::Origin { digest: *digest, origin: self.origin.name(), why })?;
        if let Some(size) = size {
            let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
            if sizes.len() >= MOST_SIZES {
                sizes.clear();
            }
            sizes.insert(*digest, size);
        }
        Ok(size)
    }

    /// A blob that is right gets its name.
    pub(crate) fn keep(&self, pending: Pending) -> Result<(), StoreError> {
        let (size, path) = (pending.size, self.blobs().join(pending.digest.hex()));
        if path.is_file() {
            return Ok(());
        }
        pending.sync()?;
        pending.name(&path)?;
        sync_dir(&self.blobs())?;
        self.fetched.fetch_add(1, Relaxed);
        self.fetched_bytes.fetch_add(size, Relaxed);
        self.bytes.fetch_add(size, Relaxed);
        if self.bytes.load(Relaxed) > self.most {
            // Not one by one: what is looked through for each is everything.
            self.shrink(self.most - self.most / 8)?;
        }
        Ok(())
    }

    /// It has come, or never will.
    pub(crate) fn forget(&self, digest: &Digest, spool: &Arc<Spool>) {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        if coming.get(digest).is_some_and(|known| Arc::ptr_eq(known, spool)) {
            coming.remove(digest);
        }
    }

    /// The disk is full: half of what is here goes, unless something went since `seen`. Whether there is more room now.
    pub(crate) fn make_room(&self, seen: u64) -> bool {
        self.evictions.load(Relaxed) != seen || self.shrink(self.bytes.load(Relaxed) / 2).is_ok_and(|freed| freed > 0)
    }

    /// From now on these stay, however long they are not used.
    pub(crate) fn pin(&self, blobs: BTreeSet<Digest>) {
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = blobs;
    }

    /// A blob is in use.
    pub(crate) fn touch(path: &Path, used: io::Result<SystemTime>) {
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|since| since < ROUGHLY)) {
            return;
        }
        let at = |nsec| Timespec { tv_sec: 0, tv_nsec: nsec };
        let times = Timestamps { last_access: at(UTIME_OMIT), last_modification: at(UTIME_NOW) };
        // Where it cannot be written down, it goes earlier than it need.
        _ = utimensat(CWD, path, &times, AtFlags::empty());
    }

    pub(crate) fn figures(&self) -> CacheFigures {
        CacheFigures {
            fetched: self.fetched.load(Relaxed),
            fetched_bytes: self.fetched_bytes.load(Relaxed),
            evicted: self.evicted.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            most: self.most,
        }
    }

    /// Removes what was not used for the longest time until no more than `most` bytes are left; gives how many bytes went.
    fn shrink(&self, most: u64) -> Result<u64, StoreError> {
        let _one = self.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.bytes.load(Relaxed) <= most {
            return Ok(0);
        }
        let mut all = self.all()?;
        all.sort();
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_pinned = |path: &Path| {
            let digest = path.file_name().and_then(|name| Digest::from_hex(name.to_str()?).ok());
            digest.is_some_and(|digest| pinned.contains(&digest))
        };
        let mut freed = 0;
        for (_, path, size) in all {
            if self.bytes.load(Relaxed) <= most {
                break;
            }
            if is_pinned(&path) {
                continue;
            }
            fs::remove_file(&path).at(&path)?;
            freed += size;
            self.bytes.fetch_sub(size.min(self.bytes.load(Relaxed)), Relaxed);
            self.evicted.fetch_add(1, Relaxed);
        }
        self.evictions.fetch_add(1, Relaxed);
        Ok(freed)
    }

    /// When each was used, where it is, how long it is.
    fn all(&self) -> Result<Vec<(SystemTime, PathBuf, u64)>, StoreError> {
        let mut all = Vec::new();
        for path in files(&self.blobs())? {
            let data = fs::symlink_metadata(&path).at(&path)?;
            all.push((data.modified().at(&path)?, path, data.len()));
        }
        Ok(all)
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("origin", &self.origin).field("most", &self.most).finish_non_exhaustive()
    }
}
