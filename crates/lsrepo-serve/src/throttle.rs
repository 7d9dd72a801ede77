//! What one client may take of the server: connections at once, and requests a second.
//!
//! A client is an address; of IPv6 a whole /64, which is what one host has. Requests are counted with a bucket that fills
//! evenly and holds some seconds' worth, so that a client that installs forty packages at once is not held up.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// A bucket holds what comes within this time.
const SECONDS: f64 = 5.0;
/// Clients that are remembered; those who ask for little are forgotten first.
const MOST_KNOWN: usize = 16_384;

/// What one client may take. None: as much as it can.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PerClient {
    /// requests a second, in the long run
    pub requests_per_second: Option<f64>,
    /// connections at once
    pub connections: Option<usize>,
}

/// What clients have taken.
#[derive(Default)]
pub(crate) struct Throttle {
    limits: Mutex<PerClient>,
    buckets: Mutex<HashMap<IpAddr, (f64, Instant)>>,
    connections: Mutex<HashMap<IpAddr, usize>>,
}

impl Throttle {
    pub(crate) fn new(limits: PerClient) -> Self {
        Self { limits: Mutex::new(limits), ..Self::default() }
    }

    pub(crate) fn set(&self, limits: PerClient) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    fn limits(&self) -> PerClient {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a client may ask once more.
    pub(crate) fn admits(&self, peer: Option<SocketAddr>, now: Instant) -> bool {
        let (Some(rate), Some(peer)) = (self.limits().requests_per_second, peer) else { return true };
        let most = (rate * SECONDS).max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_KNOWN && !buckets.contains_key(&client(peer)) {
            let full = |since: Instant, level: f64| level + now.saturating_duration_since(since).as_secs_f64() * rate >= most;
            buckets.retain(|_, (level, since)| !full(*since, *level));
            if buckets.len() >= MOST_KNOWN {
                buckets.clear();
            }
        }
        let (level, since) = buckets.entry(client(peer)).or_insert((most, now));
        *level = (*level + now.saturating_duration_since(*since).as_secs_f64() * rate).min(most);
        *since = now;
        let admitted = *level >= 1.0;
        if admitted {
            *level -= 1.0;
        }
        admitted
    }

    /// A client's place for one more connection; none where it has too many.
    pub(crate) fn enter(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let Some(most) = self.limits().connections else { return Some(Place(None)) };
        let who = client(peer);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry(who).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place(Some((self.clone(), who))))
    }
}

/// A connection's place, free again once it is dropped.
#[derive(Default)]
pub(crate) struct Place(Option<(Arc<Throttle>, IpAddr)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((throttle, who)) = &self.0 else { return };
        let mut connections = throttle.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connections.get_mut(who) {
            *count -= 1;
            if *count == 0 {
                connections.remove(who);
            }
        }
    }
}

/// Whom an address stands for.
pub(crate) fn client(peer: SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn peer(text: &str) -> Option<SocketAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_burst_is_let_through_and_then_only_the_rate() {
        let throttle = Throttle::new(PerClient { requests_per_second: Some(2.0), connections: None });
        let begin = Instant::now();
        let admitted = |who: &str, at: u64, times: usize| {
            (0..times).filter(|_| throttle.admits(peer(who), begin + Duration::from_secs(at))).count()
        };
        assert_eq!(admitted("10.0.0.1:1", 0, 30), 10);
        assert_eq!(admitted("10.0.0.2:1", 0, 30), 10, "another client has its own");
        assert_eq!(admitted("10.0.0.1:2", 3, 30), 6);
        assert_eq!(admitted("[2001:db8::1]:1", 0, 30), 10);
        assert_eq!(admitted("[2001:db8::2]:1", 0, 30), 0, "one host has a whole /64");
        assert!(throttle.admits(None, begin));
        throttle.set(PerClient::default());
        assert_eq!(admitted("10.0.0.1:1", 3, 30), 30);
    }

    #[test]
    fn a_connection_too_many_is_turned_away_until_one_ends() {
        let throttle = Arc::new(Throttle::new(PerClient { requests_per_second: None, connections: Some(2) }));
        let who: SocketAddr = "10.0.0.1:1".parse().unwrap();
        let (one, two) = (throttle.enter(who).unwrap(), throttle.enter(who).unwrap());
        assert!(throttle.enter(who).is_none() && throttle.enter("10.0.0.2:1".parse().unwrap()).is_some());
        drop(one);
        let three = throttle.enter(who);
        assert!(three.is_some() && throttle.enter(who).is_none());
        drop((two, three));
        assert!(throttle.connections.lock().unwrap().is_empty());
    }

    #[test]
    fn however_many_clients_there_are_only_some_are_remembered() {
        let throttle = Throttle::new(PerClient { requests_per_second: Some(1.0), connections: None });
        let now = Instant::now();
        for n in 0..3 * MOST_KNOWN as u32 {
            throttle.admits(Some((IpAddr::from(n.to_be_bytes()), 1).into()), now);
        }
        assert!(throttle.buckets.lock().unwrap().len() <= MOST_KNOWN);
    }
}
