//! Files by URL, and packages that lie in no repository: named, checked, carried, served.

use crate::{
    deb::deb,
    desk::{Desk, Said, Server},
    upstream::Upstream,
};
use lsrepo_bom::{Lock, lock::Proof};
use lsrepo_types::Digest;
use std::fs;

const ON: [&str; 7] = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none"];

fn prepare(desk: &Desk, words: &[&str]) -> Said {
    desk.near(&[&ON[..], words].concat())
}

/// A file in the desk's folder, and its address.
fn put(desk: &Desk, name: &str, bytes: &[u8]) -> String {
    let path = desk.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    format!("file://{}", path.display())
}

/// A folder with one module that wants this.
fn module(desk: &Desk, requirements: &str) {
    let text = format!("kind: module\nname: shop\nversion: 1.0.0\nrequirements:\n  {requirements}\n");
    put(desk, "bom/shop.yml", text.as_bytes());
}

const SHOP: [&str; 4] = ["--bom", "bom", "--module", "shop"];

fn lock(desk: &Desk) -> Lock {
    Lock::parse(&fs::read_to_string(desk.path("lsrepo.lock")).unwrap()).unwrap()
}

#[test]
fn a_file_is_carried_over_the_gap_and_served_under_its_name() {
    let desk = Desk::new();
    let url = put(&desk, "up/tool.tgz", b"a tool");
    put(&desk, "here.json", b"{}");
    let list = format!("[files]\n{url} tools/tool-1.0.tgz\n");
    put(&desk, "wishes.txt", list.as_bytes());
    let said = prepare(&desk, &["--requirements", "wishes.txt", "--file", "here.json"]).well();
    assert!(said.contains("debian-12/x86_64: 2 files, 8 B"), "{said}");
    assert!(lock(&desk).platforms[0].files.iter().all(|file| file.proof == Proof::FirstFetch));
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    let seen = desk.near(&["inspect", "b.tar.zst", "--files"]).well();
    assert!(seen.contains("tools/tool-1.0.tgz 6 B") && seen.contains("2 files, 8 B"), "{seen}");
    desk.far(&["import", "b.tar.zst", "--trust-on-first-use"]).well();
    let server = Server::start(&desk, "far");
    assert_eq!(server.get("/files/tools/tool-1.0.tgz"), b"a tool");
    let sums = String::from_utf8(server.get("/files/SHA256SUMS")).unwrap();
    assert!(sums.contains(&format!("{}  tools/tool-1.0.tgz\n", Digest::of(b"a tool").hex())), "{sums}");
    let index: serde_json::Value = serde_json::from_slice(&server.get("/files/index.json")).unwrap();
    assert_eq!((&index[0]["name"], &index[1]["platforms"][0]), (&"here.json".into(), &"debian-12/x86_64".into()));
}

#[test]
fn what_a_file_has_to_be_is_checked_and_a_change_is_looked_at_by_somebody() {
    let desk = Desk::new();
    let (old, new) = (Digest::of(b"first"), Digest::of(b"second"));
    let url = put(&desk, "up/x.tgz", b"first");
    module(&desk, &format!("files: [{{url: '{url}', sha256: {}}}]", old.hex()));
    prepare(&desk, &SHOP).well();
    assert_eq!(lock(&desk).platforms[0].files[0].proof, Proof::Stated);
    fs::remove_dir_all(desk.path("near")).unwrap();
    put(&desk, "up/x.tgz", b"second");
    prepare(&desk, &SHOP).badly(1, &["x.tgz", "first".len().to_string().as_str()]);
    fs::remove_file(desk.path("lsrepo.lock")).unwrap();
    prepare(&desk, &SHOP).badly(1, &["x.tgz", &new.hex(), "lsrepo lock --repin"]);
    let said = desk.near(&["lock", "--repin", &url]).well();
    assert!(said.contains(&new.to_string()), "{said}");
    prepare(&desk, &SHOP).well();
    let lock = lock(&desk);
    assert_eq!((lock.platforms[0].files[0].digest, lock.platforms[0].files[0].proof), (new, Proof::Repinned));
}

