//! One request of HTTP/1 and its answer.

use std::io::{self, Read};

/// The media type of text for people.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";
/// A request's head has to fit.
const HEAD: usize = 8 << 10;
/// So many fields may be in it.
const FIELDS: usize = 64;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// without what is behind `?`
    pub(super) path: String,
    /// whether only the head of the answer is asked for
    pub(super) is_head: bool,
}

/// What is said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) media_type: &'static str,
    pub(super) text: String,
    /// whether only its head is said
    pub(super) is_bare: bool,
}

/// Reads a request; where that cannot be answered, the status code that says why.
pub(super) fn request(stream: &mut impl Read) -> io::Result<Result<Request, u16>> {
    let (mut head, mut part) = (Vec::new(), [0; 1024]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => head.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        match parse(&head) {
            Some(done) => return Ok(done),
            None if head.len() >= HEAD => return Ok(Err(431)),
            None => {}
        }
    }
}

/// Nothing as long as the head is not there as a whole.
fn parse(head: &[u8]) -> Option<Result<Request, u16>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => None,
        Err(httparse::Error::TooManyHeaders) => Some(Err(431)),
        Err(_) => Some(Err(400)),
        Ok(httparse::Status::Complete(_)) => {
            let path = request.path.unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
            Some(match request.method {
                Some("GET") => Ok(Request { path, is_head: false }),
                Some("HEAD") => Ok(Request { path, is_head: true }),
                _ => Err(405),
            })
        }
    }
}

impl Answer {
    /// A code and its words.
    pub(super) fn short(code: u16) -> Self {
        Self { code, media_type: PLAIN, text: format!("{}\n", reason(code)), is_bare: false }
    }

    /// As it is sent.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let Self { code, media_type, text, is_bare } = self;
        let (reason, size) = (reason(code), text.len());
        let allow = if code == 405 { "Allow: GET, HEAD\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: {media_type}\r\nContent-Length: {size}\r\n{allow}\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        );
        (if is_bare { head } else { head + &text }).into_bytes()
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_pages_are_asked_for_and_within_limits() {
        let told = |text: &str| request(&mut text.as_bytes()).map_err(|error| error.kind());
        let page = |path: &str, is_head| Ok(Ok(Request { path: path.to_owned(), is_head }));
        assert_eq!(told("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"), page("/metrics", false));
        assert_eq!(told("HEAD / HTTP/1.0\r\n\r\n"), page("/", true));
        assert_eq!(told("POST / HTTP/1.1\r\n\r\n"), Ok(Err(405)));
        assert_eq!(told("\x16\x03\x01 hello"), Ok(Err(400)));
        assert_eq!(told("GET / HTTP/1.1\r\n"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(told(&format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(1 << 20))), Ok(Err(431)));
        assert_eq!(told(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100))), Ok(Err(431)));
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_stops_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = request(&mut &bytes[..]);
        }
    }
}
