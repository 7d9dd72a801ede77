//! One store, many upstreams: how clients find an image whatever they call it.

use crate::{
    images,
    server::{Server, anyone, index},
};
use lsrepo_serve::RegistryImages;
use lsrepo_types::Digest;
use std::collections::BTreeMap;

/// Images of several upstreams; their digests by their names.
fn server() -> (Server, BTreeMap<&'static str, String>) {
    let mut digests = BTreeMap::new();
    let server = Server::with(anyone(), |store| {
        let mut images = RegistryImages::new();
        for name in
            ["docker.io/library/nginx", "docker.io/bitnami/kafka", "quay.io/org/app", "gcr.io/org/app", "up.test:5000/own/tool"]
        {
            digests.insert(name, images::add(&mut images, store, &format!("{name}:1"), name));
        }
        images
    });
    (server, digests)
}

fn digest(server: &Server, path: &str) -> Option<String> {
    let reply = server.get(path);
    match reply.status {
        200 => reply.header("docker-content-digest").map(str::to_owned),
        _ => {
            assert_eq!(reply.status, 404, "{path}: {}", reply.text());
            reply.code();
            None
        }
    }
}

#[test]
fn the_upstream_that_a_mirror_stands_for_is_said_with_ns() {
    let (server, digests) = server();
    for (path, ns, name) in [
        ("library/nginx", "docker.io", "docker.io/library/nginx"),
        ("library/nginx", "registry-1.docker.io", "docker.io/library/nginx"),
        ("nginx", "index.docker.io", "docker.io/library/nginx"),
        ("org/app", "quay.io", "quay.io/org/app"),
        ("org/app", "GCR.IO:443", "gcr.io/org/app"),
        ("org/app", "gcr.io:80", "gcr.io/org/app"),
        ("own/tool", "up.test:5000", "up.test:5000/own/tool"),
        ("own/tool", "up.test%3A5000", "up.test:5000/own/tool"),
    ] {
        for reference in ["1", &digests[name]] {
            let path = format!("/v2/{path}/manifests/{reference}?ns={ns}");
            assert_eq!(digest(&server, &path).as_ref(), Some(&digests[name]), "{path}");
        }
        let reply = server.get(&format!("/v2/{path}/tags/list?ns={ns}"));
        assert_eq!((reply.status, reply.header("oci-namespace")), (200, Some(ns.replace("%3A", ":").as_str())));
    }
}

#[test]
fn an_upstream_that_is_not_here_is_never_another_one() {
    let (server, digests) = server();
    for ns in ["ghcr.io", "up.test", "quay.io:5000", "127.0.0.1:1", "http://quay.io", "..", "quay.io/org", "quay.io%00", "a%20b"] {
        let path = format!("/v2/org/app/manifests/{}?ns={ns}", digests["quay.io/org/app"]);
        assert_eq!(server.get(&path).error(), (404, "NAME_UNKNOWN".into()), "{ns}");
    }
}

