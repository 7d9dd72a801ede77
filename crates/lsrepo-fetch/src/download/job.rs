//! One file from its addresses, one after the other: tried again, continued, checked.

use super::Download;
use crate::{
    Client, Event, FetchError,
    client::{Answer, Ask, UNGUARDED, shown},
    host::Hosts,
    registry,
};
use lsrepo_store::{Partial, Pending, Store, StoreError};
use lsrepo_types::{Digest, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::time;

/// How often one address is tried before the next.
const TRIES: u32 = 5;
/// The largest file of which no size is known.
const MOST: u64 = 64 << 30;
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What one job fetches.
pub(super) struct Item {
    pub(super) digest: Option<Digest>,
    pub(super) size: Option<u64>,
    pub(super) urls: Vec<String>,
    pub(super) name: String,
}

impl From<&Download> for Item {
    fn from(item: &Download) -> Self {
        Self { digest: Some(item.digest), size: Some(item.size), urls: item.urls.clone(), name: item.name.clone() }
    }
}

/// What it takes to fetch.
pub(super) struct Job {
    pub(super) client: Client,
    pub(super) store: Store,
    pub(super) hosts: Arc<Hosts>,
    pub(super) now: Timestamp,
    pub(super) on_event: Arc<dyn Fn(Event<'_>) + Send + Sync>,
}

/// Why one request did not give the file.
enum Failure {
    /// it may work next time, after this wait if the server named one
    Passing(String, Option<Duration>),
    /// too many requests: fewer at once, and later
    Overloaded(String, Option<Duration>),
    /// this address will not give it
    Lasting(String),
    /// these are other bytes: spoilt on their way, or already there
    Corrupt(String),
    /// not the network's fault
    Ours(FetchError),
}

impl From<registry::Failure> for Failure {
    fn from(failure: registry::Failure) -> Self {
        match failure {
            registry::Failure::Passing(why, wait) => Failure::Passing(why, wait),
            registry::Failure::Overloaded(why, wait) => Failure::Overloaded(why, wait),
            registry::Failure::Lasting(error) => Failure::Lasting(error.to_string()),
        }
    }
}

impl Job {
    /// Gives the file, whole and checked, and the bytes that came over the network.
    pub(super) async fn fetch(&self, item: &Item) -> Result<(Pending, u64), FetchError> {
        let mut attempts = Vec::new();
        for url in &item.urls {
            let host = self.hosts.of(url);
            let (mut tries, mut spoilt, mut state) = (0, false, None);
            let why = loop {
                let Some(place) = host.place().await else { break "interrupted".to_owned() };
                tries += 1;
                let (why, wait) = match self.attempt(item, url, attempts.is_empty() && tries == 1, &mut state).await {
                    Ok(done) => {
                        host.well();
                        (self.on_event)(Event::Done { name: &item.name });
                        return Ok(done);
                    }
                    Err(Failure::Ours(error)) => return Err(error),
                    Err(Failure::Lasting(why)) => break why,
                    // Spoilt twice is not the way's fault.
                    Err(Failure::Corrupt(why)) if spoilt => break why,
                    Err(Failure::Corrupt(why)) => {
                        spoilt = true;
                        (why, Some(Duration::ZERO))
                    }
                    Err(Failure::Overloaded(why, wait)) => {
                        host.overloaded(place);
                        (why, wait)
                    }
                    Err(Failure::Passing(why, wait)) => (why, wait),
                };
                if tries >= TRIES {
                    break why;
                }
                let after =
                    wait.unwrap_or_else(|| spread(self.client.backoff(tries), &Digest::of(item.name.as_bytes()))).min(LONGEST_WAIT);
                (self.on_event)(Event::Retry { name: &item.name, why: &why, after });
                time::sleep(after).await;
            };
            attempts.push(format!("{}: {why}", shown(url)));
        }
        Err(FetchError::All { name: item.name.clone(), attempts })
    }

    /// `state` is what the server called the file's state when it was asked first.
    async fn attempt(&self, item: &Item, url: &str, first: bool, state: &mut Option<String>) -> Result<(Pending, u64), Failure> {
        // By its first address: whoever wants it, it is one file, and another address begins it anew.
        let place = item.urls.first().map_or(url, String::as_str);
        let mut part = self.store.partial_from(place, item.digest, item.size).map_err(|error| Failure::Ours(error.into()))?;
        // What an earlier run left of something unknown may be of another state of the file.
        if item.digest.is_none() && state.is_none() && part.offset() > 0 {
            part.restart().map_err(|error| Failure::Ours(error.into()))?;
        }
        let offset = part.offset();
        if first {
            (self.on_event)(Event::Start { name: &item.name, offset });
        }
        let mut received = 0;
        if item.size.is_none_or(|size| offset < size || size == 0) {
            let answer = self.ask(url, offset).await?;
            let (mut answer, whole) = self.judge(item, answer, &mut part, state)?;
            loop {
                let chunk = answer.chunk().await.map_err(|why| Failure::Passing(why, None))?;
                let Some(chunk) = chunk else { break };
                received += chunk.len() as u64;
                if item.size.is_none() && part.offset() + chunk.len() as u64 > MOST {
                    return Err(Failure::Lasting(format!("it has no end: more than {MOST} bytes")));
                }
                part.write_all(&chunk).map_err(|error| match error {
                    StoreError::TooLong { size, .. } => {
                        // What came before cannot be trusted either.
                        let _ = part.restart();
                        Failure::Lasting(format!("more than the {size} bytes that it should have"))
                    }
                    other => Failure::Ours(other.into()),
                })?;
                (self.on_event)(Event::Bytes(chunk.len() as u64));
            }
            if let Some(whole) = whole.filter(|&whole| part.offset() < whole) {
                return Err(Failure::Passing(format!("it ended after {} of {whole} bytes", part.offset()), None));
            }
        }
        let here = part.offset();
        match part.finish() {
            Ok(pending) => Ok((pending, received)),
            // A part of an earlier run may be what is wrong: the whole is asked for once more.
            Err(StoreError::Corrupt { .. }) if offset > 0 => {
                (self.on_event)(Event::Restart(here));
                Err(Failure::Passing("the continued download has another digest".to_owned(), Some(Duration::ZERO)))
            }
            Err(error @ StoreError::Corrupt { .. }) => {
                (self.on_event)(Event::Restart(here));
                Err(Failure::Corrupt(error.to_string()))
            }
            Err(other) => Err(Failure::Ours(other.into())),
        }
    }

    async fn ask(&self, url: &str, offset: u64) -> Result<Answer, Failure> {
        if let (Some(registries), true) = (&self.client.registries, url.starts_with(registry::SCHEME)) {
            let (status, headers, response) = registries.blob(url, offset).await?.into_parts();
            return Ok(Answer::of_registry(status, headers, response));
        }
        self.client.ask(url, &Ask { offset, ..Ask::default() }).await.map_err(|error| match error {
            FetchError::Network { why, .. } => Failure::Passing(why, None),
            other => Failure::Lasting(without_url(&other)),
        })
    }

    /// Whether the body of an answer is what has to come next; and how many bytes the whole has, as far as that is known.
    fn judge(
        &self,
        item: &Item,
        answer: Answer,
        part: &mut Partial,
        state: &mut Option<String>,
    ) -> Result<(Answer, Option<u64>), Failure> {
        let offset = part.offset();
        if item.digest.is_none() && answer.unguarded {
            return Err(Failure::Lasting(UNGUARDED.to_owned()));
        }
        let mut again = || {
            (self.on_event)(Event::Restart(offset));
            part.restart().map_err(|error| Failure::Ours(error.into()))
        };
        let now = state_of(&answer);
        let same = item.digest.is_some() || *state == now;
        let from = match (answer.status, range_start(&answer)) {
            (200, _) => {
                if offset > 0 {
                    again()?;
                }
                0
            }
            (206, Some((start, whole))) if offset > 0 && start == offset && same && item.size.is_none_or(|size| size == whole) => {
                offset
            }
            (206 | 416, _) => {
                again()?;
                *state = None;
                return Err(Failure::Passing("the server sent another range than was asked for".to_owned(), Some(Duration::ZERO)));
            }
            (status @ (429 | 503), _) => {
                return Err(Failure::Overloaded(format!("the server answered {status}"), self.retry_after(&answer)));
            }
            (status @ (408 | 500..=599), _) => {
                return Err(Failure::Passing(format!("the server answered {status}"), self.retry_after(&answer)));
            }
            (status, _) => return Err(Failure::Lasting(format!("the server answered {status}"))),
        };
        // Without a name for its state, a file of unknown digest is begun anew each time.
        *state = now;
        match (answer.length, item.size) {
            // A file of another size is another file, here and in a minute.
            (Some(length), Some(size)) if from + length != size => {
                Err(Failure::Lasting(format!("{length} bytes announced, {} expected", size - from)))
            }
            (length, size) => {
                let whole = size.or(length.map(|length| from + length));
                Ok((answer, whole))
            }
        }
    }

    /// `Retry-After`, in seconds or as a date.
    fn retry_after(&self, answer: &Answer) -> Option<Duration> {
        let text = answer.header("retry-after")?.trim();
        let seconds = match text.parse::<u64>() {
            Ok(seconds) => seconds,
            Err(_) => u64::try_from(Timestamp::parse_rfc2822(text).ok()?.0 - self.now.0).ok()?,
        };
        Some(Duration::from_secs(seconds))
    }
}

/// What the server calls the present state of a file.
fn state_of(answer: &Answer) -> Option<String> {
    answer.header("etag").or(answer.header("last-modified")).map(str::to_owned)
}

/// First byte and whole length from `bytes 5-10/11`.
fn range_start(answer: &Answer) -> Option<(u64, u64)> {
    let (range, whole) = answer.header("content-range")?.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, whole.trim().parse().ok()?))
}

/// A wait of up to twice as long, by some digest, so that not all come back at once.
fn spread(wait: Duration, digest: &Digest) -> Duration {
    wait + wait * u32::from(digest.as_bytes()[0]) / 256
}

fn without_url(error: &FetchError) -> String {
    match error {
        FetchError::Status { status, .. } => format!("the server answered {status}"),
        other => other.to_string(),
    }
}
