//! An answer onto a socket: the head in one write with a small body, a file by `sendfile`.

use crate::{
    blob,
    body::{Body, Report, Rest, Sending},
    date,
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use lsrepo_store::Blob;
use rustix::net::SendFlags;
use std::{io, ops::Range, sync::Arc, time::Duration};
use tokio::{io::Interest, net::TcpStream, time};

/// A body of this size is copied behind its head: one write instead of two.
const SMALL: usize = 16 * 1024;
/// What one `sendfile` is asked for: others get their turn in between.
const PIECE: u64 = 1 << 20;

/// A socket, and how long a client may take nothing.
pub(super) struct Sender<'a> {
    stream: &'a TcpStream,
    stall: Duration,
}

impl<'a> Sender<'a> {
    pub(super) fn new(stream: &'a TcpStream, stall: Duration) -> Self {
        Self { stream, stall }
    }

    /// Sends all of it; an error ends the connection, as what was announced did not come.
    pub(super) async fn send(&self, response: Response<Body>, is_last: bool) -> io::Result<()> {
        let (parts, body) = response.into_parts();
        let head = head(&parts.status, &parts.headers, is_last);
        match body.into_sending() {
            (Sending::Bytes(bytes), report) => self.bytes(head, bytes, report).await,
            (Sending::File(file, part), report) => {
                self.write(&head, SendFlags::MORE).await?;
                self.file(file, part, report).await
            }
            (Sending::Stream(stream), report) => {
                self.write(&head, SendFlags::MORE).await?;
                self.stream(stream, report).await
            }
        }
    }

    async fn bytes(&self, mut head: Vec<u8>, body: Bytes, mut report: Option<Report>) -> io::Result<()> {
        match body.len() <= SMALL {
            true => {
                head.extend_from_slice(&body);
                self.write(&head, SendFlags::empty()).await?;
            }
            false => {
                self.write(&head, SendFlags::MORE).await?;
                self.write(&body, SendFlags::empty()).await?;
            }
        }
        if let Some(report) = &mut report {
            report.sent(body.len());
        }
        Ok(())
    }

    async fn file(&self, file: Arc<Blob>, part: Range<u64>, mut report: Option<Report>) -> io::Result<()> {
        let mut at = part.start;
        let mut known = at;
        while at < part.end {
            // No further than was looked at: what is not in memory would keep this thread waiting.
            let end = if at < known { known } else { part.end.min(at + PIECE) };
            if at >= known {
                // What is not in memory is fetched by a thread that may wait for a disk, not by this one.
                if !blob::is_in_memory(&file, at, end) {
                    let file = file.clone();
                    tokio::task::spawn_blocking(move || blob::fetch(&file, at, end)).await.map_err(io::Error::other)??;
                }
                known = end;
            }
            let wanted = (end - at) as usize;
            let sent = self.when_ready(|| match file.file() {
                Some(file) => Ok(rustix::fs::sendfile(self.stream, file, Some(&mut at), wanted)?),
                None => Err(io::ErrorKind::Unsupported.into()),
            });
            let sent = match sent.await {
                Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the blob ended before byte {end}"))),
                other => other,
            };
            match (sent, &mut report) {
                (Ok(sent), Some(report)) => report.sent(sent),
                (Ok(_), None) => {}
                (Err(error), report) => {
                    // A client that left is no fault of the store.
                    if let Some(report) = report.as_ref().filter(|_| error.kind() == io::ErrorKind::UnexpectedEof) {
                        report.broken(&error);
                    }
                    return Err(error);
                }
            }
            tokio::task::consume_budget().await;
        }
        Ok(())
    }

    async fn stream(&self, mut stream: Rest, mut report: Option<Report>) -> io::Result<()> {
        loop {
            let bytes = match stream.next().await {
                Ok(bytes) if bytes.is_empty() => return Ok(()),
                Ok(bytes) => bytes,
                Err(error) => {
                    if let Some(report) = &report {
                        report.broken(&error);
                    }
                    return Err(error);
                }
            };
            self.write(&bytes, SendFlags::empty()).await?;
            if let Some(report) = &mut report {
                report.sent(bytes.len());
            }
        }
    }

    async fn write(&self, mut bytes: &[u8], flags: SendFlags) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = self.when_ready(|| Ok(rustix::net::send(self.stream, bytes, flags | SendFlags::NOSIGNAL)?)).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// Does something to the socket once it takes something; the client has `stall` to make it so.
    async fn when_ready(&self, mut work: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
        loop {
            match self.stream.try_io(Interest::WRITABLE, &mut work) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => return other,
            }
            match time::timeout(self.stall, self.stream.writable()).await {
                Ok(ready) => ready?,
                Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")),
            }
        }
    }
}

/// The head as bytes.
fn head(status: &StatusCode, headers: &http::HeaderMap, is_last: bool) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(status.as_str().as_bytes());
    head.push(b' ');
    head.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    head.extend_from_slice(b"\r\n");
    let mut field = |name: &[u8], value: &HeaderValue| {
        head.extend_from_slice(name);
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    };
    headers.iter().for_each(|(name, value)| field(name.as_str().as_bytes(), value));
    let is_empty = matches!(*status, StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT);
    if !is_empty && !headers.contains_key(header::CONTENT_LENGTH) {
        field(b"content-length", &HeaderValue::from_static("0"));
    }
    if is_last {
        field(b"connection", &HeaderValue::from_static("close"));
    }
    field(b"date", &date::now());
    head.extend_from_slice(b"\r\n");
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_how_long_its_body_is_unless_there_can_be_none() {
        let text = |status: StatusCode, is_last| String::from_utf8(head(&status, &http::HeaderMap::new(), is_last)).unwrap();
        let ok = text(StatusCode::OK, false);
        assert!(ok.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: ") && ok.ends_with(" GMT\r\n\r\n"), "{ok}");
        assert!(!text(StatusCode::NOT_MODIFIED, false).contains("content-length"));
        assert!(text(StatusCode::OK, true).contains("\r\nconnection: close\r\n"));
    }
}
