use super::*;
use expect_test::expect;
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path};

fn metadata(from: &Path) -> Metadata {
    let saved = Saved { version: "0.1.0".to_owned(), ..gather(&from.join("postgresql")).unwrap() };
    Metadata {
        form: FORM,
        cluster: "demo".to_owned(),
        lineage: "x".to_owned(),
        serial: 3,
        time: Timestamp(1_795_759_684),
        lambdastack: "0.1.0".to_owned(),
        modules: [("postgresql".parse().unwrap(), saved)].into(),
    }
}

/// A folder of what was handed out, and an archive of it in `target`.
fn saved(desk: &Path) -> std::path::PathBuf {
    let from = desk.join("from");
    fs::create_dir_all(from.join("postgresql/more")).unwrap();
    fs::write(from.join("postgresql/roles.sql"), "CREATE ROLE shop;\n").unwrap();
    fs::write(from.join("postgresql/more/shop.dump"), vec![7; 200_000]).unwrap();
    write(&desk.join("target"), &metadata(&from), &from).unwrap()
}

#[test]
fn a_name_says_cluster_and_time_and_counts_collisions() {
    let named = |attempt| name("demo", Timestamp(1_795_759_684), attempt);
    expect!["demo_20261127-060804.tar.zst"].assert_eq(&named(0));
    expect!["demo_20261127-060804_1.tar.zst"].assert_eq(&named(1));
}

#[test]
fn what_was_saved_comes_back_and_a_second_archive_takes_another_name() {
    let desk = tempfile::tempdir().unwrap();
    let (first, second) = (saved(desk.path()), saved(desk.path()));
    assert!(second.ends_with("demo_20261127-060804_1.tar.zst"), "{}", second.display());
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(fs::read_dir(desk.path().join("target")).unwrap().count(), 2, "nothing else stays");
    assert_eq!(fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
    let wanted: BTreeSet<ModuleName> = ["postgresql".parse().unwrap()].into();
    let found = read(&first, Some((&desk.path().join("back"), &wanted))).unwrap();
    assert_eq!(found, metadata(&desk.path().join("from")));
    assert_eq!(fs::read(desk.path().join("back/postgresql/more/shop.dump")).unwrap(), vec![7; 200_000]);
    read(&first, Some((&desk.path().join("nothing"), &BTreeSet::new()))).unwrap();
    assert!(!desk.path().join("nothing").exists());
}

#[test]
fn one_changed_byte_anywhere_is_found() {
    let desk = tempfile::tempdir().unwrap();
    let path = saved(desk.path());
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        // what zstd itself does not look at changes nothing
        let same = read(&path, None).is_ok_and(|found| found == metadata(&desk.path().join("from")));
        assert!(read(&path, None).is_err() || same, "{at}");
    }
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(read(&path, None).unwrap_err().to_string().contains("it is damaged, or no backup"));
}

#[test]
fn what_is_not_listed_or_leaves_its_folder_is_refused() {
    let desk = tempfile::tempdir().unwrap();
    fs::create_dir_all(desk.path().join("from/postgresql")).unwrap();
    let text = serde_json::to_vec(&metadata(&desk.path().join("from"))).unwrap();
    let archive = |members: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in members {
            let mut head = tar::Header::new_gnu();
            head.set_size(bytes.len() as u64);
            head.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            head.set_cksum();
            tar.append(&head, *bytes).unwrap();
        }
        let path = desk.path().join("made.tar.zst");
        fs::write(&path, zstd::encode_all(&tar.into_inner().unwrap()[..], 1).unwrap()).unwrap();
        read(&path, None).map_err(|error| error.to_string().rsplit(": ").next().unwrap_or_default().to_owned())
    };
    assert!(archive(&[("metadata.json", &text)]).is_ok());
    expect!["`../escaped` is not in its metadata, or is there twice"]
        .assert_eq(&archive(&[("metadata.json", &text), ("../escaped", b"x")]).unwrap_err());
    expect!["it does not begin with `metadata.json`"].assert_eq(&archive(&[("x", b"x")]).unwrap_err());
    let newer = archive(&[("metadata.json", br#"{"form": 2}"#)]).unwrap_err();
    assert!(newer.contains("its form is 2") || newer.contains("newer lambdastack"), "{newer}");
}
