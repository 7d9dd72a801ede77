//! Container images as a person carries them: by name, for some platforms, with what refers to them.

use crate::{
    desk::{Desk, Said},
    registry::Registry,
    upstream::Upstream,
};
use lsrepo_bom::{Lock, lock::PlatformLock};
use lsrepo_oci::media_type;
use serde_json::{Value, json};
use std::{fs, process::Stdio};

fn prepare(desk: &Desk, words: &[&str]) -> Said {
    desk.near(&[&["prepare", "--os", "debian-12", "--arch", "amd64"], words].concat())
}

fn locked(desk: &Desk) -> Vec<PlatformLock> {
    Lock::parse(&fs::read_to_string(desk.path("lsrepo.lock")).unwrap()).unwrap().platforms
}

fn digest(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().unwrap()
}

#[test]
fn an_image_goes_over_the_gap_with_its_digest() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let index = registry.index("org/app", &["1"]);
    let name = format!("{}/org/app:1", registry.host);
    let said = prepare(&desk, &["--image", &name, "--dry-run"]).well();
    assert!(said.contains(&format!("{name}: {}", digest(&index))), "{said}");
    assert!(!desk.path("lsrepo.lock").exists());
    let said = prepare(&desk, &["--image", &name]).well();
    assert!(said.starts_with("debian-12/x86_64: 1 image, "), "{said}");
    assert_eq!(locked(&desk)[0].images[0].digest.to_string(), digest(&index));
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.far(&["import", "b.tar.zst", "--trust-on-first-use"]).well();
    // An index, two manifests, two configs, the common layer and that of amd64; a lock, records and a set.
    assert_eq!(desk.blobs("far"), 10);
    // What came over can be carried on.
    desk.far(&["export", "-o", "onward.tar.zst"]).well();
    desk.run("farther", &["import", "onward.tar.zst", "--trust-on-first-use"]).well();
    assert_eq!(desk.blobs("farther"), 10);
}

#[test]
fn a_tag_that_did_not_move_costs_one_request_and_a_digest_that_is_here_none() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.index("app", &["1"]);
    let name = format!("{}/app:1", registry.host);
    let words = ["--image", &name, "--no-referrers"];
    prepare(&desk, &words).well();
    registry.asked();
    prepare(&desk, &words).well();
    desk.near(&["prepare", "--locked"]).well();
    assert_eq!(registry.asked(), Vec::<String>::new());
    prepare(&desk, &[&words[..], &["--update"]].concat()).well();
    assert_eq!(registry.asked(), ["HEAD /v2/app/manifests/1"]);
    let pinned = format!("{}/app@{}", registry.host, locked(&desk)[0].images[0].digest);
    prepare(&desk, &["--image", &pinned, "--no-referrers"]).well();
    assert_eq!(registry.asked(), Vec::<String>::new());
}

#[test]
fn a_tag_that_moved_is_seen_when_it_is_to_be_updated() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let old = registry.index("app", &["1"]);
    registry.image("other", "amd64", &["1"]);
    let (name, other) = (format!("{}/app:1", registry.host), format!("{}/other:1", registry.host));
    prepare(&desk, &["--image", &name]).well();
    let new = registry.image("app", "amd64", &["1"]);
    let is = || locked(&desk)[0].images[0].digest.to_string();
    prepare(&desk, &["--image", &name, "--image", &other]).well();
    assert_eq!(is(), digest(&old), "another image was added, and this one stays");
    prepare(&desk, &["--image", &name, "--image", &other, "--update", &other]).well();
    assert_eq!(is(), digest(&old));
    prepare(&desk, &["--image", &name, "--image", &other, "--update", &name]).well();
    assert_eq!(is(), digest(&new));
    prepare(&desk, &["--image", &name, "--update", "ap"]).badly(1, &["`ap` is not in the lock"]);
}

#[test]
fn a_lock_fetches_the_same_image_though_the_tag_moved() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let old = registry.index("app", &["1"]);
    let signature = registry.signature("app", &old);
    let name = format!("{}/app:1", registry.host);
    prepare(&desk, &["--image", &name]).well();
    let before = fs::read(desk.path("lsrepo.lock")).unwrap();
    registry.image("app", "amd64", &["1"]);
    fs::remove_dir_all(desk.path("near")).unwrap();
    registry.asked();
    desk.near(&["prepare", "--locked"]).well();
    assert_eq!(fs::read(desk.path("lsrepo.lock")).unwrap(), before);
    let has = |one: &Value| desk.path("near/blobs/sha256").join(digest(one).trim_start_matches("sha256:")).is_file();
    assert!(has(&old) && has(&signature));
    assert!(registry.asked().iter().all(|asked| !asked.starts_with("GET /v2/app/manifests/1")), "by digest alone");
}

