//! The main job as a person types it: prepare, export, inspect, import; and what they say when it cannot be.

use crate::{
    desk::{Desk, Said},
    upstream::Upstream,
};
use std::fs;

/// Prepares from one upstream.
fn prepare_from(desk: &Desk, upstream: &Upstream, words: &[&str]) -> Said {
    let line = upstream.line();
    let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
    desk.near(&[&fixed[..], words].concat())
}

fn shop() -> Upstream {
    Upstream::new()
        .add("base", "1", "Essential: yes\nPriority: required\n")
        .add("shop", "2.0", "Depends: till (>= 1)\n")
        .add("till", "1.5", "")
        .publish()
}

#[test]
fn over_the_gap_and_back_to_the_same_bytes() {
    let (desk, upstream) = (Desk::new(), shop());
    prepare_from(&desk, &upstream, &["--package", "shop"]).well();
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    desk.near(&["export", "-o", "again.tar.zst"]).well();
    let bundle = fs::read(desk.path("b.tar.zst")).unwrap();
    assert_eq!(bundle, fs::read(desk.path("again.tar.zst")).unwrap());
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();

    desk.far(&["import", "b.tar.zst"]).badly(1, &["not trusted", "lsrepo key trust FILE", "--trust-on-first-use"]);
    assert_eq!(desk.blobs("far"), 0);
    desk.far(&["key", "trust", "key.asc"]).well();
    let said = desk.far(&["import", "b.tar.zst", "--dry-run"]).well();
    assert!(said.contains("to add: 3 packages"), "{said}");
    assert_eq!(desk.blobs("far"), 0);
    desk.far(&["import", "b.tar.zst"]).well();
    assert_eq!(desk.blobs("far"), desk.blobs("near"));
    let seen = desk.far(&["inspect", "b.tar.zst", "--packages"]).well();
    for word in ["trusted here", "debian-12/x86_64", "shop_2.0.deb", "till_1.5.deb", "base_1.deb"] {
        assert!(seen.contains(word), "{seen}");
    }
    // what came over can be carried on, by the far side's own key
    desk.far(&["export", "-o", "onward.tar.zst"]).well();
    desk.run("farther", &["import", "onward.tar.zst", "--trust-on-first-use"]).well();
    desk.run("farther", &["import", "onward.tar.zst"]).well();
}

#[test]
fn the_lock_is_reproduced_without_asking_anybody() {
    let (desk, upstream) = (Desk::new(), shop());
    prepare_from(&desk, &upstream, &["--package", "shop"]).well();
    let lock = fs::read(desk.path("lsrepo.lock")).unwrap();
    fs::remove_dir_all(upstream.path().join("dists")).unwrap();
    fs::remove_dir_all(desk.path("near")).unwrap();
    prepare_from(&desk, &upstream, &["--package", "shop", "--locked"]).well();
    assert_eq!(fs::read(desk.path("lsrepo.lock")).unwrap(), lock);
    prepare_from(&desk, &upstream, &["--package", "till", "--locked"]).badly(1, &["does not satisfy the requirements", "--locked"]);
    // a lock alone says what is wanted
    desk.near(&["prepare", "--locked"]).well();
}

