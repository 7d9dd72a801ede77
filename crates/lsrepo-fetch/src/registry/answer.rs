//! What a registry answers, and what its words mean.

use lsrepo_oci::AnyDigest;
use lsrepo_types::Timestamp;
use reqwest::{Response, header::HeaderMap};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// The largest answer that is no content.
const MOST_WORDS: u64 = 64 << 10;

/// The head of an answer, and its body to be read.
pub(crate) struct Answer {
    /// who gave it
    pub(crate) url: Url,
    pub(crate) status: u16,
    headers: HeaderMap,
    response: Response,
    patience: Duration,
}

/// What a registry says when it says no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// `MANIFEST_BLOB_UNKNOWN`
    pub(crate) code: String,
    /// in its own words, of one line
    pub(crate) message: String,
}

impl Answer {
    pub(crate) fn new(url: Url, response: Response, patience: Duration) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { url, status, headers, response, patience }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// `Docker-Content-Digest`; an error where it is none.
    pub(crate) fn digest(&self) -> Result<Option<AnyDigest>, String> {
        self.header("docker-content-digest").map(|text| text.parse().map_err(|_| short(text, 80))).transpose()
    }

    /// How many bytes an upload has, from `Range: 0-<last>`.
    pub(crate) fn received(&self) -> Option<u64> {
        received(self.header("range")?)
    }

    /// Where `Location` points to, seen from where the answer came from.
    pub(crate) fn location(&self) -> Option<Url> {
        self.url.join(self.header("location")?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// `Retry-After`, in seconds or as a date, which is compared with the server's own.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?;
        match text.parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => {
                let [then, now] = [text, self.header("date")?].map(|date| Timestamp::parse_rfc2822(date).ok());
                Some(Duration::from_secs(u64::try_from(then?.0 - now?.0).unwrap_or(0)))
            }
        }
    }

    /// A whole body; none where it is longer than `limit`, or cut, or does not come.
    pub(crate) async fn body(mut self, limit: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = tokio::time::timeout(self.patience, self.response.chunk()).await.ok()?.ok()? {
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return None;
            }
            bytes.extend_from_slice(&chunk);
        }
        Some(bytes)
    }

    /// Where a list goes on: `Link: <…>; rel="next"`.
    pub(crate) fn next_page(&self) -> Option<Url> {
        let (address, rest) = self.header("link")?.trim().strip_prefix('<')?.split_once('>')?;
        let next = rest.contains("rel=\"next\"") || rest.contains("rel=next");
        let url = next.then(|| self.url.join(address).ok()).flatten()?;
        // A list does not go on somewhere else.
        (url.origin() == self.url.origin() && url.path() == self.url.path()).then_some(url)
    }

    /// Its head and its body apart.
    pub(crate) fn into_parts(self) -> (u16, HeaderMap, Response) {
        (self.status, self.headers, self.response)
    }

    /// What it says in its body.
    pub(crate) async fn words(self) -> Words {
        words(&self.body(MOST_WORDS).await.unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    detail: serde_json::Value,
}

/// The first error of the list; its detail, where that is text, says more than its message.
fn words(body: &[u8]) -> Words {
    let Some(first) = serde_json::from_slice::<Errors>(body).ok().and_then(|list| list.errors.into_iter().next()) else {
        // A proxy in between speaks HTML; its title is the best of it.
        let text = String::from_utf8_lossy(body);
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
        let plain = (!text.trim_start().starts_with(['<', '{', '['])).then_some(&*text);
        return Words { code: String::new(), message: short(title.or(plain).unwrap_or_default(), 200) };
    };
    let message = first.message.unwrap_or_default();
    let message = match first.detail.as_str() {
        Some(detail) if !detail.is_empty() && !message.contains(detail) => format!("{message}: {detail}"),
        _ => message,
    };
    Words { code: short(&first.code.unwrap_or_default(), 60), message: short(&message, 300) }
}

/// A stranger's text, on one line and not too long.
fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// `0-1023`, `bytes=0-1023`
fn received(range: &str) -> Option<u64> {
    let range = range.trim().trim_start_matches("bytes").trim_start_matches('=').trim();
    let (first, last) = range.split_once('-')?;
    (first.trim() == "0").then(|| last.trim().parse::<u64>().ok()?.checked_add(1))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_says_in_json_why_not_and_a_proxy_in_its_title() {
        let said = |body: &str| {
            let words = words(body.as_bytes());
            format!("{}|{}", words.code, words.message)
        };
        assert_eq!(said(r#"{"errors":[{"code":"DENIED","message":"quota\n exceeded","detail":null}]}"#), "DENIED|quota exceeded");
        assert_eq!(said(r#"{"errors":[{"code":"X","message":"a","detail":"b"},{"code":"Y"}]}"#), "X|a: b");
        assert_eq!(said(r#"{"errors":[]}"#), "|");
        assert_eq!(said("<html><head><title>413 Request Entity Too Large</title>"), "|413 Request Entity Too Large");
        assert_eq!(said("no more\u{7} room"), "|no more room");
        assert_eq!(said("<b>"), "|");
    }

    #[test]
    fn an_upload_says_how_far_it_came() {
        for (range, bytes) in
            [("0-1023", Some(1024)), ("bytes=0-9", Some(10)), ("0-0", Some(1)), ("0--1", None), ("5-9", None), ("", None)]
        {
            assert_eq!(received(range), bytes, "{range}");
        }
        assert_eq!(received(&format!("0-{}", u64::MAX)), None);
    }
}
