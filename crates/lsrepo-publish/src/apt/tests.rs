//! Each way in which apt fails without a word, or not before the closed site, has a test here.

mod clients;
mod fixture;
mod flat;

use super::*;
use crate::{Entry, date_after};
use fixture::{DATE, Deb, key, platform, publish_all, text};
use lsrepo_deb::{deb822, release::Release};
use lsrepo_types::Digest;

fn release_of(tree: &Tree) -> Release {
    Release::parse(&text(tree, "dists/debian-12/Release")).unwrap()
}

fn bytes<'a>(tree: &'a Tree, path: &str) -> &'a [u8] {
    match tree.get(path) {
        Some(Entry::Bytes(bytes)) => bytes,
        other => panic!("{path}: {other:?}"),
    }
}

fn demo() -> Vec<PlatformPackages> {
    let common = Deb::new("demo-common", "1.0", "all");
    vec![
        platform("debian-12/x86_64", &[Deb::new("demo", "1:2.0-1", "amd64"), common.clone()]),
        platform("debian-12/arm64", &[Deb::new("demo", "1:2.0-1", "arm64"), common]),
    ]
}

#[test]
fn the_uncompressed_index_is_listed() {
    let tree = publish_all(&demo());
    let release = release_of(&tree);
    for architecture in ["amd64", "arm64", "all"] {
        for suffix in ["", ".gz", ".xz"] {
            let path = format!("main/binary-{architecture}/Packages{suffix}");
            let listed = &release.files[path.as_str()];
            let served = bytes(&tree, &format!("dists/debian-12/{path}"));
            assert_eq!((listed.size, listed.sha256), (served.len() as u64, Digest::of(served)), "{path}");
        }
    }
}

#[test]
fn every_listed_index_is_there_by_its_digest() {
    let tree = publish_all(&demo());
    for (path, file) in &release_of(&tree).files {
        let directory = path.as_str().strip_suffix(path.file_name()).unwrap();
        let by_hash = format!("dists/debian-12/{directory}by-hash/SHA256/{}", file.sha256.hex());
        assert_eq!(Digest::of(bytes(&tree, &by_hash)), file.sha256, "{by_hash}");
    }
    assert!(text(&tree, "dists/debian-12/Release").contains("Acquire-By-Hash: yes\n"));
}

#[test]
fn the_date_is_the_given_one_in_utc_and_nothing_expires() {
    let release = text(&publish_all(&demo()), "dists/debian-12/Release");
    assert!(release.contains("Date: Sat, 10 May 2025 09:21:17 UTC\n"), "{release}");
    assert!(!release.contains("Valid-Until"), "{release}");
}

#[test]
fn dates_rise_also_on_rollback() {
    let mut last = date_after(DATE, None);
    for newest_input in [DATE, Timestamp(DATE.0 - 86_400), Timestamp(DATE.0 + 1), DATE] {
        let next = date_after(newest_input, Some(last));
        assert!(next > last && next >= newest_input);
        last = next;
    }
}

#[test]
fn suite_codename_origin_and_label_never_change() {
    let release = text(&publish_all(&demo()), "dists/debian-12/Release");
    for line in ["Origin: lsrepo\n", "Label: lsrepo\n", "Suite: debian-12\n", "Codename: debian-12\n"] {
        assert!(release.contains(line), "{line}{release}");
    }
}

#[test]
fn only_sha256_is_written() {
    let tree = publish_all(&demo());
    for path in ["dists/debian-12/Release", "dists/debian-12/main/binary-amd64/Packages"] {
        let text = text(&tree, path);
        assert!(text.contains("SHA256:"), "{text}");
        assert!(!["MD5", "SHA1", "SHA512"].iter().any(|weak| text.contains(weak)), "{text}");
    }
}

#[test]
fn a_stanza_has_file_name_size_and_digest_of_ours_only() {
    let mut packages = demo();
    packages[0].packages[0].control += "Filename: evil.deb\nSize: 1\nMD5sum: 0\nSHA256: 1\n";
    let index = text(&publish_all(&packages), "dists/debian-12/main/binary-amd64/Packages");
    let demo = &packages[0].packages[0];
    let stanza = deb822::paragraphs(&index).next().unwrap().unwrap();
    assert_eq!(stanza.get("Filename").map(str::trim), Some("pool/main/d/demo/demo_2.0-1_amd64.deb"));
    assert_eq!(stanza.get("Size").map(str::trim), Some(demo.size.to_string().as_str()));
    assert_eq!(stanza.get("SHA256").map(str::trim), Some(demo.digest.hex().as_str()));
    assert!(!index.contains("evil") && !index.contains("MD5sum"), "{index}");
}

