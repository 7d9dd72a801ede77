//! A server that has nothing of its own: what it shows lies in object storage, and this machine keeps what was asked for.
//!
//! Several of them show the same. One may hear of another snapshot a moment before the others; what it says of that leads
//! clients to the others, so each asks for the head again before it says that there is no such thing.

use super::shown;
use crate::{
    context::{Context, now},
    head::Signed,
    progress::Progress,
    site::{Keys, Shown, kept},
    snapshots::Snapshot,
    whole,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_depot::{Depot, DepotOrigin, Found, Version};
use lsrepo_publish::client::BaseUrl;
use lsrepo_serve::{Current, PublicKey};
use lsrepo_sign::Keyring;
use lsrepo_store::{Guard, Store};
use lsrepo_types::{Digest, RelPath, Timestamp};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// However many ask, the head is not asked for more often; less often where nobody answered.
const ROUGHLY: Duration = Duration::from_millis(200);
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// How long an answer is waited for, at the start and later.
const AT_FIRST: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(5);
/// How long a client that was told of something waits for news of it, and how many may.
const PATIENCE: Duration = Duration::from_secs(3);
const MOST_WAITING: usize = 64;
/// Blobs that are fetched at once before what is shown can be read.
const AT_ONCE: usize = 16;
/// No publication is larger, in bytes.
const MOST: u64 = 256 << 20;

/// What is shown of a depot.
pub(super) struct Remote {
    origin: Arc<DepotOrigin>,
    pub(super) store: Arc<Store>,
    progress: Progress,
    /// those whose head is taken; none: whoever signed the first one
    trust: Keyring,
    state: Mutex<State>,
    asked: Condvar,
    _alone: Guard,
}

#[derive(Default)]
struct State {
    version: Version,
    snapshot: Snapshot,
    signer: String,
    url: Option<BaseUrl>,
    /// somebody asks for the head now
    is_asking: bool,
    /// when the last question began that was answered, or was given up
    begun: Option<Instant>,
    waiting: usize,
    /// what was said last of why nothing new can be had
    trouble: String,
}

/// What a head says, ready to be shown.
struct Ready {
    shown: Shown,
    snapshot: Snapshot,
    signer: String,
    /// what has to stay in the cache for that
    needed: BTreeSet<Digest>,
}

impl Remote {
    /// Makes the cache of a depot ready; no other server may use it.
    pub(super) fn open(context: &Context, depot: Depot, cache: Option<PathBuf>, size: Option<u64>) -> Result<Self> {
        let name = &Digest::of(depot.name().as_bytes()).hex()[..16];
        let folder = cache.unwrap_or_else(|| context.home.join("cache").join(name));
        claim(&folder, depot.name())?;
        // What a server before us was sending it may still be sending.
        let alone = context.alone(&Store::open(&folder)?)?;
        let origin = Arc::new(DepotOrigin::new(depot)?);
        let store = Arc::new(Store::open_cache(&folder, origin.clone(), size)?);
        let (trust, state) = (context.trusted()?, Mutex::default());
        Ok(Self { origin, store, progress: context.progress, trust, state, asked: Condvar::new(), _alone: alone })
    }

    fn name(&self) -> &str {
        self.origin.depot().name()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is shown first: what lies there, or what was shown last where that cannot be had or is older.
    pub(super) fn first(&self) -> Result<(Shown, Snapshot)> {
        let kept = self.store.read_document(&head_file()?)?;
        let before = kept.as_deref().and_then(|bytes| Signed::parse(bytes, self.name(), &self.trust, now()).ok());
        let first = || -> Result<(Ready, Version)> {
            let Some((bytes, version)) = self.ask(&Version::default(), AT_FIRST)? else {
                bail!("{0}: nothing was put there yet\nhint: `lsrepo sync --to {0}` does", self.name())
            };
            let (date, signer) = before.as_ref().map(|before| (before.head.date, before.signer.as_str())).unzip();
            let ready = self.show(&bytes, date, signer)?;
            self.keep(&bytes);
            Ok((ready, version))
        };
        let (ready, version) = match (first(), &kept) {
            (Ok(found), _) => found,
            (Err(error), Some(bytes)) => {
                self.progress.warn(&format!("{error:#}\nhint: what was shown last is shown, as far as it is kept here"));
                (self.show(bytes, None, None)?, Version::default())
            }
            (Err(error), None) => return Err(error),
        };
        let mut state = self.lock();
        self.store.pin(ready.needed);
        (state.version, state.snapshot, state.signer) = (version, ready.snapshot.clone(), ready.signer);
        Ok((ready.shown, ready.snapshot))
    }

    /// From the next snapshot on, the address that clients use.
    pub(super) fn at(&self, url: Option<BaseUrl>) {
        self.lock().url = url;
    }

    /// What is shown.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.lock().snapshot.clone()
    }

    /// Shows another snapshot where there is one, as the depot has it now or later: what was asked before now does not count.
    /// However many want to know, one asks. Comes back after some seconds at most, but for who asks.
    pub(super) fn look(&self, current: &Current) {
        let wanted = Instant::now();
        let mut state = self.lock();
        let in_trouble =
            |state: &State| !state.trouble.is_empty() && state.begun.is_some_and(|begun| begun.elapsed() < AFTER_TROUBLE);
        while state.is_asking {
            if state.waiting >= MOST_WAITING || wanted.elapsed() >= PATIENCE {
                return;
            }
            state.waiting += 1;
            state = self.asked.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
            if state.begun.is_some_and(|begun| begun >= wanted) {
                return;
            }
        }
        if in_trouble(&state) {
            return;
        }
        state.is_asking = true;
        let last = state.begun;
        drop(state);
        let _done = Asking(self);
        if let Some(rest) = last.and_then(|last| ROUGHLY.checked_sub(last.elapsed())) {
            thread::sleep(rest);
        }
        self.question(current);
    }

    /// Asks for the head, and shows what it says. Only one at a time.
    fn question(&self, current: &Current) {
        let (version, begun) = (self.lock().version.clone(), Instant::now());
        let next = self.next(&version);
        let mut state = self.lock();
        state.begun = Some(begun);
        let trouble = match next {
            Ok(None) => String::new(),
            Ok(Some((ready, version))) => {
                self.store.pin(ready.needed);
                (state.version, state.snapshot, state.signer) = (version, ready.snapshot, ready.signer);
                current.replace(shown::at(ready.shown.site, state.url.as_ref()));
                self.progress.note(&format!("snapshot {} is shown", state.snapshot.number));
                String::new()
            }
            Err(error) => format!("{error:#}"),
        };
        if !trouble.is_empty() && trouble != state.trouble {
            self.progress.warn(&trouble);
        }
        state.trouble = trouble;
    }

    fn next(&self, known: &Version) -> Result<Option<(Ready, Version)>> {
        let Some((bytes, version)) = self.ask(known, LATER)? else { return Ok(None) };
        let (date, signer) = {
            let state = self.lock();
            (state.snapshot.date, state.signer.clone())
        };
        let ready = self.show(&bytes, date, Some(&signer))?;
        self.keep(&bytes);
        Ok(Some((ready, version)))
    }

    /// The head, where it is another than the one that is known.
    fn ask(&self, known: &Version, patience: Duration) -> Result<Option<(Vec<u8>, Version)>> {
        let (depot, known) = (self.origin.depot().clone(), known.clone());
        let answer = self.origin.wait(async move { tokio::time::timeout(patience, depot.head(&known)).await })?;
        match answer.with_context(|| format!("{}: no answer", self.name()))?? {
            Found::Head(bytes, version) => Ok(Some((bytes.to_vec(), version))),
            Found::Same | Found::Nothing => Ok(None),
        }
    }

    /// For a start while nobody answers, and so that nobody goes back in time. Where it cannot be kept, that cannot be.
    fn keep(&self, head: &[u8]) {
        let kept = head_file().and_then(|file| Ok(self.store.write_document(&file, head)?));
        if let Err(error) = kept {
            self.progress.detail(&format!("{error:#}"));
        }
    }

    /// What a head says, ready to be shown. It must not be older than `since`; where no key is trusted here, `signer` alone is.
    fn show(&self, bytes: &[u8], since: Option<Timestamp>, signer: Option<&str>) -> Result<Ready> {
        let place = self.name();
        let Signed { head, signer: by, key, trusted } = Signed::parse(bytes, place, &self.trust, now())?;
        let is_taken = trusted || self.trust.is_empty() && signer.is_none_or(|signer| signer == by);
        if !is_taken {
            bail!("{place}: signed by {by}, whom this machine does not trust\nhint: `lsrepo key trust FILE`");
        }
        if since.is_some_and(|since| head.date < since) {
            bail!("{place}: what lies there is older than what is shown; it is not taken");
        }
        let publication = head.publication.with_context(|| format!("{place}: it says nothing of how it is shown"))?;
        let keyring = Keyring::parse(key.as_bytes())?;
        let signing = PublicKey { armored: key, binary: keyring.binary(), fingerprint: by.clone() };
        let document = self.store.read(&publication.document.digest, MOST).with_context(|| place.to_owned())?;
        let keys = Keys { signing, ca: publication.ca };
        let mut needed = BTreeSet::from([publication.document.digest]);
        let shown = kept::of_others(self.progress, &self.store, &document, &keys, |blobs| {
            needed.extend(blobs);
            self.fetch(blobs)
        });
        let roots = head.sets.into_iter().map(|(name, set)| (name, set.digest)).collect();
        let snapshot = Snapshot { number: head.number, date: Some(head.date), roots };
        Ok(Ready { shown: shown.with_context(|| place.to_owned())?, snapshot, signer: by, needed })
    }

    /// Blobs that are about to be read one after the other come all at once.
    fn fetch(&self, blobs: &BTreeSet<Digest>) -> Result<()> {
        let (blobs, next): (Vec<_>, _) = (blobs.iter().collect(), AtomicUsize::new(0));
        let work = || -> Result<()> {
            while let Some(digest) = blobs.get(next.fetch_add(1, Relaxed)) {
                self.store.open_blob(digest)?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE.min(blobs.len())).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("fetching what is shown")))
        })
    }
}

/// Somebody asks; once this is dropped, others may.
struct Asking<'a>(&'a Remote);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.lock().is_asking = false;
        self.0.asked.notify_all();
    }
}

/// Makes a folder a cache. One that is something else already would lose what is in it.
fn claim(folder: &Path, place: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let (marker, head) = (folder.join("cache-of"), folder.join("head"));
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    match fs::read_to_string(&marker) {
        Ok(text) if text.trim() == place => return Ok(()),
        // Blobs are the same everywhere; what was shown is not.
        Ok(_) => match fs::remove_file(&head) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(|| head.display().to_string()),
            _ => {}
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_empty() => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!(
                "{}: this is no cache, and what is in it would be lost\nhint: name an empty folder with --cache",
                folder.display()
            )
        }
        Err(error) => return Err(error).with_context(|| marker.display().to_string()),
    }
    whole::write_text(&marker, &format!("{place}\n"))
}

fn head_file() -> Result<RelPath> {
    Ok("head".parse()?)
}
