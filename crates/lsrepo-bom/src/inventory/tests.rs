use super::*;
use crate::lock::{Asked, LockedFile, LockedImage, LockedPackage, Proof};

fn part(platform: &str, version: &str) -> PlatformLock {
    let mut part = PlatformLock::new(platform.parse().unwrap(), Asked::default());
    part.packages.push(LockedPackage {
        name: "g++".into(),
        version: version.into(),
        arch: "noarch".into(),
        source: "base".into(),
        path: "x.rpm".into(),
        size: 10,
        digest: Digest::of(version.as_bytes()),
        wanted_by: vec!["web".parse().unwrap()],
        sets: vec!["main".into()],
        urls: Vec::new(),
        proof: None,
    });
    part.files.push(LockedFile {
        name: "a/tool.tgz".into(),
        urls: vec!["https://a.example/x?y=1".into()],
        size: 5,
        digest: Digest::of(b"tool"),
        proof: Proof::Stated,
        wanted_by: vec!["web".parse().unwrap()],
        chart: None,
        images: Vec::new(),
    });
    part.images.push(LockedImage {
        reference: "docker.io/library/nginx:1.27".into(),
        digest: Digest::of(b"nginx"),
        media_type: String::new(),
        size: 1,
        bytes: 100,
        wanted_by: vec!["web".parse().unwrap()],
        referrers: Vec::new(),
    });
    part
}

fn inventory(parts: &[PlatformLock]) -> Inventory {
    let licences = [(Digest::of(b"1:2.0-1"), "GPLv2+ and \"odd\"".to_owned())].into();
    Inventory::of(&Lock::new(parts.to_vec()), &licences)
}

#[test]
fn every_thing_has_its_package_url() {
    let all = inventory(&[part("rocky-9/x86_64", "1:2.0-1")]);
    let urls: Vec<&str> = all.artifacts.iter().map(|one| one.purl.as_str()).collect();
    assert_eq!(urls[0], "pkg:rpm/rocky/g%2B%2B@2.0-1?arch=noarch&distro=rocky-9&epoch=1");
    assert!(
        urls[1].starts_with("pkg:generic/a/tool.tgz?checksum=sha256%3A")
            && urls[1].ends_with("download_url=https%3A%2F%2Fa.example%2Fx%3Fy%3D1")
    );
    assert!(
        urls[2].starts_with("pkg:oci/nginx@sha256%3A") && urls[2].ends_with("repository_url=docker.io%2Flibrary%2Fnginx&tag=1.27")
    );
}

#[test]
fn both_forms_list_everything_once() {
    let all = inventory(&[part("rocky-9/x86_64", "1:2.0-1"), part("rocky-9/arm64", "1:2.0-1")]);
    // the package and the file are the same thing on both, the image is not
    assert_eq!(all.artifacts.len(), 4);
    let document = cyclonedx(&all, "x", "1");
    assert_eq!(document["components"].as_array().unwrap().len(), 4);
    assert_eq!(document["components"][0]["licenses"][0]["license"]["name"], "GPLv2+ and \"odd\"");
    assert_eq!(document, cyclonedx(&all, "x", "1"));
    let document = spdx(&all, "x", "1");
    assert_eq!((document["packages"].as_array().unwrap().len(), document["relationships"].as_array().unwrap().len()), (4, 4));
    assert_eq!(document["packages"][0]["licenseDeclared"], "LicenseRef-stated-1");
}

#[test]
fn a_new_version_is_a_change() {
    let (a, b) = (inventory(&[part("rocky-9/x86_64", "1:2.0-1")]), inventory(&[part("rocky-9/x86_64", "1:2.1-1")]));
    assert!(diff(&a, &a).is_empty());
    let difference = diff(&a, &b);
    assert_eq!((difference.changed.len(), difference.added.len(), difference.removed.len()), (1, 0, 0));
    assert_eq!(difference.changed[0].to.version, "1:2.1-1");
    let difference = diff(&a, &Inventory::default());
    assert_eq!((difference.removed.len(), difference.bytes_removed), (3, 115));
}