#[test]
fn platforms_share_one_digest_and_take_their_own_layers() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.index("app", &["1"]);
    let name = format!("{}/app:1", registry.host);
    desk.near(&["prepare", "--os", "debian-12", "--arch", "amd64,arm64", "--image", &name, "--no-referrers"]).well();
    let asked = registry.asked();
    assert_eq!(asked.iter().filter(|asked| asked.contains("/manifests/1")).count(), 1, "{asked:?}");
    let once: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "nothing is asked for twice: {asked:?}");
    desk.near(&["export", "-o", "arm.tar.zst", "--arch", "arm64"]).well();
    desk.far(&["import", "arm.tar.zst", "--trust-on-first-use"]).well();
    // All manifests and configs, and the layers of arm64 alone.
    assert_eq!(desk.blobs("far"), 10);
    let all = Desk::new();
    prepare(&all, &["--image", &name, "--all-platforms"]).well();
    assert_eq!(all.blobs("near"), 11);
}

#[test]
fn signatures_travel_unless_they_are_left() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let index = registry.index("app", &["1"]);
    let signature = registry.signature("app", &index);
    let name = format!("{}/app:1", registry.host);
    prepare(&desk, &["--image", &name]).well();
    let image = locked(&desk)[0].images[0].clone();
    assert_eq!(image.referrers[0].digest.to_string(), digest(&signature));
    assert!(image.referrers[0].tag.as_ref().unwrap().ends_with(".sig"));
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.far(&["import", "b.tar.zst", "--trust-on-first-use"]).well();
    // A manifest, a config and a payload more.
    assert_eq!(desk.blobs("far"), 13);
    prepare(&desk, &["--image", &name, "--no-referrers"]).well();
    assert_eq!(locked(&desk)[0].images[0].referrers, []);
}

#[test]
fn what_nobody_signed_is_not_taken_where_a_key_is_named() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.index("app", &["1"]);
    let name = format!("{}/app:1", registry.host);
    let words = ["--image", &name, "--verify-key", "cosign.pub"];
    prepare(&desk, &words).badly(2, &["cosign.pub"]);
    fs::write(desk.path("cosign.pub"), "no key").unwrap();
    prepare(&desk, &words).badly(2, &["cosign.pub", "hint: cosign writes"]);
    let key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";
    fs::write(desk.path("cosign.pub"), key).unwrap();
    prepare(&desk, &words).badly(1, &["bears no signature of cosign", "hint: leave --verify-key out"]);
    assert_eq!((desk.blobs("near"), desk.path("lsrepo.lock").exists()), (0, false));
}

#[test]
fn all_that_cannot_be_had_is_said_at_once() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.image("app", "amd64", &["1"]);
    let host = &registry.host;
    let names = [format!("{host}/none:1"), format!("{host}/app:2"), format!("{host}/app:1")];
    desk.near(&["prepare", "--os", "debian-12", "--arch", "arm64", "--image", &names.join(",")]).badly(
        1,
        &[
            &format!("debian-12/arm64: {host}/none:1: there is no such image"),
            &format!("debian-12/arm64: {host}/app:2: there is no such image"),
            &format!("debian-12/arm64: {host}/app:1: it has nothing for linux/arm64 (it has: linux/amd64)"),
        ],
    );
    let absent = format!("{host}/app@sha256:{}", "a".repeat(64));
    prepare(&desk, &["--image", &absent]).badly(1, &["there is no such image"]);
    prepare(&desk, &["--image", "A//b"]).badly(2, &["A//b"]);
}

#[test]
fn packages_and_images_are_one_stack() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.index("app", &["1"]);
    let upstream = Upstream::new().add("shop", "1", "").publish();
    let (line, name) = (upstream.line(), format!("{}/app:1", registry.host));
    fs::write(desk.path("wishes.txt"), format!("[packages]\nshop\n[images]\n{name}\n")).unwrap();
    let words = ["--base", "none", "--source", &line, "--requirements", "wishes.txt"];
    let said = prepare(&desk, &words).well();
    assert!(said.starts_with("debian-12/x86_64: 1 packages, 1 image, "), "{said}");
    // An image more, and no index is asked again.
    fs::remove_dir_all(upstream.path().join("dists")).unwrap();
    registry.image("more", "amd64", &["1"]);
    let more = format!("{}/more:1", registry.host);
    let said = prepare(&desk, &[&words[..], &["--image", &more]].concat()).well();
    assert!(said.starts_with("debian-12/x86_64: 1 packages, 2 images, "), "{said}");
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.far(&["import", "b.tar.zst", "--trust-on-first-use"]).well();
    let said = desk.near(&["resolve", "--image", &name]).well();
    assert!(said.contains(&format!("image {name}\n")), "{said}");
}

