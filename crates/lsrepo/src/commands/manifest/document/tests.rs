use super::*;
use lsrepo_bom::lock::{Asked, LockedFile, LockedImage, LockedPackage, LockedSource, PackageSignatures, Proof};
use lsrepo_bundle::{Image, Inspection, Part};

/// A package that the lock says is `size` bytes large.
pub(in super::super) fn lock(size: u64) -> PlatformLock {
    let mut lock = PlatformLock::new("debian-12/x86_64".parse().unwrap(), Asked::default());
    lock.sources.push(LockedSource {
        name: "stable".into(),
        uris: vec!["https://a.example".into()],
        signer: None,
        date: None,
        package_signatures: PackageSignatures::Unchecked,
        module_hotfixes: false,
    });
    lock.packages.push(LockedPackage {
        name: "shop".into(),
        version: "1".into(),
        arch: "amd64".into(),
        source: "stable".into(),
        path: "shop.deb".into(),
        size,
        digest: Digest::of(b"shop"),
        wanted_by: vec!["web".parse().unwrap()],
        sets: vec!["main".into()],
        urls: Vec::new(),
        proof: None,
    });
    lock
}

/// A bundle of one set, with these packages and this image.
pub(in super::super) fn head(lock: PlatformLock, packages: &[(&str, u64)], image: Option<&str>) -> Head {
    let item = |&(name, size): &(&str, u64)| Item { file: name.into(), size, digest: Digest::of(name.as_bytes()) };
    let images: Vec<Image> =
        image.iter().map(|name| Image { name: "a.example/x:1".into(), digest: Digest::of(name.as_bytes()) }).collect();
    let part = Part {
        name: "debian-12-x86_64--web".into(),
        platform: "debian-12/x86_64".into(),
        module: "web".into(),
        bytes: 4,
        packages: packages.iter().map(item).collect(),
        images: images.iter().map(|image| image.name.clone()).collect(),
        image_bytes: 0,
        files: Vec::new(),
        file_bytes: 0,
    };
    let seen = Inspection {
        packed: 0,
        packed_bytes: 0,
        pack_bytes: 0,
        index: Digest::of(b"index"),
        signer: "AB".into(),
        trusted: true,
        created: None,
        packages: 1,
        bytes: 4,
        image_bytes: 0,
        files: 0,
        file_bytes: 0,
        tools: 0,
        tools_digest: None,
        absent: 0,
        absent_bytes: 0,
        absent_content: Default::default(),
        parts: vec![part],
        images,
        image_content: BTreeMap::new(),
    };
    Head { seen, locks: vec![lock], licences: BTreeMap::new() }
}

fn image(content: &str) -> LockedImage {
    LockedImage {
        reference: "a.example/x:1".into(),
        digest: Digest::of(content.as_bytes()),
        media_type: String::new(),
        size: 1,
        bytes: 1,
        wanted_by: vec!["web".parse().unwrap()],
        referrers: Vec::new(),
    }
}

fn unlisted(lock: PlatformLock, packages: &[(&str, u64)], image: Option<&str>) -> Vec<String> {
    Document::of(&head(lock, packages, image)).unlisted.into_iter().map(|one| one.name).collect()
}

#[test]
fn what_is_carried_and_not_listed_is_told() {
    assert!(unlisted(lock(4), &[("shop", 4)], None).is_empty());
    assert_eq!(unlisted(lock(4), &[("shop", 4), ("extra", 9)], None), ["extra"]);
    assert_eq!(unlisted(lock(5), &[("shop", 4)], None), ["shop"], "the list says another size");
    assert_eq!(unlisted(lock(4), &[("shop", 4)], Some("x")), ["a.example/x:1"]);
    let mut listed = lock(4);
    listed.images.push(image("x"));
    assert!(unlisted(listed.clone(), &[("shop", 4)], Some("x")).is_empty());
    assert_eq!(unlisted(listed, &[("shop", 4)], Some("another")), ["a.example/x:1"]);
}

#[test]
fn the_trust_of_this_machine_is_not_in_what_is_signed() {
    let (mut here, there) = (head(lock(4), &[("shop", 4)], None), head(lock(4), &[("shop", 4)], None));
    here.seen.trusted = false;
    assert_eq!(Document::of(&here).json().unwrap(), Document::of(&there).json().unwrap());
}

#[test]
fn what_no_upstream_signed_is_counted_once() {
    let mut lock = lock(4);
    lock.files.push(LockedFile {
        name: "tool".into(),
        urls: vec!["https://a.example/tool".into()],
        size: 4,
        digest: Digest::of(b"tool"),
        proof: Proof::Stated,
        wanted_by: vec!["web".parse().unwrap()],
        chart: None,
        images: Vec::new(),
    });
    let mut twice = head(lock.clone(), &[("shop", 4)], None);
    twice.seen.parts.push(twice.seen.parts[0].clone());
    twice.locks.push(lock.clone());
    let document = Document::of(&twice);
    assert_eq!((document.without_signature, document.platforms[0].packages.len()), (2, 1));
    lock.sources[0].signer = Some("AB".into());
    assert_eq!(Document::of(&head(lock, &[("shop", 4)], None)).without_signature, 1);
}
