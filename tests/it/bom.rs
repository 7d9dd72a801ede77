//! What the stack is made of: expanded for each platform, listed for others' tools, compared, taken over from lists that people have.

use crate::{desk::Desk, upstream::Upstream};
use lsrepo_bom::requirements_file;
use std::{collections::BTreeSet, fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The platforms whose lists the origin has, and the one whose own packages are used.
const TEN: [(&str, &str); 10] = [
    ("centos-7", "x86_64"),
    ("centos-7", "arm64"),
    ("redhat-7", "x86_64"),
    ("ubuntu-18.04", "x86_64"),
    ("almalinux-8", "x86_64"),
    ("almalinux-8", "arm64"),
    ("rhel-8", "x86_64"),
    ("ubuntu-20.04", "x86_64"),
    ("debian-12", "x86_64"),
    ("debian-12", "arm64"),
];

#[test]
fn a_dry_run_without_the_network_shows_all_that_a_platform_needs() {
    let desk = Desk::new();
    for (os, arch) in TEN {
        let out = desk.near(&["prepare", "--os", os, "--arch", arch, "--dry-run", "--offline-metadata", "-o", "json"]).well();
        let outline: serde_json::Value = serde_json::from_str(&out).unwrap();
        let keys = |name: &str| outline[0][name].as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
        let file = root().join(format!("requirements/{os}/requirements_{arch}.txt"));
        let list = requirements_file::parse(&fs::read_to_string(file).unwrap(), os).unwrap();
        let words = |all: &[lsrepo_bom::PackageRequest]| all.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
        let files = |all: &[lsrepo_bom::FileRequest]| all.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
        assert_eq!(keys("packages"), &words(&list.packages) | &words(&list.prerequisites), "{os}/{arch}");
        assert_eq!(keys("package_files"), files(&list.package_files), "{os}/{arch}");
        assert_eq!(keys("files"), files(&list.files), "{os}/{arch}");
        assert_eq!(keys("images").len(), list.images.len(), "{os}/{arch}");
    }
}

#[test]
fn nothing_that_only_postgresql_needs_comes_along_with_kafka() {
    let desk = Desk::new();
    let of = |module: &str| {
        let words =
            ["prepare", "--os", "centos-7", "--arch", "x86_64", "-m", module, "--dry-run", "--offline-metadata", "-o", "json"];
        let outline: serde_json::Value = serde_json::from_str(&desk.near(&words).well()).unwrap();
        let lists = ["packages", "package_files", "files", "images"].map(|list| outline[0][list].as_object().unwrap().clone());
        lists.into_iter().flatten().map(|(wish, _)| wish).collect::<BTreeSet<String>>()
    };
    let (kafka, postgresql, common) = (of("kafka"), of("postgresql"), of("common"));
    assert!(kafka.iter().any(|wish| wish.contains("kafka_2.12")) && postgresql.contains("postgresql14-server"));
    let both: Vec<&String> = kafka.intersection(&postgresql).filter(|wish| !common.contains(*wish)).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn expansion_is_what_is_checked_in() {
    let desk = Desk::new();
    desk.near(&["bom", "expand", "--write", "out"]).well();
    for (os, arch) in TEN {
        let name = format!("{os}/requirements_{arch}.txt");
        assert_eq!(
            fs::read_to_string(desk.path("out").join(&name)).unwrap(),
            fs::read_to_string(root().join("requirements").join(&name)).unwrap()
        );
    }
    let out = desk.near(&["bom", "expand", "--os", "debian-12", "--arch", "arm64", "-m", "kafka"]).well();
    assert!(out.contains("zookeeper") && !out.contains("postgresql"), "{out}");
}

fn shop() -> Upstream {
    Upstream::new().add("shop", "2.0", "Depends: till\n").add("till", "1.5", "").publish()
}

#[test]
fn what_is_carried_is_listed_for_people_and_tools_and_compared() {
    let (desk, upstream) = (Desk::new(), shop());
    fs::write(desk.path("tool.tgz"), b"a tool").unwrap();
    let prepare = |lock: &str, upstream: &Upstream, words: &[&str]| {
        let line = upstream.line();
        let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line, "--lock-file", lock];
        desk.near(&[&fixed[..], words].concat()).well()
    };
    prepare("lsrepo.lock", &upstream, &["-p", "shop", "--file", "tool.tgz"]);
    desk.near(&["export", "-o", "old.tar.zst"]).well();
    let table = desk.near(&["bom"]).well();
    assert!(table.contains("shop 2.0") && table.contains("file  tool.tgz") && table.contains("3 artifacts, "), "{table}");
    for (format, list) in [("cyclonedx", "components"), ("spdx", "packages"), ("json", "artifacts")] {
        let text = desk.near(&["bom", "--format", format]).well();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json[list].as_array().unwrap().len(), 3, "{text}");
        assert_eq!(desk.near(&["bom", "near", "--format", format]).well(), text, "a store says what its lock says");
    }
    let upstream = upstream.add("shop", "2.1", "Depends: till\n").publish();
    prepare("new.lock", &upstream, &["-p", "shop"]);
    let said = desk.near(&["bom", "diff", "lsrepo.lock", "new.lock"]).well();
    assert!(said.contains("~ deb   shop 2.0 -> 2.1") && said.contains("- file  tool.tgz"), "{said}");
    assert!(said.contains("0 added, 1 removed, 1 changed"), "{said}");
    let said = desk.near(&["bom", "diff", "old.tar.zst", "near", "-o", "json"]).well();
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((json["changed"].as_array().unwrap().len(), json["removed"].as_array().unwrap().len()), (1, 1), "{said}");
}

