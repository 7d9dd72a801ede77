//! What real clients send, as it was seen on the wire, replayed.

use crate::server::{Server, image};
use lsrepo_types::Digest;

#[test]
fn accept_may_come_in_many_lines() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    let types = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
    ];
    let lines = types.iter().rev().fold(server.ask("GET", "/v2/a/manifests/1"), |ask, one| ask.header("Accept", one));
    let one = server.ask("HEAD", "/v2/a/manifests/1").header("Accept", types.join(", ") + ", */*");
    for reply in [lines.send(), one.send()] {
        assert_eq!((reply.status, reply.header("docker-content-digest")), (200, Some(digest.as_str())));
    }
}

#[test]
fn a_push_in_the_manner_of_skopeo_and_podman() {
    let server = Server::pushing();
    let digest = Digest::of(b"layer");
    let head = |name: &str| server.ask("HEAD", &format!("/v2/{name}/blobs/{digest}")).send().status;
    assert_eq!((head("t/aa"), head("t/bb")), (404, 404));
    let location = server.begin("t/bb");
    let patch = server.ask("PATCH", &location).header("Content-Type", "application/octet-stream").body("layer").send();
    assert_eq!(patch.status, 202);
    let put = server.ask("PUT", &format!("{}?digest=sha256%3A{}", patch.header("location").unwrap(), digest.hex()));
    assert_eq!(put.header("Content-Type", "application/octet-stream").send().status, 201);
    let mount = server.ask("POST", &format!("/v2/t/aa/blobs/uploads/?from=t%2Fbb&mount=sha256%3A{}", digest.hex())).send();
    assert_eq!((mount.status, head("t/aa"), head("t/bb")), (201, 200, 200));
}

#[test]
fn a_push_in_the_manner_of_docker() {
    let server = Server::pushing();
    let bytes = vec![3; 200_000];
    let digest = Digest::of(&bytes);
    let location = server.begin("a");
    let patch = server.ask("PATCH", &location).chunked(&bytes, 32 * 1024).send();
    assert_eq!((patch.status, patch.header("range")), (202, Some("0-199999")));
    let put = server.ask("PUT", &format!("{}?digest=sha256%3A{}", patch.header("location").unwrap(), digest.hex())).send();
    assert_eq!(put.status, 201);
    assert_eq!(server.ask("HEAD", &format!("/v2/a/blobs/{digest}")).send().status, 200, "it looks at once");
}

#[test]
fn a_push_in_the_manner_of_regctl() {
    let server = Server::pushing();
    let digest = Digest::of(b"layer");
    let post =
        server.ask("POST", &format!("/v2/a/blobs/uploads/?mount={digest}")).header("Content-Type", "application/json").send();
    assert_eq!(post.status, 202);
    let put = server.ask("PUT", &format!("{}?digest={digest}", post.header("location").unwrap())).body("layer").send();
    assert_eq!(put.status, 201);
    server.blob("a", b"{}");
    let text = image("layer").to_string();
    let by_digest = server.put("a", &Digest::of(text.as_bytes()).to_string(), &text, crate::server::MANIFEST);
    assert_eq!((by_digest.status, server.put("a", "v1", &text, crate::server::MANIFEST).status), (201, 201));
    // its ranges end one byte behind the last
    let reply = server.ask("GET", &format!("/v2/a/blobs/{digest}")).header("Range", "bytes=2-5").send();
    assert_eq!((reply.status, reply.text().as_str()), (206, "yer"));
}

#[test]
fn a_client_that_waits_for_leave_to_send_is_answered_before_it_sends() {
    let server = Server::pushing();
    let location = server.begin("a");
    let mut stream = std::io::BufReader::new(std::net::TcpStream::connect(server.address).unwrap());
    let head = |path: &str| format!("PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    std::io::Write::write_all(stream.get_mut(), head(&location).as_bytes()).unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stream, &mut line).unwrap();
    std::io::BufRead::read_line(&mut stream, &mut String::new()).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    std::io::Write::write_all(stream.get_mut(), b"hello").unwrap();
    assert_eq!(crate::client::read(&mut stream, false).status, 202);
    let mut stream = std::io::BufReader::new(std::net::TcpStream::connect(server.address).unwrap());
    let other = if location.ends_with('0') { '1' } else { '0' };
    let nowhere = format!("{}{other}", &location[..location.len() - 1]);
    std::io::Write::write_all(stream.get_mut(), head(&nowhere).as_bytes()).unwrap();
    assert!(matches!(crate::client::read(&mut stream, false).status, 404 | 429), "without a word about going on");
}
