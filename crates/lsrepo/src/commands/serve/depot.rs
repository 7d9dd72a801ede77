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
};
use anyhow::{Context as _, Result, bail};
use lsrepo_depot::{Depot, DepotOrigin, Found, Version};
use lsrepo_publish::client::BaseUrl;
use lsrepo_serve::{Current, PublicKey};
use lsrepo_sign::Keyring;
use lsrepo_store::{Guard, Store, free_bytes};
use lsrepo_types::{Digest, RelPath};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// However many ask, the head is not asked for more often; less often where nobody answered.
const ROUGHLY: Duration = Duration::from_millis(500);
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// How long an answer is waited for, at the start and later: clients wait for it, too.
const AT_FIRST: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(5);
/// Blobs that are fetched at once before what is shown can be read.
const AT_ONCE: usize = 16;
/// No publication is larger, in bytes.
const MOST: u64 = 256 << 20;

/// What is shown of a depot.
pub(super) struct Remote {
    origin: Arc<DepotOrigin>,
    pub(super) store: Arc<Store>,
    progress: Progress,
    /// those whose head is taken; none: whoever signed it
    trust: Keyring,
    state: Mutex<State>,
    _alone: Guard,
}

struct State {
    version: Version,
    snapshot: Snapshot,
    asked: Option<Instant>,
    url: Option<BaseUrl>,
    /// what was said last of why nothing new can be had
    trouble: String,
}

impl Remote {
    /// Makes the cache of a depot ready; no other server may use it.
    pub(super) fn open(context: &Context, depot: Depot, cache: Option<PathBuf>, size: Option<u64>) -> Result<Self> {
        let name = &Digest::of(depot.name().as_bytes()).hex()[..16];
        let folder = cache.unwrap_or_else(|| context.home.join("cache").join(name));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        // Half of what the disk has left, where nobody said.
        let usual = || free_bytes(&folder).map(|free| free / 2).with_context(|| folder.display().to_string());
        let size = size.map_or_else(usual, Ok)?;
        let origin = Arc::new(DepotOrigin::new(depot)?);
        // What a server before us was sending it may still be sending.
        let alone = context.alone(&Store::open(&folder)?)?;
        let store = Arc::new(Store::open_cache(&folder, origin.clone(), size)?);
        let trust = context.trusted()?;
        let state =
            State { version: Version::default(), snapshot: Snapshot::default(), asked: None, url: None, trouble: String::new() };
        Ok(Self { origin, store, progress: context.progress, trust, state: Mutex::new(state), _alone: alone })
    }

    /// What is shown first: what lies there, or what was shown last where nobody answers.
    pub(super) fn first(&self) -> Result<(Shown, Snapshot)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = self.ask(&state.version, AT_FIRST);
        let (shown, snapshot) = match asked {
            Ok(Some((bytes, version))) => {
                let first = self.show(&bytes)?;
                state.version = version;
                self.keep(&bytes);
                first
            }
            Ok(None) => bail!("{}: nothing was put there yet\nhint: `lsrepo sync --to {0}` does", self.origin.depot().name()),
            Err(error) => match self.store.read_document(&head_file()?)? {
                Some(bytes) => {
                    self.progress.warn(&format!("{error:#}\nhint: what was shown last is shown, as far as it is kept here"));
                    self.show(&bytes)?
                }
                None => return Err(error),
            },
        };
        state.snapshot = snapshot.clone();
        Ok((shown, snapshot))
    }

    /// From the next snapshot on, the address that clients use.
    pub(super) fn at(&self, url: Option<BaseUrl>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).url = url;
    }

    /// Shows another snapshot, where there is one; gives the one that is shown.
    pub(super) fn look(&self, current: &Current) -> Snapshot {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = if state.trouble.is_empty() { ROUGHLY } else { AFTER_TROUBLE };
        if state.asked.is_some_and(|asked| asked.elapsed() < rest) {
            return state.snapshot.clone();
        }
        let next = self.next(&mut state);
        state.asked = Some(Instant::now());
        let trouble = match next {
            Ok(None) => String::new(),
            Ok(Some((shown, snapshot))) => {
                state.snapshot = snapshot;
                current.replace(shown::at(shown.site, state.url.as_ref()));
                self.progress.note(&format!("snapshot {} is shown", state.snapshot.number));
                String::new()
            }
            Err(error) => format!("{error:#}"),
        };
        if !trouble.is_empty() && trouble != state.trouble {
            self.progress.warn(&trouble);
        }
        state.trouble = trouble;
        state.snapshot.clone()
    }

    fn next(&self, state: &mut State) -> Result<Option<(Shown, Snapshot)>> {
        let Some((bytes, version)) = self.ask(&state.version, LATER)? else { return Ok(None) };
        let (shown, snapshot) = self.show(&bytes)?;
        if snapshot.date < state.snapshot.date {
            bail!("{}: what lies there is older than what is shown; it is not taken", self.origin.depot().name());
        }
        state.version = version;
        self.keep(&bytes);
        Ok(Some((shown, snapshot)))
    }

    /// The head, where it is another than the one that is known.
    fn ask(&self, known: &Version, patience: Duration) -> Result<Option<(Vec<u8>, Version)>> {
        let (depot, known) = (self.origin.depot().clone(), known.clone());
        let answer = self.origin.wait(async move { tokio::time::timeout(patience, depot.head(&known)).await })?;
        match answer.with_context(|| format!("{}: no answer", self.origin.depot().name()))?? {
            Found::Head(bytes, version) => Ok(Some((bytes.to_vec(), version))),
            Found::Same | Found::Nothing => Ok(None),
        }
    }

    /// For a start while nobody answers. Where it cannot be kept, that cannot be.
    fn keep(&self, head: &[u8]) {
        let kept = head_file().and_then(|file| Ok(self.store.write_document(&file, head)?));
        if let Err(error) = kept {
            self.progress.detail(&format!("{error:#}"));
        }
    }

    /// What a head says, ready to be shown.
    fn show(&self, bytes: &[u8]) -> Result<(Shown, Snapshot)> {
        let place = self.origin.depot().name();
        let Signed { head, signer, key, trusted } = Signed::parse(bytes, place, &self.trust, now())?;
        if !trusted && !self.trust.is_empty() {
            bail!("{place}: signed by {signer}, whom this machine does not trust\nhint: `lsrepo key trust FILE`");
        }
        let publication = head.publication.with_context(|| format!("{place}: it says nothing of how it is shown"))?;
        let keyring = Keyring::parse(key.as_bytes())?;
        let signing = PublicKey { armored: key, binary: keyring.binary(), fingerprint: signer };
        let document = self.store.read(&publication.document.digest, MOST).with_context(|| place.to_owned())?;
        let keys = Keys { signing, ca: publication.ca };
        let shown = kept::of_others(self.progress, &self.store, &document, &keys, |blobs| self.fetch(blobs));
        let roots = head.sets.into_iter().map(|(name, set)| (name, set.digest)).collect();
        let snapshot = Snapshot { number: head.number, date: Some(head.date), roots };
        Ok((shown.with_context(|| place.to_owned())?, snapshot))
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

fn head_file() -> Result<RelPath> {
    Ok("head".parse()?)
}
