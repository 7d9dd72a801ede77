//! Pushing manifests. Specification: "Pushing manifests".

use crate::server::{INDEX, MANIFEST, Server, descriptor, image, index};
use lsrepo_types::{Digest, Sha512};
use serde_json::json;

#[test]
fn a_manifest_is_kept_byte_for_byte_under_its_digest_and_its_tag() {
    let server = Server::pushing();
    server.blob("a", b"{}");
    server.blob("a", b"layer");
    // white space and order are part of what was signed
    let text = format!("\n{}  ", serde_json::to_string_pretty(&image("layer")).unwrap());
    let digest = Digest::of(text.as_bytes()).to_string();
    for reference in [digest.as_str(), "v1"] {
        let put = server.put("a", reference, &text, MANIFEST);
        assert_eq!((put.status, put.header("docker-content-digest")), (201, Some(digest.as_str())), "{}", put.text());
        assert_eq!(server.get(put.header("location").unwrap()).text(), text);
    }
    assert_eq!(server.get("/v2/a/manifests/v1").header("content-type"), Some(MANIFEST));
    let other = Digest::of(b"other").to_string();
    assert_eq!(server.put("a", &other, &text, MANIFEST).error(), (400, "DIGEST_INVALID".into()));
    assert_eq!(server.put("a", "sha256:baddigeststring", &text, MANIFEST).error(), (400, "DIGEST_INVALID".into()));
    assert_eq!(server.get(&format!("/v2/a/manifests/{other}")).status, 404);
}

#[test]
fn the_type_is_that_of_the_header_without_parameters_and_must_be_that_of_the_manifest() {
    let server = Server::pushing();
    server.image("a", "x", "layer");
    let said = image("layer").to_string();
    let mut silent = image("layer");
    silent.as_object_mut().unwrap().remove("mediaType");
    for (text, announced, stored) in [
        (&said, "application/vnd.oci.image.manifest.v1+json; charset=utf-8", MANIFEST),
        (&silent.to_string(), MANIFEST, MANIFEST),
        (
            &silent.to_string(),
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.v2+json",
        ),
    ] {
        assert_eq!(server.put("a", "y", text, announced).status, 201, "{announced}");
        assert_eq!(server.get("/v2/a/manifests/y").header("content-type"), Some(stored));
    }
    let without = server.ask("PUT", "/v2/a/manifests/z").body(&said).send();
    assert_eq!((without.status, server.get("/v2/a/manifests/z").header("content-type")), (201, Some(MANIFEST)));
    for announced in [INDEX, "application/vnd.docker.distribution.manifest.v2+json", "application/json", "nonsense"] {
        assert_eq!(server.put("a", "y", &said, announced).error(), (400, "MANIFEST_INVALID".into()), "{announced}");
    }
}

#[test]
fn blobs_must_be_there_before_but_not_those_that_nobody_distributes() {
    let server = Server::pushing();
    server.blob("a", b"{}");
    let put = server.put("a", "x", &image("missing").to_string(), MANIFEST);
    assert_eq!(put.error(), (404, "MANIFEST_BLOB_UNKNOWN".into()));
    assert!(put.message().contains(&Digest::of(b"missing").to_string()));
    server.blob("elsewhere", b"missing");
    assert_eq!(server.put("a", "x", &image("missing").to_string(), MANIFEST).status, 404, "another repository's do not count");
    for foreign in [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ] {
        let mut manifest = image("missing");
        manifest["layers"][0]["mediaType"] = json!(foreign);
        assert_eq!(server.put("a", "x", &manifest.to_string(), MANIFEST).status, 201, "{foreign}");
    }
    // an index may be of more platforms than are carried
    assert_eq!(server.put("a", "i", &index(&[&image("missing")]).to_string(), INDEX).status, 201);
}

#[test]
fn layers_may_lack_where_that_was_allowed() {
    let mut options = crate::server::anyone();
    options.push.as_mut().unwrap().accept_missing_layers = true;
    let server = Server::with(options, |_| lsrepo_serve::RegistryImages::new());
    server.manifest("a", "x", &image("missing"));
}