#[test]
fn lists_that_people_have_are_taken_over() {
    let desk = Desk::new();
    let put = |name: &str, text: &str| {
        let file = desk.path("lists").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    put(
        "centos-7/requirements.aarch64.txt",
        "[crane]\nhttps://a.example/crane.tgz\n[packages]\naudit # for docker\nkubeadm-1.19.15\n",
    );
    put("requirements/x86_64/redhat/packages.yml", "prereq-packages: [httpd]\npackages: {from_repo: [audit], from_url: {}}\n");
    put("requirements/x86_64/redhat/rhel-8/packages.yml", "prereq-packages: [logos]\npackages: {from_repo: []}\n");
    let sum = "a".repeat(64);
    let file = |name: &str, deps: &str| {
        format!("  {name}: {{options: [{{url: 'https://a.example/{name}.tgz', sha256: {sum}}}], deps: {deps}}}\n")
    };
    put("requirements/x86_64/files.yml", &format!("files:\n{}{}", file("kafka", "[kafka]"), file("helm", "[helm]")));
    put("requirements/x86_64/images.yml", "images: {rook: {'rook/ceph:v1': {sha1: x}}}\n");
    desk.near(&["bom", "import", "lists", "-o", "out"]).well();
    let read = |name: &str| fs::read_to_string(desk.path("out").join(name)).unwrap();
    assert_eq!(read("centos-7/requirements_arm64.txt"), "[packages]\naudit\nkubeadm-1.19.15\n");
    let whole = read("rhel-8/requirements_x86_64.txt");
    assert!(whole.starts_with("[packages-repo-prereqs]\nhttpd\nlogos\n") && whole.contains("rook/ceph:v1"), "{whole}");
    let manifest = "kind: epiphany-cluster\nspecification: {components: {kafka: {count: 1}, rook: {count: 0}}}\n---\n\
                    kind: configuration/feature-mappings\nspecification: {mappings: {kafka: [kafka], rook: [rook]}}\n";
    fs::write(desk.path("manifest.yml"), manifest).unwrap();
    desk.near(&["bom", "import", "lists", "-o", "out", "-m", "manifest.yml"]).well();
    let part = read("rhel-8/requirements_x86_64.txt");
    assert!(
        part.contains(&format!("https://a.example/kafka.tgz sha256:{sum}")) && !part.contains("helm") && !part.contains("ceph"),
        "{part}"
    );
    desk.near(&["bom", "import", "near", "-o", "out"]).badly(2, &["near", "hint"]);
}

#[test]
fn a_preflight_says_what_stands_in_the_way() {
    let (desk, upstream) = (Desk::new(), shop());
    let line = upstream.line();
    let fixed = ["preflight", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line];
    let said = desk.near(&[&fixed[..], &["-p", "shop"]].concat()).well();
    for word in ["2 packages", "answers: file://", "to download: ", "free: "] {
        assert!(said.contains(word), "no {word} in {said}");
    }
    fs::create_dir(desk.path("bom")).unwrap();
    let module = "kind: module\nname: odd\nversion: 1.0.0\nrequirements:\n  packages: [{name: gone}, {name: other, os: [rocky-9]}]\n  \
                  files: [{url: 'file:///nowhere/x.tgz'}]\n";
    fs::write(desk.path("bom/odd.yml"), module).unwrap();
    let said = desk.near(&[&fixed[..], &["--bom", "bom", "-m", "odd", "-o", "json"]].concat());
    assert_eq!(said.code, 1, "{}", said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let failures = json["platforms"][0]["failures"].to_string();
    assert!(failures.contains("gone") && failures.contains("x.tgz"), "{failures}");
    assert_eq!(json["platforms"][0]["modules"][0]["state"], "supported");
    assert_eq!(json["takes"]["platforms"][0]["files"], 1);
    assert!(desk.path("near").join("blobs").exists() && desk.blobs("near") == 0 && !desk.path("lsrepo.lock").exists());
}

#[test]
fn a_prepare_names_all_that_do_not_answer_before_it_fetches_anything() {
    let desk = Desk::new();
    let gone = |name: &str| format!("deb [trusted=yes] file://{} stable main", desk.path(name).display());
    let (first, second) = (gone("first"), gone("second"));
    fs::write(desk.path("here.tgz"), "here").unwrap();
    let fixed = ["prepare", "--os", "debian-12", "--arch", "amd64", "--source", &first, "--source", &second, "-p", "x"];
    let files = ["--file", "here.tgz", "--file", "file:///nowhere/missing.tgz"];
    desk.near(&[&fixed[..], &files].concat())
        .badly(2, &["first/dists/stable/InRelease", "second/dists/stable/InRelease", "missing.tgz"]);
    assert_eq!(desk.blobs("near"), 0);
}

#[test]
fn a_module_is_checked_and_its_schema_printed() {
    let desk = Desk::new();
    fs::write(desk.path("good.yml"), "kind: module\nname: x\nversion: 0.1.0\n").unwrap();
    fs::write(desk.path("bad.yml"), "kind: module\nname: x\nversion: 0.1.0\nlables: {}\n").unwrap();
    desk.near(&["bom", "check", "good.yml"]).well();
    desk.near(&["bom", "check", "good.yml", "bad.yml"]).badly(2, &["bad.yml:4:1: unknown field `lables`", "(at /lables)"]);
    let schema: serde_json::Value = serde_json::from_str(&desk.near(&["bom", "schema"]).well()).unwrap();
    assert_eq!(schema["properties"]["kind"]["$ref"], "#/$defs/Kind");
    assert!(desk.near(&["bom", "modules"]).well().contains("Message broker Apache Kafka"));
}
