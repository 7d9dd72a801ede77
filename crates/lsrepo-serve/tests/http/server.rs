//! A server on a port of its own, with one repository and a store.

use lsrepo_publish::{Entry, Tree};
use lsrepo_serve::{Access, AptRepository, Current, Event, Listener, Options, PlatformSummary, PublicKey, Site, serve_with};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};
use tokio::sync::oneshot;

pub(crate) const DATE: Timestamp = Timestamp(1_746_868_877);
pub(crate) const SMALL: &str = "/apt/debian-12/pool/main/g/g++/g++_1.2~rc1+b2_amd64.deb";
pub(crate) const LARGE: &str = "/apt/debian-12/pool/main/l/large/large_1_all.deb";
pub(crate) const LOST: &str = "/apt/debian-12/pool/main/l/lost/lost_1_all.deb";

/// Bytes that differ at each place.
pub(crate) fn large() -> Vec<u8> {
    (0..3_000_001u32).flat_map(|n| [(n * 7 + (n >> 8)) as u8]).collect()
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) site: Arc<Current>,
    store: Arc<Store>,
    directory: tempfile::TempDir,
    events: Arc<(Mutex<Vec<Event>>, Condvar)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(mut options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(directory.path()).unwrap());
        let site = Arc::new(Current::new(site(&store)));
        let events: Arc<(Mutex<Vec<Event>>, Condvar)> = Arc::default();
        let heard = events.clone();
        options.listener = Some(Listener::new(move |event| {
            heard.0.lock().unwrap().push(event);
            heard.1.notify_all();
        }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (shown, blobs) = (site.clone(), store.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let stopped = async { _ = stopped.await };
                serve_with(listener, shown, blobs, options, stopped).await.unwrap();
            });
        });
        let (stop, thread) = (Some(stop), Some(thread));
        Self { address, site, store, directory, events, stop, thread }
    }

    /// Adds a blob to the store.
    pub(crate) fn put(&self, bytes: &[u8]) -> Digest {
        self.store.put(bytes).unwrap()
    }

    /// Shows one blob at `/files/huge` that no buffers between here and there can hold.
    pub(crate) fn show_huge(&self) -> Digest {
        let bytes = vec![7; 64 << 20];
        let digest = self.store.put(&bytes).unwrap();
        let mut tree = Tree::default();
        tree.insert("huge".parse().unwrap(), Entry::Blob { digest, size: bytes.len() as u64 });
        let mut site = Site::new(key(), DATE);
        site.mount("files".parse().unwrap(), tree, DATE);
        self.site.replace(site);
        digest
    }

    /// Asks the server to stop, without waiting.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for the end; panics where the server has not ended by itself.
    pub(crate) fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.directory.path().join("blobs/sha256").join(digest.hex())
    }

    /// The accesses so far; the last may still be under way when the client has its answer.
    pub(crate) fn accesses(&self, expected: usize) -> Vec<Access> {
        let found = |events: &[Event]| -> Vec<Access> {
            let access = |event: &Event| match event {
                Event::Access(access) => Some(access.clone()),
                _ => None,
            };
            events.iter().filter_map(access).collect()
        };
        let (events, more) = &*self.events;
        let few = |events: &mut Vec<Event>| found(events).len() < expected;
        let (events, waited) = more.wait_timeout_while(events.lock().unwrap(), Duration::from_secs(20), few).unwrap();
        assert!(!waited.timed_out(), "fewer than {expected} accesses");
        found(&events)
    }

    pub(crate) fn broken(&self) -> Vec<String> {
        let events = self.events.0.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match event {
                Event::Broken { path, why } => Some(format!("{path}: {why}")),
                _ => None,
            })
            .collect()
    }
}

/// One repository: a small blob, a large one, one that the store lacks, and an index.
fn site(store: &Store) -> Site {
    let mut tree = Tree::default();
    let mut add = |path: &str, entry| {
        let inside = path.strip_prefix("/apt/debian-12/").unwrap_or(path);
        tree.insert(inside.parse().unwrap(), entry);
    };
    for (path, bytes) in [(SMALL, b"small package".to_vec()), (LARGE, large())] {
        let digest = store.put(&bytes).unwrap();
        add(path, Entry::Blob { digest, size: bytes.len() as u64 });
    }
    add(LOST, Entry::Blob { digest: Digest::of(b"lost"), size: 4 });
    add("dists/debian-12/InRelease", Entry::Bytes(Arc::from(&b"Suite: debian-12\n"[..])));
    add("dists/debian-12/main/binary-all/Packages", Entry::Bytes(Arc::from(&b""[..])));
    let mut site = Site::new(key(), DATE);
    site.mount_apt(AptRepository {
        os: "debian-12".parse().unwrap(),
        tree,
        date: DATE,
        components: vec![],
        platforms: vec![PlatformSummary {
            platform: "debian-12/x86_64".parse().unwrap(),
            packages: 1032,
            bytes: 939_000_000,
            components: vec!["main".into()],
        }],
    });
    site
}

pub(crate) fn key() -> PublicKey {
    PublicKey {
        armored: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----\n".into(),
        binary: vec![0x98, 0x33],
        fingerprint: "ABCD 1234".into(),
    }
}
