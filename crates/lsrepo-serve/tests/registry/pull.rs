//! Pulling, and what a client may ask besides. Specification: "Pulling manifests", "Pulling blobs".

use crate::{
    images,
    server::{MANIFEST, Server, image},
};
use lsrepo_serve::RegistryImages;

/// A server that shows one image; its digest, and that of its layer.
fn server() -> (Server, String, String) {
    let mut digest = String::new();
    let server = Server::showing(|store| {
        let mut images = RegistryImages::new();
        digest = images::add(&mut images, store, "up.test/app:1", &"layer ".repeat(500));
        images
    });
    let layer = lsrepo_types::Digest::of("layer ".repeat(500).as_bytes()).to_string();
    (server, digest, layer)
}

#[test]
fn the_registry_says_that_it_is_one() {
    let (server, ..) = server();
    for path in ["/v2/", "/v2"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.header("docker-distribution-api-version")), (200, Some("registry/2.0")));
        assert_eq!(reply.text(), "{}");
    }
}

#[test]
fn a_manifest_is_sent_as_it_was_received_by_tag_and_by_digest() {
    let (server, digest, _) = server();
    let stored = std::fs::read(server.blob_path(&digest)).unwrap();
    for reference in ["1", &digest] {
        let reply = server.get(&format!("/v2/up.test/app/manifests/{reference}"));
        assert_eq!((reply.status, &reply.body), (200, &stored));
        assert_eq!(reply.header("content-type"), Some(MANIFEST));
        assert_eq!(reply.header("content-length"), Some(stored.len().to_string().as_str()));
        assert_eq!(reply.header("docker-content-digest"), Some(digest.as_str()));
    }
}

#[test]
fn the_head_of_an_answer_is_that_of_get_without_the_body() {
    let (server, digest, layer) = server();
    for path in [format!("manifests/{digest}"), "manifests/1".to_owned(), format!("blobs/{layer}")] {
        let path = format!("/v2/up.test/app/{path}");
        let (get, head) = (server.get(&path), server.ask("HEAD", &path).send());
        let lines = |text: &str| text.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&get.head), lines(&head.head));
        assert!(head.body.is_empty() && !get.body.is_empty());
    }
}

#[test]
fn a_blob_is_sent_with_its_length_and_digest() {
    let (server, _, layer) = server();
    let reply = server.get(&format!("/v2/up.test/app/blobs/{layer}"));
    assert_eq!((reply.status, reply.body.len()), (200, 3000));
    assert_eq!(reply.header("docker-content-digest"), Some(layer.as_str()));
    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    assert_eq!(reply.header("content-encoding"), None);
}

#[test]
fn what_is_missing_is_named_in_the_words_of_the_specification() {
    let (server, digest, _) = server();
    let other = format!("sha256:{}", "0".repeat(64));
    for (path, code) in [
        ("/v2/nobody/manifests/1".to_owned(), "NAME_UNKNOWN"),
        (format!("/v2/nobody/blobs/{digest}"), "NAME_UNKNOWN"),
        ("/v2/nobody/tags/list".to_owned(), "NAME_UNKNOWN"),
        ("/v2/app/manifests/2".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/manifests/{other}"), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/blobs/{other}"), "BLOB_UNKNOWN"),
    ] {
        assert_eq!(server.get(&path).error(), (404, code.to_owned()), "{path}");
        assert_eq!(server.ask("HEAD", &path).send().status, 404);
    }
}

#[test]
fn a_digest_that_is_none_is_a_mistake_of_the_client() {
    let (server, digest, _) = server();
    let (hex, upper) = (digest.replace("sha256:", ""), digest.to_uppercase());
    for wrong in ["sha256:baddigeststring", &format!("md5:{hex}"), &upper, &format!("{digest}0"), &format!("sha512:{hex}")] {
        for kind in ["manifests", "blobs", "referrers"] {
            assert_eq!(server.get(&format!("/v2/app/{kind}/{wrong}")).error(), (400, "DIGEST_INVALID".into()), "{kind}/{wrong}");
        }
        let put = server.ask("PUT", &format!("/v2/app/manifests/{wrong}")).body("{}").send();
        assert!(put.status == 405, "read-only comes first");
    }
}

