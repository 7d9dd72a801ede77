//! The pages of what is served: made once for each snapshot, kept as long as it is remembered.

use crate::{
    desk::{Desk, Server},
    repository::Repository,
};
use std::fs;

fn repository(version: &str) -> Repository {
    Repository::new()
        .add("shop", version, &["till", "/opt/scale/model"], "/usr/bin/shop", true)
        .add("till", "1.10", &[], "/usr/bin/till", true)
        .add("scale", "1", &[], "/opt/scale/model", true)
        .publish()
}

fn prepare(desk: &Desk, repository: &Repository, more: &[&str]) {
    let line = repository.line();
    let fixed = ["prepare", "--os", "almalinux-9", "--arch", "x86_64", "--base", "none", "--source", &line, "--package", "shop"];
    desk.near(&[&fixed[..], more].concat()).well();
}

fn page(server: &Server, path: &str) -> String {
    String::from_utf8(server.get(path)).unwrap()
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word} in:\n{text}");
    }
}

#[test]
fn a_snapshot_is_shown_compared_and_listed_for_machines_and_gc_leaves_what_that_takes() {
    let desk = Desk::new();
    prepare(&desk, &repository("2.0"), &[]);
    let first = Server::start(&desk, "near");
    has(&page(&first, "/"), &["Snapshot 1 of", "href=\"/yum/almalinux-9/\"", "/sbom/almalinux-9/x86_64.cdx.json"]);
    let shop = page(&first, "/packages/almalinux-9/x86_64/shop");
    let words = [
        "Version 2.0-1",
        "dnf install shop",
        "href=\"/packages/almalinux-9/x86_64/till\"",
        "href=\"/packages/almalinux-9/x86_64/scale\"",
        "href=\"/modules/command-line\"",
        "Signed upstream",
        "package signed by one of the source",
        "shop-2.0-1.x86_64.rpm",
    ];
    has(&shop, &words);
    has(&page(&first, "/packages/almalinux-9/x86_64/scale"), &["Needed by 1 package"]);
    has(&page(&first, "/search?q=till"), &["1 result<"]);
    has(&page(&first, "/modules/command-line"), &["3 packages, with all that they need"]);
    has(&page(&first, "/sbom/almalinux-9/x86_64.cdx.json"), &["\"bomFormat\": \"CycloneDX\"", "pkg:rpm/"]);
    has(&page(&first, "/sbom/almalinux-9/x86_64.spdx.json"), &["\"spdxVersion\""]);
    drop(first);

    let known = fs::read(desk.path("near/snapshots/pages.json")).unwrap();
    drop(Server::start(&desk, "near"));
    assert_eq!(fs::read(desk.path("near/snapshots/pages.json")).unwrap(), known, "nothing is made twice");

    fs::remove_file(desk.path("lsrepo.lock")).unwrap();
    prepare(&desk, &repository("3.0"), &[]);
    let second = Server::start(&desk, "near");
    // the other two were signed again
    has(&page(&second, "/snapshots/1..2"), &["3 changed", ">2.0-1<", ">3.0-1<", "1.10-1 x86_64 (sha256:"]);
    drop(second);
    desk.near(&["gc", "--grace", "0s"]).well();
    let third = Server::start(&desk, "near");
    has(&page(&third, "/snapshots/1..2"), &["3 changed", ">2.0-1<", ">3.0-1<"]);
    has(&page(&third, "/sbom/almalinux-9/x86_64.cdx.json"), &["shop"]);
}

#[test]
fn what_is_served_where_it_lies_has_pages_and_is_no_snapshot_of_the_store() {
    let desk = Desk::new();
    prepare(&desk, &repository("2.0"), &[]);
    desk.near(&["export", "-o", "b.tar.zst"]).well();
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    let server = Server::start_with(&desk, "far", &["--bundle", "b.tar.zst"]);
    has(&page(&server, "/packages/almalinux-9/x86_64/shop"), &["Version 2.0-1"]);
    has(&page(&server, "/snapshots/"), &["Only what is shown now is known"]);
}
