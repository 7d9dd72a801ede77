//! One target is asked, until a deadline that nothing moves.

use super::{Ask, Finding, Target, tls};
use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime},
};

/// The status line of a page, or what is expected over TCP, has to come within so many bytes.
const HEAD: usize = 64 << 10;
/// So much of a page is read: whoever is left in the middle of a sentence writes that into its log.
const PAGE: usize = 4 << 20;

/// Asks, and says how that went.
pub(super) fn probe(target: &Target, timeout: Duration) -> Finding {
    let (at, begun) = (SystemTime::now(), Instant::now());
    let why = ask(target, begun + timeout).err().map(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => format!("no answer within {timeout:?}"),
        _ => error.to_string(),
    });
    Finding { why, duration: begun.elapsed(), at }
}

fn ask(target: &Target, deadline: Instant) -> io::Result<()> {
    let stream = Timed { stream: connect(target, deadline)?, deadline };
    match target.tls {
        true => talk(&mut tls::client(&target.address, stream)?, target),
        false => talk(&mut { stream }, target),
    }
}

fn talk(stream: &mut (impl Read + Write), target: &Target) -> io::Result<()> {
    match &target.ask {
        Ask::Http { path, expect } => {
            let place = target.place();
            let agent = concat!("lambdastack/", env!("CARGO_PKG_VERSION"));
            let head =
                format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes())?;
            stream.flush()?;
            let code = status(&gather(stream, |bytes| bytes.contains(&b'\n'))?)?;
            // the answer is known; what becomes of the rest changes nothing
            let _ = io::copy(&mut stream.take(PAGE as u64), &mut io::sink());
            let wanted = || expect.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            if expect.contains(&code) { Ok(()) } else { Err(io::Error::other(format!("{code}, not {}", wanted()))) }
        }
        Ask::Tcp { send, receive } => {
            stream.write_all(send.as_deref().unwrap_or_default().as_bytes())?;
            stream.flush()?;
            let Some(wanted) = receive else { return Ok(()) };
            let is_there = |bytes: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted.as_bytes());
            let found = gather(stream, is_there)?;
            let shown: String = String::from_utf8_lossy(&found).chars().take(40).collect();
            match is_there(&found) {
                true => Ok(()),
                false => Err(io::Error::other(format!("`{}`, not `{}`", shown.escape_debug(), wanted.escape_debug()))),
            }
        }
    }
}

/// What comes, until that is enough.
fn gather(stream: &mut impl Read, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    while !is_enough(&all) && all.len() < HEAD {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The code of `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> io::Result<u16> {
    let line = head.split(|byte| *byte == b'\n').next().and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
    let code = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split_ascii_whitespace().nth(1));
    let code =
        code.filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())).and_then(|code| code.parse().ok());
    code.ok_or_else(|| io::Error::other(if head.is_empty() { "it says nothing" } else { "no answer in HTTP" }))
}

/// The first of its addresses that takes a connection.
fn connect(target: &Target, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in resolve(target, deadline)? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A resolver knows no deadline, so that somebody else waits for it.
fn resolve(target: &Target, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = target.address.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let (sender, receiver) = mpsc::channel();
    let (name, port) = (target.address.clone(), target.port);
    thread::Builder::new().spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(|found| found.collect::<Vec<_>>());
        // nobody waits any more once the deadline is over
        let _ = sender.send(found);
    })?;
    receiver.recv_timeout(left(deadline)?).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// A stream of which every reading and every writing ends by the deadline.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) stream: TcpStream,
    pub(super) deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(bytes)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
