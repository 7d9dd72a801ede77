//! What is where: pages, listings, keys, scripts, and what is nowhere.

use crate::{
    client::{Client, get},
    server::{DATE, SMALL, Server, key},
};
use lsrepo_publish::{Entry, Tree};
use lsrepo_serve::{AptRepository, Site};
use std::sync::Arc;

#[test]
fn the_first_page_says_what_is_here_and_how_to_use_it() {
    let server = Server::start();
    let page = get(server.address, "/");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for part in ["debian-12", "x86_64", "1,032", "939 MB", "ABCD 1234", "http://repo.example:80/setup/debian-12.sh"] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(!page.text().contains("src=") && !page.text().contains("<script"));
}

#[test]
fn the_setup_script_points_back_at_the_address_that_was_used() {
    let server = Server::start();
    let script = get(server.address, "/setup/debian-12.sh");
    assert!(script.text().starts_with("#!/bin/sh\n"));
    assert!(script.text().contains("URIs: http://repo.example:80/apt/debian-12\n"));
    assert_eq!(script.header("vary"), Some("Host"));
    assert_eq!(get(server.address, "/setup/debian-11.sh").status, 404);
    assert_eq!(get(server.address, "/setup/").status, 200);
}

#[test]
fn a_host_header_that_is_no_host_reaches_no_script() {
    let server = Server::start();
    for host in ["a'b", "$(reboot)", "a b", "x/y", ""] {
        let mut client = Client::new(server.address);
        client.write(format!("GET /setup/debian-12.sh HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(client.reply(true).status, 400, "{host:?}");
    }
    // Old clients send none: then our own address is the best we know.
    let mut client = Client::new(server.address);
    client.write(b"GET /setup/debian-12.sh HTTP/1.0\r\n\r\n").unwrap();
    assert!(client.reply(true).text().contains(&format!("http://{}/apt", server.address)));
}

#[test]
fn keys_and_health_are_where_they_are_expected() {
    let server = Server::start();
    let armored = get(server.address, "/keys/lsrepo.asc");
    assert!(armored.text().starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    assert_eq!(armored.header("content-type"), Some("application/pgp-keys"));
    assert_eq!(get(server.address, "/keys/lsrepo.gpg").body, [0x98, 0x33]);
    assert_eq!(get(server.address, "/healthz").text(), "ok\n");
}

#[test]
fn directories_are_listed_and_lead_to_their_files() {
    let server = Server::start();
    for (path, link) in [
        ("/apt/", "./debian-12/"),
        ("/apt/debian-12/", "./pool/"),
        ("/apt/debian-12/pool/main/", "./g/"),
        ("/apt/debian-12/pool/main/g/g++/", "./g%2B%2B_1.2~rc1%2Bb2_amd64.deb"),
        ("/keys/", "./lsrepo.asc"),
    ] {
        let page = get(server.address, path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains(&format!("href=\"{link}\"")), "{path}: {}", page.text());
    }
    let redirect = get(server.address, "/apt/debian-12/pool/main/g/g++");
    assert_eq!((redirect.status, redirect.header("location")), (301, Some("/apt/debian-12/pool/main/g/g%2B%2B/")));
    assert_eq!(get(server.address, "/apt//debian-12//dists/debian-12/InRelease").status, 200);
}

#[test]
fn nothing_outside_the_trees_can_be_named() {
    let server = Server::start();
    for path in ["/../etc/passwd", "/apt/%2e%2e/%2e%2e/etc/passwd", "/apt/debian-12/..", "/apt/..%2f..%2fx", "/a\\..\\b", "/%00"] {
        assert_eq!(get(server.address, path).status, 400, "{path}");
    }
    for path in
        ["/etc/passwd", "/%252e%252e/etc/passwd", "/blobs/sha256", "/apt/debian-12/pool/nothing", "/setup/../x.sh%3f", "/aptx"]
    {
        assert!(matches!(get(server.address, path).status, 404 | 400), "{path}");
    }
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let server = Server::start();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let reply = Client::new(server.address).ask(method, SMALL, &[]);
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn another_site_is_shown_from_one_request_to_the_next() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    assert_eq!(client.get(SMALL, &[]).status, 200);
    let mut site = Site::new(key(), DATE);
    let mut tree = Tree::default();
    tree.insert("new.txt".parse().unwrap(), Entry::Bytes(Arc::from(&b"new"[..])));
    site.mount("files".parse().unwrap(), tree, DATE);
    server.site.replace(site);
    assert_eq!(client.get(SMALL, &[]).status, 404);
    assert_eq!(client.get("/files/new.txt", &[]).text(), "new");
    assert!(client.get("/", &[]).text().contains("Nothing is published here yet"));
}

#[test]
fn an_authority_of_our_own_is_in_the_scripts_and_at_its_place() {
    let server = Server::start();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let script = || get(server.address, "/setup/debian-12.sh").text().to_owned();
    assert!(!script().contains("CERTIFICATE"));
    let (os, tree) = ("debian-12".parse().unwrap(), Tree::default());
    let mut site = Site::new(key(), DATE).with_base_url("https://repo.example".parse().unwrap()).with_ca(pem.to_owned());
    site.mount_apt(AptRepository { os, tree, date: DATE, components: vec![], platforms: vec![] });
    server.site.replace(site);
    assert!(script().contains(pem) && script().contains("Acquire::https::repo.example::CaInfo"));
    assert_eq!(get(server.address, "/keys/ca.crt").text(), pem);
}
