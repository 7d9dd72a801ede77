use super::*;
use lsrepo_types::Digest;
use std::{
    collections::HashMap,
    fs, io,
    io::Read,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

/// Has blobs, and hands out the ends that are to be filled where it is told to wait.
#[derive(Debug, Default)]
struct Afar {
    blobs: Mutex<HashMap<Digest, Vec<u8>>>,
    waits: bool,
    asked: AtomicU64,
    sizes: AtomicU64,
    fillers: Mutex<Vec<Filler>>,
}

impl Afar {
    fn with(blobs: &[&[u8]]) -> Self {
        let blobs = blobs.iter().map(|bytes| (Digest::of(bytes), bytes.to_vec())).collect();
        Self { blobs: Mutex::new(blobs), ..Self::default() }
    }

    fn taken(&self) -> Filler {
        self.fillers.lock().unwrap().pop().unwrap()
    }
}

impl std::fmt::Debug for Filler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filler")
    }
}

impl Origin for Afar {
    fn name(&self) -> String {
        "afar".to_owned()
    }

    fn size_of(&self, digest: &Digest) -> io::Result<Option<u64>> {
        self.sizes.fetch_add(1, SeqCst);
        Ok(self.blobs.lock().unwrap().get(digest).map(|bytes| bytes.len() as u64))
    }

    fn fetch(&self, digest: &Digest, mut into: Filler) {
        self.asked.fetch_add(1, SeqCst);
        let Some(bytes) = self.blobs.lock().unwrap().get(digest).cloned() else { return into.absent() };
        into.begin(bytes.len() as u64);
        if self.waits {
            into.add(&bytes[..1]).unwrap();
            return self.fillers.lock().unwrap().push(into);
        }
        for piece in bytes.chunks(1000) {
            into.add(piece).unwrap();
        }
        _ = into.finish();
    }

    fn read_at(&self, digest: &Digest, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let blobs = self.blobs.lock().unwrap();
        buffer.copy_from_slice(&blobs[digest][offset as usize..][..buffer.len()]);
        Ok(buffer.len())
    }
}

fn cache(afar: Afar, most: u64) -> (tempfile::TempDir, Store, Arc<Afar>) {
    let dir = tempfile::tempdir().unwrap();
    let afar = Arc::new(afar);
    let store = Store::open_cache(dir.path(), afar.clone(), Some(most)).unwrap();
    (dir, store, afar)
}

fn used(root: &Path, digest: &Digest, ago: u64) {
    let file = fs::File::options().write(true).open(root.join("blobs/sha256").join(digest.hex())).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(ago)).unwrap();
}

#[test]
fn what_is_not_here_comes_from_afar_once() {
    let (bytes, other) = (vec![7; 200_000], b"small".to_vec());
    let (_dir, store, afar) = cache(Afar::with(&[&bytes, &other]), 1 << 30);
    let digest = Digest::of(&bytes);
    assert_eq!(store.size_of(&digest).unwrap(), Some(200_000));
    assert_eq!(store.size_of(&digest).unwrap(), Some(200_000));
    assert_eq!(afar.sizes.load(SeqCst), 1, "a size never changes");
    for _ in 0..3 {
        assert_eq!(store.read(&digest, 1 << 20).unwrap(), bytes);
    }
    assert_eq!(store.read(&Digest::of(&other), 5).unwrap(), other);
    assert_eq!(afar.asked.load(SeqCst), 2);
    assert_eq!(store.own_size_of(&digest).unwrap(), Some(200_000));
    let figures = store.cache_figures().unwrap();
    assert_eq!((figures.fetched, figures.fetched_bytes, figures.bytes, figures.evicted), (2, 200_005, 200_005, 0));
}

#[test]
fn what_is_nowhere_is_missing() {
    let (_dir, store, _) = cache(Afar::default(), 1 << 30);
    let digest = Digest::of(b"nothing");
    assert_eq!(store.size_of(&digest).unwrap(), None);
    assert!(matches!(store.open_blob(&digest), Err(StoreError::Missing { .. })));
    assert!(matches!(store.open_blob(&digest), Err(StoreError::Missing { .. })), "and is asked for again");
}

#[test]
fn many_who_want_a_blob_get_it_while_it_comes() {
    let bytes: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
    let (_dir, store, afar) = cache(Afar { waits: true, ..Afar::with(&[&bytes]) }, 1 << 30);
    let digest = Digest::of(&bytes);
    let first = store.open_blob(&digest).unwrap();
    assert_eq!((first.size().unwrap(), first.file().is_some()), (300_000, false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            std::thread::spawn(move || {
                let mut all = Vec::new();
                store.open_blob(&digest).unwrap().read_to_end(&mut all).unwrap();
                all
            })
        })
        .collect();
    let mut filler = afar.taken();
    filler.add(&bytes[1..200_000]).unwrap();
    let mut start = [0; 100];
    first.read_exact_at(&mut start, 100_000).unwrap();
    assert_eq!(start, bytes[100_000..100_100], "what has come is given before the rest");
    filler.add(&bytes[200_000..]).unwrap();
    filler.finish().unwrap();
    for reader in readers {
        assert_eq!(reader.join().unwrap(), bytes);
    }
    assert_eq!(afar.asked.load(SeqCst), 1);
    assert!(first.file().is_some(), "from now on it is a file as any other");
}

