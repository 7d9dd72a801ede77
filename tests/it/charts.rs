//! Helm charts: found by a repository's index, carried as files, looked into for images, served as a repository.

use crate::{
    desk::{Desk, Said, Server},
    registry::Registry,
};
use flate2::{Compression, write::GzEncoder};
use lsrepo_bom::{Lock, chart::CHART_LAYER, lock::Proof};
use lsrepo_oci::media_type;
use lsrepo_types::Digest;
use serde_json::json;
use std::fs;

/// A packed chart.
pub(crate) fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// A desk with a chart repository in a folder; its address, and the digest of its chart, whose images `host` has.
fn desk(host: &str) -> (Desk, String, Digest) {
    let desk = Desk::new();
    let chart = packed(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.0\nappVersion: \"3.1\"\n"),
        ("web/values.yaml", &format!("image: {{registry: '{host}', repository: org/web, tag: \"\"}}\n")),
        ("web/templates/deployment.yaml", "spec:\n  - image: {{ include \"x\" . }}\n"),
        ("web/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n"),
        ("web/charts/db/values.yaml", &format!("dbImage: {host}/org/db:15\n")),
    ]);
    let digest = Digest::of(&chart);
    fs::create_dir(desk.path("repo")).unwrap();
    fs::write(desk.path("repo/web-1.2.0.tgz"), &chart).unwrap();
    let index = format!(
        "apiVersion: v1\nentries:\n  web:\n    - {{version: 1.2.0, urls: [web-1.2.0.tgz], digest: {}}}\n    - {{version: 1.1.0, urls: [gone.tgz]}}\n",
        digest.hex()
    );
    fs::write(desk.path("repo/index.yaml"), index).unwrap();
    let url = format!("file://{}", desk.path("repo").display());
    (desk, url, digest)
}

fn prepare(desk: &Desk, words: &[&str]) -> Said {
    desk.near(&[&["prepare", "--os", "debian-12", "--arch", "amd64"], words].concat())
}

#[test]
fn a_chart_is_carried_and_its_images_are_told() {
    let (desk, url, digest) = desk("a.example");
    let said = prepare(&desk, &["--chart", &format!("{url} web")]);
    let told = "charts/web-1.2.0.tgz uses images that are not carried: a.example/org/db:15, a.example/org/web:3.1";
    assert!(said.err.contains(told) && said.err.contains("only rendering tells"), "{}", said.err);
    said.well();
    let lock = Lock::parse(&fs::read_to_string(desk.path("lsrepo.lock")).unwrap()).unwrap();
    let file = &lock.platforms[0].files[0];
    assert_eq!((file.digest, file.proof, file.images.len()), (digest, Proof::Checksums, 2));
    // a lock needs no index
    fs::remove_dir_all(desk.path("repo")).unwrap();
    prepare(&desk, &["--locked", "--chart", &format!("{url} web")]).well();
    let server = Server::start(&desk, "near");
    let index: serde_json::Value = serde_json::from_slice(&server.get("/files/charts/index.yaml")).unwrap();
    let entry = &index["entries"]["web"][0];
    assert_eq!(
        (&entry["version"], &entry["urls"][0], &entry["digest"]),
        (&"1.2.0".into(), &"web-1.2.0.tgz".into(), &digest.hex().into())
    );
    assert_eq!(Digest::of(&server.get("/files/charts/web-1.2.0.tgz")), digest);
}

#[test]
fn its_images_come_along_where_that_is_said() {
    let registry = Registry::new();
    registry.index("org/web", &["3.1"]);
    registry.index("org/db", &["15"]);
    let (desk, url, _) = desk(&registry.host);
    let chart = format!("{url} web 1.2.0");
    let said = prepare(&desk, &["--chart", &chart, "--chart-images"]).well();
    assert!(said.contains("2 images, 1 file, "), "{said}");
    let lock = fs::read_to_string(desk.path("lsrepo.lock")).unwrap();
    // again, the same; without the word, they go
    prepare(&desk, &["--chart", &chart, "--chart-images", "--locked"]).well();
    assert_eq!(fs::read_to_string(desk.path("lsrepo.lock")).unwrap(), lock);
    assert!(prepare(&desk, &["--chart", &chart]).well().contains("debian-12/x86_64: 1 file, "));
}

#[test]
fn a_chart_of_a_registry_is_the_same() {
    let registry = Registry::new();
    let (desk, _, digest) = desk(&registry.host);
    let bytes = fs::read(desk.path("repo/web-1.2.0.tgz")).unwrap();
    let layer = registry.blob("charts/web", CHART_LAYER, &bytes);
    let config = registry.blob("charts/web", "application/vnd.cncf.helm.config.v1+json", b"{}");
    let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer]});
    registry.manifest("charts/web", media_type::MANIFEST, &manifest, &["1.2.0"]);
    registry.index("org/web", &["3.1"]);
    registry.index("org/db", &["15"]);
    let chart = format!("oci://{}/charts web 1.2.0", registry.host);
    let said = prepare(&desk, &["--chart", &chart, "--chart-images"]).well();
    assert!(said.contains("2 images, 1 file, "), "{said}");
    let lock = Lock::parse(&fs::read_to_string(desk.path("lsrepo.lock")).unwrap()).unwrap();
    assert_eq!((lock.platforms[0].files[0].digest, lock.platforms[0].files[0].name.as_str()), (digest, "charts/web-1.2.0.tgz"));
    // the lock finds it again
    fs::remove_dir_all(desk.path("near")).unwrap();
    prepare(&desk, &["--chart", &chart, "--chart-images", "--locked"]).well();
    let image = format!("oci://{}/org db 15", registry.host);
    prepare(&desk, &["--chart", &image]).badly(1, &["no Helm chart", "--image"]);
}

#[test]
fn what_no_repository_has_is_named() {
    let (desk, url, _) = desk("a.example");
    prepare(&desk, &["--chart", &format!("{url} wep")]).badly(1, &["index.yaml", "no chart `wep`", "did you mean `web`?"]);
    prepare(&desk, &["--chart", &format!("{url} web 9")]).badly(1, &["no version `9`", "1.2.0, 1.1.0"]);
    prepare(&desk, &["--chart", "web"]).badly(2, &["is not a chart"]);
    fs::write(desk.path("repo/web-1.2.0.tgz"), "something else").unwrap();
    prepare(&desk, &["--chart", &format!("{url} web")]).badly(1, &["charts/web-1.2.0.tgz", "lsrepo lock --repin"]);
}
