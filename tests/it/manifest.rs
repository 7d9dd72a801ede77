//! What whoever decides over a bundle gets to read: everything in it, and who vouches for it.

use crate::{
    desk::{Desk, Said},
    registry::Registry,
    repository::Repository,
    upstream::Upstream,
};
use lsrepo_types::Digest;
use serde_json::Value;
use std::fs::{self, File};

fn shop() -> Upstream {
    Upstream::new().add("shop", "2.0", "Depends: till\n").add("till", "1.5", "").publish()
}

pub(crate) fn prepare(desk: &Desk, upstream: &Upstream, words: &[&str]) -> Said {
    let line = upstream.line();
    let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
    desk.near(&[&fixed[..], words].concat())
}

/// A bundle `b.tar.zst` of two packages and a file; the far side trusts its signer.
pub(crate) fn bundled() -> (Desk, Upstream) {
    let (desk, upstream) = (Desk::new(), shop());
    fs::write(desk.path("tool.tgz"), b"a tool").unwrap();
    prepare(&desk, &upstream, &["-p", "shop", "--file", "tool.tgz"]).well();
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    (desk, upstream)
}

fn json(desk: &Desk, bundle: &str) -> Value {
    serde_json::from_str(&desk.far(&["manifest", bundle, "-o", "json"]).well()).unwrap()
}

