//! One registry, asked with what it wants to know of us.
//!
//! A request is made anew for every try, so that a body can be sent again. It goes to the registry with its token;
//! to wherever an answer points, it goes without.

mod introduce;

use super::{Registries, Shared, answer::Answer, push::PushError, token::Scope};
use crate::{Event, FetchError, client::whole, host::Host};
use lsrepo_oci::{RegistryHost, api::Challenge};
use reqwest::{Method, RequestBuilder, header::AUTHORIZATION};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time;
use url::Url;

/// How often a request is made that fails in passing.
pub(crate) const TRIES: u32 = 5;
/// How many answers in a row may point somewhere else.
const MOST_HOPS: u32 = 5;
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Says what is being done. Comes from any thread.
pub(crate) type OnEvent = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// Why one request did not do what it should.
pub(crate) enum Failure {
    /// it may work next time, after this wait if the server named one
    Passing(String, Option<Duration>),
    /// too many requests: fewer at once, and later
    Overloaded(String, Option<Duration>),
    /// it will not work
    Lasting(FetchError),
}

/// A request, to be made as often as it takes.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// what it needs to be allowed
    pub(crate) scopes: &'a [Scope],
    /// adds headers and a body
    pub(crate) add: &'a (dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync),
    /// bytes of a body that were sent: while this number grows, nobody is impatient
    pub(crate) progress: Option<&'a AtomicU64>,
    /// how many times longer than usual the answer may take
    pub(crate) patience: u32,
    /// how often it is made where it fails in passing; 1: and not at all where nobody was there before
    pub(crate) tries: u32,
}

/// The way to one registry.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
    http: reqwest::Client,
    /// with `https`, unless it is known to speak plain http
    base: Url,
    pub(crate) name: RegistryHost,
    pub(crate) host: Arc<Host>,
    pub(crate) on_event: OnEvent,
}

impl<'a> Request<'a> {
    /// A request without a body.
    pub(crate) fn new(method: Method, url: Url, scopes: &'a [Scope]) -> Self {
        Self { method, url, scopes, add: &|request| request, progress: None, patience: 1, tries: TRIES }
    }
}

impl Link {
    pub(crate) fn new(registries: &Registries, name: &RegistryHost, on_event: OnEvent) -> Result<Self, FetchError> {
        let shared = registries.0.clone();
        let scheme = if shared.options.plain_http.contains(name) { "http" } else { "https" };
        let base: Url = format!("{scheme}://{}/", name.endpoint())
            .parse()
            .map_err(|error| FetchError::Client(format!("registry {name}: {error}")))?;
        let host = shared.hosts.of(base.as_str());
        let http = shared.special.get(name).unwrap_or(&shared.http).clone();
        Ok(Self { shared, http, base, name: name.clone(), host, on_event })
    }