#[test]
fn ranges_of_blobs_and_of_manifests_are_exact() {
    let (server, digest, layer) = server();
    let size = std::fs::read(server.blob_path(&digest)).unwrap().len();
    for (path, size) in [
        (format!("/v2/app/blobs/{layer}"), 3000),
        (format!("/v2/app/manifests/{digest}"), size),
        ("/v2/app/manifests/1".into(), size),
    ] {
        let whole = server.get(&path).body;
        let last = size - 1;
        for (range, first, end) in [
            ("0-".to_owned(), 0, size),
            ("100-199".into(), 100, 200),
            ("100-".into(), 100, size),
            ("-100".into(), size - 100, size),
            (format!("100-{size}"), 100, size),
            (format!("{last}-{last}"), last, size),
        ] {
            let reply = server.ask("GET", &path).header("Range", format!("bytes={range}")).send();
            assert_eq!((reply.status, &reply.body[..]), (206, &whole[first..end]), "{range}");
            assert_eq!(reply.header("content-range"), Some(format!("bytes {first}-{}/{size}", end - 1).as_str()));
        }
        for range in ["500-0".to_owned(), format!("{size}-"), "5000-10000".into()] {
            let reply = server.ask("GET", &path).header("Range", format!("bytes={range}")).send();
            assert_eq!(reply.error(), (416, "SIZE_INVALID".into()), "{range}");
            assert_eq!(reply.header("content-range"), Some(format!("bytes */{size}").as_str()));
        }
    }
}

#[test]
fn what_a_client_has_is_not_sent_again_and_what_is_named_by_digest_is_kept_for_ever() {
    let (server, digest, layer) = server();
    for (path, control) in
        [(format!("manifests/{digest}"), "immutable"), (format!("blobs/{layer}"), "immutable"), ("manifests/1".into(), "no-cache")]
    {
        let path = format!("/v2/app/{path}");
        let reply = server.get(&path);
        let etag = reply.header("etag").unwrap().to_owned();
        assert_eq!(etag, format!("\"{}\"", reply.header("docker-content-digest").unwrap()));
        assert!(reply.header("cache-control").unwrap().contains(control), "{path}");
        let again = server.ask("GET", &path).header("If-None-Match", &etag).send();
        assert_eq!((again.status, again.header("etag"), again.body.len()), (304, Some(etag.as_str()), 0));
        assert_eq!(server.ask("GET", &path).header("If-None-Match", "\"sha256:other\"").send().status, 200);
    }
}

#[test]
fn nothing_is_chosen_by_what_the_client_accepts() {
    let (server, digest, _) = server();
    for accept in ["text/html", "application/vnd.docker.distribution.manifest.v2+json", "*/*;q=0"] {
        let reply =
            server.ask("GET", "/v2/app/manifests/1").header("Accept", accept).header("Accept-Encoding", "gzip, zstd").send();
        assert_eq!((reply.status, reply.header("docker-content-digest")), (200, Some(digest.as_str())));
        assert_eq!((reply.header("content-type"), reply.header("content-encoding")), (Some(MANIFEST), None));
    }
}

#[test]
fn a_type_that_nobody_knows_is_kept_and_may_do_nothing_in_a_browser() {
    let server = Server::pushing();
    for media_type in ["application/vnd.example.thing+json", "text/html"] {
        let pushed = server.put("a", "x", "<script>1</script>", media_type);
        assert_eq!(pushed.status, 201);
        let reply = server.get("/v2/a/manifests/x");
        assert_eq!((reply.text().as_str(), reply.header("content-type")), ("<script>1</script>", Some(media_type)));
        assert!(reply.header("content-security-policy").unwrap().contains("sandbox"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    server.image("a", "y", "layer");
    assert_eq!(server.get("/v2/a/manifests/y").header("content-security-policy"), None);
    assert_eq!(server.get("/v2/a/manifests/y").text(), image("layer").to_string());
}