#[test]
fn a_manifest_says_what_is_in_it_whose_it_is_and_who_vouches_for_it() {
    let (desk, upstream) = bundled();
    let said = json(&desk, "b.tar.zst");
    let seen: Value = serde_json::from_str(&desk.far(&["inspect", "b.tar.zst", "-o", "json"]).well()).unwrap();
    assert_eq!((&said["bundle"]["index"], &said["bundle"]["signer"]), (&seen["index"], &seen["signer"]));
    assert_eq!((&said["totals"]["packages"]["count"], &said["totals"]["files"]["bytes"]), (&2.into(), &6.into()));
    assert_eq!((&said["without_signature"], said["unlisted"].as_array().unwrap().len()), (&1.into(), 0));
    let platform = &said["platforms"][0];
    let (package, signer) = (&platform["packages"][0], platform["sources"][0]["index_signer"].as_str().unwrap());
    assert_eq!((&platform["platform"], &platform["modules"][0]["module"]), (&"debian-12/x86_64".into(), &"command-line".into()));
    assert_eq!((&package["name"], &package["version"], &package["arch"]), (&"shop".into(), &"2.0".into(), &"amd64".into()));
    assert_eq!(package["vouched"], serde_json::json!([{"how": "signed-index", "by": [signer]}]));
    assert_eq!(package["digest"], Digest::of(&fs::read(upstream.path().join("pool/shop_2.0.deb")).unwrap()).to_string());
    assert_eq!(package["addresses"][0], format!("file://{}/pool/shop_2.0.deb", upstream.path().display()));
    assert_eq!(platform["files"][0]["vouched"][0]["how"], "first-fetch");

    let html = desk.far(&["manifest", "b.tar.zst"]).well();
    assert!(
        html.starts_with("<!doctype html>\n<html lang=\"en\">")
            && html.contains("<th scope=\"col\">")
            && html.contains("<caption>")
    );
    let approved = Digest::of(desk.far(&["manifest", "b.tar.zst", "-o", "json"]).well().as_bytes()).to_string();
    let index = said["bundle"]["index"].as_str().unwrap();
    for word in [index, signer, &approved, "shop", "till", "tool.tgz", "pkg:deb/debian/shop@2.0", "--approve manifest.json.asc"] {
        assert!(html.contains(word), "no {word} in:\n{html}");
    }
    for outside in ["<script", "<link", "<img", " href=", " src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("trusted on the machine") && !html.contains("NOT trusted"));
    let stranger = desk.run("stranger", &["manifest", "b.tar.zst"]).well();
    assert!(stranger.contains("NOT trusted on the machine"));
    let text = desk.far(&["manifest", "b.tar.zst", "-o", "text", "--output-file", "out/b.txt"]).well();
    let text = text + &fs::read_to_string(desk.path("out/b.txt")).unwrap();
    for word in [index, "trusted here", "2 packages", "1 without a signature", &format!("index signed by {signer}")] {
        assert!(text.contains(word), "no {word} in:\n{text}");
    }
}

#[test]
fn equal_bundles_give_equal_manifests_whoever_reads_them() {
    let (desk, _upstream) = bundled();
    desk.near(&["export", "-o", "again.tar.zst"]).well();
    let first = desk.far(&["manifest", "b.tar.zst", "-o", "json"]).well();
    assert_eq!(first, desk.run("stranger", &["manifest", "again.tar.zst", "-o", "json"]).well());
    let piped = desk.command("far", &["manifest", "-", "-o", "json"]).stdin(File::open(desk.path("b.tar.zst")).unwrap()).output();
    assert_eq!(first, Said::of(piped.unwrap()).well());
    desk.far(&["manifest", "oci://localhost:1/stack:1"]).badly(2, &["reads files", "hint: "]);
    desk.far(&["manifest", "b.tar.zst", "-o", "json", "--against", "near"]).badly(2, &["--against", "hint: `lsrepo bom diff"]);
}

#[test]
fn what_is_new_is_told_against_what_was_carried_before() {
    let (desk, upstream) = bundled();
    let upstream = upstream.add("shop", "2.1", "Depends: till\n").publish();
    prepare(&desk, &upstream, &["-p", "shop", "--update"]).well();
    desk.near(&["export", "-o", "new.tar.zst"]).well();
    let html = desk.far(&["manifest", "new.tar.zst", "--against", "b.tar.zst"]).well();
    for word in ["Changes since b.tar.zst", "0 new, 1 changed, 1 removed", "2.0 -&gt; 2.1", "tool.tgz"] {
        assert!(html.contains(word), "no {word} in:\n{html}");
    }
    let text = desk.far(&["manifest", "new.tar.zst", "--against", "b.tar.zst", "-o", "text"]).well();
    assert!(text.contains("~ deb   shop 2.0 -> 2.1") && text.contains("- file  tool.tgz"), "{text}");
    assert!(desk.far(&["manifest", "new.tar.zst", "--against", "near"]).well().contains("Nothing changed."));
}

#[test]
fn rpm_packages_and_images_say_whose_keys_stand_behind_them() {
    let (desk, registry) = (Desk::new(), Registry::new());
    let repository = Repository::new().add("till", "1.5", &[], "/usr/bin/till", true).publish();
    let image = registry.index("org/app", &["1"]);
    registry.signature("org/app", &image);
    let (line, name) = (repository.line(), format!("{}/org/app:1", registry.host));
    let words = ["prepare", "--os", "almalinux-9", "--arch", "x86_64", "--base", "none", "--source", &line, "-p", "till"];
    desk.near(&[&words[..], &["--image", &name]].concat()).well();
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    let platform = &json(&desk, "b.tar.zst")["platforms"][0];
    let key = &platform["sources"][0]["package_keys"][0];
    assert_eq!((&key["name"], &platform["sources"][0]["package_signatures"]), (&"vendor".into(), &"required".into()));
    let how = |entry: &Value| entry["vouched"].as_array().unwrap().iter().map(|one| one["how"].clone()).collect::<Vec<_>>();
    assert_eq!(how(&platform["packages"][0]), ["signed-index", "signed-package"]);
    assert_eq!(platform["packages"][0]["vouched"][1]["by"][0], key["fingerprint"]);
    assert_eq!(how(&platform["images"][0]), ["pinned-digest", "carried-referrers"]);
    assert_eq!(platform["images"][0]["digest"], image["digest"]);
    assert!(desk.far(&["manifest", "b.tar.zst"]).well().contains("vendor"));
}

#[test]
fn a_name_that_would_be_obeyed_is_shown() {
    let (desk, upstream) = (Desk::new(), shop());
    let folder = desk.path("odd");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("o'&b.tgz"), b"odd").unwrap();
    let url = format!("file://{}/o'&b.tgz", folder.display());
    prepare(&desk, &upstream, &["-p", "till", "--file", &url]).well();
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    let evil = desk.path("<script>alert(1)</script>.tar.zst");
    fs::create_dir_all(evil.parent().unwrap()).unwrap();
    fs::copy(desk.path("b.tar.zst"), &evil).unwrap();
    let html = desk.far(&["manifest", evil.to_str().unwrap()]).well();
    assert!(html.contains("o&#39;&amp;b.tgz") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;.tar.zst"), "{html}");
    assert!(!html.contains("<script"), "{html}");
}
