//! How many requests one host gets at once: more while it keeps up, fewer when it asks for mercy.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const START: usize = 6;
const MOST: usize = 24;
const LEAST: usize = 2;

/// The limit of one host.
pub(crate) struct Host {
    places: Arc<Semaphore>,
    target: AtomicUsize,
    good: AtomicUsize,
    /// nobody was there when it was asked last
    away: AtomicBool,
}

impl Host {
    fn new() -> Arc<Self> {
        let (places, target, good) = (Arc::new(Semaphore::new(START)), AtomicUsize::new(START), AtomicUsize::new(0));
        Arc::new(Self { places, target, good, away: AtomicBool::new(false) })
    }

    /// Waits for a place.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// A download went well: after as many as there are places there is one place more.
    pub(crate) fn well(&self) {
        let target = self.target.load(Ordering::Relaxed);
        if self.good.fetch_add(1, Ordering::Relaxed) + 1 >= target && target < MOST {
            self.good.store(0, Ordering::Relaxed);
            self.target.store(target + 1, Ordering::Relaxed);
            self.places.add_permits(1);
        }
    }

    /// Whether nobody was there when it was asked last.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Nobody is there, or somebody is again.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// The host is overloaded: this place is closed.
    pub(crate) fn overloaded(&self, place: OwnedSemaphorePermit) {
        let target = self.target.load(Ordering::Relaxed);
        if target > LEAST {
            self.target.store(target - 1, Ordering::Relaxed);
            place.forget();
        }
    }
}

/// All hosts.
#[derive(Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

impl Hosts {
    /// The host of an address.
    pub(crate) fn of(&self, address: &str) -> Arc<Host> {
        let place = address.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or("").to_owned();
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(place).or_insert_with(Host::new).clone()
    }
}
