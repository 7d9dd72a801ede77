//! The endpoint for Prometheus: rounds at their time, and a small server that shows the last one.
//!
//! A connection is answered once. It has so long, so much may it say, so many are taken at a time and so few of one
//! client: whoever is slow, loud or many is cut off, and the others are served.

mod client;

use super::{Report, Targets, metrics, probe::Timed, round::round};
use rustix::event::{PollFd, PollFlags, poll};
use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// So many connections at a time.
const CONNECTIONS: usize = 64;
/// So many of them from one address.
const OF_ONE: usize = 16;
/// So long may a connection take, from its first byte to our last.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long those that are being answered have at the end.
const GRACE: Duration = Duration::from_secs(3);

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// it cannot listen there
    #[error("{address}: {error}")]
    Listen {
        /// where
        address: SocketAddr,
        /// why not
        error: io::Error,
    },
    /// something that every machine has is not there
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is asked and how often.
#[derive(Debug)]
pub struct Monitor {
    /// what is asked
    pub targets: Targets,
    /// from the begin of one round to that of the next
    pub interval: Duration,
    /// how long an answer may take
    pub timeout: Duration,
}

/// A monitor, and what it found last.
#[derive(Debug)]
struct Shared {
    monitor: Monitor,
    last: Mutex<Option<Arc<Report>>>,
    clients: Mutex<BTreeMap<IpAddr, usize>>,
    is_left: Condvar,
}

impl Monitor {
    /// Asks and serves until something can be read from `stop`. `ready` is told where it listens.
    pub fn serve(self, address: SocketAddr, stop: &UnixStream, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
        let listen = |error| ServeError::Listen { address, error };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true)?;
        ready(listener.local_addr().map_err(listen)?);
        let shared = Arc::new(Shared { monitor: self, last: Mutex::default(), clients: Mutex::default(), is_left: Condvar::new() });
        let asks = shared.clone();
        thread::Builder::new().name("rounds".to_owned()).spawn(move || asks.rounds())?;
        loop {
            let mut waited = [PollFd::new(&listener, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
            match poll(&mut waited, None) {
                Err(rustix::io::Errno::INTR) => continue,
                done => drop(done.map_err(io::Error::from)?),
            }
            if !waited[1].revents().is_empty() {
                drop(listener);
                shared.wait_for_clients();
                return Ok(());
            }
            match listener.accept() {
                Ok((stream, client)) => shared.take(stream, client.ip()),
                // none is there any more, or there is no room for one: the others go on
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Shared {
    /// One round after another, until the program ends.
    fn rounds(&self) {
        let Monitor { targets, interval, timeout } = &self.monitor;
        loop {
            let begun = Instant::now();
            let report = round(targets, *timeout);
            *held(&self.last) = Some(Arc::new(report));
            // where a round takes longer than that, the next one follows at once, but never without a pause
            thread::sleep(interval.saturating_sub(begun.elapsed()).max(Duration::from_millis(100)));
        }
    }

    /// Answers a client on a thread of its own, if there is room.
    fn take(self: &Arc<Self>, stream: TcpStream, client: IpAddr) {
        let place = {
            let mut clients = held(&self.clients);
            if clients.values().sum::<usize>() >= CONNECTIONS || clients.get(&client).is_some_and(|count| *count >= OF_ONE) {
                return;
            }
            *clients.entry(client).or_default() += 1;
            Place { shared: self.clone(), client }
        };
        // where there is no thread to be had, the place is given back with what was to run there
        let _ = thread::Builder::new().spawn(move || {
            // a client that went away, or was cut off, is told nothing
            let _ = place.shared.answer(stream);
        });
    }

    fn answer(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        let mut stream = Timed { stream, deadline: Instant::now() + PATIENCE };
        let answer = match client::request(&mut stream)? {
            Ok(request) => self.page(&request),
            Err(code) => client::Answer::short(code),
        };
        stream.write_all(&answer.into_bytes())?;
        // a client that is not heard to its end may lose what was said to it
        stream.stream.shutdown(Shutdown::Write)?;
        io::copy(&mut stream.take(64 << 10), &mut io::sink()).map(drop)
    }

    fn page(&self, request: &client::Request) -> client::Answer {
        let last = held(&self.last).clone();
        let targets = &self.monitor.targets;
        let (code, media_type, text) = match (request.path.as_str(), last) {
            ("/metrics", last) => (200, metrics::MEDIA_TYPE, metrics::text(targets, last.as_deref())),
            ("/healthz", Some(_)) => (200, client::PLAIN, "ok\n".to_owned()),
            ("/", Some(last)) => (200, client::PLAIN, last.text()),
            ("/" | "/healthz", None) => (503, client::PLAIN, "the first round is not done yet\n".to_owned()),
            _ => return client::Answer::short(404),
        };
        client::Answer { code, media_type, text, is_bare: request.is_head }
    }

    /// Those that are being answered get their answer, unless they are slow.
    fn wait_for_clients(&self) {
        let clients = held(&self.clients);
        // whoever is still there after that is cut off
        drop(self.is_left.wait_timeout_while(clients, GRACE, |clients| !clients.is_empty()));
    }
}

/// A client's place, given back wherever its thread ends.
struct Place {
    shared: Arc<Shared>,
    client: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = held(&self.shared.clients);
        if let Some(count) = clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                clients.remove(&self.client);
            }
        }
        self.shared.is_left.notify_all();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
