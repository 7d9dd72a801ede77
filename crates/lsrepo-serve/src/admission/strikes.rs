//! Wrong passwords, by who sent them: after some, an address has to wait, so that nobody guesses at speed and nobody
//! keeps the processors busy with comparisons that are slow on purpose.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many wrong ones within [`WINDOW`].
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const MOST_KNOWN: usize = 4096;

/// Who was wrong lately.
#[derive(Default)]
pub(super) struct Strikes(Mutex<HashMap<IpAddr, (u32, Instant)>>);

impl Strikes {
    /// Whether somebody has been wrong too often.
    pub(super) fn is_out(&self, who: IpAddr, now: Instant) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&who).is_some_and(|(count, since)| *count >= MOST && now.saturating_duration_since(*since) < WINDOW)
    }

    /// Somebody was wrong.
    pub(super) fn add(&self, who: IpAddr, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN && !known.contains_key(&who) {
            known.retain(|_, (_, since)| now.saturating_duration_since(*since) < WINDOW);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
        }
        let (count, since) = known.entry(who).or_insert((0, now));
        if now.saturating_duration_since(*since) >= WINDOW {
            (*count, *since) = (0, now);
        }
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_wrong_too_often_waits_and_the_others_do_not() {
        let (strikes, now) = (Strikes::default(), Instant::now());
        let (one, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..MOST {
            assert!(!strikes.is_out(one, now));
            strikes.add(one, now);
        }
        assert!(strikes.is_out(one, now) && !strikes.is_out(other, now));
        assert!(!strikes.is_out(one, now + WINDOW));
        strikes.add(one, now + WINDOW);
        assert!(!strikes.is_out(one, now + WINDOW), "a new minute, a new count");
    }

    #[test]
    fn however_many_addresses_are_wrong_only_some_are_remembered() {
        let (strikes, now) = (Strikes::default(), Instant::now());
        for n in 0..3 * MOST_KNOWN as u32 {
            strikes.add(IpAddr::from(n.to_be_bytes()), now);
        }
        assert!(strikes.0.lock().unwrap().len() <= MOST_KNOWN);
    }
}
