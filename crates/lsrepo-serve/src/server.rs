//! The listeners: connections, their limits, and an end without a cut.

use crate::{
    admission::Admission,
    app::{App, Ends},
    event::{Event, Listener},
    handed::Handed,
    plain::{self, Left},
    proxies::Network,
    refresh::Refresh,
    registry::Push,
    rewind::Rewound,
    site::Current,
    stall::Unstalled,
    throttle::PerClient,
    tls::Identity,
};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use lsrepo_store::Store;
use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time,
};
use tokio_rustls::TlsAcceptor;

/// What a server allows.
#[derive(Clone, Debug)]
pub struct Options {
    /// at once; others wait to be accepted
    pub max_connections: usize,
    /// for the head of a request, from its first byte or from the end of the answer before; for a handshake of TLS
    pub header_timeout: Duration,
    /// the head of a request, in bytes (431 beyond); at least 8192
    pub max_header_bytes: usize,
    /// for a client that takes nothing of its answer
    pub stall_timeout: Duration,
    /// for answers under way once the server shall stop
    pub grace: Duration,
    /// hears of each request
    pub listener: Option<Listener>,
    /// looks for another site before anything is said not to be there
    pub refresh: Option<Refresh>,
    /// whether and how pushes into the registry are taken; none: it is read-only
    pub push: Option<Push>,
    /// who may read and push what
    pub admission: Admission,
    /// what one client may take
    pub per_client: PerClient,
    /// proxies that are believed whom they ask for
    pub proxies: Vec<Network>,
    /// what tokens of container tools are sealed with, where several servers take each other's; none: this one alone
    pub seal: Option<[u8; 32]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 16 * 1024,
            stall_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(30),
            listener: None,
            refresh: None,
            push: None,
            admission: Admission::default(),
            per_client: PerClient::default(),
            proxies: Vec::new(),
            seal: None,
        }
    }
}

/// A place where clients come in.
#[derive(Debug)]
pub struct Door {
    /// where it is
    pub listener: TcpListener,
    /// TLS is spoken there, under this identity
    pub identity: Option<Arc<Identity>>,
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self { listener, identity: None }
    }
}

/// Serves until `shutdown` is over and the answers under way are sent.
pub async fn serve(
    listener: TcpListener,
    site: Arc<Current>,
    store: Arc<Store>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(listener, site, store, Options::default(), shutdown).await
}

/// [`serve`], with limits of one's own.
pub async fn serve_with(
    listener: TcpListener,
    site: Arc<Current>,
    store: Arc<Store>,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let app = App::new(site, store, &options)?;
    serve_at(vec![listener.into()], app, options, shutdown).await
}

/// [`serve`] at several places. `options` are those that the app was made with.
pub async fn serve_at(doors: Vec<Door>, app: App, options: Options, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let _sweeping = Sweeping::begin(&app, &options);
    // Each door holds a place for who comes next.
    let most = options.max_connections.saturating_add(doors.len() - usize::from(!doors.is_empty()));
    let most = most.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
    let places = Arc::new(Semaphore::new(most));
    let (stopping, stopped) = watch::channel(());
    let options = Arc::new(options);
    let mut accepting = JoinSet::new();
    for door in doors {
        accepting.spawn(accept(door, app.clone(), options.clone(), places.clone(), stopped.clone()));
    }
    tokio::select! {
        () = shutdown => {}
        Some(ended) = accepting.join_next() => ended.map_err(io::Error::other)??,
    }
    accepting.shutdown().await;
    drop(stopping);
    // Every place is free again once every connection has ended.
    let ended = places.acquire_many(most as u32);
    _ = time::timeout(options.grace, ended).await;
    Ok(())
}

