//! Garbage collection that knows indexes and referrers.

use crate::server::{MANIFEST, Server, anyone, descriptor, image, index};
use lsrepo_serve::{Options, RegistryImages, collect};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// So far in the future that nothing is young.
const LATER: Timestamp = Timestamp(1 << 40);
const HOUR: Duration = Duration::from_secs(3600);

fn signature(subject: &str, note: &str) -> Value {
    let config = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let subject = json!({"mediaType": MANIFEST, "digest": subject, "size": 1});
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [], "subject": subject, "annotations": {"note": note}})
}

fn digest_of(manifest: &Value) -> String {
    Digest::of(manifest.to_string().as_bytes()).to_string()
}

fn pushing(folder: &Path) -> Server {
    Server::at(folder, anyone(), |_| RegistryImages::new())
}

fn statuses(folder: &Path, paths: &[String]) -> Vec<u16> {
    let server = Server::at(folder, Options::default(), |_| RegistryImages::new());
    paths.iter().map(|path| server.get(path).status).collect()
}

#[test]
fn tags_keep_indexes_that_keep_images_that_keep_signatures_of_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let server = pushing(folder.path());
    let [one, two, lone] = ["one", "two", "lone"].map(|layer| server.image("a", "", layer));
    let inner = index(&[&image("two")]);
    server.manifest("a", "", &inner);
    server.manifest("a", "all", &index(&[&image("one"), &inner]));
    let signature_of_two = signature(&two, "x");
    let signature_of_that = signature(&digest_of(&signature_of_two), "y");
    let signature_of_lone = signature(&lone, "z");
    for manifest in [&signature_of_two, &signature_of_that, &signature_of_lone] {
        server.manifest("a", "", manifest);
    }
    server.blob("a", b"nobody's");
    server.end();
    let manifest = |digest: &str| format!("/v2/a/manifests/{digest}");
    let blob = |bytes: &str| format!("/v2/a/blobs/{}", Digest::of(bytes.as_bytes()));
    let kept = [&one, &two, &digest_of(&inner), &digest_of(&signature_of_two), &digest_of(&signature_of_that)];
    let gone = [&lone, &digest_of(&signature_of_lone)];
    let kept: Vec<String> = kept.iter().map(|one| manifest(one)).chain([blob("one"), blob("two"), blob("{}")]).collect();
    let gone: Vec<String> = gone.iter().map(|one| manifest(one)).chain([blob("lone"), blob("nobody's")]).collect();
    let store = Store::open(folder.path()).unwrap();
    let would = collect(&store, |_| false, LATER, HOUR, true).unwrap();
    assert_eq!(statuses(folder.path(), &gone), [200; 4]);
    let did = collect(&store, |_| false, LATER, HOUR, false).unwrap();
    assert_eq!((did, did.manifests, did.blobs, did.disk.removed), (would, 2, 2, 4));
    assert_eq!((statuses(folder.path(), &kept), statuses(folder.path(), &gone)), (vec![200; 8], vec![404; 4]));
    assert_eq!(collect(&store, |_| false, LATER, HOUR, false).unwrap().disk.removed, 0);
}

#[test]
fn what_is_young_stays_until_its_parent_may_have_come() {
    let folder = tempfile::tempdir().unwrap();
    let server = pushing(folder.path());
    let digest = server.image("a", "", "layer");
    let lone = server.blob("b", b"before its manifest");
    server.end();
    let store = Store::open(folder.path()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let did = collect(&store, |_| false, Timestamp(now), HOUR, false).unwrap();
    assert_eq!((did.manifests, did.blobs, did.repositories, did.disk.removed), (0, 0, 0, 0));
    let paths = [format!("/v2/a/manifests/{digest}"), format!("/v2/b/blobs/{lone}")];
    assert_eq!(statuses(folder.path(), &paths), [200, 200]);
    let did = collect(&store, |_| false, Timestamp(now + 7200), HOUR, false).unwrap();
    assert_eq!((did.manifests, did.blobs, did.repositories, did.disk.removed), (1, 3, 2, 4));
    assert_eq!(statuses(folder.path(), &["/v2/_catalog".into(), paths[0].clone()]), [200, 404]);
}

#[test]
fn what_others_keep_stays_on_the_disk_and_keeps_its_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let server = pushing(folder.path());
    let imported = server.store.put(b"an imported manifest").unwrap();
    server.blob("a", b"{}");
    let signature = server.manifest("a", "", &signature(&imported.to_string(), "x"));
    server.image("b", "1", "layer");
    server.blob("c", b"layer");
    server.end();
    let store = Store::open(folder.path()).unwrap();
    let did = collect(&store, |digest| *digest == imported, LATER, HOUR, false).unwrap();
    assert_eq!((did.manifests, did.blobs, did.repositories, did.disk.removed), (0, 1, 1, 0));
    assert!(store.contains(&imported, 20) && store.contains(&Digest::of(b"layer"), 5));
    assert_eq!(statuses(folder.path(), &[format!("/v2/a/manifests/{signature}")]), [200]);
    assert_eq!(collect(&store, |_| false, LATER, HOUR, false).unwrap().manifests, 1);
}

#[test]
fn what_was_deleted_goes_from_the_disk_and_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let server = pushing(folder.path());
    let digest = server.image("a", "1", "layer");
    server.manifest("a", "2", &index(&[]));
    server.ask("DELETE", &format!("/v2/a/manifests/{digest}")).send();
    let store = Store::open(folder.path()).unwrap();
    assert!(collect(&store, |_| false, LATER, HOUR, false).is_err(), "not while a server takes pushes");
    server.end();
    let did = collect(&store, |_| false, LATER, HOUR, false).unwrap();
    assert_eq!((did.manifests, did.blobs, did.disk.removed), (0, 2, 3));
    assert_eq!(statuses(folder.path(), &["/v2/a/manifests/2".into()]), [200]);
}

#[test]
fn a_manifest_that_cannot_be_read_ends_the_collection() {
    let folder = tempfile::tempdir().unwrap();
    let server = pushing(folder.path());
    let digest = server.image("a", "1", "layer");
    let path = server.blob_path(&digest);
    server.end();
    std::fs::write(path, b"rot").unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(collect(&store, |_| false, LATER, HOUR, false).is_err());
    assert!(store.contains(&Digest::of(b"layer"), 5));
}