#[test]
fn a_run_that_was_killed_in_the_middle_of_a_layer_goes_on_there() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let layer: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let config = registry.blob("app", media_type::IMAGE_CONFIG, br#"{"os": "linux", "architecture": "amd64"}"#);
    let layer = registry.blob("app", "application/vnd.oci.image.layer.v1.tar+gzip", &layer);
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    registry.manifest("app", media_type::MANIFEST, &manifest, &["1"]);
    let path = format!("/v2/app/blobs/{}", digest(&layer));
    let parked = registry.park(&path, 2_000_000);
    let name = format!("{}/app:1", registry.host);
    let words = ["prepare", "--os", "debian-12", "--arch", "amd64", "--image", &name];
    let mut child = desk.command("near", &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    parked.recv().unwrap();
    // Until the most of it is on the disk.
    let written = || -> u64 {
        let files = fs::read_dir(desk.path("near/tmp")).into_iter().flatten().flatten();
        files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
    };
    while written() < 1_000_000 {
        assert!(child.try_wait().unwrap().is_none(), "it waits for the rest");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    registry.asked();
    desk.near(&words).well();
    let asked = registry.asked();
    let again: Vec<&String> = asked.iter().filter(|asked| asked.contains(digest(&layer))).collect();
    let [again] = again[..] else { panic!("{asked:?}") };
    let from: u64 = again.rsplit_once(" from ").unwrap().1.parse().unwrap();
    assert!((1_000_000..=2_000_000).contains(&from), "{again}");
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.far(&["import", "b.tar.zst", "--trust-on-first-use"]).well();
}

#[test]
fn logins_are_those_that_other_tools_know() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.image("app", "amd64", &["1"]);
    registry.wants("Basic bWU6c2VjcmV0");
    let name = format!("{}/app:1", registry.host);
    let words = ["prepare", "--os", "debian-12", "--arch", "amd64", "--dry-run", "--image", &name];
    // Nothing of this machine's own.
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = desk.command("near", &words);
        for variable in ["REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"] {
            command.env_remove(variable);
        }
        command.env("HOME", desk.path("")).args(more).envs(variables.iter().copied());
        Said::of(command.output().unwrap())
    };
    run(&[], &[]).badly(1, &["refuses app/manifests/1", "hint: log in first"]);
    let auths = |auth: &str| format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, registry.host);
    fs::write(desk.path("auth.json"), auths("bWU6c2VjcmV0")).unwrap();
    run(&["--authfile", "auth.json"], &[]).well();
    run(&[], &[("REGISTRY_AUTH_FILE", "auth.json")]).well();
    fs::create_dir_all(desk.path(".docker")).unwrap();
    fs::create_dir_all(desk.path("docker")).unwrap();
    fs::write(desk.path(".docker/config.json"), auths("bWU6c2VjcmV0")).unwrap();
    run(&[], &[]).well();
    fs::write(desk.path("docker/config.json"), auths("bWU6d3Jvbmc=")).unwrap();
    run(&[], &[("DOCKER_CONFIG", "docker")]).badly(1, &["refuses app/manifests/1"]);
    fs::write(desk.path("docker/config.json"), "{").unwrap();
    run(&[], &[("DOCKER_CONFIG", "docker")]).badly(2, &["docker/config.json", "line 1"]);
    run(&["--authfile", "none.json"], &[]).badly(2, &["none.json"]);

    // A program that keeps it.
    let helper = desk.path("bin/docker-credential-test");
    fs::create_dir_all(desk.path("bin")).unwrap();
    let script = r#"#!/bin/sh
read -r host
[ "$host" = "$EXPECTED" ] || { echo 'credentials not found in native keychain'; exit 1; }
echo '{"ServerURL": "x", "Username": "me", "Secret": "secret"}'
"#;
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::write(desk.path("docker/config.json"), r#"{"credsStore": "test"}"#).unwrap();
    let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap());
    run(&[], &[("DOCKER_CONFIG", "docker"), ("PATH", &path), ("EXPECTED", &registry.host)]).well();
    run(&[], &[("DOCKER_CONFIG", "docker"), ("PATH", &path), ("EXPECTED", "other")]).badly(1, &["hint: log in first"]);
    fs::write(desk.path("docker/config.json"), r#"{"credsStore": "absent"}"#).unwrap();
    run(&[], &[("DOCKER_CONFIG", "docker")]).badly(2, &["docker-credential-absent"]);
}

#[test]
fn mirrors_are_those_that_podman_knows() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.image("hub/library/app", "amd64", &["1"]);
    let conf = format!("[[registry]]\nlocation = \"docker.io\"\n[[registry.mirror]]\nlocation = \"{}/hub\"\n", registry.host);
    fs::write(desk.path("registries.conf"), conf).unwrap();
    let mut command =
        desk.command("near", &["prepare", "--os", "debian-12", "--arch", "amd64", "--image", "app:1", "--no-referrers"]);
    Said::of(command.env("CONTAINERS_REGISTRIES_CONF", desk.path("registries.conf")).output().unwrap()).well();
    assert_eq!(locked(&desk)[0].images[0].reference, "docker.io/library/app:1");
    let blocked = "[[registry]]\nprefix = \"docker.io/library\"\nblocked = true\n";
    fs::write(desk.path("registries.conf"), blocked).unwrap();
    let mut command = desk.command("other", &["prepare", "--os", "debian-13", "--arch", "amd64", "--image", "app:1"]);
    let said = Said::of(command.env("CONTAINERS_REGISTRIES_CONF", desk.path("registries.conf")).output().unwrap());
    said.badly(1, &["docker.io/library/app:1", "registries.conf of this machine blocks it"]);
}
