use super::*;
use lsrepo_types::{Digest, Sha512};
use std::fs;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

#[test]
fn a_blob_is_found_by_what_is_in_it() {
    let (_dir, store) = store();
    let digest = store.put(b"hello").unwrap();
    assert_eq!(store.read(&digest, 5).unwrap(), b"hello");
    assert!(store.contains(&digest, 5) && !store.contains(&digest, 4));
    assert!(matches!(store.read(&digest, 4), Err(StoreError::TooLarge { .. })));
    assert!(matches!(store.open_blob(&Digest::of(b"other")), Err(StoreError::Missing { .. })));
}

#[test]
fn a_download_is_continued_where_it_stopped() {
    let (_dir, store) = store();
    let digest = Digest::of(b"hello world");
    let mut part = store.partial(&digest, 11).unwrap();
    part.write_all(b"hello").unwrap();
    assert!(matches!(store.partial(&digest, 11), Err(StoreError::Busy { .. })));
    drop(part);
    let mut part = store.partial(&digest, 11).unwrap();
    assert_eq!(part.offset(), 5);
    assert!(matches!(part.write_all(b" world and more"), Err(StoreError::TooLong { .. })));
    part.write_all(b" world").unwrap();
    store.commit(vec![part.finish().unwrap()]).unwrap();
    assert_eq!(store.read(&digest, 99).unwrap(), b"hello world");
}

