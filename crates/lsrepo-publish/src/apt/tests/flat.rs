//! One folder for all packages of a platform.

use super::{
    super::*,
    fixture::{DATE, Deb, key, platform, text},
};
use lsrepo_deb::release::Release;
use lsrepo_sign::verify_inline;
use lsrepo_types::Digest;

fn published(debs: &[Deb]) -> (Tree, Vec<Twin>) {
    flat(&platform("debian-12/x86_64", debs), DATE, &key()).unwrap()
}

fn files(tree: &Tree) -> Vec<&str> {
    tree.entries.keys().map(|path| path.as_str()).filter(|path| path.ends_with(".deb")).collect()
}

#[test]
fn every_version_is_listed_beside_the_index() {
    let (tree, twins) = published(&[Deb::new("a", "1.0", "amd64"), Deb::new("a", "1:1.1+b2", "amd64"), Deb::new("b", "2", "all")]);
    assert!(twins.is_empty());
    assert_eq!(files(&tree), ["a_1.0_amd64.deb", "a_1.1+b2_amd64.deb", "b_2_all.deb"]);
    let index = text(&tree, "Packages");
    let names: Vec<&str> = index.lines().filter_map(|line| line.strip_prefix("Filename: ")).collect();
    assert_eq!(names, files(&tree));
    for name in ["Packages.gz", "Packages.xz", "Release.gpg"] {
        assert!(tree.get(name).is_some(), "{name}");
    }
}

#[test]
fn the_release_vouches_for_the_index_in_this_very_folder() {
    let key = key();
    let (tree, _) = flat(&platform("debian-12/x86_64", &[Deb::new("a", "1", "i386")]), DATE, &key).unwrap();
    verify_inline(text(&tree, "InRelease").as_bytes(), &key.keyring(), DATE).unwrap();
    let release = Release::parse(&text(&tree, "Release")).unwrap();
    assert_eq!((release.architectures.join(" "), release.components.len()), ("amd64 i386".to_owned(), 0));
    let listed: Vec<&str> = release.files.keys().map(|path| path.as_str()).collect();
    assert_eq!(listed, ["Packages", "Packages.gz", "Packages.xz"]);
    let plain = text(&tree, "Packages");
    assert_eq!(release.files["Packages"].sha256, Digest::of(plain.as_bytes()));
}

#[test]
fn an_epoch_alone_does_not_hide_a_package() {
    let (tree, _) = published(&[Deb::new("a", "1.0", "all"), Deb::new("a", "2:1.0", "all")]);
    let files = files(&tree);
    assert_eq!(files.len(), 2);
    assert!(files.contains(&"a_1.0_all.deb") && files.iter().any(|path| path.ends_with("/a_1.0_all.deb")), "{files:?}");
}

#[test]
fn of_two_builds_of_one_version_that_of_main_is_shown_and_the_other_told() {
    let mut other = Deb::new("a", "1.0", "amd64");
    (other.description, other.components) = ("another build", &["apart"]);
    let (tree, twins) = published(&[other.clone(), Deb::new("a", "1.0", "amd64")]);
    assert!(text(&tree, "Packages").contains("Description: a fixture"));
    assert_eq!(twins, [Twin { package: "a 1.0 amd64".into(), digest: Digest::of(&other.bytes()) }]);
    assert_eq!(files(&tree).len(), 1);
}

#[test]
fn a_platform_without_packages_has_a_repository_too() {
    let (tree, _) = published(&[]);
    assert_eq!(text(&tree, "Packages"), "");
    assert!(text(&tree, "Release").contains("Architectures: amd64\n"));
}