#[test]
fn what_came_first_counts_from_then_on() {
    let desk = Desk::new();
    let url = put(&desk, "up/x.tgz", b"first");
    module(&desk, &format!("files: [{{url: '{url}'}}]"));
    prepare(&desk, &SHOP).well();
    put(&desk, "up/x.tgz", b"other");
    fs::remove_dir_all(desk.path("near")).unwrap();
    prepare(&desk, &SHOP).badly(1, &["x.tgz"]);
    desk.near(&["lock", "--repin", &url, "--dry-run"]).well();
    prepare(&desk, &SHOP).badly(1, &["x.tgz"]);
    let said = desk.near(&["lock", "--repin", &url]).well();
    assert!(said.contains(&Digest::of(b"first").to_string()) && said.contains(&Digest::of(b"other").to_string()), "{said}");
    prepare(&desk, &SHOP).well();
}

#[test]
fn checksums_beside_a_file_say_what_it_has_to_be() {
    let desk = Desk::new();
    let url = put(&desk, "up/x.tgz", b"a tool");
    let sums =
        put(&desk, "up/SHA256SUMS", format!("{}  y.tgz\n{}  x.tgz\n", "0".repeat(64), Digest::of(b"a tool").hex()).as_bytes());
    module(&desk, &format!("files: [{{url: '{url}', checksums: '{sums}'}}]"));
    prepare(&desk, &SHOP).well();
    assert_eq!(lock(&desk).platforms[0].files[0].proof, Proof::Checksums);
    let (key, other) = (signer("them"), signer("somebody else"));
    let at = lsrepo_types::Timestamp(1_700_000_000);
    let text = fs::read(desk.path("up/SHA256SUMS")).unwrap();
    let signature = put(&desk, "up/SHA256SUMS.asc", key.sign_detached(&text, at).unwrap().as_bytes());
    for (key, good) in [(&other, false), (&key, true)] {
        let key = put(&desk, "key.asc", key.public_armored().as_bytes());
        module(&desk, &format!("files: [{{url: '{url}', checksums: {{url: '{sums}', signature: '{signature}', key: '{key}'}}}}]"));
        fs::remove_file(desk.path("lsrepo.lock")).ok();
        let said = prepare(&desk, &SHOP);
        match good {
            true => drop(said.well()),
            false => said.badly(1, &["SHA256SUMS"]),
        }
    }
    assert_eq!(lock(&desk).platforms[0].files[0].proof, Proof::SignedChecksums);
}

fn signer(name: &str) -> lsrepo_sign::SecretKey {
    lsrepo_sign::SecretKey::generate(name, lsrepo_types::Timestamp(1_600_000_000)).unwrap()
}

#[test]
fn the_next_place_is_asked_where_one_fails_and_each_failure_is_told() {
    let desk = Desk::new();
    let (gone, mirror) = (format!("file://{}", desk.path("gone/x.tgz").display()), put(&desk, "mirror/x.tgz", b"a tool"));
    module(&desk, &format!("files: [{{url: '{gone}', mirrors: ['{mirror}']}}]"));
    prepare(&desk, &SHOP).well();
    module(&desk, &format!("files: [{{url: '{gone}1'}}, {{url: '{gone}2', name: z}}]"));
    prepare(&desk, &SHOP).badly(1, &["gone/x.tgz1: the server answered 404", "gone/x.tgz2: the server answered 404"]);
}

