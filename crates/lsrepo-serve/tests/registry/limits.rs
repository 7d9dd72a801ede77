//! What a registry does not let itself be made to do: wait for ever, fill the disk, keep everything in memory.

use crate::server::{Server, anyone, image};
use lsrepo_serve::{Options, Push, RegistryImages};
use lsrepo_types::Digest;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

fn with(push: Push) -> Server {
    Server::with(Options { push: Some(push), ..anyone() }, |_| RegistryImages::new())
}

#[test]
fn a_sender_that_stalls_or_dribbles_is_cut_and_what_came_is_kept() {
    let server = Server::with(Options { stall_timeout: Duration::from_millis(300), ..anyone() }, |_| RegistryImages::new());
    for dribbles in [false, true] {
        let location = server.begin("a");
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(format!("PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nhello").as_bytes()).unwrap();
        let start = Instant::now();
        let mut answer = Vec::new();
        if dribbles {
            // a byte now and then is no progress
            while start.elapsed() < Duration::from_secs(20) && stream.write_all(b"x").is_ok() {
                stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
                let mut byte = [0];
                if !matches!(stream.read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock) {
                    break;
                }
            }
        } else {
            stream.read_to_end(&mut answer).unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
        }
        assert!(start.elapsed() < Duration::from_secs(15));
        drop(stream);
        let status = server.get(&location);
        assert!(status.status == 204 && status.header("range") != Some("0-0"), "{}", status.head);
    }
}

#[test]
fn an_upload_whose_connection_broke_goes_on_where_it_came_to() {
    let server = Server::pushing();
    let location = server.begin("a");
    let bytes = vec![7; 900_000];
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(format!("PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(&bytes[..600_000]).unwrap();
    drop(stream);
    // The server hears of it when it reads; until then the upload is another's.
    let start = Instant::now();
    let came: usize = loop {
        let status = server.get(&location);
        let end: usize = status.header("range").unwrap().trim_start_matches("0-").parse().unwrap();
        let next = server.ask("PATCH", &location).header("Content-Range", "999999999-999999999").body("x").send();
        if next.status == 416 {
            break server.get(&location).header("range").unwrap().trim_start_matches("0-").parse::<usize>().unwrap().max(end) + 1;
        }
        assert_eq!((next.status, next.header("retry-after")), (429, Some("1")));
        assert!(start.elapsed() < Duration::from_secs(20));
    };
    assert!(came > 500_000, "{came}");
    let patch = server.ask("PATCH", &location).header("Content-Range", format!("{came}-899999")).body(&bytes[came..]).send();
    assert_eq!((patch.status, patch.header("range")), (202, Some("0-899999")));
    assert_eq!(server.ask("PUT", &format!("{location}?digest={}", Digest::of(&bytes))).send().status, 201);
}

#[test]
fn uploads_are_counted_and_given_up_when_nobody_comes_back() {
    let server = with(Push { max_uploads: 2, idle: Duration::from_millis(400), ..Push::default() });
    let (first, _second) = (server.begin("a"), server.begin("a"));
    let third = server.ask("POST", "/v2/a/blobs/uploads/").send();
    assert_eq!((third.error(), third.header("retry-after")), ((429, "TOOMANYREQUESTS".into()), Some("1")));
    let start = Instant::now();
    // Nobody asks for them; the server gives them up by itself.
    while server.temporary() > 0 {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    assert_eq!(server.get(&first).error(), (404, "BLOB_UPLOAD_UNKNOWN".into()));
    server.begin("a");
}

#[test]
fn pushes_take_no_more_of_the_disk_than_they_may() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { push: Some(Push { quota_bytes: Some(13_000), ..Push::default() }), ..anyone() };
    let server = Server::at(folder.path(), options(), |_| RegistryImages::new());
    let digest = server.image("a", "1", &"x".repeat(6000));
    server.blob("b", "x".repeat(6000).as_bytes());
    let location = server.begin("a");
    assert_eq!(server.ask("PATCH", &location).body("y".repeat(1000)).send().status, 202);
    let refused = server.ask("PATCH", &location).body("y".repeat(6000)).send();
    assert_eq!(refused.error(), (403, "DENIED".into()));
    assert!(refused.message().contains("13 kB") && refused.message().contains("lsrepo gc"), "{}", refused.message());
    let streamed = server.ask("PATCH", &location).chunked("y".repeat(6000).as_bytes(), 100).send();
    assert_eq!(streamed.error(), (403, "DENIED".into()));
    assert_eq!(server.ask("DELETE", &location).send().status, 204);
    server.blob("a", "z".repeat(2000).as_bytes());
    // what is deleted lies there until it is collected, also for the next server
    server.ask("DELETE", &format!("/v2/a/manifests/{digest}")).send();
    server.ask("DELETE", &format!("/v2/a/blobs/{}", Digest::of("x".repeat(6000).as_bytes()))).send();
    server.end();
    let server = Server::at(folder.path(), options(), |_| RegistryImages::new());
    let reply = server.ask("POST", &format!("/v2/a/blobs/uploads/?digest={}", Digest::of(&[1; 5000]))).body([1; 5000]).send();
    assert_eq!(reply.error(), (403, "DENIED".into()));
    let large = image(&"x".repeat(6000))
        .to_string()
        .replace("schemaVersion\":2", &format!("schemaVersion\":2,\"pad\":\"{}\"", "x".repeat(5000)));
    server.blob("b", b"{}");
    assert_eq!(server.put("b", "1", &large, crate::server::MANIFEST).error(), (403, "DENIED".into()));
    assert_eq!(server.temporary(), 0);
}

#[test]
fn a_crash_leaves_nothing_that_the_next_server_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::at(folder.path(), anyone(), |_| RegistryImages::new());
    std::fs::write(folder.path().join("tmp/0.upload"), b"half").unwrap();
    server.begin("a");
    server.end();
    let server = Server::at(folder.path(), anyone(), |_| RegistryImages::new());
    assert_eq!(server.temporary(), 0);
}

#[test]
fn one_server_at_a_time_takes_pushes_into_a_store() {
    let server = Server::pushing();
    assert!(server.store.lock_registry().is_err());
    let root = server.store.root().to_owned();
    let error = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let store = std::sync::Arc::new(lsrepo_store::Store::open(&root).unwrap());
            let site = std::sync::Arc::new(lsrepo_serve::Current::new(crate::server::site(RegistryImages::new())));
            lsrepo_serve::serve_with(listener, site, store, anyone(), async {}).await.unwrap_err().to_string()
        })
    });
    let error = error.join().unwrap();
    assert!(error.contains("takes pushes"), "{error}");
}

#[test]
fn what_the_store_lost_is_an_error_in_json() {
    let server = Server::pushing();
    server.image("a", "1", "layer");
    let layer = Digest::of(b"layer").to_string();
    std::fs::remove_file(server.blob_path(&layer)).unwrap();
    assert_eq!(server.get(&format!("/v2/a/blobs/{layer}")).error(), (404, "BLOB_UNKNOWN".into()));
}
