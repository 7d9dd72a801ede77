//! One blob on its way: begun, sent in one piece or in several, continued where it was cut, and named at the end.
//!
//! After anything that went wrong the registry is asked how far it came (`GET` of the upload), and the rest is sent. Where
//! it does not know the upload any more, all is sent again. Spec: distribution-spec, "Pushing blobs".

use super::{PushError, Pushed, Refusal, Source};
use crate::{
    Event, FetchError,
    registry::{
        answer::Answer,
        link::{Failure, Link, Request},
        token::Scope,
    },
};
use lsrepo_oci::{AnyDigest, RepositoryName};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE},
};
use std::sync::{Arc, atomic::AtomicU64};
use url::Url;

/// Up to this size a blob is sent with the request that names it.
const SMALL: u64 = 1 << 20;
/// So many bytes more, and a failure is the first one again.
const PROGRESS: u64 = 1 << 20;
/// A registry may copy a large blob before it answers the last request: so many times longer than another.
const LAST_PATIENCE: u32 = 10;

/// What is sent, and where.
pub(super) struct Upload<'a> {
    pub(super) link: &'a Link,
    pub(super) repository: &'a RepositoryName,
    pub(super) digest: AnyDigest,
    pub(super) size: u64,
    pub(super) source: &'a Source,
    /// another repository of the same registry that has it
    pub(super) from: Option<&'a RepositoryName>,
    /// bytes of a piece; none: all in one
    pub(super) chunk: Option<u64>,
    /// how messages call it
    pub(super) name: &'a str,
    /// bytes that went over the network
    pub(super) sent: Arc<AtomicU64>,
}

/// An upload as the registry knows it.
struct Session {
    url: Url,
    /// bytes that it has
    offset: u64,
    /// the smallest piece that it takes
    least: u64,
    /// whether it must be asked how far it came
    unsure: bool,
    /// whether it may have been named already
    ended: bool,
}

