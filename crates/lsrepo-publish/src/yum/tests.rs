//! Each way in which yum or dnf fails without a word, or not before the closed site, has a test here.

mod clients;
mod fixture;

use super::*;
use crate::date_after;
use fixture::{DATE, Rpm, Value, between, bytes, key, metadata_of, platform, publish_all, text};
use lsrepo_types::Digest;

fn demo() -> Vec<PlatformPackages> {
    let common =
        Rpm { files: &["/opt/demo/data"], required_files: &["/opt/demo/data"], ..Rpm::new("demo-common", "1.0", "noarch") };
    let one = |arch| Rpm { epoch: 1, requires: &["/opt/demo/data"], ..Rpm::new("demo", "2.0+x~rc", arch) };
    let mut platforms = vec![
        platform("almalinux-9/x86_64", &[one("x86_64"), common.clone()]),
        platform("almalinux-9/arm64", &[one("aarch64"), common]),
    ];
    for platform in &mut platforms {
        platform.extras.comps = Some("<comps/>".into());
        platform.extras.updateinfo = Some("<updates/>".into());
        platform.extras.modules = Some("---\ndocument: modulemd\n".into());
    }
    platforms
}

fn centos_7() -> Vec<PlatformPackages> {
    demo()
        .into_iter()
        .map(|packages| PlatformPackages {
            platform: packages.platform.to_string().replace("almalinux-9", "centos-7").parse().unwrap(),
            ..packages
        })
        .collect()
}

#[test]
fn everything_is_listed_with_its_true_digests_and_sizes() {
    let tree = publish_all(&demo());
    for arch in ["x86_64", "aarch64"] {
        let repomd = text(&tree, &format!("{arch}/repodata/repomd.xml"));
        let data = between(&repomd, "<data type=\"", "</data>");
        let kinds: Vec<&str> = data.iter().map(|data| data.split('"').next().unwrap()).collect();
        assert_eq!(kinds, ["primary", "filelists", "other", "group", "group_gz", "modules", "updateinfo"]);
        for (kind, data) in kinds.iter().zip(&data) {
            let one = |start: &str| between(data, start, "<").first().map(|text| (*text).to_owned());
            let href = between(data, "href=\"", "\"")[0];
            let served = bytes(&tree, &format!("{arch}/{href}"));
            let plain = metadata_of(&tree, arch, kind);
            assert_eq!(one("<checksum type=\"sha256\">").unwrap(), Digest::of(served).hex());
            assert!(href.starts_with(&format!("repodata/{}-", Digest::of(served).hex())), "{href}");
            assert_eq!(one("<size>").unwrap(), served.len().to_string());
            assert_eq!(one("<timestamp>").unwrap(), DATE.0.to_string());
            if *kind != "group" {
                assert_eq!(one("<open-checksum type=\"sha256\">").unwrap(), Digest::of(plain.as_bytes()).hex());
                assert_eq!(one("<open-size>").unwrap(), plain.len().to_string());
            }
        }
        assert!(repomd.contains(&format!("<revision>{}</revision>", DATE.0)));
    }
}

/// yum 3 is in no system that could be run here; this is what its source asks for.
#[test]
fn yum_3_finds_all_that_it_needs() {
    let tree = publish_all(&centos_7());
    let repomd = text(&tree, "x86_64/repodata/repomd.xml");
    // by the suffix it knows .gz, .bz2 and .xz; a .zst is parsed as XML
    assert!(between(&repomd, "href=\"", "\"").iter().all(|href| href.ends_with(".gz") || href.ends_with("comps.xml")), "{repomd}");
    // its own words for hashes lack sha224 and sha512/256
    assert!(between(&repomd, "checksum type=\"", "\"").iter().all(|kind| *kind == "sha256"));
    // groups only where they are plain
    assert_eq!(metadata_of(&tree, "x86_64", "group"), "<comps/>");
    // what it compares with its copy, and refuses where it is older
    assert_eq!(between(&repomd, "<timestamp>", "<").len(), 7);
    // fields of a package that it reads without asking whether they are there
    let primary = metadata_of(&tree, "x86_64", "primary");
    for package in between(&primary, "<package type=\"rpm\">", "</package>") {
        for part in [
            "<name>",
            "<arch>",
            "<version epoch=\"",
            "<checksum type=\"sha256\" pkgid=\"YES\">",
            "<size package=\"",
            "<time file=\"",
            "<location href=\"",
            "<rpm:header-range start=\"",
            "<rpm:sourcerpm",
        ] {
            assert!(package.contains(part), "{part}: {package}");
        }
    }
    assert!(primary.contains("packages=\"2\""));
    // the signature of the list, where yum looks for it
    assert!(text(&tree, "x86_64/repodata/repomd.xml.asc").starts_with("-----BEGIN PGP SIGNATURE-----\n"));
}

