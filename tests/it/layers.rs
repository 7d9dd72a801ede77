//! A crate imports only from lower rows; a pure crate meets no socket and no runtime; the far side cannot fetch.
//!
//! Read from the manifests, so that a wrong edge fails here and not in a review. Dev-dependencies are free.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Each crate, and what it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("lsrepo-types", &[]),
    ("lsrepo-deb", &["types"]),
    ("lsrepo-rpm", &["types"]),
    ("lsrepo-gzip", &[]),
    ("lsrepo-oci", &["types"]),
    ("lsrepo-sign", &["types"]),
    ("lsrepo-bom", &["types"]),
    ("lsrepo-store", &["types"]),
    ("lsrepo-resolve", &["types", "bom", "deb", "rpm"]),
    ("lsrepo-publish", &["types", "bom", "deb", "rpm", "oci", "sign"]),
    ("lsrepo-fetch", &["types", "bom", "deb", "rpm", "oci", "sign", "store"]),
    ("lsrepo-bundle", &["types", "bom", "gzip", "oci", "sign", "store"]),
    ("lsrepo-depot", &["types", "store"]),
    ("lsrepo-serve", &["types", "bom", "oci", "sign", "store", "publish"]),
    ("lsrepo", &["types", "bom", "deb", "rpm", "oci", "sign", "store", "resolve", "publish", "fetch", "bundle", "depot", "serve"]),
    ("lambdastack", &["types", "bom", "deb", "rpm", "oci", "sign", "store", "publish", "bundle", "serve"]),
];

/// Bytes and values in, values out.
const PURE: &[&str] = &["types", "deb", "rpm", "gzip", "oci", "sign", "bom", "resolve", "publish"];

/// Crates that open sockets or run them.
const WORLDLY: &[&str] = &["tokio", "reqwest", "axum", "hyper"];

/// The crates behind the air gap.
const FAR_SIDE: &[&str] = &["lsrepo-serve", "lsrepo-bundle", "lambdastack"];

/// The names each crate of the workspace imports in its library or program.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = fs::read_dir(&crates).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("Cargo.toml").is_file()).map(|folder| read(&folder.join("Cargo.toml"))).collect()
}

fn read(manifest: &Path) -> (String, BTreeSet<String>) {
    let table: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let name = table["package"]["name"].as_str().unwrap().to_owned();
    let mut found = BTreeSet::new();
    let targets = table.get("target").and_then(|targets| targets.as_table()).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.as_table()).chain([&table]);
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let entries = table.get(kind).and_then(|entries| entries.as_table()).into_iter().flatten();
            // a renamed dependency is still what it is
            let real = |(key, entry): (&String, &toml::Value)| {
                entry.get("package").and_then(|package| package.as_str()).unwrap_or(key).to_owned()
            };
            found.extend(entries.map(real));
        }
    }
    (name, found)
}

fn ours(name: &str) -> bool {
    name == "lambdastack" || name == "lsrepo" || name.starts_with("lsrepo-")
}

#[test]
fn a_crate_imports_only_from_lower_rows() {
    let imports = imports();
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(imports.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "a crate has no row in the table");
    for (name, allowed) in LAYERS {
        let allowed: Vec<String> = allowed.iter().map(|lower| format!("lsrepo-{lower}")).collect();
        let wrong: Vec<_> = imports[*name].iter().filter(|import| ours(import) && !allowed.contains(import)).collect();
        assert!(wrong.is_empty(), "{name} must not import {wrong:?}");
    }
}

#[test]
fn a_pure_crate_meets_no_socket_and_no_runtime() {
    let imports = imports();
    for name in PURE.iter().map(|name| format!("lsrepo-{name}")) {
        let wrong: Vec<_> = imports[&name].iter().filter(|import| WORLDLY.contains(&import.as_str())).collect();
        assert!(wrong.is_empty(), "{name} is pure and must not import {wrong:?}");
    }
}

#[test]
fn resolve_does_no_io_and_the_far_side_cannot_fetch() {
    let imports = imports();
    for &start in FAR_SIDE {
        let mut reached = BTreeSet::from([start.to_owned()]);
        let mut open = vec![start.to_owned()];
        while let Some(name) = open.pop() {
            let next = imports.get(&name).into_iter().flatten().filter(|import| ours(import));
            open.extend(next.filter(|import| reached.insert((*import).clone())).cloned().collect::<Vec<_>>());
        }
        assert!(!reached.contains("lsrepo-fetch"), "{start} reaches lsrepo-fetch: {reached:?}");
        assert!(start != "lambdastack" || !reached.contains("lsrepo-resolve"), "{start} reaches lsrepo-resolve");
    }
}
