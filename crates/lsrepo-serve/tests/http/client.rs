//! A client that says exactly what it is told to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// `GET` with more header lines.
    pub(crate) fn get(&mut self, path: &str, headers: &[&str]) -> Reply {
        self.ask("GET", path, headers)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[&str]) -> Reply {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        self.write(format!("{method} {path} HTTP/1.1\r\nHost: repo.example:80\r\n{lines}\r\n").as_bytes()).unwrap();
        self.reply(method != "HEAD")
    }

    /// The next answer. Without a body in it (HEAD) none is read: what follows must be the next answer.
    pub(crate) fn reply(&mut self, has_body: bool) -> Reply {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.stream.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new() };
        if has_body && status != 304 {
            let length = reply.header("content-length").expect("a length").parse().unwrap();
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body).unwrap();
        }
        reply
    }

    /// Waits until the answer has begun; reads nothing of it.
    pub(crate) fn begun(&mut self) {
        assert!(!self.stream.fill_buf().unwrap().is_empty());
    }

    /// Whether nothing comes for that long.
    pub(crate) fn hears_nothing_for(&mut self, time: Duration) -> bool {
        let stream = self.stream.get_ref();
        let usual = stream.read_timeout().unwrap();
        stream.set_read_timeout(Some(time)).unwrap();
        let silent = stream.peek(&mut [0]).is_err();
        stream.set_read_timeout(usual).unwrap();
        silent
    }

    /// All bytes until the server closes.
    pub(crate) fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).map(|_| bytes)
    }
}

/// One request on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> Reply {
    Client::new(address).get(path, &[])
}
