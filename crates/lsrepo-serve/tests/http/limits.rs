//! Many requests, slow clients, greedy clients, and the end.

use crate::{
    client::{Client, get},
    server::{LARGE, SMALL, Server, large},
};
use lsrepo_serve::Options;
use std::time::{Duration, Instant};

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let one = |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let all = [one("GET", SMALL), one("HEAD", LARGE), one("GET", LARGE), one("GET", "/nothing"), one("GET", "/healthz")];
    client.write(all.concat().as_bytes()).unwrap();
    assert_eq!(client.reply(true).text(), "small package");
    assert_eq!(client.reply(false).header("content-length"), Some("3000001"));
    assert!(client.reply(true).body == large());
    assert_eq!(client.reply(true).status, 404);
    assert_eq!(client.reply(true).text(), "ok\n");
    let seen: Vec<(u16, u64, bool)> =
        server.accesses(5).iter().map(|access| (access.status, access.bytes, access.complete)).collect();
    assert_eq!(seen[..3], [(200, 13, true), (200, 0, true), (200, 3_000_001, true)]);
    assert_eq!(server.accesses(5)[0].peer.unwrap().ip().to_string(), "127.0.0.1");
}

#[test]
fn a_small_answer_does_not_wait_for_an_acknowledgement() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let start = Instant::now();
    for _ in 0..50 {
        client.get(SMALL, &[]);
    }
    // 40 ms each with Nagle's algorithm
    assert!(start.elapsed() < Duration::from_millis(1000), "{:?}", start.elapsed());
}

#[test]
fn too_large_a_head_is_refused() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    _ = client.write(head.as_bytes());
    let answer = client.rest().unwrap_or_default();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(get(server.address, "/healthz").status, 200);
}

#[test]
fn a_head_that_never_ends_and_a_silent_client_are_hung_up_on() {
    let server = Server::with(Options { header_timeout: Duration::from_millis(200), ..Options::default() });
    for first in ["GET / HTTP/1.1\r\nHost: x\r\n", ""] {
        let mut client = Client::new(server.address);
        client.write(first.as_bytes()).unwrap();
        let start = Instant::now();
        _ = client.rest();
        assert!(start.elapsed() < Duration::from_secs(5), "{first:?}");
    }
    let mut client = Client::new(server.address);
    assert_eq!(client.get("/healthz", &[]).status, 200);
    _ = client.rest();
}

#[test]
fn a_client_that_takes_nothing_is_given_up() {
    let server = Server::with(Options { stall_timeout: Duration::from_millis(300), ..Options::default() });
    server.show_huge();
    let mut client = Client::new(server.address);
    client.write(b"GET /files/huge HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(!server.accesses(1)[0].complete, "{:?}", server.accesses(1));
}

#[test]
fn one_connection_too_many_waits_for_its_turn() {
    let server = Server::with(Options { max_connections: 2, ..Options::default() });
    let held: Vec<Client> = (0..2)
        .map(|_| {
            let mut client = Client::new(server.address);
            assert_eq!(client.get("/healthz", &[]).status, 200);
            client
        })
        .collect();
    let mut waiting = Client::new(server.address);
    waiting.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(waiting.hears_nothing_for(Duration::from_millis(200)));
    drop(held);
    assert_eq!(waiting.reply(true).status, 200);
}

#[test]
fn a_download_under_way_is_finished_before_the_end() {
    let mut server = Server::start();
    let mut idle = Client::new(server.address);
    assert_eq!(idle.get("/healthz", &[]).status, 200);
    let mut client = Client::new(server.address);
    client.write(format!("GET {LARGE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    client.begun();
    server.stop();
    assert!(client.reply(true).body == large());
    server.join();
    assert!(idle.rest().unwrap_or_default().is_empty());
    assert!(std::net::TcpStream::connect(server.address).is_err());
}

#[test]
fn many_slow_clients_share_the_memory_and_all_get_their_bytes() {
    let server = Server::start();
    let expected = large();
    let mut clients: Vec<Client> = (0..150).map(|_| Client::new(server.address)).collect();
    for client in &mut clients {
        client.write(format!("GET {LARGE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    }
    for client in &mut clients {
        assert!(client.reply(true).body == expected);
    }
}
