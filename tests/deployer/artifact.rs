//! Modules as OCI artifacts: packed, named with `--modules`, and known again by plan and audit.

use super::Desk;
use serde_json::Value as Json;
use std::fs;

/// A module that does not lie, with a role that it shares, and a cluster of it.
fn shop() -> Desk {
    let desk = Desk::new();
    let handed = |name: &str, what: &str| {
        format!(
            "- hosts: shop\n  roles: [open-shop]\n  post_tasks:\n    - ansible.builtin.set_stats:\n        per_host: true\n        data: {{{name}: {what}}}\n"
        )
    };
    for (path, text) in [
        (
            "mine/shop/module.yml",
            "kind: lambdastack-module\nname: shop\nversion: 0.1.0\nsummary: Sells\nmethods: [metadata, init, plan, apply, audit]\nroles: [open-shop]\n".to_owned(),
        ),
        ("mine/shop/playbooks/apply.yml", handed("lambdastack_returns", "{}")),
        ("mine/shop/playbooks/audit.yml", handed("lambdastack_audit", "{in_order: true, differences: []}")),
        ("mine/roles/open-shop/tasks/main.yml", "- name: It is open\n  ansible.builtin.ping: {}\n".to_owned()),
        (
            "cluster.yml",
            "kind: lambdastack-cluster\nspecification: {name: demo, components: {shop: {machines: [lb-1]}}}\n---\nkind: infrastructure/machine\nname: lb-1\nspecification: {ip: 10.0.0.1}\n".to_owned(),
        ),
    ] {
        fs::create_dir_all(desk.path(path).parent().unwrap()).unwrap();
        fs::write(desk.path(path), text).unwrap();
    }
    desk
}

/// Somebody works on the module.
fn work(desk: &Desk, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(desk.path(path)).unwrap();
    assert!(text.contains(from));
    fs::write(desk.path(path), text.replace(from, to)).unwrap();
}

#[test]
fn a_module_is_packed_applied_and_known_when_it_changes() {
    let desk = shop();
    let said = desk.well(0, &["module", "pack", "mine/shop", "--out", "shop.tar", "-o", "json"]);
    let said: Json = serde_json::from_str(&said).unwrap();
    let digest = said["digest"].as_str().unwrap();
    assert_eq!((&said["name"], &said["version"], &said["file"]), (&"shop".into(), &"0.1.0".into(), &"shop.tar".into()));
    desk.well(0, &["module", "pack", "mine/shop", "--out", "again.tar"]);
    assert_eq!(fs::read(desk.path("shop.tar")).unwrap(), fs::read(desk.path("again.tar")).unwrap());
    desk.well(0, &["module", "check", "shop.tar"]);
    let shown = desk.well(0, &["--modules", "shop.tar", "module", "show", "shop"]);
    assert!(shown.contains(&format!("\nfrom: shop.tar ({digest})\n")), "{shown}");

    let ansible = desk.ansible(true).replace("well", "returns-nothing");
    let script = fs::read_to_string(desk.path("well")).unwrap();
    fs::write(desk.path("returns-nothing"), script.replace("'\"listen_port\": 9100, \"package_version\": \"1\"'", "")).unwrap();
    fs::set_permissions(&ansible, fs::metadata(desk.path("well")).unwrap().permissions()).unwrap();
    let with = |archive: &'static str, words: &[&'static str]| [&["--modules", archive][..], words].concat();
    desk.well(2, &with("shop.tar", &["plan", "-f", "cluster.yml", "--out", "plan.json"]));
    let agreed = [with("shop.tar", &["apply", "-f", "cluster.yml", "--agreed", "plan.json", "--ansible"]), vec![&ansible]].concat();
    desk.well(0, &agreed);
    assert_eq!(desk.well(0, &with("oci-archive:again.tar:0.1.0", &["plan", "-f", "cluster.yml"])), "demo: nothing to do\n");

    work(&desk, "mine/roles/open-shop/tasks/main.yml", "open", "wide open");
    desk.well(0, &["module", "pack", "mine/shop", "--out", "changed.tar"]);
    let plan = desk.well(2, &with("changed.tar", &["plan", "-f", "cluster.yml"]));
    assert!(plan.contains("~ shop on lb-1: changes\n    ~ playbooks: "), "{plan}");
    desk.badly(
        1,
        &with("changed.tar", &["plan", "-f", "cluster.yml", "--agreed", "plan.json"]),
        &["is not what would be done now"],
    );
    let audit = [with("changed.tar", &["audit", "-f", "cluster.yml", "--ansible"]), vec![&ansible]].concat();
    desk.badly(0, &audit, &["`shop` is not looked at: it was applied with other playbooks than are here"]);
}

#[test]
fn an_artifact_is_the_same_module_as_its_folder() {
    let desk = shop();
    // without what it shares, which becomes its own
    fs::create_dir_all(desk.path("mine/shop/roles")).unwrap();
    fs::rename(desk.path("mine/roles/open-shop"), desk.path("mine/shop/roles/open-shop")).unwrap();
    desk.well(0, &["module", "pack", "mine/shop", "--out", "shop.tar"]);
    desk.well(2, &["--modules", "mine", "plan", "-f", "cluster.yml", "--out", "plan.json"]);
    desk.well(2, &["--modules", "shop.tar", "plan", "-f", "cluster.yml", "--agreed", "plan.json"]);
}

#[test]
fn what_cannot_be_packed_or_taken_is_told() {
    let desk = shop();
    desk.badly(2, &["module", "pack", "mine/shop", "--out", "mine/shop/shop.tar"], &["would be a part of the module itself"]);
    desk.badly(2, &["module", "pack", "mine/shop", "--out", "nowhere/shop.tar"], &["nowhere/shop.tar"]);
    desk.badly(2, &["--modules", "nowhere.tar", "module", "list"], &["nowhere.tar"]);
    desk.badly(2, &["--modules", "oci:nowhere:1", "module", "list"], &["nowhere"]);
    desk.badly(1, &["--modules", "cluster.yml", "module", "list"], &["cluster.yml: it is no tar", "hint: "]);
    work(&desk, "mine/shop/module.yml", "audit]", "audit, test]");
    desk.badly(
        1,
        &["module", "pack", "mine/shop", "--out", "shop.tar"],
        &["mine/shop/module.yml:", "the method `test` is claimed"],
    );
    assert!(!desk.path("shop.tar").exists());
    // what it shares is looked at as what is its own
    work(&desk, "mine/shop/module.yml", "audit, test]", "audit]");
    work(&desk, "mine/roles/open-shop/tasks/main.yml", "{}", "{data: \"{{ lambdastack_config.colour }}\"}");
    desk.badly(1, &["module", "pack", "mine/shop", "--out", "shop.tar"], &["with the roles that it shares", "colour"]);
}
