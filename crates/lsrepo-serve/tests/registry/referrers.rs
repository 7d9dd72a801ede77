//! What refers to an image. Specification: "Listing Referrers", "Referrers Tag Schema".

use crate::{
    images,
    server::{INDEX, MANIFEST, Server, descriptor, index},
};
use lsrepo_oci::AnyDigest;
use lsrepo_serve::RegistryImages;
use lsrepo_types::{Digest, Sha512};
use serde_json::{Value, json};

/// A manifest that refers to something.
fn signature(subject: &Value, artifact_type: Option<&str>, note: &str) -> Value {
    let config = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [], "subject": subject, "annotations": {"note": note}});
    if let Some(artifact_type) = artifact_type {
        manifest["artifactType"] = json!(artifact_type);
    }
    manifest
}

fn list(server: &Server, name: &str, subject: &str, query: &str) -> Vec<Value> {
    let reply = server.get(&format!("/v2/{name}/referrers/{subject}{query}"));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(INDEX)), "{}", reply.text());
    let json = reply.json();
    assert_eq!((&json["schemaVersion"], &json["mediaType"]), (&json!(2), &json!(INDEX)));
    json["manifests"].as_array().unwrap().clone()
}

#[test]
fn without_referrers_the_list_is_empty_and_never_missing() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    assert!(list(&server, "a", &digest, "").is_empty());
    assert!(list(&server, "nobody", &digest, "").is_empty());
    assert!(list(&server, "nobody", &Sha512::of(b"x").to_string(), "").is_empty());
    assert_eq!(server.get("/v2/a/referrers/sha256:baddigeststring").error(), (400, "DIGEST_INVALID".into()));
}

#[test]
fn a_referrer_is_listed_with_its_type_and_all_its_annotations() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    let subject = json!({"mediaType": MANIFEST, "digest": digest, "size": 1});
    let typed = signature(&subject, Some("application/vnd.example.sig"), "one");
    let untyped = signature(&subject, None, "two");
    let listing =
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": subject, "annotations": {"note": "three"}});
    for manifest in [&typed, &untyped, &listing] {
        server.manifest("a", "", manifest);
    }
    let found = list(&server, "a", &digest, "");
    assert_eq!(found.len(), 3);
    let of = |manifest: &Value| {
        let digest = json!(Digest::of(manifest.to_string().as_bytes()).to_string());
        found.iter().find(|one| one["digest"] == digest).unwrap()
    };
    assert_eq!(of(&typed)["artifactType"], "application/vnd.example.sig");
    assert_eq!(of(&untyped)["artifactType"], "application/vnd.oci.empty.v1+json");
    assert_eq!(of(&listing).get("artifactType"), None);
    assert_eq!((&of(&typed)["mediaType"], &of(&listing)["mediaType"]), (&json!(MANIFEST), &json!(INDEX)));
    assert_eq!((&of(&typed)["size"], &of(&typed)["annotations"]), (&json!(typed.to_string().len()), &json!({"note": "one"})));
    server.ask("DELETE", &format!("/v2/a/manifests/{}", of(&typed)["digest"].as_str().unwrap())).send();
    assert_eq!(list(&server, "a", &digest, "").len(), 2);
}

#[test]
fn a_list_can_be_of_one_type() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    let subject = json!({"mediaType": MANIFEST, "digest": digest, "size": 1});
    for (artifact_type, note) in [("a/sig+json", "1"), ("a/sig+json", "2"), ("a/sbom", "3")] {
        server.manifest("a", "", &signature(&subject, Some(artifact_type), note));
    }
    for (query, count) in
        [("?artifactType=a/sig%2Bjson", 2), ("?artifactType=a/sig+json", 2), ("?artifactType=a%2Fsbom", 1), ("?artifactType=x", 0)]
    {
        assert_eq!(list(&server, "a", &digest, query).len(), count, "{query}");
        let reply = server.get(&format!("/v2/a/referrers/{digest}{query}"));
        assert_eq!(reply.header("oci-filters-applied"), Some("artifactType"));
    }
    assert_eq!(server.get(&format!("/v2/a/referrers/{digest}")).header("oci-filters-applied"), None);
}

