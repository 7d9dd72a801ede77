//! What a server reports, to a closure of the program's.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// a request was answered, or given up
    Access(Access),
    /// the store does not have what a tree promises: the answer was 500 or was cut off
    Broken {
        /// as the client wrote it
        path: String,
        /// which blob, and what is wrong with it
        why: String,
    },
    /// no connection could be accepted for the moment
    Accept(std::io::Error),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Access {
    /// who asked; not known behind [`router`](crate::router)
    pub peer: Option<SocketAddr>,
    /// `GET`, `HEAD` or what else was tried
    pub method: String,
    /// as the client wrote it
    pub path: String,
    /// `HTTP/1.1`
    pub version: &'static str,
    /// the answer
    pub status: u16,
    /// bytes of the body that were handed to the connection
    pub bytes: u64,
    /// all of the body was
    pub complete: bool,
    /// from the request's head to the end of its answer
    pub elapsed: Duration,
    /// as the client calls itself
    pub agent: Option<String>,
}

/// Takes events, from any thread, without waiting.
#[derive(Clone)]
pub struct Listener(pub(crate) Arc<dyn Fn(Event) + Send + Sync>);

impl Listener {
    /// Calls this with every event.
    pub fn new(on_event: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(on_event))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
