//! Requests that take the short way and requests that do not, on one connection.

use crate::{
    client::{Client, get},
    server::{LARGE, SMALL, Server, large},
};
use lsrepo_serve::{Options, PerClient};
use std::time::{Duration, Instant};

#[test]
fn what_the_short_way_does_not_take_is_answered_all_the_same() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    assert_eq!(client.get(SMALL, &[]).text(), "small package");
    // a body: the other implementation takes over, and keeps the connection
    client
        .write(b"POST /files/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let refused = client.reply(true);
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(client.reply(true).text(), "ok\n");
    assert!(client.get(LARGE, &[]).body == large());
    for head in
        ["GET /healthz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.1\nHost: x\n\n", "GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n"]
    {
        let mut client = Client::new(server.address);
        client.write(head.as_bytes()).unwrap();
        assert_eq!(client.reply(true).text(), "ok\n", "{head:?}");
    }
    for head in
        ["GET / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n"]
    {
        let mut client = Client::new(server.address);
        client.write(head.as_bytes()).unwrap();
        let answer = client.rest().unwrap_or_default();
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4") || answer.starts_with(b"HTTP/1.1 200"),
            "{head:?}: {answer:?}"
        );
    }
}

#[test]
fn a_second_request_is_never_hidden_in_the_first() {
    let server = Server::start();
    // who believes the length sees one request, who believes the chunks sees two
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX";
    let mut client = Client::new(server.address);
    client.write(smuggled.as_bytes()).unwrap();
    client.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let all = String::from_utf8_lossy(&client.rest().unwrap_or_default()).into_owned();
    assert!(!all.contains("200 OK\r\n") || all.matches("HTTP/1.1 ").count() <= 2, "{all}");
}

#[test]
fn a_head_may_come_byte_by_byte_and_two_in_one_piece() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let head = format!("GET {SMALL} HTTP/1.1\r\nHost: repo.example\r\nX: y\r\n\r\n");
    for byte in head.bytes() {
        client.write(&[byte]).unwrap();
    }
    assert_eq!(client.reply(true).text(), "small package");
    client.write(format!("{head}{head}{}", &head[..20]).as_bytes()).unwrap();
    assert_eq!((client.reply(true).text(), client.reply(true).text()), ("small package", "small package"));
    client.write(&head.as_bytes()[20..]).unwrap();
    assert_eq!(client.reply(true).text(), "small package");
}

#[test]
fn a_connection_that_is_to_end_is_ended() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let reply = client.get(LARGE, &["Connection: close"]);
    assert!(reply.body == large() && reply.header("connection") == Some("close"));
    assert!(client.rest().unwrap().is_empty());
    let mut client = Client::new(server.address);
    assert_eq!(client.ask("HEAD", LARGE, &[]).header("content-length"), Some("3000001"));
    let reply = client.get(SMALL, &["If-None-Match: *"]);
    assert!(reply.status == 304 && reply.header("content-length").is_none() && reply.header("date").is_some());
}

#[test]
fn one_client_gets_no_more_than_its_share() {
    let per_client = PerClient { requests_per_second: Some(2.0), connections: None };
    let server = Server::with(Options { per_client, ..Options::default() });
    let statuses: Vec<u16> = (0..12).map(|_| get(server.address, "/healthz").status).collect();
    assert_eq!((statuses[0], statuses[11]), (200, 429), "{statuses:?}");
    let refused = get(server.address, "/v2/");
    assert!(refused.status == 429 && refused.text().contains("TOOMANYREQUESTS"), "{}", refused.text());
    let per_client = PerClient { requests_per_second: None, connections: Some(2) };
    let server = Server::with(Options { per_client, ..Options::default() });
    let mut held: Vec<Client> = (0..2).map(|_| Client::new(server.address)).collect();
    assert!(held.iter_mut().all(|client| client.get("/healthz", &[]).status == 200));
    assert!(Client::new(server.address).rest().unwrap_or_default().is_empty(), "the third is turned away");
    held.pop();
    let begun = Instant::now();
    loop {
        let mut next = Client::new(server.address);
        if next.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").is_ok()
            && next.rest().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
        {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "a place that is free again is not given");
    }
}

#[test]
fn a_head_alone_goes_out_at_once() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(client.ask("HEAD", LARGE, &[]).status, 200);
    }
    // 200 ms each where the kernel waits for what follows
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_head_that_comes_byte_by_byte_has_no_more_time_than_another() {
    let server = Server::with(Options { header_timeout: Duration::from_millis(300), ..Options::default() });
    let mut client = Client::new(server.address);
    let begun = Instant::now();
    while client.write(b"GET /aaaaaaaa").is_ok() && client.hears_nothing_for(Duration::from_millis(20)) {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is waited for");
    }
}