#[test]
fn zstd_is_for_those_who_are_known_to_read_it() {
    let suffix = |os: &str| {
        let tree = publish_all(&[platform(&format!("{os}/x86_64"), &[Rpm::new("a", "1", "noarch")])]);
        let repomd = text(&tree, "x86_64/repodata/repomd.xml");
        between(&repomd, "href=\"", "\"")[0].rsplit('.').next().unwrap().to_owned()
    };
    for os in ["centos-7", "redhat-7", "redhat-8", "almalinux-8", "rocky-8", "amazonlinux-2", "opensuse-15"] {
        assert_eq!(suffix(os), "gz", "{os}");
    }
    for os in ["almalinux-9", "rocky-9", "redhat-10", "fedora-41", "centos-9"] {
        assert_eq!(suffix(os), "zst", "{os}");
    }
}

#[test]
fn required_paths_stand_in_primary() {
    let tree = publish_all(&demo());
    for arch in ["x86_64", "aarch64"] {
        let primary = metadata_of(&tree, arch, "primary");
        assert_eq!(between(&primary, "<file>", "</file>"), ["/opt/demo/data"]);
        assert!(primary.contains("<rpm:entry name=\"/opt/demo/data\"/>"));
    }
}

#[test]
fn packages_lie_by_letter_and_by_name_alone() {
    let platforms = demo();
    let tree = publish_all(&platforms);
    let file = "demo-2.0+x~rc-1.x86_64.rpm";
    let digest = platforms[0].packages[0].digest;
    for path in [format!("x86_64/Packages/d/{file}"), format!("x86_64/{file}")] {
        assert!(matches!(tree.get(&path), Some(Entry::Blob { digest: found, .. }) if *found == digest), "{path}");
    }
    assert!(metadata_of(&tree, "x86_64", "primary").contains(&format!("<location href=\"Packages/d/{file}\"/>")));
    assert!(tree.get("aarch64/Packages/d/demo-common-1.0-1.noarch.rpm").is_some());
}

#[test]
fn epochs_do_not_make_two_packages_share_a_file() {
    let older = Rpm::new("demo", "1", "noarch");
    let newer = Rpm { epoch: 2, ..older.clone() };
    let tree = publish_all(&[platform("centos-7/x86_64", &[newer.clone(), older.clone()])]);
    let primary = metadata_of(&tree, "x86_64", "primary");
    let digest = newer.published().digest.hex();
    let expected = ["Packages/d/demo-1-1.noarch.rpm".to_owned(), format!("Packages/d/{}/demo-1-1.noarch.rpm", &digest[..12])];
    assert_eq!(between(&primary, "<location href=\"", "\""), expected);
    assert!(
        matches!(tree.get("x86_64/demo-1-1.noarch.rpm"), Some(Entry::Blob { digest, .. }) if *digest == older.published().digest)
    );
}

#[test]
fn one_name_with_two_contents_is_an_error_in_words() {
    let plain = Rpm::new("demo", "1", "noarch");
    let other = Rpm { files: &["/etc/x"], ..plain.clone() };
    let error = publish(&[platform("centos-7/x86_64", &[plain.clone(), other])], DATE, &key()).unwrap_err().to_string();
    assert!(
        error.contains("`demo-1-1.noarch` twice for `centos-7/x86_64`: as sha256:") && error.contains("hint: two sources"),
        "{error}"
    );
    // the same file from two sources is one package, with what both are needed for
    let needed = Rpm { required_files: &["/opt/x"], files: &["/opt/x"], ..plain };
    let again = Rpm { required_files: &[], ..needed.clone() };
    let tree = publish_all(&[platform("centos-7/x86_64", &[needed, again])]);
    let primary = metadata_of(&tree, "x86_64", "primary");
    assert!(primary.contains("packages=\"1\"") && primary.contains("<file>/opt/x</file>"));
}

#[test]
fn a_record_speaks_of_the_right_package() {
    let fail = |change: &dyn Fn(&mut PublishedPackage)| {
        let mut packages = demo();
        change(&mut packages[0].packages[0]);
        publish(&packages, DATE, &key()).unwrap_err().to_string()
    };
    let version = fail(&|package| package.evr.release = "2".into());
    assert!(version.contains("says version `1:2.0+x~rc-1`, the lock says `1:2.0+x~rc-2`"), "{version}");
    assert!(fail(&|package| package.digest = Digest::of(b"other")).contains("says digest `sha256:"));
    assert!(fail(&|package| package.size += 1).contains("says size"));
    assert!(fail(&|package| package.name = "../../etc/cron.d/x".into()).contains("is not a plain word"));
    assert!(fail(&|package| package.evr.version = "1/../../x".into()).contains("is not a plain word"));
    assert!(fail(&|package| package.arch = String::new()).contains("architecture"));
}

