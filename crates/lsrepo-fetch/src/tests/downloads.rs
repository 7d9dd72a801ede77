//! Files into the store, over a network that misbehaves.

use super::{
    NOW, Notes, client, run,
    server::{Reply, Server},
};
use crate::{Client, ClientOptions, Credentials, Download, FetchError, Report, download};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const BODY: &[u8] = b"the quick brown fox jumps over the lazy dog";

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn item(urls: &[String]) -> Download {
    Download { digest: Digest::of(BODY), size: BODY.len() as u64, urls: urls.to_vec(), name: "fox".to_owned() }
}

fn get_with(client: &Client, store: &Store, urls: &[String], notes: &Notes) -> Result<Report, FetchError> {
    let notes = notes.clone();
    run(download(client, &[item(urls)], store, NOW, Arc::new(move |event| notes.add(&event))))
}

fn get(store: &Store, urls: &[String]) -> Result<Report, FetchError> {
    get_with(&client(), store, urls, &Notes::default())
}

fn left_by_an_earlier_run(store: &Store, bytes: &[u8]) {
    store.partial(&Digest::of(BODY), BODY.len() as u64).unwrap().write_all(bytes).unwrap();
}

/// Nothing stands under the digest.
fn nothing_taken(store: &Store) -> bool {
    store.size_of(&Digest::of(BODY)).unwrap().is_none()
}