#[test]
fn the_end_of_what_is_wrong_is_given_to_nobody() {
    let bytes = vec![1; 300_000];
    let (_dir, store, afar) = cache(Afar { waits: true, ..Afar::with(&[&bytes]) }, 1 << 30);
    let digest = Digest::of(&bytes);
    let blob = store.open_blob(&digest).unwrap();
    let mut filler = afar.taken();
    filler.add(&vec![2; 299_999]).unwrap();
    let mut begun = [0; 1000];
    blob.read_exact_at(&mut begun, 1000).unwrap();
    assert!(matches!(filler.finish(), Err(StoreError::Corrupt { .. })));
    assert!(blob.read_at(&mut begun, 299_000).is_err());
    assert_eq!(store.own_size_of(&digest).unwrap(), None, "and it is not kept");
    let again = store.open_blob(&digest).unwrap();
    let mut filler = afar.taken();
    filler.add(&bytes[1..]).unwrap();
    filler.finish().unwrap();
    assert_eq!(again.read_at(&mut begun, 299_000).unwrap(), 1000, "the next one gets what is right");
}

#[test]
fn whoever_waits_hears_that_nothing_comes_any_more() {
    let bytes = vec![1; 300_000];
    let (_dir, store, afar) = cache(Afar { waits: true, ..Afar::with(&[&bytes]) }, 1 << 30);
    let blob = store.open_blob(&Digest::of(&bytes)).unwrap();
    let reader = std::thread::spawn(move || blob.read_at(&mut [0; 10], 1000));
    drop(afar.taken());
    assert!(reader.join().unwrap().unwrap_err().to_string().contains("given up"));
    let blob = store.open_blob(&Digest::of(&bytes)).unwrap();
    let mut filler = afar.taken();
    assert!(matches!(filler.add(&vec![0; 300_000]), Err(StoreError::TooLong { .. })));
    filler.fail("the line is cut");
    assert!(blob.is_lost() && !blob.is_whole());
    assert_eq!(blob.read_at(&mut [0; 10], 1000).unwrap_err().to_string(), "the line is cut");
}

#[test]
fn who_goes_on_far_behind_does_not_wait_for_all_before() {
    let bytes: Vec<u8> = (0..20_000_000u32).map(|n| (n >> 8) as u8).collect();
    let (_dir, store, afar) = cache(Afar { waits: true, ..Afar::with(&[&bytes]) }, 1 << 30);
    let blob = store.open_blob(&Digest::of(&bytes)).unwrap();
    let mut part = [0; 5000];
    blob.read_exact_at(&mut part, 19_000_000).unwrap();
    assert_eq!(part[..], bytes[19_000_000..19_005_000]);
    let reader = std::thread::spawn(move || {
        let mut end = [0; 10];
        blob.read_exact_at(&mut end, 19_999_990).map(|()| end)
    });
    let mut filler = afar.taken();
    filler.add(&bytes[1..]).unwrap();
    filler.finish().unwrap();
    assert_eq!(reader.join().unwrap().unwrap(), bytes[19_999_990..], "its end is given once all of it is right");
}

#[test]
fn what_was_not_used_for_the_longest_time_goes() {
    let all: Vec<Vec<u8>> = (0..10u8).map(|n| vec![n; 1000]).collect();
    let (dir, store, afar) = cache(Afar::with(&all.iter().map(Vec::as_slice).collect::<Vec<_>>()), 8000);
    let digests: Vec<Digest> = all.iter().map(|bytes| Digest::of(bytes)).collect();
    for (n, digest) in digests[..8].iter().enumerate() {
        store.read(digest, 1000).unwrap();
        used(dir.path(), digest, 1000 - n as u64);
    }
    let open = store.open_blob(&digests[1]).unwrap();
    store.read(&digests[0], 1000).unwrap();
    assert_eq!(store.evictions(), 0);
    store.read(&digests[8], 1000).unwrap();
    assert_eq!(store.evictions(), 1);
    let here = |digest: &Digest| store.own_size_of(digest).unwrap().is_some();
    assert!(here(&digests[0]) && here(&digests[8]) && !here(&digests[2]) && !here(&digests[3]), "the first was used again");
    assert_eq!(store.cache_figures().unwrap().bytes, 7000);
    let mut kept = Vec::new();
    { open }.read_to_end(&mut kept).unwrap();
    assert_eq!(kept, all[1], "what somebody reads stays until he is done");
    store.read(&digests[2], 1000).unwrap();
    assert_eq!(afar.asked.load(SeqCst), 10, "what went comes again");
    used(dir.path(), &digests[5], 9999);
    store.pin([digests[5]].into());
    store.read(&digests[3], 1000).unwrap();
    store.read(&digests[9], 1000).unwrap();
    assert!(here(&digests[5]), "what is always needed stays");
}

#[test]
fn a_cache_that_is_larger_than_it_may_be_shrinks_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let plain = Store::open(dir.path()).unwrap();
    let digests: Vec<Digest> = (0..5u8).map(|n| plain.put(&[n; 100]).unwrap()).collect();
    used(dir.path(), &digests[3], 500);
    fs::write(dir.path().join("tmp/1-1.new"), b"what a crash left").unwrap();
    let store = Store::open_cache(dir.path(), Arc::new(Afar::default()), Some(400)).unwrap();
    assert_eq!(store.own_size_of(&digests[3]).unwrap(), None);
    assert_eq!(store.cache_figures().unwrap().bytes, 400);
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}
