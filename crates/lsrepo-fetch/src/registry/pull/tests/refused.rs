use super::*;

fn said(registry: &Registry, tag: &str) -> String {
    let desk = Desk::new(registry);
    let error = desk.pull(&name(registry, tag)).unwrap_err();
    assert!(error.is_answer(), "{error}");
    error.to_string()
}

#[test]
fn what_is_no_image_is_refused_in_words() {
    let registry = Registry::new(Manner::default());
    assert!(said(&registry, ":none").contains("there is no such image"));
    let schema_1 = json!({"schemaVersion": 1, "name": "app", "fsLayers": [{"blobSum": "sha256:x"}], "history": []});
    manifest(&registry, "application/vnd.docker.distribution.manifest.v1+prettyjws", &schema_1, "old");
    assert!(said(&registry, ":old").contains("schema 1"), "{}", said(&registry, ":old"));
    let config = blob(&registry, media_type::IMAGE_CONFIG, b"{}");
    let both = json!({"schemaVersion": 2, "config": config, "layers": [], "manifests": []});
    manifest(&registry, media_type::MANIFEST, &both, "both");
    assert!(!said(&registry, ":both").is_empty());
    registry.put_manifest("app", "text", media_type::MANIFEST, b"<html>no</html>");
    assert!(said(&registry, ":text").starts_with(&name(&registry, ":text")));
    let sha512 = json!({"mediaType": LAYER, "digest": format!("sha512:{}", "a".repeat(128)), "size": 1});
    manifest(&registry, media_type::MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": [sha512]}), "sha512");
    assert!(said(&registry, ":sha512").contains("SHA-512"));
}

#[test]
fn a_platform_that_an_image_does_not_have_is_named_with_those_that_it_has() {
    let registry = Registry::new(Manner::default());
    index(&registry, &["amd64", "arm64"].map(|arch| image(&registry, arch, arch)), "1");
    let wanted = Wanted { platforms: vec!["linux/s390x".parse().unwrap()], foreign: false };
    let error = Desk::new(&registry).pull_as(&PullRequest { wanted, ..Desk::request(&name(&registry, ":1")) }).unwrap_err();
    assert!(error.to_string().ends_with("it has nothing for linux/s390x (it has: linux/amd64, linux/arm64)"), "{error}");
}

#[test]
fn a_registry_that_sends_something_else_is_not_believed() {
    let registry = Registry::new(Manner::default());
    let child = image(&registry, "amd64", "child");
    index(&registry, std::slice::from_ref(&child), "1");
    registry.fault("GET", "/manifests/sha256:", Fault::Corrupt, 9);
    assert!(said(&registry, ":1").contains("the registry sent something else"));
    let registry = Registry::new(Manner::default());
    image(&registry, "amd64", "1");
    let other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    registry.fault("GET", "/manifests/1", Fault::Header("docker-content-digest", other), 9);
    assert!(said(&registry, ":1").contains("the registry sent something else"));
    // A size that is not that of the bytes.
    let mut lies = image(&registry, "amd64", "x");
    lies["size"] = json!(7);
    index(&registry, &[lies], "lies");
    assert!(said(&registry, ":lies").contains("and is listed with 7"));
}

#[test]
fn a_manifest_without_an_end_is_not_read_to_its_end() {
    let registry = Registry::new(Manner::default());
    registry.put_manifest("app", "1", media_type::MANIFEST, &vec![b' '; 5 << 20]);
    assert!(said(&registry, ":1").contains("more than 4194304 bytes"), "{}", said(&registry, ":1"));
    let child = json!({"mediaType": media_type::MANIFEST, "digest": format!("sha256:{}", "a".repeat(64)), "size": 5 << 20});
    index(&registry, &[child], "large");
    let before = registry.log().len();
    assert!(!said(&registry, ":large").is_empty());
    assert_eq!(registry.log().len(), before + 1, "it is not even asked for");
}

#[test]
fn a_password_goes_to_its_host_alone() {
    let blobs = Registry::new(Manner::default());
    let registry = Registry::new(Manner {
        login: Some(("me:secret", false)),
        elsewhere: Some(format!("http://{}", blobs.host)),
        ..Manner::default()
    });
    image(&registry, "amd64", "1");
    image(&blobs, "amd64", "1");
    let mut desk = Desk::new(&registry);
    let refused = desk.pull(&name(&registry, ":1")).unwrap_err().to_string();
    assert!(refused.contains("hint: log in first"), "{refused}");
    desk.options.logins.insert(registry.host.parse().unwrap(), Login::Password { user: "me".into(), password: "secret".into() });
    let pulled = desk.pull(&name(&registry, ":1")).unwrap();
    desk.fetch(&pulled).unwrap();
    let elsewhere = blobs.asked();
    assert!(!elsewhere.is_empty() && elsewhere.iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn a_token_that_lasts_is_exchanged_for_others() {
    let registry = Registry::new(Manner { login: Some(("me:secret", true)), identity: Some("long"), ..Manner::default() });
    image(&registry, "amd64", "1");
    let mut desk = Desk::new(&registry);
    for (identity, good) in [("long", true), ("other", false)] {
        desk.options.logins.insert(registry.host.parse().unwrap(), Login::Identity(identity.into()));
        assert_eq!(desk.pull(&name(&registry, ":1")).is_ok(), good, "{identity}");
    }
    assert!(registry.log().contains(&"POST /token".to_owned()));
}
