//! Taking things away again. Specification: "Deleting tags", "Deleting Manifests", "Deleting Blobs".

use crate::{
    images,
    server::{Server, anyone, image, index},
};
use lsrepo_serve::RegistryImages;
use serde_json::json;

#[test]
fn a_tag_goes_and_its_manifest_stays() {
    let server = Server::pushing();
    let digest = server.image("a", "one", "layer");
    server.manifest("a", "two", &image("layer"));
    assert_eq!(server.ask("DELETE", "/v2/a/manifests/one").send().status, 202);
    assert_eq!(server.get("/v2/a/manifests/one").error(), (404, "MANIFEST_UNKNOWN".into()));
    assert_eq!((server.get("/v2/a/manifests/two").status, server.get(&format!("/v2/a/manifests/{digest}")).status), (200, 200));
    assert_eq!(server.get("/v2/a/tags/list").json()["tags"], json!(["two"]));
}

#[test]
fn a_manifest_goes_with_all_its_tags() {
    let server = Server::pushing();
    let digest = server.image("a", "one", "layer");
    server.manifest("a", "two", &image("layer"));
    server.manifest("a", "other", &index(&[]));
    assert_eq!(server.ask("DELETE", &format!("/v2/a/manifests/{digest}")).send().status, 202);
    for reference in ["one", "two", &digest] {
        assert_eq!(server.get(&format!("/v2/a/manifests/{reference}")).error(), (404, "MANIFEST_UNKNOWN".into()));
    }
    assert_eq!(server.get("/v2/a/tags/list").json()["tags"], json!(["other"]));
}

#[test]
fn a_blob_goes_from_its_repository_alone() {
    let server = Server::pushing();
    let digest = server.blob("a", b"hello");
    server.blob("b", b"hello");
    assert_eq!(server.ask("DELETE", &format!("/v2/a/blobs/{digest}")).send().status, 202);
    assert_eq!(server.get(&format!("/v2/a/blobs/{digest}")).error(), (404, "BLOB_UNKNOWN".into()));
    assert_eq!(server.get(&format!("/v2/b/blobs/{digest}")).text(), "hello");
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    let server = Server::pushing();
    let digest = server.image("a", "one", "layer");
    for (path, code) in [
        ("/v2/a/manifests/two".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("/v2/a/manifests/{}", digest.replace(&digest[7..9], "zz").replace("zz", "00")), "MANIFEST_UNKNOWN"),
        (format!("/v2/a/blobs/{digest}"), "BLOB_UNKNOWN"),
        ("/v2/nobody/manifests/one".to_owned(), "NAME_UNKNOWN"),
        (format!("/v2/nobody/blobs/{digest}"), "NAME_UNKNOWN"),
    ] {
        assert_eq!(server.ask("DELETE", &path).send().error(), (404, code.to_owned()), "{path}");
    }
    assert_eq!(server.ask("DELETE", "/v2/a/manifests/sha256:12").send().error(), (400, "DIGEST_INVALID".into()));
}

#[test]
fn what_is_deleted_stays_deleted_when_the_server_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::at(folder.path(), anyone(), |_| RegistryImages::new());
    let digest = server.image("a", "one", "layer");
    server.manifest("a", "kept", &index(&[]));
    server.ask("DELETE", &format!("/v2/a/manifests/{digest}")).send();
    server.end();
    let server = Server::at(folder.path(), anyone(), |_| RegistryImages::new());
    assert_eq!(server.get("/v2/a/manifests/one").status, 404);
    assert_eq!(server.get("/v2/a/tags/list").json()["tags"], json!(["kept"]));
}

#[test]
fn what_was_imported_is_not_a_clients_to_delete() {
    let mut digest = String::new();
    let server = Server::with(anyone(), |store| {
        let mut images = RegistryImages::new();
        digest = images::add(&mut images, store, "up.test/app:1", "layer");
        images
    });
    let layer = server.get("/v2/app/manifests/1").json()["layers"][0]["digest"].as_str().unwrap().to_owned();
    for path in ["manifests/1".to_owned(), format!("manifests/{digest}"), format!("blobs/{layer}")] {
        for name in ["app", "up.test/app"] {
            let reply = server.ask("DELETE", &format!("/v2/{name}/{path}")).send();
            assert_eq!(reply.error(), (403, "DENIED".into()), "{path}");
            assert!(reply.message().contains("imported"));
            assert_eq!(server.get(&format!("/v2/{name}/{path}")).status, 200);
        }
    }
}