/// Takes connections at one place for ever.
async fn accept(
    door: Door,
    app: App,
    options: Arc<Options>,
    places: Arc<Semaphore>,
    stopped: watch::Receiver<()>,
) -> io::Result<()> {
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        match door.listener.accept().await {
            Ok((stream, peer)) => {
                let Some(own) = app.enter(peer) else {
                    app.metrics().refuse();
                    continue;
                };
                // Head and body are two writes; without this the second waits 40 ms for an acknowledgement.
                _ = stream.set_nodelay(true);
                let identity = door.identity.clone();
                let ends = Ends { peer: Some(peer), local: stream.local_addr().ok(), secure: identity.is_some() };
                app.metrics().connected();
                let held = Held { app: app.clone(), _places: (place, own) };
                tokio::spawn(connection(stream, identity, (app.clone(), ends), options.clone(), stopped.clone(), held));
            }
            Err(error) => {
                // Out of descriptors, or a client that left: neither ends the server.
                if let Some(listener) = &options.listener {
                    (listener.0)(Event::Accept(error));
                }
                time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// What a connection takes as long as it lasts.
struct Held {
    app: App,
    _places: (OwnedSemaphorePermit, crate::throttle::Place),
}

impl Drop for Held {
    fn drop(&mut self) {
        self.app.metrics().disconnected();
    }
}

/// Gives up what nobody has touched for too long, as long as the server lives.
struct Sweeping(Option<JoinHandle<()>>);

impl Sweeping {
    fn begin(app: &App, options: &Options) -> Self {
        let app = app.clone();
        Self(options.push.as_ref().map(|push| {
            let mut often = time::interval((push.idle / 4).clamp(Duration::from_millis(100), Duration::from_secs(60)));
            tokio::spawn(async move {
                loop {
                    often.tick().await;
                    app.sweep();
                }
            })
        }))
    }
}

impl Drop for Sweeping {
    fn drop(&mut self) {
        if let Some(sweeping) = &self.0 {
            sweeping.abort();
        }
    }
}

/// One connection to its end. What waits for a client that says nothing is kept small: thousands do.
async fn connection(
    stream: TcpStream,
    identity: Option<Arc<Identity>>,
    (app, ends): (App, Ends),
    options: Arc<Options>,
    mut stopped: watch::Receiver<()>,
    _held: Held,
) {
    match identity {
        None => {
            let left = plain::talk(stream, &app, ends, &options, &mut stopped).await;
            if let Left::Other { stream, read } = left {
                let stream = Rewound::new(Unstalled::new(stream, options.stall_timeout), read);
                Box::pin(http1(stream, (app, ends), &options, stopped)).await;
            }
        }
        Some(identity) => Box::pin(secure(stream, &identity, (app, ends), &options, stopped)).await,
    }
}

async fn secure(stream: TcpStream, identity: &Identity, app: (App, Ends), options: &Options, mut stopped: watch::Receiver<()>) {
    let handshake = TlsAcceptor::from(identity.config()).accept(Unstalled::new(stream, options.stall_timeout));
    // A client that does not trust us, speaks no TLS or none that is safe: nothing to be told to it.
    let stream = tokio::select! {
        made = time::timeout(options.header_timeout, handshake) => match made {
            Ok(Ok(stream)) => stream,
            _ => return,
        },
        _ = stopped.changed() => return,
    };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2(stream, app, options, stopped).await,
        _ => http1(stream, app, options, stopped).await,
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    (app, ends): (App, Ends),
    options: &Options,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(move |request: http::Request<Incoming>| app.clone().respond(request, ends));
    // Not `pipeline_flush`: with it hyper takes a body in as fast as it can be read, however slow the
    // client is, and one download of a large file would cost its size in memory.
    let talk = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.max_header_bytes.max(8192))
        .serve_connection(TokioIo::new(stream), service);
    let mut talk = pin!(talk);
    // An error here is the client's: it left, was too slow, or does not speak HTTP; or a body broke,
    // which was reported where it happened.
    tokio::select! {
        _ = talk.as_mut() => {}
        _ = stopped.changed() => {
            talk.as_mut().graceful_shutdown();
            _ = talk.await;
        }
    }
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (app, ends): (App, Ends),
    options: &Options,
    mut stopped: watch::Receiver<()>,
) {
    let handed = Handed::new();
    let account = handed.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (app, account, open) = (app.clone(), account.clone(), account.begin());
        async move { app.respond(request, ends).await.map(|response| response.map(|body| body.watched(account, open))) }
    });
    let talk = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(32)
        .max_header_list_size(options.max_header_bytes.max(8192) as u32)
        // What one client may keep waiting in our memory.
        .max_send_buf_size(256 * 1024)
        // A client that is gone without a word is found out.
        .keep_alive_interval(options.header_timeout)
        .keep_alive_timeout(options.header_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut talk = pin!(talk);
    let mut often = time::interval((options.stall_timeout.min(options.header_timeout) / 4).max(Duration::from_millis(50)));
    loop {
        tokio::select! {
            _ = talk.as_mut() => return,
            // One that takes nothing of what it asked for holds memory that others wait for.
            _ = often.tick() => match handed.is_stuck(options.stall_timeout) {
                true => return,
                false if handed.is_idle(options.header_timeout) => break,
                false => {}
            },
            _ = stopped.changed() => {
                talk.as_mut().graceful_shutdown();
                _ = time::timeout(options.grace, talk).await;
                return;
            }
        }
    }
    talk.as_mut().graceful_shutdown();
    _ = time::timeout(options.header_timeout, talk).await;
}
