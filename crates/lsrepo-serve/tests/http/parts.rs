//! Files that are put together while they are sent: to a client they are files like any other.

use crate::{
    client::{Client, get},
    server::{DATE, Server, key},
};
use lsrepo_publish::{Entry, Part, Parts, Tree};
use lsrepo_serve::Site;
use lsrepo_types::Digest;
use std::{fs, sync::Arc};

const WHOLE: &str = "/archives/app-1.tar";

/// Shows a file of two blobs, one of them larger than any buffer, with bytes around them; its bytes, and the large blob.
fn shown(server: &Server) -> (Vec<u8>, Digest) {
    let large: Vec<u8> = (0..300_001u32).map(|n| (n * 13 + (n >> 7)) as u8).collect();
    let blob = |bytes: &[u8]| Part::Blob { digest: server.put(bytes), size: bytes.len() as u64 };
    let made = |bytes: &'static [u8]| Part::Bytes(Arc::from(bytes));
    let parts = vec![made(b"head"), blob(&large), made(b"between"), blob(b"small"), blob(b""), made(b"end")];
    let mut tree = Tree::default();
    tree.insert("app-1.tar".parse().unwrap(), Entry::Parts(Arc::new(Parts::new(parts).unwrap())));
    let mut site = Site::new(key(), DATE);
    site.mount("archives".parse().unwrap(), tree, DATE);
    server.site.replace(site);
    ([b"head", large.as_slice(), b"between", b"small", b"end"].concat(), Digest::of(&large))
}

#[test]
fn the_parts_arrive_as_one_file() {
    let server = Server::start();
    let (whole, _) = shown(&server);
    let reply = get(server.address, WHOLE);
    assert!(reply.body == whole);
    assert_eq!((reply.header("content-type"), reply.header("accept-ranges")), (Some("application/x-tar"), Some("bytes")));
    let access = server.accesses(1).pop().unwrap();
    assert_eq!((access.complete, access.bytes), (true, whole.len() as u64));
}

#[test]
fn a_head_says_the_length_and_a_known_tag_is_unchanged() {
    let server = Server::start();
    let (whole, _) = shown(&server);
    let mut client = Client::new(server.address);
    let head = client.ask("HEAD", WHOLE, &[]);
    assert_eq!((head.status, head.header("content-length")), (200, Some(whole.len().to_string().as_str())));
    let tag = head.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("\"parts:"), "{tag}: it is no digest of the bytes");
    assert_eq!(client.get(WHOLE, &[&format!("If-None-Match: {tag}")]).status, 304);
    assert_eq!(client.get(WHOLE, &[&format!("If-Range: {tag}"), "Range: bytes=0-3"]).body, b"head");
    assert_eq!(client.get(WHOLE, &["If-Range: \"parts:0\"", "Range: bytes=0-3"]).body.len(), whole.len());
}

#[test]
fn a_range_across_parts_is_a_slice_of_the_whole() {
    let server = Server::start();
    let (whole, _) = shown(&server);
    let mut client = Client::new(server.address);
    let size = whole.len();
    let edges = [0, 1, 3, 4, 5, 70_000, 300_004, 300_005, 300_006, size - 9, size - 8, size - 4, size - 3, size - 1];
    for first in edges {
        for last in edges.into_iter().filter(|last| *last >= first) {
            let reply = client.get(WHOLE, &[&format!("Range: bytes={first}-{last}")]);
            assert_eq!(reply.status, 206);
            assert!(reply.body == whole[first..=last], "{first}-{last}");
        }
    }
    assert_eq!(client.get(WHOLE, &[&format!("Range: bytes={size}-")]).status, 416);
}

#[test]
fn what_cannot_be_sent_as_a_whole_is_not_begun() {
    let server = Server::start();
    let (_, large) = shown(&server);
    fs::write(server.blob(&large), b"cut").unwrap();
    let mut client = Client::new(server.address);
    assert_eq!(client.get(WHOLE, &[]).status, 500);
    assert_eq!(client.ask("HEAD", WHOLE, &[]).status, 500);
    fs::remove_file(server.blob(&large)).unwrap();
    assert_eq!(client.get(WHOLE, &["Range: bytes=0-3"]).status, 500);
    assert!(server.broken().iter().all(|line| line.contains(&large.to_string())), "{:?}", server.broken());
}
