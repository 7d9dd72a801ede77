//! A request in, an answer out: what the listener and any other HTTP front share.

use crate::{
    answer::{self, Answer, Content},
    blob::{self, Files},
    body::{Body, Report, Stream},
    budget::{Budget, LARGEST},
    event::{Access, Event, Listener},
    pages::{self, Route},
    registry::{self, Incoming, Registry},
    server::Options,
    site::{Current, Shown, Site},
    small::{self, Small},
};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{convert::Infallible, fmt::Display, io, net::SocketAddr, ops::Range, sync::Arc, time::Instant};
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
}

/// Everything an answer needs. Cloning shares it.
#[derive(Clone)]
pub struct App {
    site: Arc<Current>,
    store: Arc<Store>,
    budget: Budget,
    files: Arc<Files>,
    small: Arc<Small>,
    registry: Arc<Registry>,
    /// for pages, each of which takes some memory and time
    pages: Arc<Semaphore>,
    listener: Option<Listener>,
}

impl App {
    /// Answers from this site and this store, in which what was pushed is looked for.
    pub fn new(site: Arc<Current>, store: Arc<Store>, options: &Options) -> io::Result<Self> {
        let budget = Budget::new();
        let registry = Arc::new(Registry::open(store.clone(), budget.clone(), options)?);
        let uploads = options.push.as_ref().map_or(0, |push| push.max_uploads);
        let (files, small) = (Arc::new(Files::new(uploads)), Arc::default());
        let pages = Arc::new(Semaphore::new(MOST_PAGES));
        Ok(Self { site, store, budget, files, small, registry, pages, listener: options.listener.clone() })
    }

    /// Gives up uploads that nobody has touched for too long.
    pub(crate) fn sweep(&self) {
        self.registry.sweep();
    }

    /// Answers one request. Only pushes have a body that is looked at.
    pub async fn respond<B>(self, request: Request<B>, ends: Ends) -> Result<Response<Body>, Infallible>
    where
        B: hyper::body::Body + Send + 'static,
        B::Error: Display,
    {
        let start = Instant::now();
        let (head, sent) = request.into_parts();
        let Shown { site, generation } = self.site.shown();
        let is_registry = registry::is_for(head.uri.path());
        let answer = match is_registry {
            true => {
                let reads = matches!(head.method, Method::GET | Method::HEAD);
                let incoming = (!reads).then(|| Incoming::new(sent, self.registry.stall()));
                self.registry.answer(site, &head, incoming, ends.local).await
            }
            false => match Route::of(&head) {
                Some(route) => self.page(route, site, head.clone(), ends.local).await,
                None => answer::decide(&site, &head, ends.local),
            },
        };
        let is_head = head.method == Method::HEAD;
        let (answer, body) = match self.body(&answer.content, is_head, generation).await {
            Ok(body) => (answer, body),
            Err(error) => {
                self.tell(|| Event::Broken { path: head.uri.path().to_owned(), why: error.to_string() });
                let answer = match is_registry {
                    true => registry::lost(),
                    false => answer::text(StatusCode::INTERNAL_SERVER_ERROR, "the store lacks this file"),
                };
                let line = match &answer.content {
                    Content::Bytes(line) if !is_head => line.clone(),
                    _ => bytes::Bytes::new(),
                };
                (answer, Body::bytes(line))
            }
        };
        let report = self.listener.clone().map(|listener| Report {
            listener,
            access: Access {
                peer: ends.peer,
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                status: answer.status.as_u16(),
                bytes: 0,
                complete: false,
                elapsed: start.elapsed(),
            },
            start,
        });
        Ok(response(answer, body.reported(report)))
    }

    /// A page is made by a thread that may wait for a disk.
    async fn page(&self, route: Route, site: Arc<Site>, head: http::request::Parts, local: Option<SocketAddr>) -> Answer {
        let failed = || answer::text(StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be made");
        let Ok(_place) = self.pages.acquire().await else { return failed() };
        let (store, path) = (self.store.clone(), head.uri.path().to_owned());
        let made = tokio::task::spawn_blocking(move || pages::answer(&route, &site, &store, &head, local)).await;
        let Ok((answer, trouble)) = made else { return failed() };
        if let Some(why) = trouble {
            self.tell(|| Event::Broken { path, why });
        }
        answer
    }

    /// Opens what has to be opened, also for HEAD: a head must not promise what a GET cannot give.
    async fn body(&self, content: &Content, is_head: bool, generation: u64) -> io::Result<Body> {
        match content {
            Content::Bytes(bytes) if !is_head => Ok(Body::bytes(bytes.clone())),
            Content::Nothing | Content::Bytes(_) => Ok(Body::bytes("")),
            Content::Blob { digest, size, first, end } => {
                let end = if is_head { *first } else { *end };
                if let Some(bytes) = self.small.get(digest, *size) {
                    return Ok(Body::bytes(bytes.slice(*first as usize..end as usize)));
                }
                self.blob(generation, *digest, *size, *first..end).await
            }
        }
    }

    /// What fits one chunk is read before the head is sent, in the same hop that opens the file where
    /// one is needed at all. The rest is streamed.
    async fn blob(&self, generation: u64, digest: Digest, size: u64, part: Range<u64>) -> io::Result<Body> {
        let wanted = part.end - part.start;
        let chunk = match (1..=LARGEST as u64).contains(&wanted) {
            true => Some(self.budget.take(wanted).await?).filter(|chunk| chunk.len() as u64 == wanted),
            false => None,
        };
        let open = self.files.get(generation, &digest, size)?;
        let chunk = match (&open, chunk) {
            (Some(file), None) => {
                return Ok(Body::blob(Stream::new(file.clone(), self.budget.clone(), part)));
            }
            (Some(file), Some(mut chunk)) => {
                if blob::read_now(file, chunk.room(), part.start) as u64 == wanted {
                    if wanted == size && size <= small::LARGEST {
                        self.small.keep(digest, chunk.room());
                    }
                    return Ok(Body::bytes(chunk.into_bytes()));
                }
                Some(chunk)
            }
            (None, chunk) => chunk,
        };
        let (store, budget) = (self.store.clone(), self.budget.clone());
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
        self.files.keep(generation, digest, file);
        Ok(body)
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(listener) = &self.listener {
            (listener.0)(event());
        }
    }
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
