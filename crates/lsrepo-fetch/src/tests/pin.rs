//! Files that an index names by another checksum than ours.

use super::{client, run};
use crate::pin;
use lsrepo_rpm::Checksum;
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::fs;

#[test]
fn a_file_known_by_another_checksum_gets_its_digest_and_a_wrong_one_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    fs::write(dir.path().join("x.rpm"), "abc").unwrap();
    let urls = ["nowhere.rpm", "x.rpm"].map(|name| format!("file://{}/{name}", dir.path().display()));
    let sha1 = Checksum::parse("sha", "a9993e364706816aba3e25717850c26c9cd0d89d").unwrap();
    let get = |checksum: &Checksum, size| run(pin(&client(), &store, &urls, checksum, size));
    for (checksum, size) in [(&sha1, Some(4)), (&sha1, Some(2)), (&Checksum::parse("sha", &"0".repeat(40)).unwrap(), Some(3))] {
        let said = get(checksum, size).unwrap_err().to_string();
        assert!(said.contains("x.rpm") && said.contains("404"), "{said}");
    }
    let said = get(&Checksum::parse("md5", &"0".repeat(32)).unwrap(), None).unwrap_err().to_string();
    assert!(said.contains("only a md5 checksum"), "{said}");
    assert!(!store.contains(&Digest::of(b"abc"), 3));
    assert_eq!(get(&sha1, Some(3)).unwrap(), (Digest::of(b"abc"), 3));
    assert_eq!(get(&sha1, None).unwrap(), (Digest::of(b"abc"), 3));
    assert!(store.contains(&Digest::of(b"abc"), 3));
}