#[test]
fn one_address_is_one_file_whoever_wants_it() {
    let desk = Desk::new();
    let url = put(&desk, "up/x.tgz", b"a tool");
    module(
        &desk,
        &format!("files: [{{url: '{url}'}}, {{url: '{url}', name: y}}, {{url: '{url}', mirrors: ['file:///nowhere/x']}}]"),
    );
    let said = prepare(&desk, &SHOP).well();
    assert!(said.contains("2 files, 6 B"), "{said}");
    // what one module states of it holds for all
    let digest = Digest::of(b"another");
    fs::remove_file(desk.path("lsrepo.lock")).unwrap();
    module(&desk, &format!("files: [{{url: '{url}'}}, {{url: '{url}', name: y, sha256: {}}}]", digest.hex()));
    prepare(&desk, &SHOP).badly(1, &["x.tgz", &digest.hex()]);
}

#[test]
fn a_dry_run_says_why_a_file_cannot_be_had() {
    let desk = Desk::new();
    let (url, sums) = (put(&desk, "up/x.tgz", b"a tool"), put(&desk, "up/SHA256SUMS", b"<html>"));
    module(&desk, &format!("files: [{{url: '{url}', checksums: '{sums}'}}, {{url: 'file:///nowhere/y'}}]"));
    let said = prepare(&desk, &[&SHOP[..], &["--dry-run"]].concat()).well();
    assert!(said.contains("it holds no SHA-256") && said.contains("file:///nowhere/y: the server answered 404"), "{said}");
    prepare(&desk, &SHOP).badly(1, &["it holds no SHA-256", "file:///nowhere/y"]);
    assert_eq!(desk.blobs("near"), 0, "nothing is fetched where something cannot be had");
}

#[test]
fn two_files_of_one_name_are_refused() {
    let desk = Desk::new();
    let (a, b) = (put(&desk, "a/x.tgz", b"a"), put(&desk, "b/x.tgz", b"b"));
    module(&desk, &format!("files: [{{url: '{a}'}}, {{url: '{b}'}}]"));
    prepare(&desk, &SHOP).badly(1, &["two files would be called `x.tgz`", "`folder`"]);
    module(&desk, &format!("files: [{{url: '{a}'}}, {{url: '{b}', folder: other}}]"));
    prepare(&desk, &SHOP).well();
}

#[test]
fn a_package_by_url_lands_in_the_repository_with_what_it_needs() {
    let desk = Desk::new();
    let upstream = Upstream::new().add("till", "1.5", "").add("shop", "1.0", "").publish();
    let control = "Package: shop\nVersion: 3.0\nArchitecture: amd64\nDepends: till\nDescription: x\n";
    let url = put(&desk, "up/shop_3.0_amd64.deb", &deb(control));
    module(&desk, &format!("packages: [{{url: '{url}'}}]"));
    let line = upstream.line();
    let words = [&SHOP[..], &["--source", &line]].concat();
    let said = prepare(&desk, &[&words[..], &["--dry-run"]].concat()).well();
    assert!(said.contains("shop_3.0_amd64.deb: "), "{said}");
    assert_eq!(desk.blobs("near"), 0);
    let said = prepare(&desk, &words).well();
    assert!(said.contains("2 packages"), "{said}");
    let part = lock(&desk).platforms.remove(0);
    let shop = part.packages.iter().find(|package| package.name == "shop").unwrap();
    assert_eq!((shop.version.as_str(), &shop.urls[..], shop.proof), ("3.0", &[url][..], Some(Proof::FirstFetch)));
    let server = Server::start(&desk, "near");
    let packages = String::from_utf8(server.get("/apt/debian-12/dists/debian-12/main/binary-amd64/Packages")).unwrap();
    assert!(packages.contains("Package: shop\n") && packages.contains("Package: till\n"), "{packages}");
    // nobody need be asked again
    prepare(&desk, &[&words[..], &["--locked"]].concat()).well();
    let other = put(&desk, "up/arm_1_arm64.deb", &deb("Package: arm\nVersion: 1\nArchitecture: arm64\nDescription: x\n"));
    module(&desk, &format!("packages: [{{url: '{other}'}}]"));
    prepare(&desk, &words).badly(1, &["a package for arm64, not for x86_64"]);
}
