//! The main job with RPM packages, as a person types it; and what must not get through.

use crate::{
    desk::{Desk, Said, Server},
    repository::Repository,
};
use lsrepo_sign::{Keyring, verify_detached};
use lsrepo_types::Timestamp;
use std::fs;

/// A day on which all of this is there.
const NOW: Timestamp = Timestamp(1_800_000_000);

fn prepare(desk: &Desk, line: &str, words: &[&str]) -> Said {
    let fixed = ["prepare", "--os", "almalinux-9", "--arch", "x86_64", "--base", "none", "--source", line];
    desk.near(&[&fixed[..], words].concat())
}

/// `shop` needs a file that only the list of all files knows.
fn shop() -> Repository {
    Repository::new()
        .add("shop", "2.0", &["till", "/opt/scale/model"], "/usr/bin/shop", true)
        .add("till", "1.5", &[], "/usr/bin/till", true)
        .add("till", "1.10", &[], "/usr/bin/till", true)
        .add("scale", "1", &[], "/opt/scale/model", true)
        .publish()
}

#[test]
fn packages_cross_the_gap_with_their_signatures() {
    let (desk, repository) = (Desk::new(), shop());
    prepare(&desk, &repository.line(), &["--package", "shop"]).well();
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    for word in ["\"1.10-1\"", "name = \"scale\"", "package_signatures = \"required\"", "BEGIN PGP PUBLIC KEY BLOCK"] {
        assert!(lock.contains(word), "no {word} in:\n{lock}");
    }
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    desk.far(&["import", "b.tar.zst"]).well();
    let seen = desk.far(&["inspect", "b.tar.zst", "--packages"]).well();
    for word in ["almalinux-9/x86_64", "shop-2.0-1.x86_64.rpm", "till-1.10-1.x86_64.rpm", "3 packages"] {
        assert!(seen.contains(word), "{seen}");
    }
    let server = Server::start(&desk, "far");
    let repomd = server.get("/yum/almalinux-9/x86_64/repodata/repomd.xml");
    let signature = server.get("/yum/almalinux-9/x86_64/repodata/repomd.xml.asc");
    let keys = Keyring::parse(&server.get("/keys/lsrepo.asc")).unwrap();
    verify_detached(&repomd, &signature, &keys, NOW).unwrap();
    let flat = server.get("/yum/almalinux-9/x86_64/till-1.10-1.x86_64.rpm");
    assert_eq!(flat, server.get("/yum/almalinux-9/x86_64/Packages/t/till-1.10-1.x86_64.rpm"));
    assert_eq!(flat, fs::read(repository.path().join("till-1.10-1.x86_64.rpm")).unwrap());
    let script = String::from_utf8(server.get("/setup/almalinux-9.sh")).unwrap();
    for word in ["gpgcheck=1\n", "repo_gpgcheck=1\n", "BEGIN PGP PUBLIC KEY BLOCK", "RPM-GPG-KEY-"] {
        assert!(script.contains(word), "no {word} in:\n{script}");
    }
}

#[test]
fn an_rpm_lock_is_reproduced_without_asking_anybody() {
    let (desk, repository) = (Desk::new(), shop());
    prepare(&desk, &repository.line(), &["--package", "shop"]).well();
    let lock = fs::read(desk.path("lsrepo.lock")).unwrap();
    fs::remove_dir_all(repository.path().join("repodata")).unwrap();
    fs::remove_dir_all(desk.path("near")).unwrap();
    desk.near(&["prepare", "--locked"]).well();
    assert_eq!(fs::read(desk.path("lsrepo.lock")).unwrap(), lock);
}

#[test]
fn what_is_locked_stays_when_more_is_wanted() {
    let (desk, old) = (Desk::new(), Repository::new().add("till", "1.5", &[], "/usr/bin/till", true).publish());
    prepare(&desk, &old.line(), &["--package", "till"]).well();
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    assert!(lock.contains("\"1.5-1\""), "{lock}");
    let new = shop();
    fs::write(desk.path("lsrepo.lock"), lock.replace(&old.path().display().to_string(), &new.path().display().to_string()))
        .unwrap();
    prepare(&desk, &new.line(), &["--package", "till,scale"]).well();
    assert!(fs::read_to_string(desk.path("lsrepo.lock")).unwrap().contains("\"1.5-1\""));
    prepare(&desk, &new.line(), &["--package", "till,scale", "--update", "till"]).well();
    assert!(fs::read_to_string(desk.path("lsrepo.lock")).unwrap().contains("\"1.10-1\""));
}

#[test]
fn a_package_without_a_signature_is_refused_and_nothing_is_taken_in() {
    let (desk, repository) = (Desk::new(), Repository::new().add("bare", "1", &[], "/usr/bin/bare", false).publish());
    prepare(&desk, &repository.line(), &["--package", "bare"]).badly(1, &["bare-1-1.x86_64", "not signed"]);
    desk.near(&["export", "-o", "b.tar.zst"]).badly(1, &["nothing to export"]);
    // who says so takes it
    let line = format!("file://{}", repository.path().display());
    let said = prepare(&desk, &line, &["--package", "bare"]);
    assert!(said.err.contains("warning: "), "{}", said.err);
    said.well();
}

