//! Blobs and manifests into one registry, each once.

use super::{PushError, PushOptions, Refusal, Source, same_digest, upload::Upload};
use crate::{
    Event, FetchError,
    registry::{
        Registries,
        answer::Answer,
        link::{Link, OnEvent, Request},
        token::Scope,
    },
};
use bytes::Bytes;
use lsrepo_oci::{AnyDigest, Descriptor, MOST_MANIFEST, RegistryHost, RepositoryName, Tag, media_type};
use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
};
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::OnceCell;

/// How a blob came to be in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// it was there
    Present,
    /// the registry took it from another repository of its own
    Mounted,
    /// its bytes were sent
    Sent,
}

/// What a manifest is called in its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestName {
    /// for today
    Tag(Tag),
    /// for ever
    Digest(AnyDigest),
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestName::Tag(tag) => tag.fmt(f),
            ManifestName::Digest(digest) => digest.fmt(f),
        }
    }
}

/// Pushes to one registry, and remembers for its lifetime what is where. A copy is the same again.
#[derive(Clone)]
pub struct Pusher(Arc<Inner>);

/// A blob in a repository.
type Place = (RepositoryName, AnyDigest);

struct Inner {
    link: Link,
    options: PushOptions,
    /// repositories that have a blob
    places: Mutex<HashMap<AnyDigest, BTreeSet<RepositoryName>>>,
    /// of two that want the same in the same place, one does it
    running: Mutex<HashMap<Place, Arc<OnceCell<Pushed>>>>,
    sent: Arc<AtomicU64>,
}

