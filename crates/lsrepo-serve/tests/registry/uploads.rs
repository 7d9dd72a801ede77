//! Uploads of blobs, in every style. Specification: "Pushing blobs".

use crate::server::Server;
use lsrepo_types::{Digest, Sha512};

fn bytes() -> Vec<u8> {
    (0..700_000u32).map(|n| (n * 7 + (n >> 8)) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// It is there at once, under where the answer said.
fn is_there(server: &Server, reply: &crate::client::Reply, digest: &str, bytes: &[u8]) {
    assert_eq!((reply.status, reply.header("docker-content-digest")), (201, Some(digest)), "{}", reply.text());
    let got = server.get(reply.header("location").unwrap());
    assert!(got.status == 200 && got.body == bytes);
    assert_eq!(got.header("docker-content-digest"), Some(digest));
    assert_eq!(server.temporary(), 0, "something was left behind");
}

#[test]
fn an_upload_begins_with_a_place_of_its_own() {
    let server = Server::pushing();
    let reply = server.ask("POST", "/v2/a/blobs/uploads/").send();
    let location = reply.header("location").unwrap();
    let id = location.strip_prefix("/v2/a/blobs/uploads/").unwrap();
    assert_eq!((reply.status, id.len(), id.matches('-').count()), (202, 36, 4));
    assert_eq!((reply.header("range"), reply.header("docker-upload-uuid")), (Some("0-0"), Some(id)));
    assert_eq!(reply.header("oci-chunk-min-length"), None, "chunks may be of any size");
    assert_ne!(server.begin("a"), location);
}

#[test]
fn a_blob_comes_in_one_request() {
    let (server, bytes) = (Server::pushing(), bytes());
    for bytes in [&bytes[..], b"", b"{}"] {
        let digest = sha256(bytes);
        let reply = server.ask("POST", &format!("/v2/a/blobs/uploads/?digest={}", digest.replace(':', "%3A"))).body(bytes).send();
        is_there(&server, &reply, &digest, bytes);
    }
}

#[test]
fn a_blob_comes_with_the_closing_request() {
    let (server, bytes) = (Server::pushing(), bytes());
    let (location, digest) = (server.begin("a"), sha256(&bytes));
    let reply = server.ask("PUT", &format!("{location}?digest={digest}")).body(&bytes).send();
    is_there(&server, &reply, &digest, &bytes);
    let again = server.ask("PUT", &format!("{location}?digest={digest}")).send();
    assert_eq!(again.error(), (404, "BLOB_UPLOAD_UNKNOWN".into()));
}

#[test]
fn a_blob_comes_in_chunks_and_the_last_may_close_it() {
    let (server, bytes) = (Server::pushing(), bytes());
    let digest = sha256(&bytes);
    for in_put in [true, false] {
        let location = server.begin("a");
        let mut at = 0;
        let ends = if in_put { &[300_000, 300_001][..] } else { &[300_000, 300_001, 700_000] };
        for &end in ends {
            let patch =
                server.ask("PATCH", &location).header("Content-Range", format!("{at}-{}", end - 1)).body(&bytes[at..end]).send();
            assert_eq!((patch.status, patch.header("location")), (202, Some(location.as_str())));
            assert_eq!(patch.header("range"), Some(format!("0-{}", end - 1).as_str()));
            at = end;
        }
        let mut put = server.ask("PUT", &format!("{location}?digest={digest}"));
        if in_put {
            put = put.header("Content-Range", format!("{at}-{}", bytes.len() - 1)).body(&bytes[at..]);
        }
        is_there(&server, &put.send(), &digest, &bytes);
    }
}

#[test]
fn a_blob_comes_as_a_stream_of_unknown_length() {
    let (server, bytes) = (Server::pushing(), bytes());
    let (location, digest) = (server.begin("a"), sha256(&bytes));
    let patch = server.ask("PATCH", &location).chunked(&bytes[..400_000], 7777).send();
    assert_eq!((patch.status, patch.header("range")), (202, Some("0-399999")));
    let patch = server.ask("PATCH", &location).header("Content-Type", "application/octet-stream").body(&bytes[400_000..]).send();
    assert_eq!((patch.status, patch.header("range")), (202, Some("0-699999")));
    is_there(&server, &server.ask("PUT", &format!("{location}?digest={digest}")).send(), &digest, &bytes);
}

#[test]
fn a_chunk_out_of_order_is_refused_and_the_upload_goes_on() {
    let server = Server::pushing();
    let (location, digest) = (server.begin("a"), sha256(b"hello world"));
    let chunk = |method: &str, query: &str, range: &str, text: &str| {
        server.ask(method, &format!("{location}{query}")).header("Content-Range", range).body(text).send()
    };
    assert_eq!(chunk("PATCH", "", "6-10", "world").error(), (416, "BLOB_UPLOAD_INVALID".into()));
    assert_eq!(chunk("PATCH", "", "0-4", "hello").status, 202);
    let closing = format!("?digest={digest}");
    for (method, query, range, text) in [
        ("PATCH", "", "0-4", "hello"),
        ("PATCH", "", "6-10", "world"),
        ("PUT", closing.as_str(), "6-10", "world"),
        ("PUT", &closing, "0-4", "hello"),
    ] {
        let reply = chunk(method, query, range, text);
        assert_eq!(reply.error(), (416, "BLOB_UPLOAD_INVALID".into()), "{method} {range}");
        assert_eq!((reply.header("range"), reply.header("location")), (Some("0-4"), Some(location.as_str())));
        let status = server.get(&location);
        assert_eq!((status.status, status.header("range")), (204, Some("0-4")));
    }
    is_there(&server, &chunk("PUT", &closing, "5-10", " world"), &digest, b"hello world");
}

#[test]
fn an_upload_says_how_far_it_is() {
    let server = Server::pushing();
    let location = server.begin("a");
    for (text, range) in [("", "0-0"), ("hello", "0-4"), (" world", "0-10")] {
        server.ask("PATCH", &location).body(text).send();
        let status = server.get(&location);
        assert_eq!((status.status, status.header("location"), status.header("range")), (204, Some(location.as_str()), Some(range)));
        assert_eq!(status.header("content-length"), None);
    }
    let other = location.replace("/v2/a/", "/v2/b/");
    assert_eq!(server.get(&other).error(), (404, "BLOB_UPLOAD_UNKNOWN".into()), "another repository's");
}

#[test]
fn an_upload_that_was_given_up_is_gone() {
    let server = Server::pushing();
    let location = server.begin("a");
    server.ask("PATCH", &location).body("hello").send();
    assert_eq!(server.temporary(), 1);
    assert_eq!(server.ask("DELETE", &location).send().status, 204);
    assert_eq!(server.temporary(), 0);
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        let path = format!("{location}?digest={}", sha256(b"hello"));
        assert_eq!(server.ask(method, &path).send().error(), (404, "BLOB_UPLOAD_UNKNOWN".into()), "{method}");
    }
}

#[test]
fn bytes_that_are_not_what_the_digest_says_are_refused_in_every_style() {
    let server = Server::pushing();
    let (digest, long) = (sha256(b"other"), Sha512::of(b"other").to_string());
    for digest in [&digest, &long] {
        let posted = server.ask("POST", &format!("/v2/a/blobs/uploads/?digest={digest}")).body("hello").send();
        assert_eq!(posted.error(), (400, "DIGEST_INVALID".into()));
        let put = server.ask("PUT", &format!("{}?digest={digest}", server.begin("a"))).body("hello").send();
        assert_eq!(put.error(), (400, "DIGEST_INVALID".into()));
        let location = server.begin("a");
        server.ask("PATCH", &location).body("hello").send();
        assert_eq!(server.ask("PUT", &format!("{location}?digest={digest}")).send().error(), (400, "DIGEST_INVALID".into()));
        assert_eq!(server.get(&format!("/v2/a/blobs/{digest}")).status, 404);
    }
    for wrong in ["", "?digest=", "?digest=sha256:12", "?digest=md5:aa"] {
        let put = server.ask("PUT", &format!("{}{wrong}", server.begin("a"))).body("hello").send();
        assert_eq!(put.error(), (400, "DIGEST_INVALID".into()), "{wrong}");
    }
}

#[test]
fn a_blob_may_be_named_by_its_sha512_said_only_at_the_end() {
    let (server, bytes) = (Server::pushing(), bytes());
    let digest = Sha512::of(&bytes).to_string();
    let location = server.begin("a");
    server.ask("PATCH", &location).body(&bytes).send();
    is_there(&server, &server.ask("PUT", &format!("{location}?digest={digest}")).send(), &digest, &bytes);
    assert!(std::fs::read(server.blob_path(&digest)).unwrap() == bytes, "the store is an image layout for that digest too");
    for algorithm in ["sha512", "sha256"] {
        assert_eq!(server.ask("POST", &format!("/v2/a/blobs/uploads/?digest-algorithm={algorithm}")).send().status, 202);
    }
    let unknown = server.ask("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5").send();
    assert_eq!(unknown.error(), (400, "DIGEST_INVALID".into()));
}

#[test]
fn a_blob_is_mounted_from_where_it_is_and_else_uploaded() {
    let server = Server::pushing();
    let digest = server.blob("from/here", b"hello");
    for query in
        [format!("mount={digest}&from=from/here"), format!("from=from%2Fhere&mount={}&origin=x", digest.replace(':', "%3A"))]
    {
        let reply = server.ask("POST", &format!("/v2/to/b/blobs/uploads/?{query}")).send();
        is_there(&server, &reply, &digest, b"hello");
    }
    let reply = server.ask("POST", &format!("/v2/to/c/blobs/uploads/?mount={digest}")).send();
    is_there(&server, &reply, &digest, b"hello");
    for query in [format!("mount={}", sha256(b"other")), format!("mount={digest}&from=nobody"), format!("mount={digest}&from=..")] {
        let reply = server.ask("POST", &format!("/v2/to/d/blobs/uploads/?{query}")).send();
        assert_eq!((reply.status, reply.header("range")), (202, Some("0-0")), "{query}");
        let put = server.ask("PUT", &format!("{}?digest={digest}", reply.header("location").unwrap())).body("hello").send();
        assert_eq!(put.status, 201);
    }
}

#[test]
fn a_length_that_is_not_that_of_the_range_is_refused_and_the_upload_goes_on() {
    let server = Server::pushing();
    let (location, digest) = (server.begin("a"), sha256(b"hello world"));
    server.ask("PATCH", &location).body("hello").send();
    let ask = || server.ask("PATCH", &location).header("Content-Range", "5-10");
    assert_eq!(ask().body(" worl").send().error(), (400, "SIZE_INVALID".into()));
    assert_eq!(ask().chunked(b" worl", 2).send().error(), (400, "SIZE_INVALID".into()));
    assert_eq!(ask().chunked(b" world and more", 2).send().error(), (400, "SIZE_INVALID".into()));
    for wrong in ["x", "5", "10-5", "bytes 5-10/11"] {
        let reply = server.ask("PATCH", &location).header("Content-Range", wrong).body(" world").send();
        assert_eq!(reply.error(), (400, "BLOB_UPLOAD_INVALID".into()), "{wrong}");
    }
    assert_eq!(server.get(&location).header("range"), Some("0-4"));
    assert_eq!(ask().chunked(b" world", 2).send().status, 202);
    is_there(&server, &server.ask("PUT", &format!("{location}?digest={digest}")).send(), &digest, b"hello world");
}

#[test]
fn a_blob_that_is_there_already_is_not_written_again() {
    let server = Server::pushing();
    let digest = server.blob("a", b"hello");
    let inode = |path| std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap());
    let before = inode(server.blob_path(&digest));
    server.blob("b", b"hello");
    assert_eq!(inode(server.blob_path(&digest)), before);
    let wrong = server.ask("POST", &format!("/v2/c/blobs/uploads/?digest={digest}")).body("jello").send();
    assert_eq!(wrong.status, 400, "its bytes are checked all the same");
}
