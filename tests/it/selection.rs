//! Which modules are taken: named ones with what they require, those of a cluster, or all.

use crate::{
    desk::{Desk, Said},
    upstream::Upstream,
};
use std::fs;

fn resolve(desk: &Desk, upstream: &Upstream, words: &[&str]) -> Said {
    let line = upstream.line();
    let fixed = ["resolve", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--bom", "bom", "--source", &line];
    desk.near(&[&fixed[..], words].concat())
}

fn desk() -> (Desk, Upstream) {
    let desk = Desk::new();
    fs::create_dir(desk.path("bom")).unwrap();
    let module = |name: &str, more: &str| {
        let text = format!("kind: module\nname: {name}\nversion: 1.0.0\nlabels: {{kind: {name}-like}}\n{more}");
        fs::write(desk.path("bom").join(format!("{name}.yml")), text).unwrap();
    };
    module("till", "requirements: {packages: [{name: till}]}\n");
    module("paper", "requirements: {packages: [{name: paper}]}\n");
    module(
        "shop",
        "requires:\n  strong: [[{key: kind, operator: eq, values: [till-like]}]]\n  \
         weak: [[{key: name, operator: eq, values: [paper]}]]\nrequirements: {packages: [{name: shop}], images: [{ref: 'a.example/x:1'}]}\n",
    );
    (desk, Upstream::new().add("shop", "1", "").add("till", "1", "").add("paper", "1", "").publish())
}

#[test]
fn strong_requirements_come_along_and_weak_ones_are_offered() {
    let (desk, upstream) = desk();
    let said = resolve(&desk, &upstream, &["--module", "shop"]);
    assert!(said.err.contains("taken along: till (required by shop)"), "{}", said.err);
    assert!(said.err.contains("would go with it: paper"), "{}", said.err);
    let out = said.well();
    assert!(out.contains("till 1 amd64") && out.contains("image a.example/x:1") && !out.contains("paper"), "{out}");
    let out = resolve(&desk, &upstream, &["--module", "shop", "--without", "images"]).well();
    assert!(!out.contains("image"), "{out}");
}

#[test]
fn a_cluster_takes_what_its_components_are_made_of() {
    let (desk, upstream) = desk();
    let cluster = "kind: lambdastack-cluster\nspecification:\n  components:\n    desk: {count: 1}\n    other: {count: 0}\n---\n\
                   kind: configuration/feature-mapping\nspecification: {roles_mapping: {desk: [paper], other: [shop]}}\n";
    fs::write(desk.path("cluster.yml"), cluster).unwrap();
    let out = resolve(&desk, &upstream, &["-f", "cluster.yml"]).well();
    assert!(out.contains("paper 1") && !out.contains("shop"), "{out}");
    fs::write(desk.path("cluster.yml"), cluster.replace("desk: {count", "desc: {count")).unwrap();
    resolve(&desk, &upstream, &["-f", "cluster.yml"]).badly(2, &["cluster.yml", "`desc`", "did you mean `desk`?"]);
}

#[test]
fn another_selection_makes_another_lock() {
    let (desk, upstream) = desk();
    let line = upstream.line();
    let prepare = |words: &[&str]| {
        let fixed = [
            "prepare",
            "--os",
            "debian-12",
            "--arch",
            "amd64",
            "--base",
            "none",
            "--bom",
            "bom",
            "--without",
            "images",
            "--source",
            &line,
        ];
        desk.near(&[&fixed[..], words].concat())
    };
    prepare(&["--module", "till"]).well();
    prepare(&["--module", "shop", "--locked"]).badly(1, &["`shop` (module shop) is not in it"]);
    prepare(&["--module", "shop"]).well();
    prepare(&["--module", "paper"]).well();
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    assert!(lock.contains("name = \"paper\"") && !lock.contains("name = \"shop\""), "{lock}");
}
