//! Whole files, parts of files, and files that have not changed.

use crate::{
    client::{Client, get},
    server::{DATE, LARGE, LOST, SMALL, Server, large},
};
use lsrepo_types::Digest;
use std::fs;

#[test]
fn a_file_arrives_whole_with_everything_a_client_asks_of_it() {
    let server = Server::start();
    for (path, expected) in [(SMALL, b"small package".to_vec()), (LARGE, large())] {
        let reply = get(server.address, path);
        assert_eq!(reply.status, 200);
        assert!(reply.body == expected, "{path}");
        let length = expected.len().to_string();
        assert_eq!(reply.header("content-length"), Some(length.as_str()));
        let etag = format!("\"{}\"", Digest::of(&expected));
        assert_eq!(reply.header("etag"), Some(etag.as_str()));
        assert_eq!(reply.header("last-modified"), Some(DATE.http().as_str()));
        assert_eq!(reply.header("accept-ranges"), Some("bytes"));
        assert_eq!(reply.header("content-type"), Some("application/vnd.debian.binary-package"));
        assert_eq!(reply.header("content-encoding"), None);
    }
}

#[test]
fn a_plus_is_a_plus_also_when_it_is_encoded() {
    let server = Server::start();
    for path in [SMALL.to_owned(), SMALL.replace('+', "%2B").replace('~', "%7e")] {
        assert_eq!(get(server.address, &path).text(), "small package");
    }
    assert_eq!(get(server.address, &SMALL.replace('+', "%20")).status, 404);
    assert_eq!(get(server.address, &SMALL.replace('+', "%252B")).status, 404);
}

#[test]
fn a_head_is_the_head_of_the_get() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    for path in [SMALL, LARGE, "/apt/debian-12/dists/debian-12/InRelease", "/", "/nothing"] {
        let head = client.ask("HEAD", path, &[]);
        let get = client.get(path, &[]);
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-length", "etag", "last-modified", "content-type"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    // RFC 9110: a range on HEAD is ignored.
    assert_eq!(client.ask("HEAD", SMALL, &["Range: bytes=0-1"]).status, 200);
}

#[test]
fn single_ranges_of_every_form_give_their_bytes() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let large = large();
    let size = large.len();
    for (range, first, end) in [
        ("0-0", 0, 1),
        ("1-262144", 1, 262_145),
        ("1000000-2999999", 1_000_000, 3_000_000),
        ("2999999-", 2_999_999, size),
        ("-2", size - 2, size),
        ("-99999999", 0, size),
        ("262144-99999999", 262_144, size),
    ] {
        let reply = client.get(LARGE, &[&format!("Range: bytes={range}")]);
        assert_eq!(reply.status, 206, "{range}");
        assert!(reply.body == large[first..end], "{range}");
        let expected = format!("bytes {first}-{}/{size}", end - 1);
        assert_eq!(reply.header("content-range"), Some(expected.as_str()));
    }
    let beyond = client.get(LARGE, &[&format!("Range: bytes={size}-")]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.header("content-range"), Some(format!("bytes */{size}").as_str()));
    for ignored in ["bytes=0-1,5-6", "bytes=5-2", "lines=1-2"] {
        assert_eq!(client.get(SMALL, &[&format!("Range: {ignored}")]).text(), "small package", "{ignored}");
    }
    let index = client.get("/apt/debian-12/dists/debian-12/InRelease", &["Range: bytes=0-4"]);
    assert_eq!((index.status, index.text()), (206, "Suite"));
    assert_eq!(client.get("/apt/debian-12/dists/debian-12/main/binary-all/Packages", &["Range: bytes=0-"]).status, 200);
}

#[test]
fn the_rest_is_only_sent_of_the_same_file() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let etag = client.get(SMALL, &[]).header("etag").unwrap().to_owned();
    let mut resumed = |condition: &str| client.get(SMALL, &["Range: bytes=6-", &format!("If-Range: {condition}")]).status;
    assert_eq!(resumed(&etag), 206);
    assert_eq!(resumed(&DATE.http()), 206);
    assert_eq!(resumed("\"sha256:other\""), 200);
    assert_eq!(resumed("Sat, 10 May 2025 09:21:16 GMT"), 200);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    for path in [SMALL, "/apt/debian-12/dists/debian-12/InRelease", "/keys/lsrepo.asc"] {
        let etag = client.get(path, &[]).header("etag").unwrap().to_owned();
        for condition in [format!("If-None-Match: {etag}"), format!("If-Modified-Since: {}", DATE.http())] {
            for method in ["GET", "HEAD"] {
                let reply = client.ask(method, path, &[&condition]);
                assert_eq!((reply.status, reply.header("etag")), (304, Some(etag.as_str())), "{path} {condition}");
            }
        }
        assert_eq!(client.get(path, &["If-None-Match: \"sha256:other\""]).status, 200);
        assert_eq!(client.get(path, &["If-Modified-Since: Sat, 10 May 2025 09:21:16 GMT"]).status, 200);
    }
}

#[test]
fn a_blob_that_is_missing_or_short_is_an_error_and_never_less_than_promised() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    for method in ["GET", "HEAD"] {
        assert_eq!(client.ask(method, LOST, &[]).status, 500);
    }
    for (path, bytes) in [(SMALL, b"small package".to_vec()), (LARGE, large())] {
        let blob = server.blob(&Digest::of(&bytes));
        writable(&blob);
        fs::write(&blob, &bytes[1..]).unwrap();
        assert_eq!(client.get(path, &[]).status, 500);
        assert_eq!(client.get(path, &["Range: bytes=0-1"]).status, 500);
    }
    assert_eq!(client.get("/healthz", &[]).text(), "ok\n");
    let broken = server.broken();
    assert!(broken[0].starts_with(LOST) && broken.len() == 6, "{broken:?}");
    assert!(broken[2].contains("expected 13 bytes, found 12"), "{broken:?}");
}

#[test]
fn a_blob_that_shrinks_while_it_is_sent_ends_the_connection() {
    let server = Server::start();
    let blob = server.blob(&server.show_huge());
    let mut client = Client::new(server.address);
    client.write(b"GET /files/huge HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    client.begun();
    // in place: another file under this name would not matter to an open one
    writable(&blob);
    fs::OpenOptions::new().write(true).open(blob).unwrap().set_len(10).unwrap();
    let got = client.rest().map_or(0, |bytes| bytes.len());
    assert!(got < 64 << 20);
    assert!(!server.accesses(1)[0].complete, "{:?}", server.accesses(1));
    assert!(server.broken()[0].starts_with("/files/huge: the blob ended before byte"));
}

fn writable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}
