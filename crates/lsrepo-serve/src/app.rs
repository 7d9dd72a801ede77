//! A request in, an answer out: what the listeners and any other HTTP front share.

use crate::{
    admission::{Admission, BASIC, Login},
    answer::{self, Answer, Content, text},
    blob::{self, Files},
    body::{Body, Report, Stream},
    budget::Budget,
    event::{Access, Event, Listener},
    health,
    metrics::{Kind, Metrics},
    pages::{self, Route},
    parts::{Sequence, Source},
    proxies::{self, Network},
    refresh::Refresh,
    registry::{self, Incoming, Registry},
    request_path::RequestPath,
    server::Options,
    site::{Current, Shown, Site, usual_path},
    small::{self, Small},
    throttle::{PerClient, Place, Throttle},
};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use lsrepo_oci::api::{ApiError, ErrorCode};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{
    convert::Infallible,
    fmt::Display,
    io,
    net::SocketAddr,
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};
use tokio::sync::Semaphore;

/// Pages that are made at once.
const MOST_PAGES: usize = 4;

/// The two ends of a connection, where they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    /// who asks
    pub peer: Option<SocketAddr>,
    /// where we were asked
    pub local: Option<SocketAddr>,
    /// TLS is spoken between them
    pub secure: bool,
}

/// Everything an answer needs. Cloning shares it.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    site: Arc<Current>,
    store: Arc<Store>,
    budget: Budget,
    files: Arc<Files>,
    small: Small,
    registry: Registry,
    /// for pages, each of which takes some memory and time
    pages: Semaphore,
    /// for comparisons of snapshots
    comparing: Semaphore,
    login: RwLock<Arc<Login>>,
    throttle: Arc<Throttle>,
    proxies: Vec<Network>,
    metrics: Arc<Metrics>,
    listener: Option<Listener>,
    refresh: Option<Refresh>,
}

impl App {
    /// Answers from this site and this store, in which what was pushed is looked for.
    pub fn new(site: Arc<Current>, store: Arc<Store>, options: &Options) -> io::Result<Self> {
        let budget = Budget::new();
        let login = Arc::new(Login::new(&options.admission, options.push.is_some(), options.seal.as_ref())?);
        let registry = Registry::open(store.clone(), budget.clone(), options)?;
        let uploads = options.push.as_ref().map_or(0, |push| push.max_uploads);
        Ok(Self(Arc::new(Shared {
            site,
            store,
            budget,
            files: Arc::new(Files::new(uploads)),
            small: Small::default(),
            registry,
            pages: Semaphore::new(MOST_PAGES),
            comparing: Semaphore::new(1),
            login: RwLock::new(login),
            throttle: Arc::new(Throttle::new(options.per_client)),
            proxies: options.proxies.clone(),
            metrics: Arc::default(),
            listener: options.listener.clone(),
            refresh: options.refresh.clone(),
        })))
    }