impl Pusher {
    /// Asks nothing yet.
    pub fn new(
        registries: &Registries,
        registry: &RegistryHost,
        options: PushOptions,
        on_event: OnEvent,
    ) -> Result<Self, FetchError> {
        let link = Link::new(registries, registry, on_event)?;
        let (places, running) = (Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { link, options, places, running, sent: Arc::default() })))
    }

    /// Bytes of blobs that went over the network, those that had to go twice too.
    pub fn bytes_sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Sees to it that a repository has a blob. Its bytes are read only where the registry cannot get it otherwise.
    pub async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &AnyDigest,
        size: u64,
        source: &Source,
    ) -> Result<Pushed, FetchError> {
        let inner = &*self.0;
        let key = (repository.clone(), *digest);
        let cell = inner.running.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let mut first = false;
        let done = cell.get_or_try_init(|| {
            first = true;
            self.bring(repository, *digest, size, source)
        });
        let done = *done.await?;
        Ok(if first { done } else { Pushed::Present })
    }

    async fn bring(
        &self,
        repository: &RepositoryName,
        digest: AnyDigest,
        size: u64,
        source: &Source,
    ) -> Result<Pushed, FetchError> {
        let Inner { link, options, places, sent, .. } = &*self.0;
        let name = digest.to_string();
        let done = match self.has_blob(repository, &digest).await? {
            true => Pushed::Present,
            false => {
                let from = places.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).and_then(|all| all.first().cloned());
                (link.on_event)(Event::Start { name: &name, offset: 0 });
                let (from, sent) = (from.as_ref(), sent.clone());
                Upload { link, repository, digest, size, source, from, chunk: options.chunk, name: &name, sent }.run().await?
            }
        };
        self.note(repository, digest);
        (link.on_event)(Event::Done { name: &name });
        Ok(done)
    }

    fn note(&self, repository: &RepositoryName, digest: AnyDigest) {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner).entry(digest).or_default().insert(repository.clone());
    }

    /// These blobs of an image that is there can be mounted elsewhere. If the registry lacks one, it is sent.
    pub(super) fn has(&self, repository: &RepositoryName, blobs: &[Descriptor<AnyDigest>]) {
        blobs.iter().for_each(|blob| self.note(repository, blob.digest));
    }

    /// Whether a repository has a blob.
    pub async fn has_blob(&self, repository: &RepositoryName, digest: &AnyDigest) -> Result<bool, FetchError> {
        let link = &self.0.link;
        let (name, scopes) = (digest.to_string(), [Scope::push(repository.as_str())]);
        let url = link.url(&format!("{repository}/blobs/{digest}"));
        let answer = link.ask(&name, &Request::new(Method::HEAD, url, &scopes)).await?;
        match answer.status {
            200 => same_digest(&link.name, &name, *digest, &answer).map(|()| true),
            404 => Ok(false),
            _ => Err(self.refused(&format!("to look for blob {name}"), answer).await),
        }
    }

    /// The digest that a manifest of this name has, where there is one.
    pub async fn has_manifest(&self, repository: &RepositoryName, name: &ManifestName) -> Result<Option<AnyDigest>, FetchError> {
        let answer = self.ask_manifest(Method::HEAD, repository, name).await?;
        let what = || format!("{repository}:{name}");
        match (answer.status, answer.digest()) {
            (200, Ok(Some(digest))) => Ok(Some(digest)),
            (200, Ok(None)) => match name {
                ManifestName::Digest(digest) => Ok(Some(*digest)),
                // An old registry: only the bytes tell.
                ManifestName::Tag(_) => {
                    let found = self.read_manifest(repository, name).await?;
                    Ok(found.map(|bytes| lsrepo_types::Digest::of(&bytes).into()))
                }
            },
            (200, Err(theirs)) => Err(self.odd(&what(), format!("its digest is said to be `{theirs}`"))),
            (404, _) => Ok(None),
            _ => Err(self.refused(&format!("to look for {}", what()), answer).await),
        }
    }

    /// The bytes of a manifest, where there is one.
    pub(super) async fn read_manifest(
        &self,
        repository: &RepositoryName,
        name: &ManifestName,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        let answer = self.ask_manifest(Method::GET, repository, name).await?;
        match answer.status {
            200 => {
                let read = answer.body(MOST_MANIFEST).await;
                let what = format!("the answer was cut, or has more than {MOST_MANIFEST} bytes");
                read.map(Some).ok_or_else(|| self.odd(&format!("{repository}:{name}"), what))
            }
            404 => Ok(None),
            _ => Err(self.refused(&format!("to read {repository}:{name}"), answer).await),
        }
    }

    async fn ask_manifest(&self, method: Method, repository: &RepositoryName, name: &ManifestName) -> Result<Answer, FetchError> {
        let link = &self.0.link;
        let scopes = [Scope::push(repository.as_str())];
        let add = |request: RequestBuilder| request.header(ACCEPT, format!("{}, */*", media_type::MANIFESTS.join(", ")));
        let url = link.url(&format!("{repository}/manifests/{name}"));
        link.ask(&format!("{repository}:{name}"), &Request { add: &add, ..Request::new(method, url, &scopes) }).await
    }

    /// What a registry with the referrers API lists for a manifest: digests, as many as it shows at once. None: it has no
    /// such API.
    pub(super) async fn referrers(&self, repository: &RepositoryName, subject: &AnyDigest) -> Result<Option<Vec<u8>>, FetchError> {
        let link = &self.0.link;
        let scopes = [Scope::push(repository.as_str())];
        let url = link.url(&format!("{repository}/referrers/{subject}"));
        let answer = link.ask(&format!("referrers of {subject}"), &Request::new(Method::GET, url, &scopes)).await?;
        let index = answer.header("content-type").is_some_and(|kind| kind.starts_with(media_type::INDEX));
        if answer.status != 200 || !index {
            return Ok(None);
        }
        Ok(answer.body(MOST_MANIFEST).await)
    }

    /// Gives a manifest its name, byte for byte. What it points at must be there. Says whether the registry has put it on
    /// its subject's list of referrers by itself.
    pub async fn manifest(
        &self,
        repository: &RepositoryName,
        name: &ManifestName,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, FetchError> {
        let link = &self.0.link;
        let (body, scopes) = (Bytes::copy_from_slice(bytes), [Scope::push(repository.as_str())]);
        let add = |request: RequestBuilder| {
            request.header(CONTENT_TYPE, media_type).header(CONTENT_LENGTH, body.len()).body(body.clone())
        };
        let (url, what) = (link.url(&format!("{repository}/manifests/{name}")), format!("{repository}:{name}"));
        let answer = link.ask(&what, &Request { add: &add, ..Request::new(Method::PUT, url, &scopes) }).await?;
        let ours = match name {
            ManifestName::Digest(digest) => *digest,
            ManifestName::Tag(_) => lsrepo_types::Digest::of(bytes).into(),
        };
        match answer.status {
            200..=204 => {
                same_digest(&link.name, &what, ours, &answer)?;
                Ok(answer.header("oci-subject").is_some())
            }
            _ => Err(self.refused(&what, answer).await),
        }
    }

    pub(super) fn registry(&self) -> &RegistryHost {
        &self.0.link.name
    }

    pub(super) fn say(&self, event: Event<'_>) {
        (self.0.link.on_event)(event);
    }

    fn odd(&self, name: &str, what: String) -> FetchError {
        PushError::Answer { registry: self.registry().clone(), name: name.to_owned(), what }.into()
    }

    async fn refused(&self, what: &str, answer: Answer) -> FetchError {
        Refusal::of(self.registry(), what, answer).await.into()
    }
}