#[test]
fn one_repository_is_of_one_system_with_yum_or_dnf() {
    let fail = |names: &[&str]| {
        let packages: Vec<_> = names.iter().map(|name| platform(name, &[])).collect();
        publish(&packages, DATE, &key()).unwrap_err().to_string()
    };
    assert!(fail(&[]).contains("no platform"));
    assert!(fail(&["debian-12/x86_64"]).contains("`debian-12` does not use yum or dnf"));
    assert!(fail(&["centos-7/x86_64", "redhat-7/x86_64"]).contains("hint: publish each OS by itself"));
    assert!(fail(&["centos-7/x86_64", "centos-7/x86_64"]).contains("is given twice"));
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
fn an_older_generation_stays_readable_for_as_long_as_it_is_given() {
    let generation = |version: &'static str| publish_all(&[platform("centos-7/x86_64", &[Rpm::new("demo", version, "noarch")])]);
    let (first, mut second, mut third) = (generation("1"), generation("2"), generation("3"));
    let primary = |tree: &Tree| {
        let repomd = text(tree, "x86_64/repodata/repomd.xml");
        format!("x86_64/{}", between(&repomd, "href=\"", "\"")[0])
    };
    keep_older_metadata(&mut second, &[&first]);
    assert!(second.get(&primary(&first)).is_some());
    keep_older_metadata(&mut third, &[&second]);
    assert!(third.get(&primary(&second)).is_some());
    assert!(third.get(&primary(&first)).is_none());
}

#[test]
fn dates_rise_from_publication_to_publication() {
    let platforms = [platform("centos-7/x86_64", &[])];
    let next = date_after(DATE, Some(DATE));
    let repomd = text(&publish(&platforms, next, &key()).unwrap(), "x86_64/repodata/repomd.xml");
    assert!(between(&repomd, "<timestamp>", "<").iter().all(|stamp| *stamp == (DATE.0 + 1).to_string()));
}

#[test]
fn packages_that_a_system_cannot_install_are_named() {
    let mut zstd = Rpm::new("zstd", "1", "noarch").published();
    zstd.record.rpmlib = vec!["rpmlib(PayloadIsZstd)".into(), "rpmlib(CompressedFileNames)".into()];
    let rich = Rpm { requires: &["(a if b)"], ..Rpm::new("rich", "1", "noarch") }.published();
    let caret = Rpm::new("caret", "1^git", "noarch").published();
    let foreign = Rpm::new("foreign", "1", "ppc64le").published();
    let multilib = Rpm::new("multilib", "1", "i686").published();
    let findings = |os: &str| -> Vec<String> {
        let mut platform = platform(&format!("{os}/x86_64"), &[]);
        platform.packages = [&zstd, &rich, &caret, &foreign, &multilib].map(Clone::clone).into();
        lint(&platform).iter().map(ToString::to_string).collect()
    };
    let foreign = |os: &str| format!("`foreign-1-1.ppc64le` cannot be installed on `{os}/x86_64`");
    assert_eq!(
        findings("centos-7"),
        [
            "`zstd-1-1.noarch` needs rpmlib(PayloadIsZstd), which came with rpm 4.14; this system has 4.11".to_owned(),
            "`rich-1-1.noarch` needs rich dependencies, which came with rpm 4.13; this system has 4.11".to_owned(),
            "`caret-1^git-1.noarch` needs `^` in versions, which came with rpm 4.15; this system has 4.11".to_owned(),
            foreign("centos-7"),
        ]
    );
    assert_eq!(findings("almalinux-9"), [foreign("almalinux-9")]);
}

#[test]
fn packages_of_modules_without_modules_are_named() {
    let mut platform = platform(
        "almalinux-8/x86_64",
        &[Rpm { more: vec![(5096, Value::Text("perl:5.26:1:x:x86_64".into()))], ..Rpm::new("perl", "5", "noarch") }],
    );
    assert_eq!(lint(&platform), [Finding::NoModules { packages: vec!["perl-5-1.noarch".into()] }]);
    platform.extras.modules = Some("---\n".into());
    assert_eq!(lint(&platform), []);
}

#[test]
fn a_path_that_nobody_has_is_named() {
    let package = Rpm { files: &["/opt/x"], required_files: &["/opt/x", "/opt/y", "demo"], ..Rpm::new("demo", "1", "noarch") };
    let finding = Finding::NoSuchFile { package: "demo-1-1.noarch".into(), path: "/opt/y".into() };
    assert_eq!(lint(&platform("centos-7/x86_64", &[package])), [finding]);
}