#[test]
fn manifests_of_four_megabytes_are_taken_and_larger_ones_are_not() {
    let server = Server::pushing();
    server.image("a", "x", "layer");
    let mut manifest = image("layer");
    let pad = |manifest: &mut serde_json::Value, size: usize| {
        manifest["annotations"] = json!({"pad": ""});
        let short = manifest.to_string().len();
        manifest["annotations"] = json!({"pad": "x".repeat(size - short)});
        manifest.to_string()
    };
    for (size, status) in [(3_900_000, 201), (4 << 20, 201), ((4 << 20) + 1, 413), (5_000_000, 413)] {
        let text = pad(&mut manifest, size);
        assert_eq!(text.len(), size);
        assert_eq!(server.put("a", "large", &text, MANIFEST).status, status, "{size}");
        let ask = server.ask("PUT", "/v2/a/manifests/streamed").header("Content-Type", MANIFEST);
        let reply = ask.chunked(text.as_bytes(), 60_000).send();
        assert_eq!(reply.status, status, "{size}, of a length that was not said");
        if status == 413 {
            assert_eq!(reply.code(), "SIZE_INVALID");
        }
    }
    assert_eq!(server.get("/v2/a/manifests/large").body.len(), 4 << 20);
}

#[test]
fn one_push_sets_many_tags() {
    let server = Server::pushing();
    server.image("a", "x", "layer");
    let text = image("layer").to_string();
    for digest in [Digest::of(text.as_bytes()).to_string(), Sha512::of(text.as_bytes()).to_string()] {
        let tags: Vec<String> = (0..12).map(|n| format!("t{n}-{}", &digest[..6])).collect();
        let query: Vec<String> = tags.iter().map(|tag| format!("tag={tag}")).collect();
        let put = server.put("a", &format!("{digest}?{}", query.join("&")), &text, MANIFEST);
        assert_eq!((put.status, put.headers("oci-tag")), (201, tags.iter().map(String::as_str).collect::<Vec<_>>()));
        for tag in &tags {
            assert_eq!(server.get(&format!("/v2/a/manifests/{tag}")).header("docker-content-digest"), Some(digest.as_str()));
        }
        let many: Vec<String> = (0..500).map(|n| format!("tag=n{n}")).collect();
        assert_eq!(
            server.put("a", &format!("{digest}?{}", many.join("&")), &text, MANIFEST).error(),
            (414, "MANIFEST_INVALID".into())
        );
        let wrong = server.put("a", &format!("{digest}?tag=good&tag=-bad"), &text, MANIFEST);
        assert_eq!(wrong.error(), (400, "MANIFEST_INVALID".into()));
        assert_eq!(server.get("/v2/a/manifests/good").status, 404, "all tags or none");
    }
}

#[test]
fn a_manifest_may_be_named_by_its_sha512() {
    let server = Server::pushing();
    let text = index(&[]).to_string();
    let digest = Sha512::of(text.as_bytes()).to_string();
    let put = server.put("a", &digest, &text, INDEX);
    assert_eq!((put.status, put.header("docker-content-digest")), (201, Some(digest.as_str())));
    let got = server.get(put.header("location").unwrap());
    assert_eq!((got.text(), got.header("docker-content-digest")), (text, Some(digest.as_str())));
}

#[test]
fn whatever_an_image_may_be_is_taken() {
    let server = Server::pushing();
    server.image("a", "x", "layer");
    let empty = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let mut with_data = image("layer");
    with_data["config"]["data"] = json!("e30=");
    for (what, manifest) in [
        ("no layers", json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": []})),
        (
            "an artifact",
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "a/b", "config": empty, "layers": [empty]}),
        ),
        ("data in descriptors", with_data),
        (
            "fields of tomorrow",
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [], "new": {"a": [1]}}),
        ),
        ("an empty index", index(&[])),
        ("an index in an index", index(&[&index(&[&image("layer")])])),
        ("a typed index", json!({"schemaVersion": 2, "mediaType": INDEX, "artifactType": "a/b", "manifests": []})),
    ] {
        let digest = server.manifest("a", "", &manifest);
        assert_eq!(server.get(&format!("/v2/a/manifests/{digest}")).text(), manifest.to_string(), "{what}");
    }
}

#[test]
fn a_subject_is_heard_and_need_not_be_there() {
    let server = Server::pushing();
    let subject = descriptor(MANIFEST, b"not pushed");
    server.blob("a", b"{}");
    let empty = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let image = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [], "subject": subject});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": subject});
    for (manifest, media_type) in [(image, MANIFEST), (index, INDEX)] {
        let put = server.put("a", &Digest::of(manifest.to_string().as_bytes()).to_string(), &manifest.to_string(), media_type);
        assert_eq!((put.status, put.header("oci-subject")), (201, subject["digest"].as_str()));
    }
    assert_eq!(
        server.get(&format!("/v2/a/referrers/{}", subject["digest"].as_str().unwrap())).json()["manifests"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
