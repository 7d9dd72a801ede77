//! What nobody sends by mistake.

use crate::{
    client::read,
    images,
    server::{INDEX, MANIFEST, Server, descriptor, image},
};
use lsrepo_serve::RegistryImages;
use serde_json::json;
use std::{
    io::{BufReader, Write},
    net::TcpStream,
};

#[test]
fn a_name_that_climbs_or_confuses_is_refused_in_json_and_never_led_elsewhere() {
    let server = Server::pushing();
    server.image("a", "1", "layer");
    let long = "x".repeat(300);
    for name in
        ["..", "a/..", "%2e%2e", "a/%2e%2e/a", "a%2f..%2fa", "a%2Fb", "a//b", "A", "%00", "a%00b", "%", "a\\b", "%252e%252e", &long]
    {
        for (method, end) in [
            ("GET", "manifests/1"),
            ("HEAD", "manifests/1"),
            ("GET", "tags/list"),
            ("PUT", "manifests/1"),
            ("POST", "blobs/uploads/"),
        ] {
            let reply = server.ask(method, &format!("/v2/{name}/{end}")).send();
            assert_eq!(reply.status, 400, "{method} {name}: {}", reply.head);
            if method != "HEAD" {
                assert_eq!(reply.code(), "NAME_INVALID", "{method} {name}");
            }
        }
    }
    for path in
        ["/v2/../v2/a/manifests/1/../x", "/v2/%2e%2e/etc/passwd", "/v2/a/manifests/..%2f..%2fx", "/v2/a/blobs/..", "/v2//", "/v2/a"]
    {
        let reply = server.get(path);
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.head);
        reply.code();
    }
    assert_eq!(server.get("/v2/a/manifests/1").status, 200);
}

#[test]
fn a_digest_never_becomes_a_path() {
    let server = Server::pushing();
    std::fs::write(server.store.root().join("blobs/sha256/secret"), b"secret").unwrap();
    for digest in ["sha256:secret", "sha256:..%2f..%2flock", "sha256%3A..", "sha256:%2e%2e", "sha256/secret"] {
        for kind in ["blobs", "manifests", "referrers"] {
            let status = server.get(&format!("/v2/a/{kind}/{digest}")).status;
            assert!(matches!(status, 400 | 404), "{digest} {status}");
        }
        let mount = server.ask("POST", &format!("/v2/a/blobs/uploads/?mount={digest}")).send();
        assert_eq!(mount.error(), (400, "DIGEST_INVALID".into()), "{digest}");
    }
}

#[test]
fn only_blobs_of_repositories_are_blobs() {
    let server = Server::showing(|store| {
        let mut images = RegistryImages::new();
        images::add(&mut images, store, "up.test/app:1", "layer");
        images
    });
    let secret = server.store.put(b"a package, or anything").unwrap();
    assert_eq!(server.get(&format!("/v2/app/blobs/{secret}")).status, 404);
    let pushing = Server::pushing();
    pushing.store.put(b"a package, or anything").unwrap();
    assert_eq!(pushing.ask("POST", &format!("/v2/a/blobs/uploads/?mount={secret}")).send().status, 202);
}

#[test]
fn a_manifest_is_one_thing_only() {
    let server = Server::pushing();
    server.image("a", "1", "layer");
    let mut both = image("layer");
    both["manifests"] = json!([]);
    let mut lying = image("layer");
    lying["mediaType"] = json!(INDEX);
    let config = descriptor("application/vnd.oci.image.config.v1+json", b"{}");
    for (what, text, announced) in [
        ("layers and manifests", both.to_string(), MANIFEST),
        ("layers and manifests, as an index", both.to_string().replace(MANIFEST, INDEX), INDEX),
        (
            "layers and manifests, of a type unknown",
            json!({"layers": [], "manifests": []}).to_string(),
            "application/vnd.example+json",
        ),
        ("an image that calls itself an index", lying.to_string(), INDEX),
        ("an index that calls itself an image", json!({"mediaType": MANIFEST, "manifests": []}).to_string(), MANIFEST),
        ("another type than announced", image("layer").to_string(), INDEX),
        (
            "a digest that climbs",
            json!({"manifests": [{"mediaType": MANIFEST, "digest": "sha256:../x", "size": 1}]}).to_string(),
            INDEX,
        ),
        (
            "a size below nothing",
            json!({"manifests": [{"mediaType": MANIFEST, "digest": config["digest"], "size": -1}]}).to_string(),
            INDEX,
        ),
        ("no JSON", "{".to_owned(), MANIFEST),
        (
            "schema 1",
            json!({"schemaVersion": 1, "fsLayers": []}).to_string(),
            "application/vnd.docker.distribution.manifest.v1+json",
        ),
        ("very deep", "[".repeat(100_000), MANIFEST),
        ("nothing", String::new(), MANIFEST),
    ] {
        assert_eq!(server.put("a", "1", &text, announced).error(), (400, "MANIFEST_INVALID".into()), "{what}");
    }
    assert_eq!(server.get("/v2/a/manifests/1").text(), image("layer").to_string());
}

#[test]
fn ns_is_a_key_and_never_an_address() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let server = Server::pushing();
    server.image("a", "1", "layer");
    let address = elsewhere.local_addr().unwrap();
    for ns in [address.to_string(), format!("http://{address}"), "localhost".into(), "169.254.169.254".into(), "[::1]:80".into()] {
        assert_eq!(server.get(&format!("/v2/a/manifests/1?ns={ns}")).error(), (404, "NAME_UNKNOWN".into()), "{ns}");
    }
    assert!(elsewhere.accept().is_err(), "somebody was called");
}

#[test]
fn raw_bytes_that_are_no_request_end_the_connection_and_nothing_else() {
    let server = Server::pushing();
    server.image("a", "1", "layer");
    for bytes in [
        &b"GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"GET /v2/a b/tags/list HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PATCH /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    assert_eq!(server.get("/v2/a/manifests/1").status, 200);
}

#[test]
fn requests_hidden_in_a_refused_body_are_not_answered() {
    let server = Server::pushing();
    server.image("a", "1", "layer");
    let hidden = "DELETE /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut stream = BufReader::new(TcpStream::connect(server.address).unwrap());
    let head = format!("PUT /v2/a/manifests/sha256:12 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", hidden.len());
    stream.get_mut().write_all(format!("{head}{hidden}GET /v2/a/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(read(&mut stream, false).status, 400);
    assert_eq!(read(&mut stream, false).status, 200, "the next answer is to the next request");
}