    /// The address of a path below `/v2/`. Its parts are names of repositories, tags and digests: nothing needs escaping.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{path}"));
        url
    }

    /// Makes a request, again where the network or the server fails in passing. `name` is how messages call it.
    pub(crate) async fn ask(&self, name: &str, request: &Request<'_>) -> Result<Answer, FetchError> {
        let mut tries = 0;
        if request.tries == 1 && self.host.is_away() {
            return Err(self.gave_up(name, "nobody was there before"));
        }
        loop {
            let Some(place) = self.host.place().await else { return Err(FetchError::Client("interrupted".to_owned())) };
            tries += 1;
            match self.once(request).await {
                Ok(answer) => {
                    self.host.well();
                    return Ok(answer);
                }
                Err(failure) => {
                    if matches!(failure, Failure::Overloaded(..)) {
                        self.host.overloaded(place);
                    } else {
                        drop(place);
                    }
                    match failure {
                        Failure::Passing(why, _) | Failure::Overloaded(why, _) if tries >= request.tries => {
                            return Err(self.gave_up(name, &why));
                        }
                        failure => self.wait(name, failure, tries).await?,
                    }
                }
            }
        }
    }

    fn gave_up(&self, name: &str, why: &str) -> FetchError {
        PushError::GaveUp { registry: self.name.clone(), name: name.to_owned(), why: why.to_owned() }.into()
    }

    /// Waits until a failed request may be made again, if it may.
    pub(crate) async fn wait(&self, name: &str, failure: Failure, tries: u32) -> Result<(), FetchError> {
        let (why, wait) = match failure {
            Failure::Lasting(error) => return Err(error),
            Failure::Passing(why, wait) | Failure::Overloaded(why, wait) => (why, wait),
        };
        if tries >= TRIES {
            return Err(self.gave_up(name, &why));
        }
        let usual = self.shared.options.first_wait * (1 << tries.saturating_sub(1).min(6));
        let after = wait.unwrap_or(usual).min(LONGEST_WAIT);
        (self.on_event)(Event::Retry { name, why: &why, after });
        time::sleep(after).await;
        Ok(())
    }

    /// Makes a request once, but for what is between us and an answer: a token that is old, an address that moved.
    pub(crate) async fn once(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let base = self.spoken(Scope::repository(request.scopes)).await;
        let is_own = |url: &Url| url.origin() == base.origin();
        let mut url = request.url.clone();
        if url.origin() == self.base.origin() {
            let _ = url.set_scheme(base.scheme());
        }
        let mut url = meant(&base, url);
        let (mut hops, mut refreshed) = (0, false);
        loop {
            let mut builder = (request.add)(self.http.request(request.method.clone(), url.clone()));
            let header = if is_own(&url) { self.authorization(&base, request.scopes).await? } else { None };
            if let Some(header) = &header {
                builder = builder.header(AUTHORIZATION, header);
            }
            let answer = self
                .patiently(builder.send(), request)
                .await
                .map(|response| Answer::new(url.clone(), response, self.shared.options.patience))?;
            match answer.status {
                401 if is_own(&url) && !refreshed => {
                    refreshed = true;
                    let challenge = Challenge::read(answer.all("www-authenticate"));
                    if !self.introduce(&base, challenge, request.scopes, header).await? {
                        return Ok(answer);
                    }
                }
                301 | 302 | 303 | 307 | 308 if hops < MOST_HOPS => match answer.location() {
                    Some(next) if answer.status >= 307 || matches!(request.method, Method::GET | Method::HEAD) => {
                        let next = meant(&base, next);
                        // Never from TLS to none.
                        if url.scheme() == "https" && next.scheme() == "http" {
                            let (registry, to) = (self.name.clone(), next.origin().ascii_serialization());
                            return Err(Failure::Lasting(PushError::Downgrade { registry, to }.into()));
                        }
                        url = next;
                        hops += 1;
                    }
                    _ => return Ok(answer),
                },
                429 | 503 => {
                    let why = format!("the server answered {}", answer.status);
                    return Err(Failure::Overloaded(why, answer.retry_after()));
                }
                // Not implemented, no such version, no room: it will say so again.
                501 | 505 | 507 => return Ok(answer),
                status @ (408 | 425 | 500..=599) => {
                    return Err(Failure::Passing(format!("the server answered {status}"), answer.retry_after()));
                }
                _ => return Ok(answer),
            }
        }
    }

    /// The address by which it is asked for a repository. One that may be without TLS is asked once whether it has it.
    async fn spoken(&self, repository: Option<&str>) -> Url {
        let Shared { options, spoken, .. } = &*self.shared;
        let maybe = options.maybe_plain.contains(&self.name) || options.conf.is_insecure(&self.name, repository);
        if !maybe || self.base.scheme() == "http" {
            return self.base.clone();
        }
        let mut spoken = spoken.lock().await;
        if let Some(known) = spoken.get(&self.name) {
            return known.clone();
        }
        let answer = time::timeout(options.patience, self.http.get(self.url("")).send()).await;
        let base = match answer {
            Ok(Err(error)) if without_tls(&error) => {
                let mut plain = self.base.clone();
                let _ = plain.set_scheme("http");
                plain
            }
            // Whatever else is wrong will be told by the request itself.
            Ok(Err(_)) | Err(_) => return self.base.clone(),
            Ok(Ok(_)) => self.base.clone(),
        };
        spoken.insert(self.name.clone(), base.clone());
        base
    }

    /// Waits for an answer as long as something happens.
    async fn patiently(
        &self,
        answer: impl Future<Output = Result<reqwest::Response, reqwest::Error>>,
        request: &Request<'_>,
    ) -> Result<reqwest::Response, Failure> {
        let patience = self.shared.options.patience * request.patience;
        let sent = || request.progress.map_or(0, |progress| progress.load(Ordering::Relaxed));
        let mut answer = std::pin::pin!(answer);
        let mut before = sent();
        loop {
            match time::timeout(patience, &mut answer).await {
                Ok(answer) => {
                    self.host.set_away(answer.as_ref().is_err_and(reqwest::Error::is_connect));
                    return answer.map_err(|error| match not_believed(&error) {
                        Some(why) => Failure::Lasting(FetchError::Certificate { host: request.url.authority().to_owned(), why }),
                        None => Failure::Passing(whole(&error), None),
                    });
                }
                Err(_) if sent() > before => before = sent(),
                Err(_) => return Err(Failure::Passing(format!("nothing happened for {patience:?}"), None)),
            }
        }
    }
}

/// An address in an answer as it is meant: a registry behind a proxy that ends TLS often says `http` of itself.
fn meant(base: &Url, mut url: Url) -> Url {
    let same = url.host_str() == base.host_str() && (url.port() == base.port() || url.port().is_none());
    if same && base.scheme() == "https" && url.scheme() == "http" {
        let _ = url.set_scheme("https");
        let _ = url.set_port(base.port());
    }
    url
}

/// Whether nobody there speaks TLS: no listener, or one that answers with something else, or hangs up at once.
fn without_tls(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, ConnectionReset, UnexpectedEof};
    causes(error).any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        matches!(io, Some(ConnectionRefused | ConnectionReset | UnexpectedEof))
            || matches!(cause.downcast_ref(), Some(rustls::Error::InvalidMessage(_)))
    })
}

/// Why a certificate is not believed, where that is what went wrong.
fn not_believed(error: &reqwest::Error) -> Option<String> {
    causes(error).find_map(|cause| match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(why)) => Some(match format!("{why:?}") {
            // The one that people meet, and that says least to them.
            text if text.contains("CaUsedAsEndEntity") => "it signed itself".to_owned(),
            _ => why.to_string(),
        }),
        _ => None,
    })
}

/// All that an error says of its cause. What an I/O error wraps is not its source.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |error| match error.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
        None => error.source(),
    })
}