#[test]
fn a_keyring_is_used_where_a_source_is_but_an_address() {
    let (desk, repository) = (Desk::new(), shop());
    let (line, key) = (format!("file://{}", repository.path().display()), repository.path().join("key.asc").display().to_string());
    prepare(&desk, &line, &["--package", "shop", "--keyring", &key]).well();
    assert!(fs::read_to_string(desk.path("lsrepo.lock")).unwrap().contains("package_signatures = \"required\""));
}

#[test]
fn a_strangers_key_does_not_vouch() {
    let (desk, repository, stranger) = (Desk::new(), shop(), Repository::new().publish());
    let line = repository
        .line()
        .replace(&format!("{}/key.asc", repository.path().display()), &format!("{}/key.asc", stranger.path().display()));
    prepare(&desk, &line, &["--package", "shop"]).badly(1, &["repomd.xml", "key", "hint: "]);
}

#[test]
fn two_sources_of_one_name_keep_their_own_keys() {
    let (desk, first) = (Desk::new(), shop());
    let second = Repository::new().add("other", "1", &[], "/usr/bin/other", true).publish();
    prepare(&desk, &first.line(), &["--source", &second.line(), "--package", "shop,other"]).well();
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    for word in ["sources = [\"vendor\"]", "sources = [\"vendor-2\"]"] {
        assert!(lock.contains(word), "no {word} in:\n{lock}");
    }
}

#[test]
fn a_package_that_is_not_what_the_index_says_is_refused() {
    let (desk, repository) = (Desk::new(), shop());
    fs::copy(repository.path().join("till-1.5-1.x86_64.rpm"), repository.path().join("till-1.10-1.x86_64.rpm")).unwrap();
    prepare(&desk, &repository.line(), &["--package", "till"]).badly(1, &["till-1.10-1.x86_64.rpm"]);
}

#[test]
fn a_closure_is_told_without_a_lock_and_what_is_missing_with_a_hint() {
    let (desk, repository) = (Desk::new(), shop());
    let line = format!("file://{}", repository.path().display());
    let said = desk.near(&["resolve", "--source", &line, "--base", "none", "--package", "shop", "-o", "json"]).well();
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    let names: Vec<&str> = told["packages"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["scale", "shop", "till"]);
    assert_eq!(told["conflicts"].as_array().unwrap().len(), 0);
    let wrong = desk.near(&["resolve", "--source", &line, "--base", "none", "--package", "shopp"]);
    wrong.badly(1, &["`shopp`", "did you mean `shop`?"]);
    let folder = repository.path().display().to_string();
    let present = desk.near(&["resolve", "--source", &line, "--base", &folder, "--package", "shop", "-o", "json"]).well();
    assert!(!present.contains("\"till\""), "what is there is not carried: {present}");
}

#[test]
fn a_lock_knows_the_sources_it_was_made_of() {
    let (desk, repository) = (Desk::new(), shop());
    let unused = Repository::new().add("other", "1", &[], "/usr/bin/other", true).publish();
    std::os::unix::fs::symlink(unused.path(), desk.path("x86_64")).unwrap();
    let second = format!("file://{}/$basearch", desk.path("").display()).replace("//$", "/$");
    let both = ["--source", &second, "--package", "shop"];
    prepare(&desk, &repository.line(), &both).well();
    prepare(&desk, &repository.line(), &[&both[..], &["--locked"]].concat()).well();
    prepare(&desk, &repository.line(), &["--package", "shop", "--locked"]).badly(1, &["other sources", "hint: "]);
    let unchecked = format!("file://{}", repository.path().display());
    let all = [&both[..], &["--locked"]].concat();
    prepare(&desk, &unchecked, &all).badly(1, &["other signatures"]);
}

#[test]
fn an_rpm_by_url_lands_in_the_repository_with_what_it_needs() {
    let (desk, elsewhere) = (Desk::new(), shop());
    let repository =
        Repository::new().add("till", "1.10", &[], "/usr/bin/till", true).add("scale", "1", &[], "/opt/scale/model", true);
    let repository = repository.publish();
    let url = format!("file://{}", elsewhere.path().join("shop-2.0-1.x86_64.rpm").display());
    fs::write(desk.path("wishes.txt"), format!("[packages]\n{url}\n")).unwrap();
    prepare(&desk, &repository.line(), &["--requirements", "wishes.txt"]).well();
    let lock = lsrepo_bom::Lock::parse(&fs::read_to_string(desk.path("lsrepo.lock")).unwrap()).unwrap();
    let names: Vec<&str> = lock.platforms[0].packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["scale", "shop", "till"]);
    assert_eq!(lock.platforms[0].packages[1].urls, [url]);
    let server = Server::start(&desk, "near");
    let shop = server.get("/yum/almalinux-9/x86_64/shop-2.0-1.x86_64.rpm");
    assert_eq!(shop, fs::read(elsewhere.path().join("shop-2.0-1.x86_64.rpm")).unwrap());
}
