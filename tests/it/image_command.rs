//! Images that are in a store: listed, served, written for container tools, pushed on, with the bundle itself among them.

use crate::{
    desk::{Desk, Server},
    registry::Registry,
    upstream::Upstream,
};
use serde_json::Value;
use std::fs;

/// A near side with two images, one of them for two platforms and signed.
fn stocked() -> (Desk, Registry, Value) {
    let (desk, registry) = (Desk::new(), Registry::new());
    let index = registry.index("org/app", &["1"]);
    registry.signature("org/app", &index);
    registry.image("other", "amd64", &["2"]);
    let host = registry.host.clone();
    let images = ["--image", &format!("{host}/org/app:1"), "--image", &format!("{host}/other:2")].map(str::to_owned);
    let words: Vec<&str> =
        ["prepare", "--os", "debian-12", "--arch", "amd64"].into_iter().chain(images.iter().map(String::as_str)).collect();
    desk.near(&words).well();
    (desk, registry, index)
}

fn digest(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().unwrap()
}

#[test]
fn what_is_carried_is_listed() {
    let (desk, registry, index) = stocked();
    let said = desk.near(&["image", "list"]).well();
    let words =
        [&format!("{}/org/app:1", registry.host), digest(&index), "linux/amd64, ", "1 that refer to it, for debian-12/x86_64"];
    assert!(words.iter().all(|word| said.contains(*word)), "{said}");
    // The layers of the other platform join.
    let name = format!("{}/org/app:1", registry.host);
    desk.near(&["prepare", "--os", "debian-13", "--arch", "arm64", "--image", &name]).well();
    let said = desk.near(&["image", "list"]).well();
    assert!(said.contains("linux/amd64 linux/arm64, ") && said.contains("for debian-12/x86_64 debian-13/arm64"), "{said}");
    let rows: Value = serde_json::from_str(&desk.near(&["image", "list", "-o", "json"]).well()).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(desk.far(&["image", "list"]).well(), "");
}

#[test]
fn a_server_shows_them_and_takes_nothing() {
    let (desk, registry, index) = stocked();
    let server = Server::start(&desk, "near");
    let path = "/v2/org/app/manifests/1";
    let (head, body) = server.ask("GET", path, "");
    assert!(head.contains(digest(&index)) && head.contains("application/vnd.oci.image.index.v1+json"), "{head}");
    let ns = registry.host.replace(':', "%3A");
    assert_eq!(server.get(&format!("{path}?ns={ns}")), body);
    assert!(server.ask("GET", &format!("{path}?ns=elsewhere.example"), "").0.starts_with("HTTP/1.1 404"));
    assert!(server.ask("POST", "/v2/org/app/blobs/uploads/", "Content-Length: 0\r\n").0.starts_with("HTTP/1.1 405"));
    let page = String::from_utf8(server.get("/")).unwrap();
    assert!(page.contains("href=\"/images/\"") && page.contains("/org/app:1</code></pre>"), "{page}");
    let image = String::from_utf8(server.get(&format!("/images/{ns}/org/app"))).unwrap();
    assert!(
        image.contains(&format!("{}/org/app:1</code></pre>", server.address)),
        "a name with a port in it cannot be pulled: {image}"
    );
    assert!(!page.contains("Set up a host"), "no package is served, and no repository");
}

#[test]
fn files_for_container_tools_are_written() {
    let (desk, _registry, index) = stocked();
    desk.near(&["image", "export", "org/app:1", "-o", "app.tar"]).well();
    let names = |file: &str| -> Vec<String> {
        let mut tar = tar::Archive::new(fs::File::open(desk.path(file)).unwrap());
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    };
    let root = format!("blobs/sha256/{}", digest(&index).trim_start_matches("sha256:"));
    assert!(names("app.tar").contains(&root));
    desk.near(&["image", "export", "app", "other", "--format", "docker-archive", "-o", "two.tar"]).well();
    assert!(names("two.tar").contains(&"manifest.json".to_owned()));
    desk.near(&["image", "export", "app", "--platform", "linux/arm64", "-o", "arm.tar"]).badly(1, &["linux/arm64"]);
    assert!(!desk.path("arm.tar").exists());
    desk.near(&["image", "export", "ap", "-o", "x.tar"]).badly(1, &["`ap` is not in the store", "hint: "]);
}

