//! What one HTTP/2 connection has of us: answers that are open, and bytes that were handed to it and not written yet.
//!
//! A client says itself how much it takes (flow control), and answers pings whatever it takes. So neither a write that
//! waits nor a ping that is lost shows one that only holds memory: this does.

use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The account of a connection. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Handed(Arc<Mutex<Account>>);

struct Account {
    next: u64,
    /// since when each piece is out
    pieces: BTreeMap<u64, Instant>,
    open: u64,
    idle_since: Instant,
}

/// An answer that is open.
pub(crate) struct Open(Handed);

struct Piece {
    bytes: Bytes,
    handed: Handed,
    number: u64,
}

impl Handed {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Account { next: 0, pieces: BTreeMap::new(), open: 0, idle_since: Instant::now() })))
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more answer, until what is given back is dropped.
    pub(crate) fn begin(&self) -> Open {
        self.lock().open += 1;
        Open(self.clone())
    }

    /// The same bytes, counted until they are written.
    pub(crate) fn give(&self, bytes: Bytes) -> Bytes {
        let mut account = self.lock();
        account.next += 1;
        let number = account.next;
        account.pieces.insert(number, Instant::now());
        drop(account);
        Bytes::from_owner(Piece { bytes, handed: self.clone(), number })
    }

    /// Whether something has been out for longer than that.
    pub(crate) fn is_stuck(&self, limit: Duration) -> bool {
        // The first that is out is the oldest.
        self.lock().pieces.first_key_value().is_some_and(|(_, since)| since.elapsed() > limit)
    }

    /// Whether nothing has been asked for longer than that.
    pub(crate) fn is_idle(&self, limit: Duration) -> bool {
        let account = self.lock();
        account.open == 0 && account.idle_since.elapsed() > limit
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.handed.lock().pieces.remove(&self.number);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut account = self.0.lock();
        account.open -= 1;
        account.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_out_until_the_last_of_them_is_dropped() {
        let handed = Handed::new();
        let bytes = handed.give(Bytes::from_static(b"some bytes"));
        let part = bytes.slice(5..);
        drop(bytes);
        assert!(part == "bytes" && handed.is_stuck(Duration::ZERO) && !handed.is_stuck(Duration::from_secs(60)));
        drop(part);
        assert!(!handed.is_stuck(Duration::ZERO));
    }

    #[test]
    fn a_connection_is_idle_when_no_answer_is_open() {
        let handed = Handed::new();
        let (one, two) = (handed.begin(), handed.begin());
        drop(one);
        assert!(!handed.is_idle(Duration::ZERO));
        drop(two);
        assert!(handed.is_idle(Duration::ZERO) && !handed.is_idle(Duration::from_secs(60)));
    }
}
