//! A suite's `Release`: fetched, its signature checked, and only then parsed.

use crate::{
    Client, Event, FetchError, RefreshPolicy,
    cache::{Cache, Seen},
    client::{Ask, shown},
};
use lsrepo_deb::release::Release;
use lsrepo_sign::{Fingerprint, Keyring, verify_detached, verify_inline};
use lsrepo_types::Timestamp;

/// The largest Release.
const MOST: u64 = 16 << 20;
/// How far ahead of our clock a date may lie, in seconds.
pub(crate) const CLOCK_SKEW: i64 = 600;

/// What is fetched of one suite, and by which rules.
pub(crate) struct Ground<'a> {
    pub(crate) client: &'a Client,
    pub(crate) cache: Cache<'a>,
    pub(crate) policy: &'a RefreshPolicy,
    pub(crate) on_event: &'a (dyn Fn(Event<'_>) + Send + Sync),
}

/// A file of a suite, maybe as it was seen before.
pub(crate) struct Got {
    pub(crate) bytes: Vec<u8>,
    pub(crate) seen: Seen,
    pub(crate) earlier: Option<Timestamp>,
}

impl Ground<'_> {
    /// The Release below `base`; `keys` of `None`: taken without a signature.
    pub(crate) async fn release(
        &self,
        base: &str,
        keys: Option<&Keyring>,
        check_expiry: bool,
    ) -> Result<(Release, Option<Fingerprint>), FetchError> {
        let now = self.policy.now;
        let url = format!("{base}InRelease");
        let inline = self.get(&url).await?;
        let (url, got, text, signer) = match (inline, keys) {
            (Some(got), Some(keys)) => {
                let verified =
                    verify_inline(&got.bytes, keys, now).map_err(|why| FetchError::Signature { url: shown(&url), why })?;
                let signer = verified.signer().clone();
                (url, got, verified.into_inner(), Some(signer))
            }
            (None, Some(keys)) => {
                let url = format!("{base}Release");
                let Some(got) = self.get(&url).await? else { return Err(FetchError::Status { url: shown(&url), status: 404 }) };
                let signature = self.get(&format!("{url}.gpg")).await?.ok_or_else(|| FetchError::Unsigned { url: shown(base) })?;
                let verified = verify_detached(&got.bytes, &signature.bytes, keys, now);
                let verified = verified.map_err(|why| FetchError::Signature { url: shown(&url), why })?;
                let signer = verified.signer().clone();
                let text = text(&url, verified.into_inner())?;
                (url, got, text, Some(signer))
            }
            (_, None) => {
                let url = format!("{base}Release");
                let Some(got) = self.get(&url).await? else { return Err(FetchError::Status { url: shown(&url), status: 404 }) };
                let text = text(&url, got.bytes.clone())?;
                (url, got, text, None)
            }
        };
        let release = Release::parse(&text).map_err(|why| FetchError::Release { url: shown(&url), why })?;
        self.check_dates(&url, &release, got.earlier, check_expiry)?;
        if !self.policy.offline {
            self.cache.save(&url, &got.bytes, &Seen { date: release.date, ..got.seen })?;
        }
        Ok((release, signer))
    }

    fn check_dates(&self, url: &str, release: &Release, earlier: Option<Timestamp>, check_expiry: bool) -> Result<(), FetchError> {
        let RefreshPolicy { now, allow_expired, allow_future, .. } = *self.policy;
        let url = || shown(url);
        match (release.valid_until, release.date, earlier) {
            (Some(until), ..) if check_expiry && !allow_expired && until < now => Err(FetchError::Expired { url: url(), until }),
            (_, Some(date), _) if !allow_future && date.0 > now.0 + CLOCK_SKEW => Err(FetchError::Future { url: url(), date }),
            (_, Some(date), Some(seen)) if !allow_expired && date < seen => Err(FetchError::Rollback { url: url(), date, seen }),
            _ => Ok(()),
        }
    }

    /// A file of a suite; `None` where the server has none. One that has not changed costs a question.
    pub(crate) async fn get(&self, url: &str) -> Result<Option<Got>, FetchError> {
        let cached = self.cache.load(url);
        if self.policy.offline {
            return Ok(cached.map(|(bytes, seen)| Got { bytes, earlier: None, seen }));
        }
        let ask = cached.as_ref().map_or(Ask::default(), |(_, seen)| Ask {
            head: false,
            etag: seen.etag.clone(),
            modified: seen.modified.clone(),
            offset: 0,
        });
        let answer = match self.client.ask_again(url, &ask).await {
            Err(FetchError::Status { status: 404, .. }) => return Ok(None),
            other => other?,
        };
        let earlier = cached.as_ref().and_then(|(_, seen)| seen.date);
        match (answer.status, cached) {
            (304, Some((bytes, seen))) => {
                (self.on_event)(Event::Unchanged { url: &shown(url) });
                Ok(Some(Got { bytes, seen, earlier }))
            }
            (200, _) => {
                let seen = Seen {
                    etag: answer.header("etag").map(str::to_owned),
                    modified: answer.header("last-modified").map(str::to_owned),
                    date: None,
                };
                let bytes = self.client.read(answer, url, MOST).await?;
                (self.on_event)(Event::Index { url: &shown(url), bytes: bytes.len() as u64 });
                Ok(Some(Got { bytes, seen, earlier }))
            }
            (404 | 403 | 410, _) => Ok(None),
            (status, _) => Err(FetchError::Status { url: shown(url), status }),
        }
    }
}

fn text(url: &str, bytes: Vec<u8>) -> Result<String, FetchError> {
    String::from_utf8(bytes).map_err(|_| FetchError::Content { url: shown(url), why: "it is not UTF-8".to_owned() })
}
