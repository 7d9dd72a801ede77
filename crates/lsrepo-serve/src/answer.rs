//! What to answer, decided from the request's head and the site alone. Opening and sending comes after.

use crate::{
    app::Ends,
    condition::Validators,
    html, listing, media_type,
    range::{self, Wanted},
    request_path::RequestPath,
    site::{Found, Resource, Site},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request};
use lsrepo_publish::{Parts, client::BaseUrl};
use lsrepo_types::Digest;
use std::sync::Arc;

/// An answer, complete but for the bytes of a blob.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
}

/// What follows the head. Its length is announced also where only the head is sent.
pub(crate) enum Content {
    /// a status without a body: 304
    Nothing,
    Bytes(Bytes),
    Blob {
        digest: Digest,
        size: u64,
        first: u64,
        end: u64,
    },
    Parts {
        parts: Arc<Parts>,
        first: u64,
        end: u64,
    },
}

impl Content {
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Content::Nothing => None,
            Content::Bytes(bytes) => Some(bytes.len() as u64),
            Content::Blob { first, end, .. } | Content::Parts { first, end, .. } => Some(end - first),
        }
    }
}

/// Answers a request, and says what is wrong where the store does not have what it should.
pub(crate) fn decide(site: &Site, head: &request::Parts, ends: Ends) -> (Answer, Option<String>) {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return (only_reads(), None);
    }
    let path = match RequestPath::parse(head.uri.path()) {
        Ok(path) => path,
        Err(bad) => return (text(StatusCode::BAD_REQUEST, bad.0), None),
    };
    let answer = match site.find_or_empty(&path.inside) {
        Found::File(resource) => file(head, &path.inside, resource),
        Found::Directory(_) if !path.is_directory => redirect(&path.inside),
        Found::Directory(rows) => web_page(head, listing::render(&path.inside, &rows, site.catalogue.is_some()), false),
        Found::Setup(os) => with_base(site, head, ends, |base| match site.setup(&os, base) {
            Some(script) => per_host(made(head, "setup.sh", script)),
            None => not_found(),
        }),
        Found::Nothing => not_found(),
        Found::Broken(why) => return (text(StatusCode::INTERNAL_SERVER_ERROR, "the store lacks a part of this"), Some(why)),
    };
    (answer, None)
}

/// A file, whole or in part, or the word that it has not changed.
pub(crate) fn file(head: &request::Parts, path: &str, resource: Resource) -> Answer {
    let Resource { digest, size, bytes, parts, date } = resource;
    // A tag of parts is a digest, and not that of the bytes: nobody is to check them by it.
    let etag = match parts {
        Some(_) => format!("\"parts:{}\"", digest.hex()),
        None => format!("\"{digest}\""),
    };
    let validators = Validators { etag: &etag, date };
    let mut headers = vec![(header::ETAG, value(&etag)), (header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))];
    if let Some(date) = date {
        headers.push((header::LAST_MODIFIED, value(&date.http())));
    }
    if let Some(control) = cache_control(path) {
        headers.push((header::CACHE_CONTROL, HeaderValue::from_static(control)));
    }
    if validators.is_unchanged(&head.headers) {
        return Answer { status: StatusCode::NOT_MODIFIED, headers, content: Content::Nothing };
    }
    // Ranges are for GET; RFC 9110 has HEAD ignore them.
    let applies = head.method == Method::GET && validators.range_applies(&head.headers);
    let range = head.headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| applies);
    let (status, first, end) = match range::wanted(range, size) {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part { first, end } => {
            let range = format!("bytes {first}-{}/{size}", end - 1);
            headers.push((header::CONTENT_RANGE, value(&range)));
            (StatusCode::PARTIAL_CONTENT, first, end)
        }
        Wanted::Nothing => {
            let mut answer = text(StatusCode::RANGE_NOT_SATISFIABLE, "the range begins beyond the end");
            answer.set(header::CONTENT_RANGE, value(&format!("bytes */{size}")));
            return answer;
        }
    };
    headers.push((header::CONTENT_TYPE, HeaderValue::from_static(media_type::of(path))));
    let content = match (bytes, parts) {
        (Some(bytes), _) => Content::Bytes(bytes.slice(first as usize..end as usize)),
        (None, Some(parts)) => Content::Parts { parts, first, end },
        (None, None) => Content::Blob { digest, size, first, end },
    };
    Answer { status, headers, content }
}

