//! Bundles on media: in place, in volumes, as differences, moved, gone on with, damaged.

use super::*;
use lsrepo_store::Shelf;
use std::{collections::BTreeSet as Set, os::unix::fs::FileExt};

const SIZE: usize = 20_000_000;

/// Content that no compression makes smaller, and no two of which are alike.
fn noise(seed: u8, size: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    (0..size)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

struct Desk {
    dir: tempfile::TempDir,
    store: Store,
    key: SecretKey,
    contents: Contents,
    large: Vec<u8>,
}

/// A store with a large package and small ones.
fn desk() -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let large = noise(1, SIZE);
    let roots = prepared(&store, &[b"one", &large, b"", &noise(2, 300_000)]);
    let contents = Contents::of(&store, &roots).unwrap();
    Desk { dir, store, key: key(), contents, large }
}

impl Desk {
    fn export(&self, name: &str, options: &Options) -> (Summary, Vec<PathBuf>) {
        let path = self.dir.path().join(name);
        export_to_path(&self.store, &self.contents, (&self.key, DATE), options, &path, &|_| {}).unwrap()
    }

    fn open(&self, paths: &[PathBuf]) -> Archive {
        self.try_open(paths).unwrap()
    }

    fn try_open(&self, paths: &[PathBuf]) -> Result<Archive, BundleError> {
        let keys = self.key.keyring();
        Archive::open(&Arc::new(Source::open(paths)?), &Trust { keys: &keys, on_first_use: false, now: DATE, only: None })
    }

    fn import(&self, paths: &[PathBuf], moving: bool, store: &Store) -> Result<Imported, BundleError> {
        let keys = self.key.keyring();
        let source = Arc::new(if moving { Source::open_to_free(paths)? } else { Source::open(paths)? });
        import_from(&source, moving, store, &Trust { keys: &keys, on_first_use: false, now: DATE, only: None }, &|_| {})
    }

    fn hidden(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('.')).collect()
    }
}

fn split(limit: u64) -> Options {
    Options { split: Some(limit), ..Options::default() }
}

#[test]
fn a_bundle_is_a_store_where_it_lies() {
    let desk = desk();
    for options in [Options::default(), split(9_000_000)] {
        let (_, paths) = desk.export("b.tar.zst", &options);
        let archive = Arc::new(desk.open(&paths[..1]));
        let there = here();
        there.store.set_shelves(vec![archive.clone()]);
        assert_eq!(there.store.roots().unwrap(), *archive.roots());
        assert_eq!(there.store.read(&Digest::of(&desk.large), 1 << 30).unwrap(), desk.large);
        let blob = there.store.open_blob(&Digest::of(&desk.large)).unwrap();
        for (offset, length) in [(0, 1), (131_071, 2), (8 << 20, 10), ((8 << 20) - 1, 300_000), (SIZE - 5, 5), (17, SIZE - 17)] {
            let mut found = vec![0; length];
            blob.read_exact_at(&mut found, offset as u64).unwrap();
            assert!(found == desk.large[offset..offset + length], "{length} bytes at {offset}");
        }
        assert_eq!(blob.read_at(&mut [0; 9], SIZE as u64).unwrap(), 0);
        assert_eq!(verify(&archive, true, &|_| {}).unwrap().damage, []);
    }
}

#[test]
fn a_bad_blob_is_named_and_not_given_and_found() {
    let desk = desk();
    let (_, paths) = desk.export("b.tar.zst", &Options::default());
    let file = fs::OpenOptions::new().read(true).write(true).open(&paths[0]).unwrap();
    let at = 12_345_678;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 4], at).unwrap();
    let archive = Arc::new(desk.open(&paths));
    let found = verify(&archive, true, &|_| {}).unwrap().damage;
    assert!(matches!(&found[..], [one] if one.offset <= at && at < one.offset + one.bytes && one.bytes <= 9 << 20), "{found:?}");
    let there = here();
    there.store.set_shelves(vec![archive]);
    let error = there.store.open_blob(&Digest::of(&desk.large)).unwrap_err().to_string();
    assert!(error.contains("b.tar.zst") && error.contains("not those that were written"), "{error}");
    assert_eq!(there.store.read(&Digest::of(b"one"), 9).unwrap(), b"one", "the others are given");
    assert!(desk.import(&paths, false, &there.store).is_err());
}