#[test]
fn the_host_may_be_the_first_part_of_the_name() {
    let (server, digests) = server();
    for (path, name) in [
        ("docker.io/library/nginx", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("registry-1.docker.io/bitnami/kafka", "docker.io/bitnami/kafka"),
        ("quay.io/org/app", "quay.io/org/app"),
        ("gcr.io/org/app", "gcr.io/org/app"),
    ] {
        for reference in ["1", &digests[name]] {
            assert_eq!(digest(&server, &format!("/v2/{path}/manifests/{reference}")).as_ref(), Some(&digests[name]), "{path}");
        }
    }
    assert_eq!(digest(&server, "/v2/ghcr.io/org/app/manifests/1"), None);
}

#[test]
fn a_path_alone_will_do_where_one_upstream_has_it() {
    let (server, digests) = server();
    for (path, name) in [
        ("library/nginx", "docker.io/library/nginx"),
        ("nginx", "docker.io/library/nginx"),
        ("bitnami/kafka", "docker.io/bitnami/kafka"),
        ("own/tool", "up.test:5000/own/tool"),
    ] {
        for reference in ["1", &digests[name]] {
            assert_eq!(digest(&server, &format!("/v2/{path}/manifests/{reference}")).as_ref(), Some(&digests[name]), "{path}");
        }
    }
    assert_eq!(digest(&server, "/v2/kafka/manifests/1"), None);
}

#[test]
fn a_path_of_several_upstreams_is_told_apart_by_digest_only() {
    let (server, digests) = server();
    for path in ["manifests/1", "tags/list"] {
        let reply = server.get(&format!("/v2/org/app/{path}"));
        assert_eq!(reply.error(), (404, "NAME_UNKNOWN".into()));
        assert!(reply.message().contains("quay.io/org/app") && reply.message().contains("gcr.io/org/app"), "{}", reply.message());
    }
    for name in ["quay.io/org/app", "gcr.io/org/app"] {
        assert_eq!(digest(&server, &format!("/v2/org/app/manifests/{}", digests[name])).as_ref(), Some(&digests[name]));
        let layer = Digest::of(name.as_bytes());
        assert_eq!(server.get(&format!("/v2/org/app/blobs/{layer}")).text(), name);
    }
}

#[test]
fn what_was_pushed_comes_before_what_was_imported() {
    let (server, digests) = server();
    let pushed = server.manifest("quay.io/org/app", "1", &index(&[]));
    server.manifest("quay.io/org/app", "2", &index(&[]));
    assert_eq!(digest(&server, "/v2/quay.io/org/app/manifests/1").as_ref(), Some(&pushed));
    assert_eq!(digest(&server, "/v2/org/app/manifests/1?ns=quay.io").as_ref(), Some(&pushed));
    assert_eq!(
        digest(&server, &format!("/v2/quay.io/org/app/manifests/{}", digests["quay.io/org/app"])).as_ref(),
        Some(&digests["quay.io/org/app"])
    );
    assert_eq!(server.get("/v2/quay.io/org/app/tags/list").json()["tags"], serde_json::json!(["1", "2"]));
    assert_eq!(server.ask("DELETE", "/v2/quay.io/org/app/manifests/1").send().status, 202);
    assert_eq!(digest(&server, "/v2/quay.io/org/app/manifests/1").as_ref(), Some(&digests["quay.io/org/app"]));
}

#[test]
fn a_push_through_a_mirror_lands_under_the_upstream_that_it_stands_for() {
    let (server, _) = server();
    let text = index(&[]).to_string();
    let put = server.put("new/app", "1?ns=quay.io", &text, crate::server::INDEX);
    assert_eq!((put.status, put.header("oci-namespace")), (201, Some("quay.io")));
    assert_eq!(server.get(put.header("location").unwrap()).text(), text);
    assert_eq!(server.get("/v2/quay.io/new/app/manifests/1").text(), text);
    assert_eq!(server.get("/v2/new/app/manifests/1").status, 404);
}

#[test]
fn what_an_imported_image_has_need_not_be_pushed_again() {
    let (server, digests) = server();
    let manifest = server.get("/v2/quay.io/org/app/manifests/1").text();
    let put = server.put("quay.io/org/app", "mine", &manifest, images::MANIFEST);
    assert_eq!((put.status, put.header("docker-content-digest")), (201, Some(digests["quay.io/org/app"].as_str())));
    // and is kept for whoever pushed, though the image itself may go
    server.current.replace(crate::server::site(RegistryImages::new()));
    let layer = Digest::of(b"quay.io/org/app");
    assert_eq!(server.get(&format!("/v2/quay.io/org/app/blobs/{layer}")).text(), "quay.io/org/app");
    assert_eq!(server.get("/v2/gcr.io/org/app/manifests/1").status, 404);
}

#[test]
fn a_layer_that_was_not_carried_says_so_and_all_else_is_there() {
    let server = Server::showing(|store| {
        let mut images = RegistryImages::new();
        let root = images::sparse(store, "multi");
        images.add(&images::found(store, "up.test/multi:1", &root), store).unwrap();
        images
    });
    let index = server.get("/v2/multi/manifests/1");
    assert_eq!(index.header("content-type"), Some(images::INDEX));
    for (child, arch) in index.json()["manifests"].as_array().unwrap().iter().zip(["amd64", "arm64"]) {
        let manifest = server.get(&format!("/v2/multi/manifests/{}", child["digest"].as_str().unwrap()));
        assert_eq!(manifest.header("content-type"), Some(images::MANIFEST));
        let config = manifest.json()["config"]["digest"].as_str().unwrap().to_owned();
        assert!(server.get(&format!("/v2/multi/blobs/{config}")).text().contains(arch));
        let layer = server.get(&format!("/v2/multi/blobs/{}", manifest.json()["layers"][0]["digest"].as_str().unwrap()));
        match arch {
            "amd64" => assert_eq!(layer.text(), "multi amd64"),
            _ => {
                assert_eq!(layer.error(), (404, "BLOB_UNKNOWN".into()));
                let message = layer.message();
                assert!(message.contains("linux/arm64") && message.contains("--all-platforms"), "{message}");
            }
        }
    }
}