#[test]
fn what_does_not_fit_gets_no_name() {
    let (_dir, store) = store();
    let digest = Digest::of(b"hello");
    for (wrong, size) in [(&b"jello"[..], 5), (b"hell", 5)] {
        let mut part = store.partial(&digest, size).unwrap();
        part.write_all(wrong).unwrap();
        assert!(matches!(part.finish(), Err(StoreError::Corrupt { .. })));
        assert_eq!(store.size_of(&digest).unwrap(), None);
        assert_eq!(store.partial(&digest, 5).unwrap().offset(), 0);
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let (dir, store) = store();
    let mut writer = store.writer().unwrap();
    writer.add(b"half").unwrap();
    drop(writer.finish());
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn roots_and_documents() {
    let (_dir, store) = store();
    let digest = store.put(b"x").unwrap();
    store.set_root("debian-12-x86_64--tools", &digest).unwrap();
    assert_eq!(store.roots().unwrap().into_iter().collect::<Vec<_>>(), [("debian-12-x86_64--tools".to_owned(), digest)]);
    store.remove_root("debian-12-x86_64--tools").unwrap();
    assert!(store.roots().unwrap().is_empty());
    for wrong in ["", "../x", ".x", "a/b"] {
        assert!(store.set_root(wrong, &digest).is_err(), "{wrong}");
    }
    let path = "snapshots/current.json".parse().unwrap();
    assert_eq!(store.read_document(&path).unwrap(), None);
    store.write_document(&path, b"{}").unwrap();
    assert_eq!(store.read_document(&path).unwrap().unwrap(), b"{}");
}

#[test]
fn one_writer_at_a_time() {
    let (_dir, store) = store();
    let guard = store.lock_exclusive().unwrap();
    assert!(matches!(store.lock_shared(), Err(StoreError::Busy { .. })));
    drop(guard);
    let _readers = (store.lock_shared().unwrap(), store.lock_shared().unwrap());
}

#[test]
fn rot_is_found_and_rubbish_collected() {
    let (dir, store) = store();
    let (good, bad) = (store.put(b"good").unwrap(), store.put(b"bad").unwrap());
    fs::write(dir.path().join("blobs/sha256").join(bad.hex()), b"bed").unwrap();
    let report = store.fsck().unwrap();
    assert_eq!((report.checked, report.bad[0].name.clone()), (2, bad.hex()));
    assert_eq!(store.size_of(&bad).unwrap(), None);
    assert_eq!(store.gc(|digest| *digest != good).unwrap(), GcReport { removed: 1, bytes: 4 });
}

#[test]
fn a_link_is_not_a_blob() {
    let (dir, store) = store();
    let digest = Digest::of(b"secret");
    fs::write(dir.path().join("outside"), b"secret").unwrap();
    std::os::unix::fs::symlink(dir.path().join("outside"), dir.path().join("blobs/sha256").join(digest.hex())).unwrap();
    assert!(store.open_blob(&digest).is_err());
}

#[test]
fn a_blob_has_two_names_where_somebody_asks_by_the_other() {
    let (dir, store) = store();
    let (name, other) = (Sha512::of(b"x"), Sha512::of(b"y"));
    let blob = store.put(b"x").unwrap();
    assert_eq!(store.sha256_of(&name).unwrap(), None);
    store.name_sha512(&name, &blob).unwrap();
    store.name_sha512(&name, &blob).unwrap();
    assert_eq!(store.sha256_of(&name).unwrap(), Some(blob));
    assert_eq!(fs::read(dir.path().join("blobs/sha512").join(name.hex())).unwrap(), b"x");
    store.name_sha512(&other, &blob).unwrap();
    let report = store.fsck().unwrap();
    assert_eq!((report.checked, report.bad.len(), report.bad[0].name.clone()), (1, 1, other.hex()));
    assert_eq!((store.sha256_of(&other).unwrap(), store.sha256_of(&name).unwrap()), (None, Some(blob)));
    assert_eq!(store.garbage(|_| false).unwrap().removed, 1);
    assert_eq!(store.gc(|_| false).unwrap().removed, 1);
    assert_eq!(store.sha256_of(&name).unwrap(), None);
}

#[test]
fn a_link_that_leads_elsewhere_is_no_name() {
    let (dir, store) = store();
    fs::create_dir(dir.path().join("blobs/sha512")).unwrap();
    for target in ["/etc/passwd", "../../lock", "../sha256/../../lock"] {
        let path = dir.path().join("blobs/sha512").join(Sha512::of(b"x").hex());
        std::os::unix::fs::symlink(target, &path).unwrap();
        assert_eq!(store.sha256_of(&Sha512::of(b"x")).unwrap(), None, "{target}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn an_upload_can_be_taken_back_and_hashed_twice() {
    let (dir, store) = store();
    let mut upload = store.upload(&"one".parse().unwrap()).unwrap();
    assert!(store.upload(&"one".parse().unwrap()).is_err());
    upload.add(b"hello").unwrap();
    let mark = upload.mark();
    upload.add(b" wrong").unwrap();
    upload.back_to(mark).unwrap();
    upload.add(b" world").unwrap();
    assert_eq!((upload.size(), upload.sha512().unwrap()), (11, Sha512::of(b"hello world")));
    upload.add(b"!").unwrap();
    let pending = upload.finish();
    let digest = pending.digest;
    store.commit(vec![pending]).unwrap();
    assert_eq!(store.read(&digest, 99).unwrap(), b"hello world!");
    std::mem::forget(store.upload(&"crashed".parse().unwrap()).unwrap());
    store.sweep().unwrap();
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 1);
    store.sweep_uploads().unwrap();
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn nothing_is_collected_while_somebody_may_push() {
    let (_dir, store) = store();
    let blob = store.put(b"x").unwrap();
    let server = store.lock_registry().unwrap();
    assert!(matches!(store.lock_registry(), Err(StoreError::Pushing { .. })));
    assert!(matches!(store.gc(|_| false), Err(StoreError::Pushing { .. })));
    assert!(store.contains(&blob, 1));
    drop(server);
    assert_eq!(store.gc(|_| false).unwrap().removed, 1);
}

#[test]
fn documents_of_a_folder_are_listed_and_removed() {
    let (_dir, store) = store();
    let folder = "registry".parse().unwrap();
    assert!(store.documents(&folder).unwrap().is_empty());
    let path = "registry/a.json".parse().unwrap();
    store.write_document(&path, b"{}").unwrap();
    assert_eq!(store.documents(&folder).unwrap(), std::slice::from_ref(&path));
    store.remove_document(&path).unwrap();
    store.remove_document(&path).unwrap();
    assert!(store.documents(&folder).unwrap().is_empty());
}