#[test]
fn no_file_name_has_an_epoch_a_percent_sign_or_a_colon() {
    let packages = [platform("debian-12/x86_64", &[Deb::new("libx+y", "3:1.0~rc1+b2", "amd64")])];
    let tree = publish_all(&packages);
    assert!(tree.entries.keys().all(|path| !path.as_str().contains(['%', ':'])));
    assert!(tree.get("pool/main/libx/libx+y/libx+y_1.0~rc1+b2_amd64.deb").is_some());
}

#[test]
fn packages_for_all_are_in_every_architecture_and_an_empty_index_of_their_own_is_listed() {
    let tree = publish_all(&demo());
    for architecture in ["amd64", "arm64"] {
        let index = text(&tree, &format!("dists/debian-12/main/binary-{architecture}/Packages"));
        let names: Vec<&str> = index.lines().filter(|line| line.starts_with("Package:")).collect();
        assert_eq!(names, ["Package: demo", "Package: demo-common"]);
    }
    assert_eq!(bytes(&tree, "dists/debian-12/main/binary-all/Packages"), b"");
    let release = text(&tree, "dists/debian-12/Release");
    assert!(release.contains("Architectures: all amd64 arm64\n"), "{release}");
    assert!(release.contains("No-Support-for-Architecture-all: Packages\n"), "{release}");
}

#[test]
fn platforms_may_differ_in_the_version_of_a_package_for_all() {
    let packages = [
        platform("debian-12/x86_64", &[Deb::new("data", "1.1", "all")]),
        platform("debian-12/arm64", &[Deb::new("data", "1.0", "all")]),
    ];
    let tree = publish_all(&packages);
    assert!(!text(&tree, "dists/debian-12/main/binary-arm64/Packages").contains("Version: 1.1"));
    assert!(!text(&tree, "dists/debian-12/main/binary-amd64/Packages").contains("Version: 1.0"));
}

#[test]
fn contradicting_sets_stand_in_components_of_their_own() {
    let old = Deb { components: &["haproxy-2.4"], ..Deb::new("haproxy", "2.4", "amd64") };
    let both = Deb { components: &["haproxy-2.4", "main"], ..Deb::new("libc6", "2.36", "amd64") };
    let packages = [platform("debian-12/x86_64", &[old, Deb::new("haproxy", "2.6", "amd64"), both])];
    let tree = publish_all(&packages);
    assert!(text(&tree, "dists/debian-12/Release").contains("Components: main haproxy-2.4\n"));
    let index = |component: &str| text(&tree, &format!("dists/debian-12/{component}/binary-amd64/Packages"));
    let versions =
        |text: &str| -> Vec<String> { text.lines().filter_map(|line| line.strip_prefix("Version: ")).map(str::to_owned).collect() };
    assert_eq!(versions(&index("main")), ["2.6", "2.36"]);
    assert_eq!(versions(&index("haproxy-2.4")), ["2.4", "2.36"]);
    assert!(tree.get("pool/main/libc/libc6/libc6_2.36_amd64.deb").is_some());
    assert!(tree.get("pool/haproxy-2.4/h/haproxy/haproxy_2.4_amd64.deb").is_some());
    assert!(lint(&packages[0]).is_empty());
}

#[test]
fn two_versions_of_a_name_in_one_component_are_reported() {
    let packages =
        platform("debian-12/x86_64", &[Deb::new("a", "1.10", "amd64"), Deb::new("a", "1.9", "amd64"), Deb::new("b", "1", "i386")]);
    let shown: Vec<String> = lint(&packages).iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "`b 1 i386` is not for amd64: its clients need `dpkg --add-architecture`",
            "`a amd64` has several versions in `main`: 1.9, 1.10; apt only considers the newest",
        ]
    );
}

