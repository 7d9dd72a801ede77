//! Small things at any address: a text, or how large a file is.

use crate::{
    Client, FetchError, Wanted,
    client::{Ask, UNGUARDED, shown},
};
use futures_util::{StreamExt, stream};
use std::time::{Duration, Instant};

/// How many are asked at once.
const AT_ONCE: usize = 8;

/// The size of each file, as the first of its addresses that has it says it.
pub async fn sizes(client: &Client, wanted: &[Wanted]) -> Vec<Result<Option<u64>, FetchError>> {
    stream::iter(wanted).map(|wanted| size(client, wanted)).buffered(AT_ONCE).collect().await
}

async fn size(client: &Client, wanted: &Wanted) -> Result<Option<u64>, FetchError> {
    let mut attempts = Vec::new();
    for url in &wanted.urls {
        match client.probe(url).await {
            Ok(size) => return Ok(size),
            Err(error) => attempts.push(error.to_string()),
        }
    }
    Err(FetchError::All { name: wanted.name.clone(), attempts })
}

impl Client {
    /// A whole text of at most `limit` bytes.
    pub async fn text(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let answer = self.ask_again(url, &Ask::default()).await?;
        match answer.status {
            // Nothing but the way it came says that it is the right one.
            200 if answer.unguarded => Err(FetchError::Content { url: shown(url), why: UNGUARDED.to_owned() }),
            200 => self.read(answer, url, limit).await,
            status => Err(FetchError::Status { url: shown(url), status }),
        }
    }

    /// What a server answers at all, as a status.
    pub async fn status(&self, url: &str) -> Result<u16, FetchError> {
        self.ask_again(url, &Ask::default()).await.map(|answer| answer.status)
    }

    /// How many bytes a second come from an address, by reading up to `most` bytes for no longer than `time`.
    pub async fn rate(&self, url: &str, most: u64, time: Duration) -> Result<Option<u64>, FetchError> {
        let mut answer = self.ask_again(url, &Ask::default()).await?;
        let (begun, mut read) = (Instant::now(), 0);
        while read < most && begun.elapsed() < time {
            let left = time.saturating_sub(begun.elapsed());
            match tokio::time::timeout(left, answer.chunk()).await {
                Ok(Ok(Some(chunk))) => read += chunk.len() as u64,
                _ => break,
            }
        }
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        Ok((read > 0).then(|| read.saturating_mul(1_000_000) / micros))
    }

    /// The size of a file, where the server says it; an error where the server has no such file.
    pub async fn probe(&self, url: &str) -> Result<Option<u64>, FetchError> {
        let head = self.ask_again(url, &Ask { head: true, ..Ask::default() }).await?;
        if head.status == 200 {
            // An answer without a body says its length in the header alone.
            let said = head.header("content-length").and_then(|length| length.trim().parse().ok());
            return Ok(said.or(head.length.filter(|&length| length > 0)));
        }
        // Some servers know GET alone.
        let answer = self.ask_again(url, &Ask::default()).await?;
        match answer.status {
            200 => Ok(answer.length),
            status => Err(FetchError::Status { url: shown(url), status }),
        }
    }
}
