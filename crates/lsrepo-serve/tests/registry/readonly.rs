//! A registry that takes no pushes, which is the default.

use crate::{
    images,
    server::{Server, anyone},
};
use lsrepo_serve::{Options, RegistryImages};

#[test]
fn every_way_to_change_something_is_refused() {
    let mut digest = String::new();
    let server = Server::showing(|store| {
        let mut images = RegistryImages::new();
        digest = images::add(&mut images, store, "up.test/app:1", "layer");
        images
    });
    let id = "ffffffff-ffff-4fff-bfff-ffffffffffff";
    for (method, path) in [
        ("POST", "/v2/app/blobs/uploads/".to_owned()),
        ("POST", format!("/v2/app/blobs/uploads/?digest={digest}")),
        ("POST", format!("/v2/app/blobs/uploads/?mount={digest}&from=app")),
        ("PATCH", format!("/v2/app/blobs/uploads/{id}")),
        ("PUT", format!("/v2/app/blobs/uploads/{id}?digest={digest}")),
        ("DELETE", format!("/v2/app/blobs/uploads/{id}")),
        ("PUT", "/v2/app/manifests/1".to_owned()),
        ("PUT", format!("/v2/app/manifests/{digest}?tag=x")),
        ("DELETE", "/v2/app/manifests/1".to_owned()),
        ("DELETE", format!("/v2/app/manifests/{digest}")),
        ("DELETE", format!("/v2/app/blobs/{digest}")),
        ("DELETE", "/v2/nobody/manifests/1".to_owned()),
        ("POST", "/v2/".to_owned()),
        ("PUT", "/v2/../x".to_owned()),
        ("OPTIONS", "/v2/_catalog".to_owned()),
        ("PURGE", "/v2/app/tags/list".to_owned()),
    ] {
        let reply = server.ask(method, &path).body("some bytes").send();
        assert_eq!(reply.error(), (405, "UNSUPPORTED".into()), "{method} {path}");
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
    }
    assert_eq!(server.get("/v2/app/manifests/1").status, 200);
    assert_eq!(server.get(&format!("/v2/app/blobs/uploads/{id}")).error(), (404, "BLOB_UPLOAD_UNKNOWN".into()));
    assert_eq!(std::fs::read_dir(server.store.root().join("tmp")).unwrap().count(), 0);
}

#[test]
fn whoever_sends_much_hears_why_it_is_refused() {
    let server = Server::showing(|_| RegistryImages::new());
    let refused = server.ask("PUT", "/v2/a/manifests/1").body(vec![b' '; 5_000_000]).send();
    assert_eq!(refused.error(), (405, "UNSUPPORTED".into()));
}

#[test]
fn what_was_pushed_before_is_still_shown() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::at(folder.path(), anyone(), |_| RegistryImages::new());
    let digest = server.image("a/b", "1", "layer");
    server.end();
    let server = Server::at(folder.path(), Options::default(), |_| RegistryImages::new());
    assert_eq!(server.get("/v2/a/b/manifests/1").header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(server.ask("DELETE", "/v2/a/b/manifests/1").send().status, 405);
}