#[test]
fn every_flipped_bit_is_found() {
    let here = here();
    let roots = prepared(&here.store, &[b"one"]);
    let contents = Contents::of(&here.store, &roots).unwrap();
    let key = key();
    let path = here.store.root().join("b.tar.zst");
    let mut options = Options::default();
    options.tools.add_bytes("bootstrap.sh", b"#!/bin/sh");
    export_to_path(&here.store, &contents, (&key, DATE), &options, &path, &|_| {}).unwrap();
    let bytes = fs::read(&path).unwrap();
    let keys = key.keyring();
    for bit in (0..bytes.len() * 8).step_by(41) {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &wrong).unwrap();
        let source = Source::open(std::slice::from_ref(&path));
        let opened = source.and_then(|source| {
            Archive::open(&Arc::new(source), &Trust { keys: &keys, on_first_use: false, now: DATE, only: None })
        });
        let good = opened.and_then(|archive| verify(&archive, true, &|_| {})).is_ok_and(|found| found.damage.is_empty());
        assert!(!good, "bit {bit} of byte {}", bit / 8);
        assert!(take(&wrong, &self::here().store, &keys, false).is_err(), "bit {bit} of byte {}", bit / 8);
    }
}

#[test]
fn volumes_come_in_any_order_and_the_missing_are_named() {
    let desk = desk();
    let (summary, paths) = desk.export("b.tar.zst", &split(9_000_000));
    assert_eq!(paths.len(), 3);
    let whole = desk.export("whole.tar.zst", &Options::default());
    let sizes: u64 = paths.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!((summary.size, sizes), (whole.0.size, whole.0.size + 3 * 104));
    // beside each other, in any order, in a folder, as a stream
    let mut turned = paths.clone();
    turned.reverse();
    for given in [vec![paths[1].clone()], turned, vec![desk.dir.path().to_owned()]] {
        let there = here();
        assert_eq!(desk.import(&given, false, &there.store).unwrap().written, 6);
    }
    let alone = desk.dir.path().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::rename(&whole.1[0], alone.join("whole.tar.zst")).unwrap();
    assert_eq!(desk.import(&[alone], false, &here().store).unwrap().written, 6);
    let stream: Vec<u8> = paths.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(take(&stream, &here().store, &desk.key.keyring(), false).unwrap().written, 6);
    let cut: Vec<u8> = [0, 2].iter().flat_map(|&at| fs::read(&paths[at]).unwrap()).collect();
    let error = take(&cut, &here().store, &desk.key.keyring(), false).unwrap_err().to_string();
    assert!(error.starts_with("volume 3 follows volume 1\nhint: "), "{error}");
    fs::rename(&paths[1], desk.dir.path().join("away")).unwrap();
    let error = desk.try_open(&paths[..1]).unwrap_err();
    assert!(error.to_string().starts_with("1 of 3 volumes is missing: 2\n"), "{error}");
    // another bundle's, or a shorter one
    let (_, other) = desk.export("c.tar.zst", &Options { have: [Digest::of(b"one")].into(), ..split(9_000_000) });
    let error = desk.try_open(&[paths[0].clone(), other[1].clone(), paths[2].clone()]).unwrap_err().to_string();
    assert!(error.contains("is of another bundle"), "{error}");
    fs::rename(desk.dir.path().join("away"), &paths[1]).unwrap();
    fs::OpenOptions::new().write(true).open(&paths[1]).unwrap().set_len(5_000_000).unwrap();
    let error = desk.try_open(&paths[..1]).unwrap_err().to_string();
    assert!(error.contains("b.tar.zst.002: volume 2 has 5000000 bytes instead of"), "{error}");
    let path = desk.dir.path().join("x");
    let small = export_to_path(&desk.store, &desk.contents, (&desk.key, DATE), &split(1 << 20), &path, &|_| {});
    assert!(matches!(small, Err(BundleError::Split { .. })) && desk.hidden().is_empty());
}

#[test]
fn what_was_cut_off_is_gone_on_with() {
    let desk = desk();
    let (_, whole) = desk.export("whole.tar.zst", &Options::default());
    let bytes = fs::read(&whole[0]).unwrap();
    for (left, least) in [(0, 0), (100, 0), (9_000_000, 8_000_000), (bytes.len() - 1, SIZE as u64)] {
        fs::write(desk.dir.path().join(".b.tar.zst.part"), &bytes[..left]).unwrap();
        let (summary, paths) = desk.export("b.tar.zst", &Options::default());
        assert!(fs::read(&paths[0]).unwrap() == bytes && desk.hidden().is_empty());
        assert!(summary.kept >= least && summary.kept <= left as u64, "{} of {left}", summary.kept);
    }
    // something else, or damaged: written again from there on
    let mut wrong = bytes.clone();
    wrong[10_000_000] ^= 1;
    fs::write(desk.dir.path().join(".b.tar.zst.part"), &wrong).unwrap();
    let (summary, paths) = desk.export("b.tar.zst", &Options::default());
    assert!(fs::read(&paths[0]).unwrap() == bytes && summary.kept < 10_000_000);
    // volumes that are there stay
    let (_, volumes) = desk.export("v.tar.zst", &split(9_000_000));
    let all: Vec<Vec<u8>> = volumes.iter().map(|path| fs::read(path).unwrap()).collect();
    fs::remove_file(&volumes[2]).unwrap();
    fs::write(desk.dir.path().join(".v.tar.zst.003.part"), &all[2][..1000]).unwrap();
    let (summary, again) = desk.export("v.tar.zst", &split(9_000_000));
    assert!(again.iter().zip(&all).all(|(path, bytes)| fs::read(path).unwrap() == *bytes) && summary.kept > 16_500_000);
}