#[test]
fn what_is_there_is_not_asked_for() {
    let (_dir, store) = store();
    let server = Server::new(|_| Reply::ok(BODY));
    let first = get(&store, &[server.url("fox")]).unwrap();
    assert_eq!(first, Report { fetched: 1, present: 0, bytes: BODY.len() as u64 });
    assert_eq!(get(&store, &[server.url("fox")]).unwrap(), Report { fetched: 0, present: 1, bytes: 0 });
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_download_goes_on_where_an_earlier_run_stopped() {
    let (_dir, store) = store();
    left_by_an_earlier_run(&store, &BODY[..10]);
    let server = Server::new(|request| {
        assert_eq!(request.header("range"), Some("bytes=10-"));
        Reply::new(206, &BODY[10..]).with("content-range", format!("bytes 10-{}/{}", BODY.len() - 1, BODY.len()))
    });
    assert_eq!(get(&store, &[server.url("fox")]).unwrap().bytes, BODY.len() as u64 - 10);
    assert_eq!(store.read(&Digest::of(BODY), 99).unwrap(), BODY);
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let (_dir, store) = store();
    left_by_an_earlier_run(&store, &BODY[..10]);
    let server = Server::new(|_| Reply::ok(BODY));
    assert_eq!(get(&store, &[server.url("fox")]).unwrap().bytes, BODY.len() as u64);
}

#[test]
fn another_range_than_asked_for_is_not_believed() {
    for range in ["bytes 9-42/43", "bytes 10-42/99", "nonsense"] {
        let (_dir, store) = store();
        left_by_an_earlier_run(&store, &BODY[..10]);
        let server = Server::new(move |request| match request.header("range") {
            Some(_) => Reply::new(206, &BODY[10..]).with("content-range", range),
            None => Reply::ok(BODY),
        });
        get(&store, &[server.url("fox")]).unwrap();
        assert_eq!(server.asked().len(), 2, "{range}");
    }
}

#[test]
fn a_wrong_beginning_of_an_earlier_run_is_thrown_away() {
    let (_dir, store) = store();
    left_by_an_earlier_run(&store, b"THE QUICK ");
    let server = Server::new(|request| match request.header("range") {
        Some(_) => Reply::new(206, &BODY[10..]).with("content-range", format!("bytes 10-42/{}", BODY.len())),
        None => Reply::ok(BODY),
    });
    get(&store, &[server.url("fox")]).unwrap();
    assert_eq!(store.read(&Digest::of(BODY), 99).unwrap(), BODY);
}

#[test]
fn wrong_bytes_are_refused_and_the_error_names_address_and_digest() {
    let (_dir, store) = store();
    let wrong: Vec<u8> = BODY.iter().map(|byte| byte ^ 1).collect();
    let server = Server::new(move |_| Reply::ok(&wrong));
    let error = get(&store, &[server.url("fox")]).unwrap_err().to_string();
    assert!(error.contains(&server.url("fox")) && error.contains(Digest::of(BODY).hex().as_str()), "{error}");
    assert!(nothing_taken(&store));
    assert_eq!(server.asked().len(), 2, "spoilt twice is not the way's fault");
}

#[test]
fn a_body_that_is_too_long_is_cut_off() {
    for announced in [true, false] {
        let (_dir, store) = store();
        let long = [BODY, BODY].concat();
        let server = Server::new(move |_| match announced {
            true => Reply::ok(&long),
            false => Reply::ok([b"56\r\n", &long[..], b"\r\n0\r\n\r\n"].concat()).with("transfer-encoding", "chunked"),
        });
        let error = get(&store, &[server.url("fox")]).unwrap_err().to_string();
        assert!(error.contains("43"), "{error}");
        assert!(nothing_taken(&store));
    }
}

#[test]
fn a_body_that_ends_early_is_continued() {
    let (_dir, store) = store();
    let server = Server::new(|request| match request.header("range") {
        None => Reply::ok(&BODY[..20]).with("content-length", BODY.len()),
        Some(range) => {
            let from: usize = range["bytes=".len()..range.len() - 1].parse().unwrap();
            let until = (from + 10).min(BODY.len());
            Reply::new(206, &BODY[from..until])
                .with("content-length", BODY.len() - from)
                .with("content-range", format!("bytes {from}-{}/{}", BODY.len() - 1, BODY.len()))
        }
    });
    get(&store, &[server.url("fox")]).unwrap();
    let ranges: Vec<_> = server.asked().iter().map(|request| request.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, [None, Some("bytes=20-".to_owned()), Some("bytes=30-".to_owned()), Some("bytes=40-".to_owned())]);
}

#[test]
fn a_body_that_always_ends_early_is_given_up() {
    let (_dir, store) = store();
    let server = Server::new(|request| match request.header("range") {
        None => Reply::ok(&BODY[..20]).with("content-length", BODY.len()),
        Some(_) => Reply::new(206, "").with("content-length", 23).with("content-range", "bytes 20-42/43"),
    });
    get(&store, &[server.url("fox")]).unwrap_err();
    assert_eq!(server.asked().len(), 5);
    assert!(nothing_taken(&store));
}

#[test]
fn a_file_of_another_size_is_not_even_begun() {
    let (_dir, store) = store();
    let server = Server::new(|_| Reply::ok(&BODY[..20]));
    let error = get(&store, &[server.url("fox")]).unwrap_err().to_string();
    assert!(error.contains("20 bytes announced, 43 expected"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_in_trouble_is_asked_again_when_it_says() {
    let (_dir, store) = store();
    let count = AtomicUsize::new(0);
    let server = Server::new(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(503, "").with("retry-after", 0),
        1 => Reply::new(429, "").with("retry-after", "Tue, 14 Nov 2023 22:13:20 GMT"),
        2 => Reply::new(500, ""),
        _ => Reply::ok(BODY),
    });
    let notes = Notes::default();
    get_with(&client(), &store, &[server.url("fox")], &notes).unwrap();
    let said = ["retry: the server answered 503", "retry: the server answered 429", "retry: the server answered 500"];
    assert_eq!(notes.all(), said);
}

#[test]
fn the_next_mirror_has_it() {
    let (_dir, store) = store();
    let empty = Server::new(|_| Reply::new(404, "no"));
    let wrong = Server::new(|_| Reply::ok("something else that is not the fox, but as long"));
    let good = Server::new(|_| Reply::ok(BODY));
    let urls = ["http://127.0.0.1:9/fox".to_owned(), empty.url("fox"), wrong.url("fox"), good.url("fox")];
    assert_eq!(get(&store, &urls).unwrap().fetched, 1);
    let error = get(&self::store().1, &urls[..3]).unwrap_err().to_string();
    assert!(urls[..3].iter().all(|url| error.contains(url)) && error.contains("404"), "{error}");
}

#[test]
fn a_password_does_not_follow_a_redirect_to_another_host() {
    let (_dir, store) = store();
    let other = Server::new(|_| Reply::ok(BODY));
    let target = other.url("fox").replace("127.0.0.1", "localhost");
    let server = Server::new(move |_| Reply::new(302, "").with("location", &target));
    let login = format!("machine {} login me password secret", server.url.trim_end_matches('/'));
    let credentials = Credentials::parse_auth_conf(&login).unwrap();
    let first_wait = Duration::from_millis(1);
    let client = Client::new(ClientOptions { credentials, first_wait, ..ClientOptions::default() }).unwrap();
    get_with(&client, &store, &[server.url("fox")], &Notes::default()).unwrap();
    assert_eq!(server.asked()[0].header("authorization"), Some("Basic bWU6c2VjcmV0"));
    assert_eq!(other.asked()[0].header("authorization"), None);
}

#[test]
fn a_proxy_is_asked_for_the_whole_address() {
    let (_dir, store) = store();
    let proxy = Server::new(|_| Reply::ok(BODY));
    let options = ClientOptions { proxy: Some(proxy.url.clone()), ..ClientOptions::default() };
    let urls = ["http://archive.invalid/fox".to_owned()];
    get_with(&Client::new(options).unwrap(), &store, &urls, &Notes::default()).unwrap();
    assert_eq!(proxy.asked()[0].path, urls[0]);
}

#[test]
fn a_file_on_disk_is_a_source_too() {
    let (dir, store) = store();
    let path = dir.path().join("fox.deb");
    std::fs::write(&path, BODY).unwrap();
    left_by_an_earlier_run(&store, &BODY[..7]);
    let done = get(&store, &[format!("file://{}", path.display())]).unwrap();
    assert_eq!(done.bytes, BODY.len() as u64 - 7);
}

#[test]
fn a_thousand_files_at_once() {
    let (_dir, store) = store();
    let server = Server::new(|request| Reply::ok(request.path.as_bytes()));
    let plan: Vec<Download> = (0..1000)
        .map(|number| {
            let body = format!("/{number}");
            let urls = vec![server.url(&body[1..])];
            Download { digest: Digest::of(body.as_bytes()), size: body.len() as u64, urls, name: body }
        })
        .collect();
    let report = run(download(&client(), &plan, &store, NOW, Arc::new(|_| {}))).unwrap();
    assert_eq!(report.fetched, 1000);
    assert!(plan.iter().all(|item| store.contains(&item.digest, item.size)));
}
