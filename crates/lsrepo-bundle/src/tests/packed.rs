//! Bundles of the smallest size: layers that are rebuilt on the far side.

use super::{hostile::Forged, *};
use crate::pack::{Known, Level, Packs};
use lsrepo_gzip::{Rebuilder, Recipe, Writer};
use std::{io::Write as _, time::Duration};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

/// Something that can be compressed.
fn text(seed: u32, size: usize) -> Vec<u8> {
    let lines = (0_u32..).flat_map(|at| format!("/usr/share/doc/{}/{}\n", at.wrapping_mul(seed) % 7919, at % 13).into_bytes());
    lines.take(size).collect()
}

/// A layer as docker writes it.
fn docker(plain: &[u8]) -> Vec<u8> {
    let recipe = Recipe::new(Writer::Go(6), HEADER.to_vec()).unwrap();
    let mut rebuilder = Rebuilder::new(&recipe, Vec::new());
    rebuilder.write_all(plain).unwrap();
    rebuilder.finish().unwrap()
}

fn noise(size: usize) -> Vec<u8> {
    (0..size as u32).flat_map(|at| Digest::of(&at.to_le_bytes()).as_bytes()[..1].to_vec()).collect()
}

struct Stack {
    dir: tempfile::TempDir,
    store: Store,
    key: SecretKey,
    contents: Contents,
    /// two layers of docker's, a program, what nobody knows, a package
    blobs: Vec<Vec<u8>>,
}

fn stack() -> Stack {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let two_streams = [docker(&text(3, 300_000)), docker(b"and another one")].concat();
    let program = text(9, 400_000);
    let blobs =
        vec![docker(&text(5, 2_000_000)), docker(&text(7, 900_000)), program, two_streams, noise(90_000), b"small".to_vec()];
    let layers = blobs.iter().map(|bytes| Descriptor::new(LAYER, store.put(bytes).unwrap(), bytes.len() as u64)).collect();
    let config = Descriptor::new(media_type::LOCK, store.put(b"lock").unwrap(), 4);
    let mut manifest = Manifest::new(ARTIFACT_TYPE, config, layers);
    manifest.annotations.insert(annotation::PLATFORM.into(), "debian-12/x86_64".into());
    let roots = [("a".to_owned(), store.put(&manifest.to_bytes()).unwrap())].into();
    let contents = Contents::of(&store, &roots).unwrap();
    Stack { dir, store, key: key(), contents, blobs }
}

impl Stack {
    fn known(&self) -> Known {
        pack::recognise(&self.store, self.contents.blobs(), &|_| {}).unwrap()
    }

    fn packs(&self) -> Packs {
        pack::pack(&self.store, &self.known(), Level::new(9).unwrap(), &|_| {}).unwrap()
    }

    fn export(&self, options: &Options) -> Vec<PathBuf> {
        let path = self.dir.path().join("b.tar.zst");
        export_to_path(&self.store, &self.contents, (&self.key, DATE), options, &path, &|_| {}).unwrap().1
    }

    fn open(&self, paths: &[PathBuf]) -> Archive {
        let keys = self.key.keyring();
        let trust = Trust { keys: &keys, on_first_use: false, now: DATE, only: None };
        Archive::open(&Arc::new(Source::open(paths).unwrap()), &trust).unwrap()
    }
}

