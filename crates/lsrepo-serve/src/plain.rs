//! HTTP/1.1 for what nearly every client does: GET and HEAD without a body, one after the other, over plain TCP
//! (RFC 9112). Files go from the page cache to the socket by `sendfile`, a client that waits costs no buffer.
//!
//! Everything else (bodies, HTTP/1.0, upgrades, `Expect`, whatever does not parse) is left to the full implementation,
//! together with the bytes that were read of it: two parsers never disagree about where a request ends, because this one
//! takes only requests that end with their head.

mod request;
mod send;

use crate::{
    app::{App, Ends},
    server::Options,
};
use request::parse;
use send::Sender;
use tokio::{net::TcpStream, sync::watch, time};

/// What one read brings at most; nearly every head fits.
const READ: usize = 4096;

/// What became of a connection.
pub(crate) enum Left {
    /// it has ended
    Closed,
    /// it goes on with something that is not for here; `read` begins with a request
    Other { stream: TcpStream, read: Vec<u8> },
}

/// Answers requests until there is one that is not for here.
pub(crate) async fn talk(stream: TcpStream, app: &App, ends: Ends, options: &Options, stopped: &mut watch::Receiver<()>) -> Left {
    let most = options.max_header_bytes.max(8192);
    let mut read = Vec::new();
    let mut searched = 0;
    let mut deadline = time::Instant::now() + options.header_timeout;
    loop {
        match more(&stream, &mut read, deadline, stopped).await {
            More::Read => {}
            More::Nothing => return Left::Closed,
        }
        // A head that comes in small pieces is not parsed anew for each of them.
        while let Some(end) = end_of_head(&read, searched) {
            let Some((request, close)) = parse(&read[..end]) else { return Left::Other { stream, read } };
            read.drain(..end);
            searched = 0;
            let is_last = close || stopped.has_changed().is_err();
            // Answering takes much more room than waiting does.
            let sent = Box::pin(async {
                let Ok(response) = app.clone().respond(request, ends).await;
                Sender::new(&stream, options.stall_timeout).send(response, is_last).await
            });
            if sent.await.is_err() || is_last {
                return Left::Closed;
            }
            deadline = time::Instant::now() + options.header_timeout;
        }
        searched = read.len();
        if read.len() > most || begins_otherwise(&read) {
            return Left::Other { stream, read };
        }
        if read.is_empty() {
            read = Vec::new();
        }
    }
}

enum More {
    Read,
    Nothing,
}

/// Waits for bytes, no longer than until `deadline`, and for those of a new request only until the server stops. However often
/// some come, the head as a whole has that time.
async fn more(stream: &TcpStream, read: &mut Vec<u8>, deadline: time::Instant, stopped: &mut watch::Receiver<()>) -> More {
    loop {
        if !read.is_empty() && time::Instant::now() >= deadline {
            return More::Nothing;
        }
        read.reserve(READ);
        match stream.try_read_buf(read) {
            Ok(0) => return More::Nothing,
            Ok(_) => return More::Read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return More::Nothing,
        }
        let is_idle = read.is_empty();
        if is_idle {
            *read = Vec::new();
        }
        tokio::select! {
            biased;
            ready = time::timeout_at(deadline, stream.readable()) => match ready {
                Ok(Ok(())) => {}
                _ => return More::Nothing,
            },
            _ = stopped.changed(), if is_idle => return More::Nothing,
        }
    }
}

/// Where a head ends; what is before `searched` was looked through already.
fn end_of_head(read: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    memchr::memmem::find(read.get(from..)?, b"\r\n\r\n").map(|at| from + at + 4)
}

/// Whether this can never become a request for here: lines that end otherwise, TLS, noise.
fn begins_otherwise(read: &[u8]) -> bool {
    let shown = &read[..read.len().min(5)];
    let get = b"GET /".starts_with(shown) || b"HEAD ".starts_with(shown);
    !get || memchr::memmem::find(read, b"\n\n").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_head_is_found_across_pieces() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET";
        assert_eq!(end_of_head(head, 0), Some(head.len() - 3));
        for searched in 0..head.len() - 4 {
            assert_eq!(end_of_head(head, searched), Some(head.len() - 3), "{searched}");
        }
        assert_eq!(end_of_head(&head[..head.len() - 4], 0), None);
    }

    #[test]
    fn what_cannot_be_for_here_is_known_by_its_first_bytes() {
        for other in [&b"POST /x"[..], b"\x16\x03\x01", b"PRI * HTTP/2.0", b"get /", b"GET x", b"GET / HTTP/1.1\nHost: x\n\n"] {
            assert!(begins_otherwise(other), "{other:?}");
        }
        for ours in [&b""[..], b"G", b"GET /x HTTP", b"HEAD /", b"HEAD /x HTTP/1.1\r\n"] {
            assert!(!begins_otherwise(ours), "{ours:?}");
        }
    }
}
