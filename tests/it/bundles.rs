//! Bundles as a person handles them: on media that stay, in volumes, as differences, damaged, mended, taken apart.

use crate::{
    desk::{Desk, Server},
    upstream::Upstream,
};
use std::{fs, path::Path};

fn shop() -> Upstream {
    Upstream::new().add("shop", "2.0", "Depends: till\n").add("till", "1.5", "").publish()
}

/// A file of 40 MB, of which no two parts are alike.
fn noise() -> Vec<u8> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33).to_le_bytes()
    };
    (0..5_000_000).flat_map(|_| next()).collect()
}

/// Prepares the shop and a large file, and trusts the near side's key on the far side.
fn prepared(upstream: &Upstream) -> Desk {
    let desk = Desk::new();
    fs::write(desk.path("large.bin"), noise()).unwrap();
    prepare(&desk, upstream, &["-p", "shop", "--file", "large.bin"]);
    desk.near(&["key", "generate"]).well();
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    desk
}

fn prepare(desk: &Desk, upstream: &Upstream, words: &[&str]) {
    let line = upstream.line();
    let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
    desk.near(&[&fixed[..], words].concat()).well();
}

fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

#[test]
fn a_bundle_is_served_from_its_volumes() {
    let desk = prepared(&shop());
    desk.near(&["export", "-o", "b.tar.zst", "--split", "20MB"]).well();
    let server = Server::start_with(&desk, "far", &["--bundle", "b.tar.zst.001"]);
    assert!(String::from_utf8(server.get("/apt/debian-12/dists/debian-12/InRelease")).unwrap().contains("Suite: debian-12"));
    let packages = String::from_utf8(server.get("/apt/debian-12/dists/debian-12/main/binary-amd64/Packages")).unwrap();
    let path = packages.lines().find_map(|line| line.strip_prefix("Filename: ")).unwrap();
    assert!(!server.get(&format!("/apt/debian-12/{path}")).is_empty());
    assert!(server.get("/files/large.bin") == noise());
    let (head, part) = server.ask("GET", "/files/large.bin", "Range: bytes=8388600-25000000\r\n");
    assert!(head.starts_with("HTTP/1.1 206") && part == noise()[8_388_600..=25_000_000]);
    assert_eq!(desk.blobs("far"), 0, "nothing was copied");
    drop(server);
    // a stranger's is not served
    let words = ["serve", "--listen", "127.0.0.1:0", "--bundle", "b.tar.zst.001"];
    desk.run("stranger", &words).badly(1, &["not trusted", "lsrepo key trust"]);
    fs::remove_file(desk.path("b.tar.zst.002")).unwrap();
    desk.far(&words).badly(1, &["1 of 3 volumes is missing: 2"]);
}