#[test]
fn an_import_goes_on_within_a_blob() {
    let desk = desk();
    let (_, paths) = desk.export("b.tar.zst", &Options::default());
    let there = here();
    let mut part = there.store.partial(&Digest::of(&desk.large), SIZE as u64).unwrap();
    part.write_all(&desk.large[..9_999_999]).unwrap();
    drop(part);
    desk.import(&paths, false, &there.store).unwrap();
    assert_eq!(there.store.read(&Digest::of(&desk.large), 1 << 30).unwrap(), desk.large);
}

#[test]
fn a_bundle_is_moved_in_and_out() {
    let desk = desk();
    let (_, copy) = desk.export("copy.tar.zst", &split(9_000_000));
    let keep = [Digest::of(b"one")].into();
    let moving = Options { moving: Some(Moving { keep }), ..split(9_000_000) };
    let (_, paths) = desk.export("b.tar.zst", &moving);
    assert!(copy.iter().zip(&paths).all(|(one, other)| fs::read(one).unwrap() == fs::read(other).unwrap()));
    let has = |bytes: &[u8]| desk.store.contains(&Digest::of(bytes), bytes.len() as u64);
    assert!(has(b"one") && has(b"lock") && !has(&desk.large), "what others need and what describes stays");
    // killed in the middle: the first volume is there, and the store has only what is in none
    let there = here();
    desk.import(&paths, true, &there.store).unwrap();
    assert_eq!(there.store.read(&Digest::of(&desk.large), 1 << 30).unwrap(), desk.large);
    let left: u64 = paths.iter().map(|path| std::os::unix::fs::MetadataExt::blocks(&fs::metadata(path).unwrap()) * 512).sum();
    assert!(left < 1 << 20, "{left} bytes are there twice");
}

#[test]
fn what_was_moved_is_not_written_over() {
    let desk = desk();
    let (_, whole) = desk.export("whole.tar.zst", &Options::default());
    let bytes = fs::read(&whole[0]).unwrap();
    let moving = || Some(Moving::default());
    for (name, split) in [(".b.tar.zst.moving", None), (".b.tar.zst.002.moving", Some(9_000_000))] {
        let left = match split {
            None => bytes[..9_000_000].to_vec(),
            Some(_) => fs::read(&desk.export("v.tar.zst", &self::split(9_000_000)).1[1]).unwrap(),
        };
        fs::write(desk.dir.path().join(name), &left).unwrap();
        // another bundle: the file stays, and is named
        let other = Options { have: [Digest::of(b"one")].into(), split, moving: moving(), ..Options::default() };
        let path = desk.dir.path().join("b.tar.zst");
        let error = export_to_path(&desk.store, &desk.contents, (&desk.key, DATE), &other, &path, &|_| {}).unwrap_err();
        assert!(error.to_string().contains(name) && error.to_string().contains("run it again the same way"), "{error}");
        assert!(fs::read(desk.dir.path().join(name)).unwrap() == left);
        fs::remove_file(desk.dir.path().join(name)).unwrap();
    }
    // the same one: it goes on
    fs::write(desk.dir.path().join(".b.tar.zst.moving"), &bytes[..9_000_000]).unwrap();
    let (summary, paths) = desk.export("b.tar.zst", &Options { moving: moving(), ..Options::default() });
    assert!(summary.kept > 8_000_000 && fs::read(&paths[0]).unwrap() == bytes && desk.hidden().is_empty());
    // and where it had come to its end, it says so
    let (again, _) = desk.export("b.tar.zst", &Options { moving: moving(), ..Options::default() });
    assert_eq!(again.kept, bytes.len() as u64);
}