/// A proxy may keep for ever what is named by its digest, and must ask again for what points there.
fn cache_control(path: &str) -> Option<&'static str> {
    match path {
        _ if path.contains("/by-hash/") || path.starts_with("sync/blobs/") => Some("public, max-age=31536000, immutable"),
        _ if path.contains("/pool/") => None,
        _ => Some("no-cache"),
    }
}

/// Something rendered just now; its digest is its validator.
fn made(head: &request::Parts, name: &str, content: String) -> Answer {
    let bytes = Bytes::from(content);
    let resource = Resource { digest: Digest::of(&bytes), size: bytes.len() as u64, bytes: Some(bytes), parts: None, date: None };
    file(head, name, resource)
}

/// A page. Nothing of it comes from elsewhere, nothing in it runs but our own script, and no form leads away.
pub(crate) fn web_page(head: &request::Parts, content: String, names_host: bool) -> Answer {
    let mut answer = made(head, "page", content);
    answer.set(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if names_host {
        answer = per_host(answer);
    }
    answer.set(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    answer.set(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    answer.set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// It names the address that the client used: not for a cache to give to others.
fn per_host(mut answer: Answer) -> Answer {
    answer.set(header::VARY, HeaderValue::from_static("Host"));
    answer.set(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answer
}

/// Our own address as this client sees it; it ends up in scripts that root runs, so it is checked.
fn with_base(site: &Site, head: &request::Parts, ends: Ends, answer: impl FnOnce(&BaseUrl) -> Answer) -> Answer {
    match base(site, head, ends) {
        Some(base) => answer(&base),
        None => text(StatusCode::BAD_REQUEST, "the Host header is not a host"),
    }
}

/// Our own address as this client sees it, where that can be known.
pub(crate) fn base(site: &Site, head: &request::Parts, ends: Ends) -> Option<BaseUrl> {
    let host = match head.headers.get(header::HOST) {
        Some(host) => host.to_str().ok().map(str::to_owned),
        None => head.uri.authority().map(ToString::to_string).or(ends.local.map(|address| address.to_string())),
    };
    let scheme = if ends.secure { "https" } else { "http" };
    let asked = || host.and_then(|host| BaseUrl::from_host(scheme, &host).ok());
    site.base_url.clone().or_else(asked)
}

fn redirect(path: &str) -> Answer {
    let mut answer = text(StatusCode::MOVED_PERMANENTLY, "this is a directory");
    answer.set(header::LOCATION, value(&format!("/{}/", html::encode(path))));
    answer
}

fn not_found() -> Answer {
    text(StatusCode::NOT_FOUND, "there is nothing here")
}

/// Whoever sends something is told that it is not taken.
pub(crate) fn only_reads() -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
    answer.set(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}

/// A line for people.
pub(crate) fn text(status: StatusCode, line: &str) -> Answer {
    let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    Answer { status, headers, content: Content::Bytes(format!("{line}\n").into()) }
}

impl Answer {
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
    }

    /// Not for caches that others use.
    pub(crate) fn make_private(&mut self) {
        let control =
            self.headers.iter().find(|(name, _)| name == header::CACHE_CONTROL).and_then(|(_, value)| value.to_str().ok());
        let private = match control {
            Some(control) if control.starts_with("private") || control == "no-store" => return,
            Some(control) => format!("private, {}", control.trim_start_matches("public, ")),
            None => "private".to_owned(),
        };
        self.set(header::CACHE_CONTROL, value(&private));
    }
}

/// Made of digests, numbers, dates and encoded paths: always a header value.
pub(crate) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
