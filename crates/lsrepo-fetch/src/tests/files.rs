//! Files of which not all is known, over a network that misbehaves.

use super::{
    NOW, client, run,
    server::{Reply, Server},
};
use crate::{FetchError, Fetched, Wanted, fetch_files};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const BODY: &[u8] = b"the quick brown fox jumps over the lazy dog";

fn get(store: &Store, urls: &[String], digest: Option<Digest>) -> Result<Fetched, FetchError> {
    let wanted = [Wanted { digest, urls: urls.to_vec(), name: "fox".to_owned() }];
    run(fetch_files(&client(), &wanted, store, NOW, Arc::new(|_| {}))).unwrap().remove(0)
}

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

/// What comes after the bytes that were asked to be skipped, as a server with ranges gives it.
fn rest(request: &super::server::Request, etag: &str) -> Reply {
    let offset = request.header("range").and_then(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().ok());
    let offset: usize = offset.unwrap_or(0);
    let reply = Reply::new(if offset > 0 { 206 } else { 200 }, &BODY[offset..]).with("etag", etag);
    match offset {
        0 => reply,
        _ => reply.with("content-range", format!("bytes {offset}-{}/{}", BODY.len() - 1, BODY.len())),
    }
}

#[test]
fn digest_and_size_are_found_out() {
    let (_dir, store) = store();
    let server = Server::new(|_| Reply::ok(BODY));
    let fetched = get(&store, &[server.url("fox")], None).unwrap();
    assert_eq!(fetched, Fetched { digest: Digest::of(BODY), size: BODY.len() as u64 });
    assert!(store.contains(&fetched.digest, fetched.size));
}

#[test]
fn a_missing_length_is_no_obstacle() {
    let (_dir, store) = store();
    let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", BODY.len(), String::from_utf8_lossy(BODY));
    let server = Server::new(move |_| Reply::ok(&body).with("transfer-encoding", "chunked"));
    assert_eq!(get(&store, &[server.url("fox")], Some(Digest::of(BODY))).unwrap().size, BODY.len() as u64);
}

#[test]
fn a_body_that_breaks_off_is_continued_where_the_file_is_the_same() {
    for (second, asked) in [("\"a\"", 2), ("\"b\"", 3)] {
        let (_dir, store) = store();
        let count = AtomicUsize::new(0);
        let server = Server::new(move |request| match count.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::ok(&BODY[..10]).with("content-length", BODY.len()).with("etag", "\"a\""),
            _ => rest(request, second),
        });
        assert_eq!(get(&store, &[server.url("fox")], None).unwrap().digest, Digest::of(BODY));
        let requests = server.asked();
        assert_eq!((requests.len(), requests[1].header("range")), (asked, Some("bytes=10-")));
    }
}

#[test]
fn what_another_run_left_of_an_unknown_file_is_not_built_upon() {
    let (_dir, store) = store();
    let server = Server::new(|request| rest(request, "\"a\""));
    let url = server.url("fox");
    store.partial_from(&url, None, None).unwrap().write_all(b"of another day").unwrap();
    assert_eq!(get(&store, &[url], None).unwrap().digest, Digest::of(BODY));
}

#[test]
fn other_bytes_than_promised_are_refused_and_the_next_place_asked() {
    let (_dir, store) = store();
    let bad = Server::new(|_| Reply::ok("something else"));
    let good = Server::new(|_| Reply::ok(BODY));
    let digest = Digest::of(BODY);
    let error = get(&store, &[bad.url("fox")], Some(digest)).unwrap_err().to_string();
    assert!(error.contains("fox") && error.contains(&digest.hex()), "{error}");
    assert_eq!(get(&store, &[bad.url("fox"), good.url("fox")], Some(digest)).unwrap().digest, digest);
}

#[test]
fn a_redirect_is_followed() {
    let (_dir, store) = store();
    let target = Server::new(|_| Reply::ok(BODY));
    let url = target.url("real");
    let server = Server::new(move |_| Reply::new(302, "").with("location", &url));
    assert_eq!(get(&store, &[server.url("fox")], None).unwrap().digest, Digest::of(BODY));
}

#[test]
fn a_size_is_asked_for_without_the_file() {
    let server = Server::new(|request| if request.path == "/gone" { Reply::new(404, "") } else { Reply::ok(BODY) });
    assert_eq!(run(client().probe(&server.url("fox"))).unwrap(), Some(BODY.len() as u64));
    assert!(run(client().probe(&server.url("gone"))).unwrap_err().to_string().ends_with("the server answered 404"));
}