impl Upload<'_> {
    /// Sends it, however often it takes.
    pub(super) async fn run(mut self) -> Result<Pushed, FetchError> {
        let (mut session, mut tries, mut mark) = (None, 0, 0);
        loop {
            let Some(place) = self.link.host.place().await else { return Err(FetchError::Client("interrupted".to_owned())) };
            let step = match &mut session {
                None => self.begin(&mut session).await,
                Some(one) if one.unsure => self.look(&mut session).await,
                Some(one) if one.offset < self.size && !self.is_small(one) => self.send(&mut session).await,
                Some(_) => self.end(&mut session).await,
            };
            match step {
                Ok(Some(done)) => {
                    self.link.host.well();
                    return Ok(done);
                }
                Ok(None) => {}
                Err(failure) => {
                    match failure {
                        Failure::Overloaded(..) => self.link.host.overloaded(place),
                        _ => drop(place),
                    }
                    let offset = session.as_ref().map_or(0, |one: &Session| one.offset);
                    tries = if offset >= mark + PROGRESS { 1 } else { tries + 1 };
                    mark = mark.max(offset);
                    self.link.wait(self.name, failure, tries).await?;
                }
            }
        }
    }

    fn is_small(&self, session: &Session) -> bool {
        self.size <= SMALL && session.offset == 0 && self.chunk.is_none_or(|chunk| chunk >= self.size)
    }

    /// Asks for a place to send to, or for the blob of another repository.
    async fn begin(&mut self, session: &mut Option<Session>) -> Result<Option<Pushed>, Failure> {
        let mut url = self.link.url(&format!("{}/blobs/uploads/", self.repository));
        let mut scopes = vec![Scope::push(self.repository.as_str())];
        if let Some(from) = self.from {
            url.query_pairs_mut().append_pair("mount", &self.digest.to_string()).append_pair("from", from.as_str());
            scopes.push(Scope::pull(from.as_str()));
        }
        let add = |request: RequestBuilder| request.header(CONTENT_LENGTH, 0);
        let answer = self.link.once(&Request { add: &add, ..Request::new(Method::POST, url, &scopes) }).await;
        // What a mount ends in is no reason not to send it.
        let mounting = self.from.is_some();
        if matches!(answer, Ok(_) | Err(Failure::Lasting(_))) {
            self.from = None;
        }
        let answer = match answer {
            Err(Failure::Lasting(_)) if mounting => return Ok(None),
            other => other?,
        };
        match answer.status {
            201 if mounting => self.same(&answer).map(|()| Some(Pushed::Mounted)),
            202 => {
                let url = answer.location().ok_or_else(|| self.odd("it says no place to send it to"))?;
                let least = answer.header("oci-chunk-min-length").and_then(|text| text.parse().ok()).unwrap_or(0);
                *session = Some(Session { url, offset: 0, least, unsure: false, ended: false });
                Ok(None)
            }
            _ if mounting => Ok(None),
            _ => Err(self.refused(answer).await),
        }
    }

    /// Sends what comes next, or all.
    async fn send(&self, session: &mut Option<Session>) -> Result<Option<Pushed>, Failure> {
        let Some(one) = session else { return Ok(None) };
        let from = one.offset;
        let to = match self.chunk {
            Some(chunk) => from.saturating_add(chunk.max(one.least).max(1)).min(self.size),
            None => self.size,
        };
        let (counted, body) = self.body(from, to);
        let add = |request: RequestBuilder| {
            let request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, to - from);
            // Not said where all comes at once: a few registries take pieces of uploads badly, and none a whole one.
            let whole = from == 0 && to == self.size;
            let request = if whole { request } else { request.header(CONTENT_RANGE, format!("{from}-{}", to - 1)) };
            request.body(body())
        };
        one.unsure = true;
        let scopes = [Scope::push(self.repository.as_str())];
        let request = Request { add: &add, progress: Some(&counted), ..Request::new(Method::PATCH, one.url.clone(), &scopes) };
        let answer = self.link.once(&request).await;
        let taken = matches!(&answer, Ok(answer) if (200..=299).contains(&answer.status));
        if !taken {
            // How much of it arrived will be asked.
            (self.link.on_event)(Event::Restart(counted.load(std::sync::atomic::Ordering::Relaxed)));
        }
        let answer = answer?;
        match answer.status {
            200..=299 => {
                one.url = answer.location().unwrap_or_else(|| one.url.clone());
                match answer.received().unwrap_or(to) {
                    offset if offset > from && offset <= to => {
                        if offset < to {
                            (self.link.on_event)(Event::Restart(to - offset));
                        }
                        (one.offset, one.unsure) = (offset, false);
                        Ok(None)
                    }
                    offset => {
                        self.lost(session);
                        Err(Failure::Passing(format!("the registry has {offset} bytes after {to} were sent"), None))
                    }
                }
            }
            416 => Err(Failure::Passing("the registry waits for another part".to_owned(), None)),
            400 | 404 | 410 => {
                self.lost(session);
                let refusal = Refusal::of(&self.link.name, self.name, answer).await;
                Err(Failure::Passing(format!("the upload broke off: {refusal}"), None))
            }
            _ => Err(self.refused(answer).await),
        }
    }

    /// Names it; what is small goes along.
    async fn end(&self, session: &mut Option<Session>) -> Result<Option<Pushed>, Failure> {
        let Some(one) = session else { return Ok(None) };
        let mut url = one.url.clone();
        url.query_pairs_mut().append_pair("digest", &self.digest.to_string());
        let from = one.offset;
        let (counted, body) = self.body(from, self.size);
        let add = |request: RequestBuilder| {
            let request = request.header(CONTENT_LENGTH, self.size - from);
            match self.size - from {
                0 => request,
                _ => request.header(CONTENT_TYPE, "application/octet-stream").body(body()),
            }
        };
        (one.unsure, one.ended) = (true, true);
        let scopes = [Scope::push(self.repository.as_str())];
        let patience = if self.size > SMALL { LAST_PATIENCE } else { 1 };
        let request = Request { add: &add, progress: Some(&counted), patience, ..Request::new(Method::PUT, url, &scopes) };
        let answer = self.link.once(&request).await?;
        match answer.status {
            200 | 201 | 204 => self.same(&answer).map(|()| Some(Pushed::Sent)),
            416 => Err(Failure::Passing("the registry waits for another part".to_owned(), None)),
            404 | 410 => Err(Failure::Passing("the registry does not know the upload any more".to_owned(), None)),
            400 => {
                self.lost(session);
                let read = |why| Failure::Lasting(PushError::Read { name: self.name.to_owned(), why }.into());
                if !self.source.is(self.digest, self.size).await.map_err(read)? {
                    return Err(Failure::Lasting(PushError::Damaged(self.digest).into()));
                }
                let refusal = Refusal::of(&self.link.name, self.name, answer).await;
                Err(Failure::Passing(refusal.to_string(), None))
            }
            _ => Err(self.refused(answer).await),
        }
    }

    /// Asks how far it came, and whether it is there already.
    async fn look(&self, session: &mut Option<Session>) -> Result<Option<Pushed>, Failure> {
        let Some(one) = session else { return Ok(None) };
        if one.ended && self.exists().await? {
            return Ok(Some(Pushed::Sent));
        }
        let scopes = [Scope::push(self.repository.as_str())];
        let answer = self.link.once(&Request::new(Method::GET, one.url.clone(), &scopes)).await?;
        match (answer.status, answer.received()) {
            // `0-0` is said of one byte and of none: both are soon sent again.
            (200 | 202 | 204, Some(offset)) if offset > 1 && offset <= self.size => {
                one.url = answer.location().unwrap_or_else(|| one.url.clone());
                let arrived = offset.saturating_sub(one.offset);
                (one.offset, one.unsure, one.ended) = (offset, false, false);
                (self.link.on_event)(Event::Start { name: self.name, offset: arrived });
            }
            _ => self.lost(session),
        }
        Ok(None)
    }

    pub(super) async fn exists(&self) -> Result<bool, Failure> {
        let url = self.link.url(&format!("{}/blobs/{}", self.repository, self.digest));
        let scopes = [Scope::push(self.repository.as_str())];
        let answer = self.link.once(&Request::new(Method::HEAD, url, &scopes)).await?;
        match answer.status {
            200 => self.same(&answer).map(|()| true),
            404 => Ok(false),
            _ => Err(self.refused(answer).await),
        }
    }

    /// The upload is begun again.
    fn lost(&self, session: &mut Option<Session>) {
        if let Some(one) = session.take().filter(|one| one.offset > 0) {
            (self.link.on_event)(Event::Restart(one.offset));
        }
    }

    /// Bytes of the blob as a body, which can be made again, and how many of them were read.
    fn body(&self, from: u64, to: u64) -> (Arc<AtomicU64>, impl Fn() -> reqwest::Body + Send + Sync) {
        let (counted, source, all) = (Arc::new(AtomicU64::new(0)), self.source.clone(), self.sent.clone());
        let (on_event, counter) = (self.link.on_event.clone(), counted.clone());
        let seen = move |bytes| {
            all.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
            on_event(Event::Bytes(bytes));
        };
        let seen: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(seen);
        (counted, move || source.body(from, to, counter.clone(), seen.clone()))
    }

    /// A digest of the same kind must be ours; another kind says nothing.
    fn same(&self, answer: &Answer) -> Result<(), Failure> {
        super::same_digest(&self.link.name, self.name, self.digest, answer).map_err(Failure::Lasting)
    }

    fn odd(&self, what: &str) -> Failure {
        let (registry, name) = (self.link.name.clone(), self.name.to_owned());
        Failure::Lasting(PushError::Answer { registry, name, what: what.to_owned() }.into())
    }

    async fn refused(&self, answer: Answer) -> Failure {
        Failure::Lasting(Refusal::of(&self.link.name, self.name, answer).await.into())
    }
}
