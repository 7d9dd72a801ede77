//! The head of a request that ends with it.

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version, header};

/// Fields of one head; more are left to the full implementation, which refuses them.
const MOST_FIELDS: usize = 64;

/// The body of a request that has none.
pub(super) type NoBody = http_body_util::Empty<bytes::Bytes>;

/// Parses a whole head: a GET or HEAD without a body, and whether the connection ends with it. Whatever could mean that something
/// follows it, or that another protocol is wanted, is not for here.
pub(super) fn parse(head: &[u8]) -> Option<(Request<NoBody>, bool)> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        _ => return None,
    }
    let method = match parsed.method {
        Some("GET") => Method::GET,
        Some("HEAD") => Method::HEAD,
        _ => return None,
    };
    let path = parsed.path.filter(|path| path.starts_with('/'));
    let (Some(Ok(uri)), Some(1)) = (path.map(Uri::try_from), parsed.version) else { return None };
    let mut request = Request::new(NoBody::new());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    let (mut hosts, mut close) = (0, false);
    for field in parsed.headers.iter() {
        let Ok(name) = HeaderName::from_bytes(field.name.as_bytes()) else { return None };
        let Ok(value) = HeaderValue::from_bytes(field.value) else { return None };
        match name {
            header::CONTENT_LENGTH
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::EXPECT
            | header::TRAILER
            | header::TE => {
                return None;
            }
            header::HOST => hosts += 1,
            header::CONNECTION => match value.as_bytes() {
                value if value.eq_ignore_ascii_case(b"close") => close = true,
                value if value.eq_ignore_ascii_case(b"keep-alive") => {}
                _ => return None,
            },
            _ => {}
        }
        headers.append(name, value);
    }
    (hosts == 1).then_some((request, close))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(head: &str) -> Option<(String, bool)> {
        let (request, close) = parse(head.as_bytes())?;
        Some((format!("{} {}", request.method(), request.uri()), close))
    }

    #[test]
    fn a_head_without_a_body_is_taken() {
        assert_eq!(plain("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"), Some(("GET /a?b".into(), false)));
        assert_eq!(plain("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"), Some(("HEAD /".into(), true)));
        assert!(!plain("GET / HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\nRange: bytes=0-\r\n\r\n").unwrap().1);
    }

    #[test]
    fn whatever_may_go_on_after_its_head_is_left_to_the_full_implementation() {
        for fields in [
            "Content-Length: 0\r\n",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\n",
            "Connection: Upgrade, HTTP2-Settings\r\n",
            "Connection: close, te\r\n",
            "Host: y\r\n",
            "Trailer: x\r\n",
            "X: a\0b\r\n",
            " folded: x\r\n",
        ] {
            assert_eq!(plain(&format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n")), None, "{fields:?}");
        }
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\nmore",
        ] {
            assert_eq!(plain(head), None, "{head:?}");
        }
        let many: String = (0..80).map(|n| format!("X-{n}: y\r\n")).collect();
        assert_eq!(plain(&format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n")), None);
    }
}
