use super::{write::archive, *};
use crate::module::{Catalogue, CatalogueError, Files, Manifest};
use crate::source::Source;
use flate2::{Compression, write::GzEncoder};
use lsrepo_oci::{Descriptor, ImageLayout, Index, annotation::REF_NAME, media_type};
use lsrepo_types::Digest;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, io::Write as _, path::Path};
use tar::EntryType;

const MODULE: &str =
    "kind: lambdastack-module\nname: shop\nversion: 0.2.0\nsummary: Sells\nmethods: [metadata, init, plan, apply, audit]\n";

type Member<'a> = (&'a str, EntryType, &'a [u8]);
/// Path in a layout → bytes.
type Tree = BTreeMap<String, Vec<u8>>;

/// A tar with whatever somebody writes into it.
fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut all = Vec::new();
    for (path, kind, bytes) in members {
        let mut head = ::tar::Header::new_gnu();
        head.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        head.set_entry_type(*kind);
        head.set_mode(0o644);
        head.set_size(bytes.len() as u64);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            head.set_link_name("/etc/passwd").unwrap();
        }
        head.set_cksum();
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(bytes);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

fn module_and(more: &[Member<'_>]) -> Vec<u8> {
    tar(&[&[("shop/module.yml", EntryType::Regular, MODULE.as_bytes())], more].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A layout of one artifact with these types, layers and tag.
fn layout(kind: &str, layer_kind: &str, layers: &[Vec<u8>], tag: &str) -> Tree {
    let mut tree = Tree::from([("oci-layout".to_owned(), ImageLayout::BYTES.to_vec())]);
    let mut put = |kind: &str, bytes: Vec<u8>| {
        let told = Descriptor::new(kind, Digest::of(&bytes), bytes.len() as u64);
        tree.insert(format!("blobs/sha256/{}", told.digest.hex()), bytes);
        told
    };
    let layers = layers.iter().map(|bytes| put(layer_kind, bytes.clone())).collect();
    let config = put(EMPTY, b"{}".to_vec());
    let manifest = put(media_type::MANIFEST, lsrepo_oci::Manifest::new(kind, config, layers).to_bytes()).with(REF_NAME, tag);
    tree.insert("index.json".to_owned(), Index::new(vec![manifest]).to_bytes());
    tree
}

fn of_layer(tar: &[u8]) -> Tree {
    layout(TYPE, LAYER, &[gzip(tar)], "1")
}

/// Both layouts in one.
fn both(one: &Tree, other: &Tree) -> Tree {
    let index = |tree: &Tree| Index::parse(&tree["index.json"]).unwrap().manifests;
    let mut tree: Tree = one.iter().chain(other).map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    tree.insert("index.json".to_owned(), Index::new([index(one), index(other)].concat()).to_bytes());
    tree
}

/// The same layout, where the content of a file of this beginning is another one.
fn changed(tree: &Tree, start: &str, change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut tree = tree.clone();
    let path = tree.keys().find(|path| path.starts_with(start)).unwrap().clone();
    match change(&tree[&path]) {
        Some(bytes) => drop(tree.insert(path, bytes)),
        None => drop(tree.remove(&path)),
    }
    archive(&tree).unwrap()
}

fn blob(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", Digest::of(bytes).hex())
}

/// What is wrong, and an archive in which it is.
pub(crate) fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let good = of_layer(&module_and(&[]));
    let packed = gzip(&module_and(&[]));
    let layer = |more: &[Member<'_>]| archive(&of_layer(&module_and(more))).unwrap();
    let plain = |tar: &[u8]| archive(&of_layer(tar)).unwrap();
    let whole = archive(&good).unwrap();
    let file = EntryType::Regular;
    let replaced = |from: &'static str, to: &'static str| {
        changed(&good, "index.json", move |text| Some(String::from_utf8(text.to_vec()).unwrap().replace(from, to).into_bytes()))
    };
    let other = layout(TYPE, LAYER, &[gzip(&module_and(&[("shop/notes", file, b"x")]))], "2");
    let entries = |path: &str, kind| [archive(&good).unwrap()[..whole.len() - 1024].to_vec(), tar(&[(path, kind, b"")])].concat();
    vec![
        ("no tar", b"kind: lambdastack-module\n".repeat(40)),
        ("a bundle", [&[0x28, 0xb5, 0x2f, 0xfd][..], &[0; 600]].concat()),
        ("an archive that is compressed", gzip(&whole)),
        ("an archive that is cut off", whole[..whole.len() / 2].to_vec()),
        ("a tar of something else", tar(&[("module.yml", file, MODULE.as_bytes())])),
        ("a layout of a later form", changed(&good, "oci-layout", |_| Some(br#"{"imageLayoutVersion":"2.0.0"}"#.to_vec()))),
        ("no index", changed(&good, "index.json", |_| None)),
        ("an index that is none", changed(&good, "index.json", |_| Some(b"[]".to_vec()))),
        ("a file of the layout twice", entries("index.json", file)),
        (
            "a file of the layout that is a link",
            entries("blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000", EntryType::Symlink),
        ),
        (
            "an image, and no module",
            archive(&layout("application/vnd.example", "application/vnd.oci.image.layer.v1.tar+gzip", &[], "1")).unwrap(),
        ),
        ("a manifest of another size", replaced("\"size\":4", "\"size\":5")),
        ("a manifest of 1 TiB", replaced("\"size\":", "\"size\":1099511627")),
        ("a module without a layer", archive(&layout(TYPE, LAYER, &[], "1")).unwrap()),
        ("a module with two layers", archive(&layout(TYPE, LAYER, &[packed.clone(), packed.clone()], "1")).unwrap()),
        (
            "a layer of another type",
            archive(&layout(TYPE, "application/vnd.oci.image.layer.v1.tar", std::slice::from_ref(&packed), "1")).unwrap(),
        ),
        ("a layer that is not there", changed(&good, &blob(&packed), |_| None)),
        ("a layer that was changed", changed(&good, &blob(&packed), |bytes| Some([&bytes[..bytes.len() - 1], &[9]].concat()))),
        ("a layer that is no gzip", archive(&layout(TYPE, LAYER, &[module_and(&[])], "1")).unwrap()),
        ("a module twice", archive(&both(&good, &other)).unwrap()),
        ("nothing in the layer", plain(&tar(&[]))),
        ("no folder in the layer", plain(&tar(&[("module.yml", file, MODULE.as_bytes())]))),
        ("two folders in the layer", layer(&[("shop2/module.yml", file, MODULE.as_bytes())])),
        ("a folder that is not the name", plain(&tar(&[("shopping/module.yml", file, MODULE.as_bytes())]))),
        ("a path that leads out", layer(&[("shop/../../etc/cron.d/x", file, b"x")])),
        ("a path from the root", layer(&[("/etc/cron.d/x", file, b"x")])),
        ("a path with a backslash", layer(&[("shop/..\\x", file, b"x")])),
        ("a link that leads out", layer(&[("shop/playbooks", EntryType::Symlink, b"")])),
        ("a second name of a file", layer(&[("shop/passwd", EntryType::Link, b"")])),
        ("a device", layer(&[("shop/null", EntryType::Char, b"")])),
        ("a pipe", layer(&[("shop/pipe", EntryType::Fifo, b"")])),
        ("a file twice", layer(&[("shop/module.yml", file, b"kind: x\n")])),
        ("a file below a file", layer(&[("shop/module.yml/x", file, b"x")])),
        ("a file that is too large", layer(&[("shop/image", file, &vec![0; (4 << 20) + 1])])),
        ("a bomb", archive(&of_layer(&vec![0; (64 << 20) + 1])).unwrap()),
        ("a module that says nothing of itself", plain(&tar(&[("shop/module.yml", file, b"name: shop\n")]))),
    ]
}

/// What is said of an archive that is called `shop.tar`.
pub(crate) fn said(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.tar");
    fs::write(&path, bytes).unwrap();
    let said = Catalogue::default().add(&path).map_or_else(|error: CatalogueError| error.to_string(), |()| String::new());
    let mut said = said.replace(&format!("{}/", folder.path().display()), "");
    // of no interest, and another with each version of what compresses
    while let Some(start) = said.find("sha256:").or_else(|| said.find("sha256/")) {
        let end = start + 7 + said[start + 7..].chars().take_while(char::is_ascii_hexdigit).count();
        said.replace_range(start..end, if said[start..].starts_with("sha256:") { "SHA256:…" } else { "SHA256/…" });
    }
    said.replace("SHA256", "sha256")
}

fn written(files: &Files) -> Packed {
    let manifest = Manifest::parse(&Source::new("module.yml", MODULE)).0.unwrap();
    write(&manifest, files).unwrap()
}

fn files(more: &[(&str, &[u8])]) -> Files {
    let all = [&[("module.yml", MODULE.as_bytes())], more].concat();
    Files(all.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect())
}

fn read_back(bytes: &[u8], tag: Option<&str>) -> Result<Vec<Artifact>, ArtifactError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.tar");
    fs::write(&path, bytes).unwrap();
    read(&path, tag)
}

#[test]
fn the_same_module_is_the_same_artifact() {
    let one = written(&files(&[("playbooks/apply.yml", b"- hosts: shop\n")]));
    let again = written(&files(&[("playbooks/apply.yml", b"- hosts: shop\n")]));
    assert_eq!(one, again);
    let back = read_back(&one.bytes, Some("0.2.0")).unwrap();
    assert_eq!((back.len(), back[0].digest), (1, one.digest));
    assert_ne!(one.digest, written(&files(&[("playbooks/apply.yml", b"- hosts: all\n")])).digest);
}

#[test]
fn a_manifest_says_what_the_module_is() {
    let Packed { bytes, digest } = written(&files(&[]));
    let mut archive = ::tar::Archive::new(&bytes[..]);
    let (mut names, mut manifest) = (Vec::new(), String::new());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        names.push(entry.path().unwrap().display().to_string());
        if names.last().unwrap().ends_with(&digest.hex()) {
            std::io::Read::read_to_string(&mut entry, &mut manifest).unwrap();
        }
        assert_eq!((entry.header().mtime().unwrap(), entry.header().uid().unwrap()), (0, 0));
    }
    assert!(names.iter().rev().is_sorted() && names.len() == 5, "{names:?}");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["artifactType"], TYPE);
    assert_eq!(manifest["config"]["digest"], "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_eq!(manifest["layers"][0]["mediaType"], LAYER);
    assert_eq!(manifest["annotations"]["org.opencontainers.image.title"], "shop");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "0.2.0");
}

#[test]
fn several_modules_lie_in_one_layout_beside_images_and_a_tag_takes_one() {
    let bar = MODULE.replace("shop", "bar");
    let bar =
        layout(TYPE, LAYER, &[gzip(&tar(&[("bar/module.yml", EntryType::Regular, bar.as_bytes())]))], "r.example/modules/bar:3");
    let image =
        layout("application/vnd.example", "application/vnd.oci.image.layer.v1.tar+gzip", &[b"x".to_vec()], "r.example/app:1");
    let tree = both(&both(&of_layer(&module_and(&[])), &image), &bar);
    let bytes = archive(&tree).unwrap();
    let names = |found: Result<Vec<Artifact>, ArtifactError>| found.unwrap().into_iter().map(|one| one.folder).collect::<Vec<_>>();
    assert_eq!(names(read_back(&bytes, None)), ["bar", "shop"]);
    assert_eq!(names(read_back(&bytes, Some("1"))), ["shop", "bar"][..1]);
    for tag in ["3", "bar:3", "modules/bar:3", "r.example/modules/bar:3"] {
        assert_eq!(names(read_back(&bytes, Some(tag))), ["bar"], "{tag}");
    }
    let said = |tag| read_back(&bytes, Some(tag)).unwrap_err().to_string();
    assert!(said("4").ends_with("nothing in it is called `4`\nhint: there are: 1, r.example/app:1, r.example/modules/bar:3"));
    assert!(said("app:1").contains("there is no module in it"));
    // the same as a folder
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in &tree {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let mut catalogue = Catalogue::default();
    catalogue.add(folder.path()).unwrap();
    assert_eq!(catalogue.names().map(|name| name.as_str()).collect::<Vec<_>>(), ["bar", "shop"]);
    let named = format!("oci:{}:bar:3", folder.path().display());
    let mut catalogue = Catalogue::default();
    catalogue.add(Path::new(&named)).unwrap();
    assert_eq!(catalogue.names().map(|name| name.as_str()).collect::<Vec<_>>(), ["bar"]);
}

#[test]
fn what_other_tools_write_is_taken() {
    let folder = EntryType::Directory;
    let tar = tar(&[
        ("./", folder, b""),
        ("./shop/", folder, b""),
        ("./shop/module.yml", EntryType::Regular, MODULE.as_bytes()),
        ("./shop/.git/config", EntryType::Regular, b"x"),
        ("./shop/roles/", folder, b""),
        ("./shop/roles/", folder, b""),
    ]);
    assert_eq!(unpack(&tar).unwrap(), ("shop".to_owned(), files(&[])));
    // what the fuzzer starts from: two that are taken, and others
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/deployer_artifact");
    for (name, count) in [("module", Some(3)), ("pax", Some(2)), ("out", None), ("links", None), ("below", None)] {
        let found = unpack(&fs::read(corpus.join(name)).unwrap()).ok();
        assert_eq!(found.map(|(_, files)| files.0.len()), count, "{name}");
    }
}

#[test]
fn each_broken_artifact_is_refused_with_a_word() {
    for (what, bytes) in broken() {
        let said = said(&bytes);
        assert!(said.starts_with("shop.tar"), "{what}: {said}");
    }
    let many: Vec<String> = (0..9000).map(|number| format!("shop/{number}")).collect();
    let many: Vec<Member<'_>> = many.iter().map(|path| (path.as_str(), EntryType::Regular, &b""[..])).collect();
    assert!(matches!(unpack(&tar(&many)), Err(LayerError::Many)));
    let deep = tar(&[(&format!("shop{}", "/x".repeat(40)), EntryType::Regular, b"")]);
    assert!(matches!(unpack(&deep), Err(LayerError::Deep(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_module_holds_comes_out_again(
        more in prop::collection::btree_map("[a-c]{1,3}(/[a-cü ]{1,120}x){0,2}\\.y", prop::collection::vec(any::<u8>(), 0..2000), 0..12),
    ) {
        let more: Vec<(&str, &[u8])> = more.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
        let files = files(&more);
        let packed = written(&files);
        let back = read_back(&packed.bytes, None).unwrap();
        prop_assert_eq!(&back[..], &[Artifact { folder: "shop".to_owned(), files, digest: packed.digest }]);
    }

    #[test]
    fn whatever_is_in_a_layer_stays_below_its_folder(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        sound in any::<bool>(),
    ) {
        let more: [Member<'_>; 3] =
            [("shop/a", EntryType::Regular, b"x"), ("shop/b/", EntryType::Directory, b""), ("shop/b/..y", EntryType::Regular, b"y")];
        let mut bytes = module_and(&more);
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        // with a checksum that is right, what a header says is believed
        if sound {
            for head in bytes.chunks_exact_mut(512).filter(|head| head[257..262] == *b"ustar") {
                head[148..156].fill(b' ');
                let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
                head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        if let Ok((folder, files)) = unpack(&bytes) {
            let stays = |path: &String| format!("{folder}/{path}").parse::<lsrepo_types::RelPath>().is_ok();
            prop_assert!(files.0.keys().all(stays));
            prop_assert_eq!(unpack(&pack(&folder, &files).unwrap()).unwrap(), (folder, files));
        }
    }

    #[test]
    fn damage_is_found(at in any::<prop::sample::Index>(), by in 1u8..) {
        let good = written(&files(&[("playbooks/apply.yml", b"- hosts: shop\n")]));
        let before = read_back(&good.bytes, None).unwrap();
        let mut bytes = good.bytes.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        // what is between the members and in the tags is not what the digests are of
        if let Ok(after) = read_back(&bytes, None) {
            prop_assert_eq!(before, after);
        }
    }
}