#[test]
fn what_is_locked_stays_until_it_is_named() {
    let desk = Desk::new();
    let upstream = shop();
    prepare_from(&desk, &upstream, &["--package", "shop"]).well();
    let upstream = upstream.add("shop", "2.1", "Depends: till (>= 1)\n").add("till", "1.6", "").publish();
    let version = |name: &str| {
        let text = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
        let lock = lsrepo_bom::Lock::parse(&text).unwrap();
        lock.platforms[0].packages.iter().find(|package| package.name == name).unwrap().version.clone()
    };
    prepare_from(&desk, &upstream, &["--package", "shop"]).well();
    assert_eq!((version("shop"), version("till")), ("2.0".into(), "1.5".into()));
    prepare_from(&desk, &upstream, &["--package", "shop", "--update", "till"]).well();
    assert_eq!((version("shop"), version("till")), ("2.0".into(), "1.6".into()));
    prepare_from(&desk, &upstream, &["--package", "shop", "--update"]).well();
    assert_eq!(version("shop"), "2.1");
    prepare_from(&desk, &upstream, &["--package", "shop", "--update", "tilll"]).badly(1, &["did you mean `till`?"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let (desk, upstream) = (Desk::new(), shop());
    let said = prepare_from(&desk, &upstream, &["--package", "shop", "--dry-run"]).well();
    assert!(said.contains("shop (command-line): ") && said.contains("to download: "), "{said}");
    assert!(!desk.path("lsrepo.lock").exists());
    assert_eq!(desk.blobs("near"), 0);
    let said = prepare_from(&desk, &upstream, &["--package", "shop", "--dry-run", "-o", "json"]).well();
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["platforms"][0]["packages"], 3);
}

#[test]
fn what_cannot_be_is_explained_with_exit_code_1() {
    let desk = Desk::new();
    let upstream = shop().add("broken", "1", "Depends: shop, missing (>= 3)\n").publish();
    let line = upstream.line();
    let resolve = |words: &[&str]| {
        let fixed = ["resolve", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
        desk.near(&[&fixed[..], words].concat())
    };
    resolve(&["--package", "broken"]).badly(1, &["broken", "missing (>= 3)"]);
    resolve(&["--package", "shoop"]).badly(1, &["shoop", "did you mean `shop`?"]);
    resolve(&["--package", "shop=3.*"]).badly(1, &["shop", "3.*", "2.0"]);
    let json = resolve(&["--package", "broken", "-o", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, answer["conflicts"].as_array().unwrap().len()), (1, 1));
    prepare_from(&desk, &upstream, &["--package", "broken"]).badly(1, &["missing (>= 3)"]);
    assert!(!desk.path("lsrepo.lock").exists(), "a lock for what cannot be");
    desk.near(&["export", "-o", "b.tar.zst"]).badly(1, &["nothing to export", "lsrepo prepare"]);
}

#[test]
fn wrong_words_are_answered_with_the_nearest_right_ones() {
    let (desk, upstream) = (Desk::new(), shop());
    desk.near(&["prepare", "--os", "debain-12"]).badly(2, &["debian-12"]);
    desk.near(&["prepare", "--arch", "x86-46"]).badly(2, &["x86"]);
    desk.near(&["prepare", "--module", "toools"]).badly(2, &["tools"]);
    desk.near(&["prepare", "--base", "nowhere.txt", "-p", "till"]).badly(2, &["nowhere.txt"]);
    for arch in ["x86_64", "amd64", "x86-64", "X86_64"] {
        let line = upstream.line();
        desk.near(&["resolve", "--os", "debian-12", "--arch", arch, "--base", "none", "--source", &line, "-p", "till"]).well();
    }
}

#[test]
fn a_hostile_upstream_gets_nothing_into_the_store() {
    let desk = Desk::new();
    let outside = Upstream::new().add_at("../../etc/cron.d/evil", "evil", "1", "").publish();
    prepare_from(&desk, &outside, &["--package", "evil"]).badly(2, &["evil 1", "Filename"]);
    // what arrives is not what the index promised
    let upstream = shop();
    let deb = upstream.path().join("pool/till_1.5.deb");
    let mut bytes = fs::read(&deb).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&deb, &bytes).unwrap();
    prepare_from(&desk, &upstream, &["--package", "till"]).badly(1, &["till_1.5.deb", "file://"]);
    bytes.truncate(20);
    fs::write(&deb, &bytes).unwrap();
    prepare_from(&desk, &upstream, &["--package", "till"]).badly(1, &["till_1.5.deb", "20 bytes announced"]);
    // an index that is not the one that was signed
    let (desk, upstream) = (Desk::new(), shop());
    let index = upstream.path().join("dists/stable/main/binary-amd64/Packages");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("Package: till", "Package: bill")).unwrap();
    prepare_from(&desk, &upstream, &["--package", "till"]).badly(1, &["Packages", "signed Release"]);
    assert!(!desk.path("near/roots").read_dir().is_ok_and(|mut roots| roots.next().is_some()));
}

#[test]
fn a_lock_of_other_sources_is_not_taken_for_granted() {
    let desk = Desk::new();
    prepare_from(&desk, &shop(), &["--package", "till"]).well();
    let moved = shop();
    prepare_from(&desk, &moved, &["--package", "till", "--locked"]).badly(1, &["other sources"]);
    prepare_from(&desk, &moved, &["--package", "till"]).well();
    let text = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    assert!(text.contains(moved.path().to_str().unwrap()), "{text}");
}

#[test]
fn a_key_that_is_lacking_is_named() {
    let (desk, upstream) = (Desk::new(), shop());
    let other = Upstream::new();
    let stranger = lsrepo_sign::SecretKey::generate("stranger", lsrepo_types::Timestamp(1_600_000_000)).unwrap();
    fs::write(other.path().join("key.asc"), stranger.public_armored()).unwrap();
    let line = format!("deb [signed-by={}/key.asc] file://{} stable main", other.path().display(), upstream.path().display());
    desk.near(&["resolve", "--os", "debian-12", "--arch", "amd64", "--source", &line, "-p", "till"])
        .badly(1, &["InRelease", "signed-by=FILE", "--keyring FILE"]);
}

#[test]
fn requests_that_exclude_each_other_are_both_carried() {
    let desk = Desk::new();
    let upstream = shop().add("shop", "1.0", "").publish();
    let said = prepare_from(&desk, &upstream, &["--package", "shop=1.*", "--package", "shop=2.*"]);
    assert!(said.err.contains("stands apart"), "{}", said.err);
    said.well();
    let text = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    let lock = lsrepo_bom::Lock::parse(&text).unwrap();
    let shops = lock.platforms[0].packages.iter().filter(|package| package.name == "shop");
    assert_eq!(shops.map(|package| package.version.as_str()).collect::<Vec<_>>(), ["1.0", "2.0"]);
}
