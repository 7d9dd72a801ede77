//! The listener: connections, their limits, and an end without a cut.

use crate::{
    app::{App, Ends},
    budget::STREAMS,
    event::{Event, Listener},
    registry::{Htpasswd, Push},
    site::Current,
    stall::Unstalled,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use lsrepo_store::Store;
use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
    time,
};

/// What a server allows.
#[derive(Clone, Debug)]
pub struct Options {
    /// at once; others wait to be accepted. More than 800 are not allowed, the memory is divided for those
    pub max_connections: usize,
    /// for the head of a request, from its first byte or from the end of the answer before
    pub header_timeout: Duration,
    /// the head of a request, in bytes (431 beyond); at least 8192
    pub max_header_bytes: usize,
    /// for a client that takes nothing of its answer
    pub stall_timeout: Duration,
    /// for answers under way once the server shall stop
    pub grace: Duration,
    /// hears of each request
    pub listener: Option<Listener>,
    /// whether and how pushes into the registry are taken; none: it is read-only
    pub push: Option<Push>,
    /// who can log in to the registry
    pub users: Option<Arc<Htpasswd>>,
    /// reading from the registry needs a login too
    pub require_auth_for_pull: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: STREAMS,
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 16 * 1024,
            stall_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(30),
            listener: None,
            push: None,
            users: None,
            require_auth_for_pull: false,
        }
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
    let _sweeping = Sweeping::begin(&app, &options);
    let most = options.max_connections.clamp(1, STREAMS);
    let places = Arc::new(Semaphore::new(most));
    let (stopping, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, listener.accept().await?))
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = next => accepted,
        };
        match accepted {
            Ok((place, (stream, peer))) => {
                // Head and body are two writes; without this the second waits 40 ms for an acknowledgement.
                _ = stream.set_nodelay(true);
                let ends = Ends { peer: Some(peer), local: stream.local_addr().ok() };
                let talk = connection(stream, app.clone(), ends, options.clone(), stopped.clone());
                tokio::spawn(async move {
                    talk.await;
                    drop(place);
                });
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
    drop(listener);
    drop(stopping);
    // Every place is free again once every connection has ended.
    let ended = places.acquire_many(most as u32);
    _ = time::timeout(options.grace, ended).await;
    Ok(())
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

async fn connection(stream: TcpStream, app: App, ends: Ends, options: Options, mut stopped: watch::Receiver<()>) {
    let stream = TokioIo::new(Unstalled::new(stream, options.stall_timeout));
    let service = service_fn(move |request| app.clone().respond(request, ends));
    // Not `pipeline_flush`: with it hyper takes a body in as fast as it can be read, however slow the
    // client is, and one download of a large file would cost its size in memory.
    let talk = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.max_header_bytes.max(8192))
        .serve_connection(stream, service);
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