#[test]
fn two_files_for_one_path_get_a_path_each() {
    let packages = [platform(
        "debian-12/x86_64",
        &[Deb::new("a", "2.0", "amd64"), Deb::new("a", "1:2.0", "amd64"), Deb::new("b", "1", "amd64")],
    )];
    let tree = publish_all(&packages);
    let later = &packages[0].packages[1];
    let beside = format!("pool/main/a/a/{}/a_2.0_amd64.deb", &later.digest.hex()[..12]);
    assert_eq!(tree.get(&beside), Some(&Entry::Blob { digest: later.digest, size: later.size }));
    assert!(matches!(tree.get("pool/main/a/a/a_2.0_amd64.deb"), Some(Entry::Blob { digest, .. }) if *digest != later.digest));
    assert!(text(&tree, "dists/debian-12/main/binary-amd64/Packages").contains(&format!("Filename: {beside}\n")));
}

#[test]
fn one_version_with_two_contents_is_refused_by_name() {
    let other = Deb { description: "rebuilt", ..Deb::new("a", "1.0", "amd64") };
    let packages = [platform("debian-12/x86_64", &[Deb::new("a", "1.0", "amd64"), other])];
    let error = publish(&packages, DATE, &key()).unwrap_err().to_string();
    assert!(error.starts_with("publish: `a 1.0` twice in `main` for amd64: as sha256:"), "{error}");
}

#[test]
fn a_record_speaks_of_one_package_only_and_of_the_right_one() {
    let fail = |change: &dyn Fn(&mut PublishedPackage)| {
        let mut packages = demo();
        change(&mut packages[0].packages[0]);
        publish(&packages, DATE, &key()).unwrap_err().to_string()
    };
    let smuggled = fail(&|package| package.control += "\nPackage: evil\nVersion: 9\n");
    assert!(smuggled.contains("more than one paragraph"), "{smuggled}");
    let other = fail(&|package| package.control = package.control.replace("1:2.0-1", "1:2.0-2"));
    assert!(other.contains("`Version: 1:2.0-2`, the lock says `1:2.0-1`"), "{other}");
    assert!(fail(&|package| package.control.clear()).contains("it is empty"));
    assert!(fail(&|package| package.source = "../../etc".into()).contains("source"));
    assert!(fail(&|package| package.components = vec!["Main Two".into()]).contains("cannot name a component"));
}

#[test]
fn one_repository_is_of_one_debian_like_system() {
    let fail = |names: &[&str]| {
        let packages: Vec<_> = names.iter().map(|name| platform(name, &[])).collect();
        publish(&packages, DATE, &key()).unwrap_err().to_string()
    };
    assert!(fail(&[]).contains("no platform"));
    assert!(fail(&["centos-7/x86_64"]).contains("`centos-7` does not use apt"));
    assert!(fail(&["debian-12/x86_64", "ubuntu-22.04/x86_64"]).contains("hint: publish each OS by itself"));
}

#[test]
fn equal_input_in_any_order_gives_equal_bytes() {
    let first = publish_all(&demo());
    let mut shuffled = demo();
    shuffled.reverse();
    shuffled.iter_mut().for_each(|platform| platform.packages.reverse());
    assert_eq!(first, publish_all(&shuffled));
}

#[test]
fn nothing_follows_the_signature() {
    let tree = publish_all(&demo());
    let inline = text(&tree, "dists/debian-12/InRelease");
    assert!(inline.starts_with("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA"), "{inline}");
    assert!(inline.ends_with("-----END PGP SIGNATURE-----\n"), "{inline}");
}

#[test]
fn an_older_generation_stays_readable_for_as_long_as_it_is_given() {
    let generation = |version: &'static str| publish_all(&[platform("debian-12/x86_64", &[Deb::new("demo", version, "amd64")])]);
    let (first, mut second, mut third) = (generation("1"), generation("2"), generation("3"));
    let by_hash = |tree: &Tree| {
        let path = "dists/debian-12/main/binary-amd64/Packages.xz";
        index::by_hash(&path.parse().unwrap(), bytes(tree, path)).unwrap()
    };
    keep_older_indexes(&mut second, &[&first]).unwrap();
    assert!(second.get(by_hash(&first).as_str()).is_some());
    keep_older_indexes(&mut third, &[&second]).unwrap();
    assert!(third.get(by_hash(&second).as_str()).is_some());
    assert!(third.get(by_hash(&first).as_str()).is_none());
}
