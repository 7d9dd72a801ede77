//! What a client of TLS may do to a server, and what it may not.

use crate::server::{DATE, key};
use lsrepo_serve::{App, Current, Door, Identity, Options, Site, serve_at};
use lsrepo_store::Store;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

/// A certificate for this address, and its key.
fn pair() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn handshakes_that_fail_take_no_place_for_long() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, secret) = pair();
    let identity = Arc::new(Identity::from_pem(certificate.as_bytes(), secret.as_bytes()).unwrap());
    let options = Options { max_connections: 2, header_timeout: Duration::from_millis(300), ..Options::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    let app = App::new(Arc::new(Current::new(Site::new(key(), DATE))), store, &options).unwrap();
    let bind = || runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let (plain, secure) = (bind(), bind());
    let (plain_at, secure_at) = (plain.local_addr().unwrap(), secure.local_addr().unwrap());
    let doors = vec![Door::from(plain), Door { listener: secure, identity: Some(identity) }];
    runtime.spawn(serve_at(doors, app, options, std::future::pending()));
    // some say something else, some nothing, some leave
    for round in 0..6 {
        let mut stream = TcpStream::connect(secure_at).unwrap();
        if round % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        }
        if round % 3 == 0 {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            _ = stream.read_to_end(&mut Vec::new());
        }
    }
    let mut stream = TcpStream::connect(plain_at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_certificate_says_until_when_it_is_good_and_needs_its_own_key() {
    let ((certificate, secret), (_, other)) = (pair(), pair());
    let identity = Identity::from_pem(certificate.as_bytes(), secret.as_bytes()).unwrap();
    assert_eq!(identity.not_after().unwrap().to_string(), "4096-01-01T00:00:00Z");
    let error = |certificate: &str, key: &str| Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string();
    assert!(error(&certificate, &other).contains("do not belong together"));
    assert!(error("", &secret).contains("no certificate") && error(&certificate, "").contains("the key"));
    assert!(error(&certificate.replace('M', "!"), &secret).contains("certificate"));
}