#[test]
fn images_go_into_another_registry_once() {
    let (desk, registry, index) = stocked();
    let server = Server::start_with(&desk, "far", &["--allow-push", "--anonymous-push", "--accept-missing-layers"]);
    let to = format!("{}/team", server.address);
    let said = desk.near(&["image", "push", "--all", &to, "--dry-run"]).well();
    assert!(said.contains(&format!("{}/org/app:1 → {to}/org/app:1\n", registry.host)), "{said}");
    assert!(server.ask("GET", "/v2/team/org/app/manifests/1", "").0.starts_with("HTTP/1.1 404"));
    desk.near(&["image", "push", "--all", &to]).well();
    let (head, _) = server.ask("GET", "/v2/team/org/app/manifests/1", "");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains(digest(&index)), "{head}");
    let tag = format!("{}.sig", digest(&index).replace(':', "-"));
    server.get(&format!("/v2/team/org/app/manifests/{tag}"));
    let said = desk.near(&["image", "push", "--all", &to]).well();
    assert_eq!(said.matches(": was there").count(), 2, "{said}");
    desk.near(&["image", "push", "other", &server.address, "--keep-host"]).well();
    server.get("/v2/127.0.0.1/other/manifests/2");
    desk.near(&["image", "push", &to]).badly(2, &["which images?", "--all"]);
    desk.near(&["image", "push", "--all", "other", &to]).badly(2, &["not both"]);
}

#[test]
fn a_registry_that_wants_every_layer_says_what_can_go() {
    let (desk, _registry, _) = stocked();
    let server = Server::start_with(&desk, "far", &["--allow-push", "--anonymous-push"]);
    desk.near(&["image", "push", "app", &server.address]).badly(1, &["linux/amd64", "--platform linux/amd64"]);
    desk.near(&["image", "push", "app", &server.address, "--platform", "linux/amd64"]).well();
    server.get("/v2/org/app/manifests/1");
}

#[test]
fn a_bundle_lies_in_a_registry_as_well_as_in_a_file() {
    let desk = Desk::new();
    let upstream = Upstream::new().add("shop", "1", "").publish();
    let registry = Registry::new();
    registry.index("app", &["1"]);
    let (line, name) = (upstream.line(), format!("{}/app:1", registry.host));
    let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
    desk.near(&[&fixed[..], &["--package", "shop", "--image", &name]].concat()).well();
    let server = Server::start_with(&desk, "between", &["--allow-push", "--anonymous-push"]);
    let bundle = format!("oci://{}/stacks/shop:1", server.address);
    desk.near(&["export", "-o", &bundle]).well();
    desk.near(&["export", "-o", &bundle]).well();
    desk.far(&["import", &bundle]).badly(1, &["not trusted", "--trust-on-first-use"]);
    assert_eq!(desk.blobs("far"), 0);
    let said = desk.far(&["import", &bundle, "--trust-on-first-use", "--dry-run"]).well();
    assert!(said.contains("debian-12-x86_64--command-line") && said.contains("to add: 10 blobs"), "{said}");
    assert_eq!(desk.blobs("far"), 0);
    desk.far(&["import", &bundle, "--trust-on-first-use"]).well();
    // The same as by a file.
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.run("other", &["import", "b.tar.zst", "--trust-on-first-use"]).well();
    assert_eq!(desk.blobs("far"), desk.blobs("other"));
    desk.far(&["image", "list"]).well().contains("app:1").then_some(()).unwrap();
    let said = desk.far(&["import", &bundle]).well();
    assert_eq!(said, "");
    desk.far(&["import", &format!("oci://{}/stacks/none:1", server.address)]).badly(1, &["there is no such bundle"]);
    desk.far(&["import", &format!("oci://{name}")]).badly(1, &["this is no bundle", "prepare --image"]);
    desk.far(&["import", "oci://shop:1"]).badly(2, &["names no registry"]);
    assert!(desk.far(&["inspect", &bundle]).well().contains("signed by "));
    assert!(desk.far(&["ls", &bundle]).well().contains("images/"));
}