#[test]
fn only_what_is_missing_travels() {
    let desk = desk();
    let there = here();
    let (_, first) = desk.export("first.tar.zst", &Options::default());
    let have: Set<Digest> = desk.contents.blobs().iter().map(|one| one.digest).filter(|one| *one != Digest::of(b"one")).collect();
    let receipt = Receipt { date: DATE, have: have.clone() };
    let signed = Receipt::parse(&receipt.sign(&desk.key).unwrap(), &desk.key.keyring(), DATE).unwrap();
    assert!(signed.receipt == receipt && signed.trusted && signed.signer == desk.key.fingerprint());
    let (summary, paths) = desk.export("delta.tar.zst", &Options { have, ..Options::default() });
    assert!(summary.size < 100_000, "{}", summary.size);
    let seen = inspect(&fs::read(&paths[0]).unwrap()[..], &desk.key.keyring(), DATE).unwrap();
    assert_eq!((seen.absent, seen.absent_bytes), (3, SIZE as u64 + 300_000));
    match desk.import(&paths, false, &there.store) {
        Err(BundleError::Base { missing, bytes }) => assert_eq!((missing.len(), bytes), (3, SIZE as u64 + 300_000)),
        other => panic!("{other:?}"),
    }
    assert!(there.store.roots().unwrap().is_empty());
    desk.import(&first, false, &there.store).unwrap();
    assert_eq!(desk.import(&paths, false, &there.store).unwrap().written, 0);
}

#[test]
fn a_hostile_receipt_is_refused() {
    let key = key();
    let good = Receipt { date: DATE, have: [Digest::of(b"a"), Digest::of(b"b")].into() }.sign(&key).unwrap();
    let stranger = Receipt::parse(&good, &Keyring::default(), DATE).unwrap();
    assert!(!stranger.trusted);
    let key_begins = good.windows(11).rposition(|window| window == b"-----BEGIN ").unwrap();
    for end in 0..key_begins {
        assert!(Receipt::parse(&good[..end], &key.keyring(), DATE).is_err(), "{end}");
    }
    for at in 0..150 {
        let mut wrong = good.clone();
        wrong[at] ^= 1;
        assert!(Receipt::parse(&wrong, &key.keyring(), DATE).is_err(), "{at}");
    }
}

#[test]
fn a_bare_host_begins_with_tail_and_tar() {
    let desk = desk();
    let program = desk.dir.path().join("program");
    fs::write(&program, noise(9, 70_000)).unwrap();
    let mut tools = Tools::none();
    tools.add_bytes("bootstrap.sh", b"#!/bin/sh\necho begin\n");
    tools.add_file("lsrepo-x86_64", program.clone()).unwrap();
    for split in [None, Some(9_000_000)] {
        let options = Options { tools: tools.clone(), split, ..Options::default() };
        let (_, paths) = desk.export("b.tar.zst", &options);
        let out = desk.dir.path().join("out");
        fs::create_dir_all(&out).unwrap();
        let skip = if split.is_some() { "+113" } else { "+9" };
        let line = format!("tail -c {skip} \"$0\" | tar -x -C \"$1\" && sh \"$1/bootstrap.sh\" && test -x \"$1/lsrepo-x86_64\"");
        let done = Command::new("sh").arg("-c").arg(line).arg(&paths[0]).arg(&out).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&done.stdout), "begin\n", "{}", String::from_utf8_lossy(&done.stderr));
        assert!(fs::read(out.join("lsrepo-x86_64")).unwrap() == fs::read(&program).unwrap());
        assert_eq!(verify(&desk.open(&paths), true, &|_| {}).unwrap().damage, []);
        desk.import(&paths, false, &here().store).unwrap();
        zstd_reads(&paths);
    }
}

/// zstd takes each volume, and all of them in a row.
fn zstd_reads(paths: &[PathBuf]) {
    let line = "zstd -t -q \"$@\" && cat \"$@\" | zstd -dcq | tar -tf - | grep -c blobs/";
    let done = Command::new("sh").arg("-c").arg(line).arg("sh").args(paths).output().unwrap();
    if String::from_utf8_lossy(&done.stderr).contains("not found") {
        return eprintln!("skipped: zstd is not installed");
    }
    assert_eq!(String::from_utf8_lossy(&done.stdout), "7\n", "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn volumes_are_read_while_they_arrive() {
    let desk = desk();
    let (_, paths) = desk.export("b.tar.zst", &split(9_000_000));
    let to = desk.dir.path().join("media");
    fs::create_dir(&to).unwrap();
    let copy = |at: usize| {
        let name = paths[at].file_name().unwrap();
        fs::copy(&paths[at], to.join(name)).unwrap();
    };
    copy(1);
    // Each time somebody waits, the volume that is waited for comes.
    let waited = std::cell::RefCell::new(Vec::new());
    let on_wait = |ordinal: u32, total: Option<u32>| {
        waited.borrow_mut().push((ordinal, total));
        copy(ordinal as usize - 1);
    };
    let (there, keys) = (here(), desk.key.keyring());
    let trust = Trust { keys: &keys, on_first_use: false, now: DATE, only: None };
    assert_eq!(import(Watched::new(&to, &on_wait), &there.store, &trust, &|_| {}).unwrap().written, 6);
    assert_eq!(*waited.borrow(), [(1, None), (3, Some(3))]);
}