#[test]
fn a_registered_bundle_is_a_part_of_the_store() {
    let desk = prepared(&shop());
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.far(&["import", "--register", "b.tar.zst"]).well();
    assert_eq!(desk.blobs("far"), 0);
    assert!(desk.far(&["bundle", "list"]).well().contains("b.tar.zst"));
    let server = Server::start(&desk, "far");
    assert!(server.get("/files/large.bin") == noise());
    drop(server);
    // it can be carried on, and exported again to the same bytes
    desk.far(&["export", "-o", "onward.tar.zst"]).well();
    // the media are gone: it is said, and the rest goes on
    fs::rename(desk.path("b.tar.zst"), desk.path("away")).unwrap();
    let said = desk.far(&["bom", "far"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = desk.far(&["receipt", "-o", "have.lsr"]);
    assert!(said.code == 0 && said.err.contains("cannot be read") && said.err.contains("bundle forget"), "{}", said.err);
    fs::rename(desk.path("away"), desk.path("b.tar.zst")).unwrap();
    // copied into the store, it is needed no more
    desk.far(&["import", "b.tar.zst"]).well();
    assert_eq!((desk.far(&["bundle", "list"]).well(), desk.blobs("far")), (String::new(), desk.blobs("near")));
    desk.far(&["import", "--register", "onward.tar.zst"]).well();
    desk.far(&["bundle", "forget", "onward.tar.zst"]).well();
    desk.far(&["bundle", "forget", "onward.tar.zst"]).badly(1, &["no such bundle", "bundle list"]);
}

#[test]
fn damage_is_located_and_mended() {
    let desk = prepared(&shop());
    let folder = desk.path("media");
    fs::create_dir(&folder).unwrap();
    desk.near(&["export", "-o", "media/b.tar.zst", "--split", "10MB", "--parity", "20"]).well();
    assert_eq!(names(&folder).len(), 6, "{:?}", names(&folder));
    let good: Vec<Vec<u8>> = names(&folder).iter().map(|name| fs::read(folder.join(name)).unwrap()).collect();
    desk.far(&["verify", "media"]).well();
    assert!(desk.far(&["verify", "--full", "media"]).well().starts_with("whole: "));
    let line = format!("cat media/b.tar.zst.0* | {} verify -", env!("CARGO_BIN_EXE_lsrepo"));
    let mut piped = std::process::Command::new("sh");
    piped.arg("-c").arg(line).current_dir(desk.path(".")).env("LSREPO_HOME", desk.path("far"));
    assert!(String::from_utf8(piped.output().unwrap().stdout).unwrap().starts_with("whole: "));
    let mut wrong = good[2].clone();
    wrong[5_000_000] ^= 8;
    fs::write(folder.join("b.tar.zst.003"), wrong).unwrap();
    let said = desk.far(&["verify", "--full", "media/b.tar.zst.001", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let damage = &json["damage"][0];
    let (offset, bytes) = (damage["offset"].as_u64().unwrap(), damage["bytes"].as_u64().unwrap());
    assert!(said.code == 1 && offset <= 5_000_000 && offset + bytes > 5_000_000 && bytes < 9 << 20, "{json}");
    assert!(damage["file"].as_str().unwrap().ends_with("b.tar.zst.003"), "{json}");
    desk.far(&["import", "media"]).badly(1, &["damaged", "copy it again"]);
    desk.far(&["repair", "media", "--dry-run"]).badly(1, &["can be mended", "without --dry-run"]);
    desk.far(&["repair", "media"]).well();
    fs::remove_file(folder.join("b.tar.zst.001")).unwrap();
    desk.far(&["repair", "media/b.tar.zst.002"]).well();
    assert!(names(&folder).iter().zip(&good).all(|(name, bytes)| fs::read(folder.join(name)).unwrap() == *bytes));
    fs::remove_file(folder.join("b.tar.zst.001")).unwrap();
    fs::remove_file(folder.join("b.tar.zst.002")).unwrap();
    desk.far(&["repair", "media"]).badly(1, &["hint"]);
}

#[test]
fn the_second_visit_carries_only_what_is_new() {
    let upstream = shop();
    let desk = prepared(&upstream);
    desk.near(&["export", "-o", "first.tar.zst"]).well();
    desk.far(&["import", "first.tar.zst"]).well();
    desk.far(&["receipt", "-o", "have.lsr"]).well();
    let upstream = upstream.add("shop", "2.1", "Depends: till\n").publish();
    prepare(&desk, &upstream, &["-p", "shop", "--file", "large.bin", "--update", "shop"]);
    let plan = desk.near(&["export", "-o", "x", "--receipt", "have.lsr", "--dry-run"]).well();
    assert!(plan.contains("left out"), "{plan}");
    for (name, words) in [("receipt", ["--receipt", "have.lsr"]), ("since", ["--since", "first.tar.zst"])] {
        let bundle = format!("{name}.tar.zst");
        desk.near(&[&["export", "-o", &bundle][..], &words].concat()).well();
        assert!(fs::metadata(desk.path(&bundle)).unwrap().len() < 100_000);
        let seen = desk.far(&["inspect", &bundle]).well();
        assert!(seen.contains("left out, as the far side has it: 2 blobs, 40 MB"), "{seen}");
        // whoever has not what it builds on is told what is missing, and takes nothing
        let stranger = format!("{name}-stranger");
        let words = ["import", &bundle, "--trust-on-first-use"];
        desk.run(&stranger, &words).badly(1, &["leaves out 2 blobs", "sha256:", "import the bundle it was made against"]);
        assert_eq!(desk.blobs(&stranger), 0);
    }
    let told = desk.far(&["manifest", "receipt.tar.zst", "-o", "text", "--against", "have.lsr"]).well();
    for word in
        ["not in it, as the far side was said to have it: 2 blobs", "+ deb   shop 2.1", "large.bin, 40 MB, not in the bundle"]
    {
        assert!(told.contains(word), "no `{word}` in {told}");
    }
    desk.far(&["import", "receipt.tar.zst"]).well();
    let server = Server::start(&desk, "far");
    assert!(server.get("/files/large.bin") == noise());
    drop(server);
    assert!(desk.far(&["diff", "first.tar.zst", "far"]).well().contains("~ deb   shop 2.0 -> 2.1"));
    fs::write(desk.path("have.lsr"), "something").unwrap();
    desk.near(&["export", "-o", "x", "--receipt", "have.lsr"]).badly(1, &["have.lsr", "not a receipt"]);
}

#[test]
fn the_disk_holds_it_once() {
    let upstream = shop();
    let desk = prepared(&upstream);
    desk.near(&["export", "-o", "b.tar.zst", "--no-tools"]).well();
    desk.near(&["export", "-o", "moved.tar.zst", "--no-tools", "--move"]).well();
    assert!(fs::read(desk.path("b.tar.zst")).unwrap() == fs::read(desk.path("moved.tar.zst")).unwrap());
    let size = |home: &str| -> u64 {
        let blobs = fs::read_dir(desk.path(home).join("blobs/sha256")).unwrap();
        blobs.map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    };
    assert!(size("near") < 100_000, "{} bytes are there twice", size("near"));
    // what the store gave away it finds in the bundle, which it neither writes over nor forgets
    desk.near(&["export", "-o", "moved.tar.zst"]).badly(2, &["the store uses the bundle that lies there"]);
    desk.near(&["bundle", "forget", "moved.tar.zst"]).badly(1, &["the store needs this bundle", "--anyway"]);
    let server = Server::start(&desk, "near");
    assert!(server.get("/files/large.bin") == noise());
    drop(server);
    desk.far(&["import", "--move", "moved.tar.zst"]).well();
    assert!(!desk.path("moved.tar.zst").exists() && size("far") > 40_000_000);
    // the lock alone is enough: downloaded, and in the bundle at once
    fs::remove_dir_all(desk.path("near/blobs")).unwrap();
    fs::remove_dir_all(desk.path("near/roots")).unwrap();
    fs::remove_dir_all(desk.path("near/bundles")).unwrap();
    desk.near(&["export", "--from-lock", "--no-tools", "-o", "network.tar.zst"]).well();
    assert!(fs::read(desk.path("b.tar.zst")).unwrap() == fs::read(desk.path("network.tar.zst")).unwrap());
    assert!(size("near") < 100_000);
}

#[test]
fn single_pieces_are_taken_out() {
    let desk = prepared(&shop());
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    let listed = desk.near(&["ls", "b.tar.zst"]).well();
    assert!(listed.contains("debian-12/x86_64/packages/till_1.5.deb") && listed.contains("debian-12/x86_64/files/large.bin"));
    assert_eq!(desk.near(&["ls", "b.tar.zst", "*/packages/*"]).well().lines().count(), 2);
    let digest = listed.split_whitespace().next().unwrap();
    assert_eq!(desk.near(&["ls", "b.tar.zst", digest]).well().lines().count(), 1);
    desk.near(&["extract", "b.tar.zst", "large.bin", "till*", "-d", "out"]).well();
    assert!(fs::read(desk.path("out/debian-12/x86_64/files/large.bin")).unwrap() == noise());
    assert_eq!(names(&desk.path("out/debian-12/x86_64/packages")), ["till_1.5.deb"]);
    desk.near(&["extract", "b.tar.zst", "nothing"]).badly(1, &["nothing in the bundle fits `nothing`", "lsrepo ls"]);
}

#[test]
fn a_bundle_brings_its_program_along() {
    let desk = prepared(&shop());
    let own = env!("CARGO_BIN_EXE_lsrepo");
    desk.near(&["export", "-o", "b.tar.zst", "--tool", own]).well();
    assert!(desk.near(&["inspect", "b.tar.zst"]).well().contains("programs for bare hosts: "));
    // none of its forms is taken for a lock
    desk.near(&["export", "-o", "v.tar.zst", "--split", "20MB", "--no-tools"]).well();
    for form in ["b.tar.zst", "v.tar.zst.002", "."] {
        assert!(desk.near(&["bom", form]).well().contains("3 artifacts"), "{form}");
        assert!(desk.near(&["export", "-o", "x", "--since", form, "--dry-run"]).well().contains("3 blobs are left out"), "{form}");
    }
    assert!(desk.near(&["manifest", "b.tar.zst", "-o", "json"]).well().contains("\"programs\": {"));
    let line = "tail -c +9 b.tar.zst | tar -x && sh bootstrap.sh bin && bin/lsrepo inspect b.tar.zst";
    let mut done = std::process::Command::new("sh");
    done.arg("-c").arg(line).current_dir(desk.path(".")).env("LSREPO_HOME", desk.path("bare"));
    let done = done.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    desk.near(&["export", "-o", "x", "--tool", "lsrepo.lock"]).badly(2, &["lsrepo.lock", "no program"]);
    desk.near(&["export", "-o", "-", "--split", "10MB"]).badly(2, &["for bundles in files"]);
    desk.near(&["export", "-o", "x", "--split", "1MB"]).badly(2, &["too small", "--split "]);
}