#[test]
fn who_may_push_has_to_be_said() {
    let desk = Desk::new();
    desk.far(&["serve", "--allow-push"]).badly(2, &["who may push?", "--users FILE"]);
    fs::write(desk.path("users"), "# nobody\n").unwrap();
    desk.far(&["serve", "--allow-push", "--htpasswd", "users"]).badly(2, &["nobody could push"]);
    fs::write(desk.path("users"), "me:plain\n").unwrap();
    desk.far(&["serve", "--allow-push", "--htpasswd", "users"]).badly(2, &["users", "htpasswd -B"]);
}

#[test]
fn clients_are_told_what_to_write() {
    let (desk, registry, _) = stocked();
    let said = desk.near(&["serve", "--print-config", "podman", "--url", "http://jump.example:8080"]).well();
    assert!(said.contains(&format!("prefix = \"{}\"", registry.host)) && said.contains("jump.example:8080"), "{said}");
    let said = desk.far(&["serve", "--print-config", "docker"]).well();
    assert!(said.contains("http://127.0.0.1:8080"), "{said}");
    desk.far(&["serve", "--print-config", "dokcer"]).badly(2, &["dokcer"]);
    desk.far(&["serve", "--print-config", "docker", "--listen", "0.0.0.0:80"]).badly(2, &["--url http://HOST:80"]);
}

#[test]
fn what_nothing_needs_goes_and_nothing_else() {
    let (desk, registry, _) = stocked();
    assert!(desk.near(&["gc", "--grace", "0s"]).well().starts_with("removed 0 blobs"));
    // The image that is no longer wanted is still shown, until something else was.
    desk.near(&["prepare", "--os", "debian-12", "--arch", "amd64", "--image", &format!("{}/org/app:1", registry.host)]).well();
    assert!(desk.near(&["gc"]).well().starts_with("removed 0 blobs"), "it is young");
    let said = desk.near(&["gc", "--grace", "0s", "--dry-run"]).well();
    assert!(said.starts_with("would remove ") && !said.contains(" 0 blobs"), "{said}");
    let all = desk.blobs("near");
    desk.near(&["gc", "--grace", "0s"]).well();
    assert!(desk.blobs("near") < all);
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    registry.asked();
    desk.near(&["prepare", "--locked"]).well();
    assert_eq!(registry.asked(), Vec::<String>::new());
}

#[test]
fn of_two_digests_a_tag_stands_for_the_later_one() {
    let (desk, registry) = (Desk::new(), Registry::new());
    registry.index("app", &["1"]);
    let name = format!("{}/app:1", registry.host);
    let prepare = |os: &str| desk.near(&["prepare", "--os", os, "--arch", "amd64", "--image", &name]).well();
    prepare("debian-13");
    let later = registry.image("app", "amd64", &["1"]);
    // The date of a lock has seconds: the earlier one is made a day older.
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    let line = lock.lines().find(|line| line.starts_with("date = ")).unwrap().to_owned();
    fs::write(desk.path("lsrepo.lock"), lock.replace(&line, "date = \"2026-01-01T00:00:00Z\"")).unwrap();
    desk.near(&["prepare", "--locked"]).well();
    prepare("debian-12");
    let server = Server::start(&desk, "near");
    assert!(server.ask("GET", "/v2/app/manifests/1", "").0.contains(digest(&later)));
    let said = desk.near(&["image", "list"]).well();
    assert_eq!(said.matches(&name).count(), 2, "{said}");
    desk.near(&["image", "export", "app:1", "-o", "x.tar"]).badly(2, &["may be one of several", digest(&later)]);
}