    /// From the next request on, these users and rights.
    pub fn set_admission(&self, admission: &Admission) -> io::Result<()> {
        let next = Arc::new(self.login().changed(admission)?);
        *self.0.login.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// From the next request on, these limits.
    pub fn set_per_client(&self, limits: PerClient) {
        self.0.throttle.set(limits);
    }

    /// The site that is shown; another can be put in its place.
    pub fn site(&self) -> &Arc<Current> {
        &self.0.site
    }

    /// What is counted, and where the program adds what it knows.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// A client's place for one more connection; none where it has too many. A proxy stands for many clients.
    pub(crate) fn enter(&self, peer: SocketAddr) -> Option<Place> {
        match proxies::is_known(&self.0.proxies, peer.ip()) {
            true => Some(Place::default()),
            false => self.0.throttle.enter(peer),
        }
    }

    fn login(&self) -> Arc<Login> {
        self.0.login.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives up uploads that nobody has touched for too long.
    pub(crate) fn sweep(&self) {
        self.0.registry.sweep();
    }

    /// Answers one request. Only pushes have a body that is looked at.
    pub async fn respond<B>(self, request: Request<B>, ends: Ends) -> Result<Response<Body>, Infallible>
    where
        B: hyper::body::Body + Send + 'static,
        B::Error: Display,
    {
        let start = Instant::now();
        let (head, sent) = request.into_parts();
        let ends = proxies::ends(&self.0.proxies, ends, &head.headers);
        let Shown { mut site, mut generation } = self.0.site.shown();
        let path = head.uri.path();
        let is_registry = registry::is_for(path);
        let mut answer = if !self.0.throttle.admits(ends.peer, start) {
            self.0.metrics.refuse();
            too_many(is_registry)
        } else if is_registry {
            let reads = matches!(head.method, Method::GET | Method::HEAD);
            let incoming = (!reads).then(|| Incoming::new(sent, self.0.registry.stall()));
            let login = self.login();
            self.0.registry.answer(site.clone(), &head, incoming, (&login, ends)).await
        } else {
            self.plain(site.clone(), &head, ends).await
        };
        if answer.status == StatusCode::NOT_FOUND
            && let Some(other) = self.refreshed(&head, generation).await
        {
            Shown { site, generation } = other;
            answer = match is_registry {
                true => self.0.registry.answer(site, &head, None, (&self.login(), ends)).await,
                false => self.plain(site, &head, ends).await,
            };
        }
        // What had to go from the disk must not be kept open.
        let generation = generation + (self.0.store.evictions() << 32);
        let is_head = head.method == Method::HEAD;
        let (answer, body) = match self.body(&answer.content, is_head, generation).await {
            Ok(body) => (answer, body),
            Err(error) => {
                self.tell(|| Event::Broken { path: path.to_owned(), why: error.to_string() });
                let answer = match is_registry {
                    true => registry::lost(),
                    false => text(StatusCode::INTERNAL_SERVER_ERROR, "the store lacks this file"),
                };
                let line = match &answer.content {
                    Content::Bytes(line) if !is_head => line.clone(),
                    _ => bytes::Bytes::new(),
                };
                (answer, Body::bytes(line))
            }
        };
        let status = answer.status.as_u16();
        let access = self.0.listener.clone().map(|listener| (listener, access(&head, ends, status)));
        let report = Report::new(self.0.metrics.clone(), Kind::of(path), status, start, access);
        Ok(response(answer, body.reported(report)))
    }

    /// Another site than the one in which something read was not found, where there is one by now.
    async fn refreshed(&self, head: &request::Parts, generation: u64) -> Option<Shown> {
        let refresh = self.0.refresh.clone().filter(|_| matches!(head.method, Method::GET | Method::HEAD))?;
        tokio::task::spawn_blocking(move || (refresh.0)()).await.ok()?;
        Some(self.0.site.shown()).filter(|shown| shown.generation != generation)
    }

    /// Everything but the registry.
    async fn plain(&self, site: Arc<Site>, head: &request::Parts, ends: Ends) -> Answer {
        let login = self.login();
        let mut private = false;
        if login.hides_something() {
            let path = match RequestPath::parse(head.uri.path()) {
                Ok(path) => format!("/{}", usual_path(&path.inside)),
                Err(bad) => return text(StatusCode::BAD_REQUEST, bad.0),
            };
            let path = path.trim_end_matches('/');
            private = login.is_private(path);
            if private {
                let may = match login.caller(head, ends).await {
                    Ok(caller) => login.may_read(&caller, path),
                    Err(error) => Err(error),
                };
                if let Err(error) = may {
                    return refused(&error);
                }
            }
        }
        let path = head.uri.path();
        let page = (Kind::of(path) == Kind::Page).then(|| Route::of(head)).flatten();
        let (mut answer, trouble) = match (path, page) {
            ("/healthz", _) => (health::healthz(&site, head, &self.0.metrics), None),
            ("/metrics", _) => (health::metrics(head, &self.0.metrics), None),
            (_, Some(route)) => self.page(route, site, head.clone(), ends).await,
            (_, None) if names_folder(path) => self.folder(site, head.clone(), ends).await,
            (_, None) => answer::decide(&site, head, ends),
        };
        if let Some(why) = trouble {
            self.tell(|| Event::Broken { path: path.to_owned(), why });
        }
        if private {
            answer.make_private();
        }
        answer
    }

    /// A page is made by a thread that may wait for a disk.
    async fn page(&self, route: Route, site: Arc<Site>, head: request::Parts, ends: Ends) -> (Answer, Option<String>) {
        let failed = || text(StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be made");
        // Comparing takes much longer than showing: one at a time, and never all places for pages.
        let places = if matches!(route, Route::Difference(_)) { &self.0.comparing } else { &self.0.pages };
        let Ok(_place) = places.acquire().await else { return (failed(), None) };
        let store = self.0.store.clone();
        let made = tokio::task::spawn_blocking(move || pages::answer(&route, &site, &store, &head, ends)).await;
        made.unwrap_or_else(|_| (failed(), None))
    }

    /// A list of a folder is made by a thread that may wait, too: some have tens of thousands of lines.
    async fn folder(&self, site: Arc<Site>, head: request::Parts, ends: Ends) -> (Answer, Option<String>) {
        let failed = || (text(StatusCode::INTERNAL_SERVER_ERROR, "this list cannot be made"), None);
        let Ok(_place) = self.0.pages.acquire().await else { return failed() };
        tokio::task::spawn_blocking(move || answer::decide(&site, &head, ends)).await.unwrap_or_else(|_| failed())
    }

    /// Opens what has to be opened, also for HEAD: a head must not promise what a GET cannot give.
    async fn body(&self, content: &Content, is_head: bool, generation: u64) -> io::Result<Body> {
        match content {
            Content::Bytes(bytes) if !is_head => Ok(Body::bytes(bytes.clone())),
            Content::Nothing | Content::Bytes(_) => Ok(Body::bytes("")),
            // Who only asks for the head has nothing fetched for him.
            Content::Blob { digest, size, .. } if is_head && self.0.store.cache_figures().is_some() => {
                let (store, digest, size) = (self.0.store.clone(), *digest, *size);
                let look = move || blob::measure(&store, &digest, size);
                tokio::task::spawn_blocking(look).await.map_err(io::Error::other)??;
                Ok(Body::bytes(""))
            }
            Content::Blob { digest, size, first, end } => {
                let end = if is_head { *first } else { *end };
                if let Some(bytes) = self.0.small.get(digest, *size) {
                    return Ok(Body::bytes(bytes.slice(*first as usize..end as usize)));
                }
                self.blob(generation, *digest, *size, *first..end).await
            }
            Content::Parts { parts, first, end } => {
                let end = if is_head { *first } else { *end };
                let (store, files, budget) = (self.0.store.clone(), self.0.files.clone(), self.0.budget.clone());
                let source = Source { store, files, budget, generation };
                Sequence::begin(source, parts.clone(), *first..end).await.map(Body::parts)
            }
        }
    }

    /// What fits one chunk is read before the head is sent, in the same hop that opens the file where
    /// one is needed at all. The rest is streamed.
    async fn blob(&self, generation: u64, digest: Digest, size: u64, part: Range<u64>) -> io::Result<Body> {
        let wanted = part.end - part.start;
        let chunk = match (1..=small::LARGEST).contains(&wanted) {
            true => Some(self.0.budget.take(wanted).await?).filter(|chunk| chunk.len() as u64 == wanted),
            false => None,
        };
        let open = self.0.files.get(generation, &digest, size)?;
        open.iter().for_each(|file| self.0.store.touch(file));
        let chunk = match (&open, chunk) {
            (Some(file), None) => {
                return Ok(Body::blob(Stream::new(file.clone(), self.0.budget.clone(), part)));
            }
            (Some(file), Some(mut chunk)) => {
                if blob::read_now(file, chunk.room(), part.start) as u64 == wanted {
                    if wanted == size && size <= small::LARGEST {
                        self.0.small.keep(digest, chunk.room());
                    }
                    return Ok(Body::bytes(chunk.into_bytes()));
                }
                Some(chunk)
            }
            (None, chunk) => chunk,
        };
        let (store, budget) = (self.0.store.clone(), self.0.budget.clone());
        let work = move || {
            let file = match open {
                Some(file) => file,
                None => blob::open(&store, &digest, size)?,
            };
            let body = match chunk {
                Some(mut chunk) => {
                    blob::fill(&file, &mut chunk, part.start)?;
                    Body::bytes(chunk.into_bytes())
                }
                None => Body::blob(Stream::new(file.clone(), budget, part)),
            };
            Ok::<_, io::Error>((file, body))
        };
        let (file, body) = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??;
        self.0.files.keep(generation, digest, file);
        Ok(body)
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(listener) = &self.0.listener {
            (listener.0)(event());
        }
    }
}

/// Whether a path is written as a folder's.
fn names_folder(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.") || path.len() >= 3 && path.as_bytes()[path.len() - 3..].eq_ignore_ascii_case(b"%2f")
}

fn access(head: &request::Parts, ends: Ends, status: u16) -> Access {
    Access {
        peer: ends.peer,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        version: match head.version {
            http::Version::HTTP_2 => "HTTP/2.0",
            http::Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        },
        status,
        bytes: 0,
        complete: false,
        elapsed: std::time::Duration::ZERO,
        agent: head.headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned()),
    }
}

/// More than one client may ask for.
fn too_many(is_registry: bool) -> Answer {
    let line = "too many requests from this address";
    if is_registry {
        return registry::error(&ApiError::new(ErrorCode::TooManyRequests, line));
    }
    let mut answer = text(StatusCode::TOO_MANY_REQUESTS, line);
    answer.set(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// What somebody may not read.
fn refused(error: &ApiError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::FORBIDDEN);
    let mut answer = text(status, &error.message);
    match error.code {
        ErrorCode::Unauthorized => answer.set(header::WWW_AUTHENTICATE, HeaderValue::from_static(BASIC)),
        ErrorCode::TooManyRequests => answer.set(header::RETRY_AFTER, HeaderValue::from_static("60")),
        _ => {}
    }
    answer
}

fn response(answer: Answer, body: Body) -> Response<Body> {
    let length = answer.content.len();
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.reserve(answer.headers.len() + 2);
    headers.extend(answer.headers);
    // The type says what it is; nobody is to guess from the content.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// The same answers behind an [`axum::Router`], to be nested in one or to be tested without a socket.
pub fn router(site: Arc<Current>, store: Arc<Store>, options: &Options) -> io::Result<axum::Router> {
    let app = App::new(site, store, options)?;
    Ok(axum::Router::new().fallback(move |request: axum::extract::Request| {
        let app = app.clone();
        async move { app.respond(request, Ends::default()).await.map(|answer| answer.map(axum::body::Body::new)) }
    }))
}
