use super::*;
use lsrepo_oci::{ARTIFACT_TYPE, Descriptor, Manifest, annotation, media_type};
use lsrepo_sign::{Keyring, SecretKey};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Timestamp};
use std::{collections::BTreeMap, fs, path::PathBuf, process::Command, sync::Arc};

mod carried;
mod hostile;
mod packed;

const DATE: Timestamp = Timestamp(1_760_000_000);

struct Here {
    _dir: tempfile::TempDir,
    store: Store,
}

fn here() -> Here {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    Here { _dir: dir, store }
}

fn key() -> SecretKey {
    SecretKey::generate("test", Timestamp(1_700_000_000)).unwrap()
}

fn prepared(store: &Store, blobs: &[&[u8]]) -> BTreeMap<String, Digest> {
    let config = Descriptor::new(media_type::LOCK, store.put(b"lock").unwrap(), 4);
    let records = Descriptor::new(media_type::RECORDS, store.put(b"{}").unwrap(), 2);
    let blob = |bytes: &&[u8]| {
        Descriptor::new(media_type::DEB, store.put(bytes).unwrap(), bytes.len() as u64).with(annotation::TITLE, "a.deb")
    };
    let layers = std::iter::once(records).chain(blobs.iter().map(blob)).collect();
    let mut manifest = Manifest::new(ARTIFACT_TYPE, config, layers);
    manifest.annotations.insert(annotation::PLATFORM.into(), "debian-12/x86_64".into());
    let digest = store.put(&manifest.to_bytes()).unwrap();
    [("debian-12-x86_64--tools".to_owned(), digest)].into()
}

fn bundle(key: &SecretKey, blobs: &[&[u8]]) -> Vec<u8> {
    let here = here();
    let mut out = Vec::new();
    let roots = prepared(&here.store, blobs);
    let contents = Contents::of(&here.store, &roots).unwrap();
    let summary = export(&here.store, &contents, (key, DATE), &Options::default(), &mut out, &|_| {}).unwrap();
    assert_eq!(summary.size, out.len() as u64);
    out
}

fn take(bytes: &[u8], store: &Store, keys: &Keyring, on_first_use: bool) -> Result<Imported, BundleError> {
    import(bytes, store, &Trust { keys, on_first_use, now: DATE, only: None }, &|_| {})
}

#[test]
fn what_is_exported_is_imported() {
    let (key, there, large) = (key(), here(), vec![7; 300_000]);
    let bytes = bundle(&key, &[b"one", &large, b""]);
    assert_eq!(bytes, bundle(&key, &[b"one", &large, b""]), "equal content gives equal bytes");
    let done = take(&bytes, &there.store, &key.keyring(), false).unwrap();
    assert_eq!((done.written, done.present, done.signer), (5, 0, key.fingerprint()));
    assert_eq!(there.store.roots().unwrap(), done.roots);
    assert_eq!(there.store.read(&Digest::of(&large), 1 << 20).unwrap(), large);
    let again = take(&bytes, &there.store, &key.keyring(), false).unwrap();
    assert_eq!((again.written, again.present), (0, 5));
    let seen = inspect(&bytes[..], &key.keyring(), DATE).unwrap();
    assert_eq!((seen.packages, seen.bytes, seen.trusted, seen.parts[0].platform.as_str()), (3, 300_003, true, "debian-12/x86_64"));
}

#[test]
fn every_flipped_bit_is_refused() {
    let (key, there) = (key(), here());
    let bytes = bundle(&key, &[b"one"]);
    let keys = key.keyring();
    for bit in 0..bytes.len() * 8 {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(take(&wrong, &there.store, &keys, false).is_err(), "bit {bit}");
    }
    assert!(there.store.roots().unwrap().is_empty(), "nothing became visible");
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let (key, there) = (key(), here());
    let mut bytes = bundle(&key, &[b"one"]);
    for end in 0..bytes.len() {
        assert!(take(&bytes[..end], &there.store, &key.keyring(), false).is_err(), "{end} bytes");
    }
    bytes.push(0);
    assert!(take(&bytes, &there.store, &key.keyring(), false).is_err());
    assert!(matches!(take(b"PK\x03\x04 something else entirely, and long enough to be read as an opening of a member of a bundle, which it is not, whatever its name says, as its magic is that of a zip file......", &there.store, &key.keyring(), false), Err(BundleError::NotABundle)));
}

#[test]
fn a_stranger_is_trusted_only_when_asked_for() {
    let (key, there) = (key(), here());
    let bytes = bundle(&key, &[b"one"]);
    let nobody = Keyring::default();
    match take(&bytes, &there.store, &nobody, false) {
        Err(BundleError::Untrusted { signer }) => assert_eq!(signer, key.fingerprint().to_string()),
        other => panic!("{other:?}"),
    }
    let done = take(&bytes, &there.store, &nobody, true).unwrap();
    assert_eq!(Keyring::parse(done.new_key.unwrap().as_bytes()).unwrap().fingerprints(), [key.fingerprint()]);
    assert!(take(&bytes, &there.store, &self::key().keyring(), false).is_err());
}

#[test]
fn a_damaged_store_is_not_exported() {
    let (key, here) = (key(), here());
    let roots = prepared(&here.store, &[b"one"]);
    let blob = here.store.root().join("blobs/sha256").join(Digest::of(b"one").hex());
    std::fs::write(blob, b"two").unwrap();
    let path = here.store.root().join("out.tar.zst");
    let contents = Contents::of(&here.store, &roots).unwrap();
    let result = export_to_path(&here.store, &contents, (&key, DATE), &Options::default(), &path, &|_| {});
    assert!(matches!(result, Err(BundleError::Blob(_))) && !path.exists());
}

#[test]
fn tar_and_zstd_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.tar.zst");
    let large: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&path, bundle(&key(), &[&large, b"x"])).unwrap();
    let list = Command::new("sh")
        .arg("-c")
        .arg("zstd -t -q \"$0\" && zstd -dcq \"$0\" | tar -tvf - && zstd -dcq \"$0\" | tar -xf - -C \"$1\"")
        .arg(&path)
        .arg(dir.path())
        .output();
    let list = list.unwrap();
    if String::from_utf8_lossy(&list.stderr).contains("not found") {
        return eprintln!("skipped: zstd is not installed");
    }
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let blob = dir.path().join("blobs/sha256").join(Digest::of(&large).hex());
    assert_eq!(std::fs::read(blob).unwrap(), large);
}