#[test]
fn a_list_too_long_for_one_answer_leads_to_the_rest() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    let subject = json!({"mediaType": MANIFEST, "digest": digest, "size": 1});
    for n in 0..5 {
        server.manifest("a", "", &signature(&subject, Some("a/b"), &format!("{n}{}", "x".repeat(1_500_000))));
    }
    let mut path = format!("/v2/a/referrers/{digest}?artifactType=a/b");
    let mut found = Vec::new();
    let mut parts = 0;
    loop {
        let reply = server.get(&path);
        assert!(reply.body.len() <= 4 << 20);
        found.extend(reply.json()["manifests"].as_array().unwrap().iter().map(|one| one["digest"].clone()));
        parts += 1;
        let Some(link) = reply.header("link") else { break };
        assert!(link.contains("artifactType=a/b") && link.ends_with("; rel=\"next\""), "{link}");
        path = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    let different: std::collections::HashSet<_> = found.iter().collect();
    assert_eq!((parts, found.len(), different.len()), (3, 5, 5));
}

#[test]
fn those_under_the_tag_that_stands_for_the_list_are_in_the_list_too() {
    let server = Server::pushing();
    let digest = server.image("a", "1", "layer");
    let subject = json!({"mediaType": MANIFEST, "digest": digest, "size": 1});
    let mut without_subject = signature(&subject, Some("a/old"), "by tag");
    without_subject.as_object_mut().unwrap().remove("subject");
    server.manifest("a", "", &without_subject);
    let not_here = signature(&subject, Some("a/b"), "never pushed");
    server.manifest("a", "", &signature(&subject, Some("a/new"), "by its word"));
    server.manifest("a", &digest.replace(':', "-"), &index(&[&without_subject, &not_here]));
    let types: Vec<Value> = list(&server, "a", &digest, "").iter().map(|one| one["artifactType"].clone()).collect();
    assert!(types.len() == 2 && types.contains(&json!("a/old")) && types.contains(&json!("a/new")), "{types:?}");
    // a SHA-512 is cut to 64 digits in that tag
    let long = AnyDigest::Sha512(Sha512::of(b"x"));
    server.manifest("a", &long.referrers_tag(), &index(&[&without_subject]));
    assert_eq!(list(&server, "a", &long.to_string(), "").len(), 1);
    assert_eq!(server.get(&format!("/v2/a/manifests/{}", long.referrers_tag())).status, 200, "it is a tag all the same");
}

#[test]
fn what_travelled_with_an_imported_image_is_listed_and_its_tags_stay_tags() {
    let mut digest = String::new();
    let server = Server::showing(|store| {
        store.put(b"{}").unwrap();
        let root = images::single(store, "amd64", "layer", true);
        digest = root["digest"].as_str().unwrap().to_owned();
        let mut image = images::found(store, "up.test/app:1", &root);
        let by_word = images::document(store, MANIFEST, &signature(&root, Some("a/sbom"), "by its word"));
        let mut cosign = signature(&root, Some("a/cosign"), "cosign");
        cosign.as_object_mut().unwrap().remove("subject");
        let cosign = images::document(store, MANIFEST, &cosign);
        let old = images::document(store, MANIFEST, &signature(&root, Some("a/old"), "by tag"));
        let listing = images::document(store, INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [old]}));
        let tag = digest.replace(':', "-");
        image.referrers = vec![
            images::referrer(store, None, &by_word),
            images::referrer(store, Some(&format!("{tag}.sig")), &cosign),
            images::referrer(store, Some(&tag), &listing),
        ];
        let mut images = RegistryImages::new();
        images.add(&image, store).unwrap();
        images
    });
    let found = list(&server, "up.test/app", &digest, "");
    let types: Vec<&str> = found.iter().map(|one| one["artifactType"].as_str().unwrap()).collect();
    assert!(types.len() == 2 && types.contains(&"a/sbom") && types.contains(&"a/old"), "{types:?}");
    let tag = digest.replace(':', "-");
    assert_eq!(server.get("/v2/app/tags/list").json()["tags"], json!(["1", tag, format!("{tag}.sig")]));
    assert_eq!(server.get(&format!("/v2/app/manifests/{tag}.sig")).json()["artifactType"], "a/cosign");
}
