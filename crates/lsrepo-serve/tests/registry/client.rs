//! A client that says exactly what it is told to, with a body where there is one.

use serde_json::Value;
use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A request that is being put together.
pub(crate) struct Ask {
    address: SocketAddr,
    head: String,
    is_head: bool,
    body: Vec<u8>,
    has_length: bool,
}

/// The answer to it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn ask(address: SocketAddr, method: &str, path: &str) -> Ask {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: registry.example:5000\r\n");
    Ask { address, head, is_head: method == "HEAD", body: Vec::new(), has_length: false }
}

impl Ask {
    pub(crate) fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.has_length |= name == "Content-Length" || name == "Transfer-Encoding";
        write!(self.head, "{name}: {value}\r\n").unwrap();
        self
    }

    pub(crate) fn body(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body = bytes.as_ref().to_vec();
        self
    }

    /// The body in pieces of this size, without saying before how long it is.
    pub(crate) fn chunked(mut self, bytes: &[u8], size: usize) -> Self {
        for piece in bytes.chunks(size) {
            self.body.extend(format!("{:x}\r\n", piece.len()).bytes());
            self.body.extend(piece);
            self.body.extend(b"\r\n");
        }
        self.body.extend(b"0\r\n\r\n");
        self.header("Transfer-Encoding", "chunked")
    }

    pub(crate) fn send(mut self) -> Reply {
        if !self.has_length && (!self.body.is_empty() || !self.head.starts_with("GET") && !self.is_head) {
            let length = self.body.len();
            self = self.header("Content-Length", length);
        }
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(format!("{}\r\n", self.head).as_bytes()).unwrap();
        // A server that refuses may stop listening.
        _ = stream.write_all(&self.body);
        read(&mut BufReader::new(stream), self.is_head)
    }
}

/// Reads one answer.
pub(crate) fn read(stream: &mut impl BufRead, is_head: bool) -> Reply {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut reply = Reply { status, head, body: Vec::new() };
    if !is_head && !matches!(status, 204 | 304) {
        let length = reply.header("content-length").expect("a length").parse().unwrap();
        reply.body.resize(length, 0);
        stream.read_exact(&mut reply.body).unwrap();
    }
    reply
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        assert!(self.header("content-type").is_some_and(|said| said.ends_with("json")), "{}", self.head);
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of an error, whose body must be as the specification wants it.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{} {}", self.head, self.text());
        let body = self.json();
        assert!(body["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        body["errors"][0]["code"].as_str().unwrap().to_owned()
    }

    /// Status and code of an error.
    pub(crate) fn error(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub(crate) fn message(&self) -> String {
        self.json()["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