fn names(dir: PathBuf) -> Vec<String> {
    let Ok(all) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_packed_comes_out_as_it_was() {
    let stack = stack();
    let before = names(stack.store.root().join("blobs/sha256"));
    let known = stack.known();
    assert_eq!((known.count(), known.plain()), (3, 3_300_000), "two layers and the program: {known:?}");
    let packs = stack.packs();
    let paths = stack.export(&Options { packs: packs.clone(), split: Some(9_000_000), ..Options::default() });
    pack::forget(&stack.store, Duration::ZERO).unwrap();
    assert_eq!(names(stack.store.root().join("blobs/sha256")), before, "the store is as it was");
    assert!(names(stack.store.root().join("archive")).is_empty());

    let archive = stack.open(&paths);
    let seen = Archive::inspect(&Arc::new(Source::open(&paths).unwrap()), &stack.key.keyring(), DATE).unwrap();
    assert_eq!((seen.packed, seen.packed_bytes, seen.pack_bytes), (3, known.bytes(), packs.size()));
    assert!(packs.size() < known.bytes() / 2, "{} of {}", packs.size(), known.bytes());
    let found = verify(&archive, true, &|_| {}).unwrap();
    assert!(found.damage.is_empty() && found.bytes > known.bytes());
    let mut out = Vec::new();
    archive.copy(&Digest::of(&stack.blobs[1]), &mut out).unwrap();
    assert_eq!(out, stack.blobs[1]);
    let error = archive.refuse_packs().unwrap_err().to_string();
    assert!(error.contains("3 blobs") && error.contains("lsrepo import"), "{error}");

    let there = here();
    let bytes = fs::read(&paths[0]).unwrap();
    let done = take(&bytes, &there.store, &stack.key.keyring(), false).unwrap();
    assert_eq!((done.written, done.present), (7, 0));
    for blob in &stack.blobs {
        assert!(there.store.read(&Digest::of(blob), 1 << 24).unwrap() == *blob);
    }
    assert_eq!(names(there.store.root().join("blobs/sha256")), before);
    assert!(names(there.store.root().join("tmp")).is_empty());
    // The second time everything is there, and one that is lost comes back alone.
    assert_eq!(take(&bytes, &there.store, &stack.key.keyring(), false).unwrap().present, 7);
    there.store.remove_moved(&Digest::of(&stack.blobs[0])).unwrap();
    let again = take(&bytes, &there.store, &stack.key.keyring(), false).unwrap();
    assert_eq!((again.written, again.bytes), (1, stack.blobs[0].len() as u64));
}

#[test]
fn a_run_that_was_killed_packs_nothing_twice() {
    let stack = stack();
    let packs = stack.packs();
    let written =
        |digest: &Digest| fs::metadata(stack.store.root().join("blobs/sha256").join(digest.hex())).unwrap().modified().unwrap();
    let first = written(&packs.packs[0].digest);
    assert_eq!(stack.packs().packs, packs.packs);
    assert_eq!(written(&packs.packs[0].digest), first);
    // A pack that went is made again, and is the same.
    stack.store.remove_moved(&packs.packs[0].digest).unwrap();
    assert_eq!(stack.packs().packs, packs.packs);
    // Another effort is another pack.
    let other = pack::pack(&stack.store, &stack.known(), Level::new(1).unwrap(), &|_| {}).unwrap();
    assert_ne!(other.packs, packs.packs);
    pack::forget(&stack.store, Duration::from_secs(3600)).unwrap();
    assert!(stack.store.contains(&packs.packs[0].digest, packs.packs[0].size), "they are young");
    pack::forget(&stack.store, Duration::ZERO).unwrap();
    assert!(!stack.store.contains(&packs.packs[0].digest, packs.packs[0].size), "none stays");
}

#[test]
fn media_that_are_moved_from_give_packs_back_once_what_is_in_them_is_there() {
    let stack = stack();
    let paths = stack.export(&Options { packs: stack.packs(), ..Options::default() });
    let there = here();
    let keys = stack.key.keyring();
    let import = || {
        let source = Arc::new(Source::open_to_free(&paths).unwrap());
        import_from(&source, true, &there.store, &Trust { keys: &keys, on_first_use: false, now: DATE, only: None }, &|_| {})
    };
    let before = fs::read(&paths[0]).unwrap();
    assert_eq!(import().unwrap().written, 7);
    assert_ne!(fs::read(&paths[0]).unwrap(), before, "some of it is zeros now");
    // Cut off before the file was removed, it is gone on with.
    assert_eq!(import().unwrap().present, 7);
    for blob in &stack.blobs {
        assert!(there.store.read(&Digest::of(blob), 1 << 24).unwrap() == *blob);
    }
    assert!(names(there.store.root().join("tmp")).is_empty());
}

#[test]
fn what_the_far_side_has_is_not_packed() {
    let stack = stack();
    let have = [Digest::of(&stack.blobs[0])].into();
    let options = Options { have, ..Options::default() };
    let carried = stack.contents.blobs().iter().filter(|one| !options.leaves_out(one));
    let known = pack::recognise(&stack.store, carried, &|_| {}).unwrap();
    assert_eq!(known.count(), 2);
    let packs = pack::pack(&stack.store, &known, Level::SMALLEST, &|_| {}).unwrap();
    let paths = stack.export(&Options { packs, ..options });
    let there = here();
    let bytes = fs::read(&paths[0]).unwrap();
    assert!(matches!(take(&bytes, &there.store, &stack.key.keyring(), false), Err(BundleError::Base { .. })));
    there.store.put(&stack.blobs[0]).unwrap();
    assert_eq!(take(&bytes, &there.store, &stack.key.keyring(), false).unwrap().written, 6);
}

#[test]
fn a_flipped_bit_in_a_pack_is_found_where_it_is() {
    let stack = stack();
    let packs = stack.packs();
    let pack = stack.store.read(&packs.packs[0].digest, 1 << 24).unwrap();
    let paths = stack.export(&Options { packs, ..Options::default() });
    let mut bytes = fs::read(&paths[0]).unwrap();
    let at = bytes.windows(64).position(|window| window == &pack[500..564]).unwrap();
    bytes[at] ^= 4;
    fs::write(&paths[0], &bytes).unwrap();
    let found = verify(&stack.open(&paths), true, &|_| {}).unwrap();
    assert_eq!(found.damage.len(), 1);
    assert!((found.damage[0].offset..found.damage[0].offset + found.damage[0].bytes).contains(&(at as u64)));
    let there = here();
    assert!(matches!(take(&bytes, &there.store, &stack.key.keyring(), false), Err(BundleError::Damaged { .. })));
    assert!(there.store.roots().unwrap().is_empty());
}

#[test]
fn a_damaged_store_is_not_packed() {
    let stack = stack();
    let known = stack.known();
    let path = stack.store.root().join("blobs/sha256").join(Digest::of(&stack.blobs[0]).hex());
    // Another time of writing: everything in it is still right, and yet it is another layer.
    let mut bytes = fs::read(&path).unwrap();
    bytes[4] = 1;
    fs::write(&path, bytes).unwrap();
    let done = pack::pack(&stack.store, &known, Level::new(1).unwrap(), &|_| {});
    assert!(matches!(done, Err(BundleError::Blob(_))), "{done:?}");
}

/// A bundle with one layer that is said to come out of this pack.
fn forged(layer: &[u8], plain: u64, writer: &str, pack: &[u8]) -> (Forged, Vec<u8>) {
    let mut forged = Forged::new();
    let config = forged.blob(media_type::LOCK, b"lock");
    let digest = Digest::of(layer);
    let layers = vec![Descriptor::new(LAYER, digest, layer.len() as u64)];
    forged.set("a", &Manifest::new(ARTIFACT_TYPE, config, layers));
    let header: String = HEADER.iter().map(|byte| format!("{byte:02x}")).collect();
    let document = format!(
        r#"{{"packs":[{{"digest":"{}","size":{},"blobs":[{{"digest":"{digest}","plain":{plain},"gzip":{{"writer":"{writer}","header":"{header}"}}}}]}}]}}"#,
        Digest::of(pack),
        pack.len()
    );
    let said = format!("{} {}", Digest::of(document.as_bytes()), document.len());
    forged.index.annotations.insert(pack::ANNOTATION.to_owned(), said);
    let lock = forged.members.pop().unwrap();
    forged.blob(pack::MEDIA_TYPE, document.as_bytes());
    forged.members.push(lock);
    forged.blob(pack::PACK_TYPE, pack);
    let bytes = forged.bytes();
    (forged, bytes)
}

#[test]
fn packs_that_are_not_what_they_say() {
    let plain = text(5, 100_000);
    let layer = docker(&plain);
    let size = plain.len() as u64;
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap();
    let pack = zstd(&plain);
    let (good, bytes) = forged(&layer, size, "go-6", &pack);
    take(&bytes, &here().store, &good.key.keyring(), false).unwrap();
    let mut other = plain.clone();
    other[70_000] ^= 1;
    let behind = [pack.clone(), pack.clone()].concat();
    let bomb = zstd(&vec![0; 30_000_000]);
    let cases = [
        (&layer[..], size, "go-1", &pack[..], "cannot be made of what the bundle has of it"),
        (&layer, size, "go-9", &zstd(&other), "cannot be made of what the bundle has of it"),
        (&layer, size - 1, "go-6", &pack, "cannot be made of what the bundle has of it"),
        (&layer, size + 1, "go-6", &pack, "unexpected end of file"),
        (&layer, size, "go-6", &behind, "more than it should"),
        (&layer, size, "go-6", &bomb, "cannot be made of what the bundle has of it"),
        (&layer[..60_000.min(layer.len() - 1)], size, "go-6", &pack, "more bytes than it has"),
        (&layer, size, "go-6", &pack[..pack.len() / 2], "cannot be made of what the bundle has of it"),
    ];
    for (layer, plain, writer, pack, words) in cases {
        let (forged, bytes) = forged(layer, plain, writer, pack);
        forged.refused(&bytes, words);
    }
}
