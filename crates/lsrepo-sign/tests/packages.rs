//! Real packages: the signatures that gpgv finds good are good, and nothing else is.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use lsrepo_rpm::package::{Covers, Package};
use lsrepo_sign::{Keyring, PackagePolicy, PackageSigned, SignatureError, Weakness, check_package, check_package_header};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rpm-files")
}

/// A line of the list of packages: column → value.
type Row = BTreeMap<String, String>;

fn rows() -> Vec<Row> {
    let Ok(text) = fs::read_to_string(data().join("packages.tsv")) else {
        eprintln!("skipped: no packages at {}", data().display());
        return Vec::new();
    };
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| head.iter().zip(line.split('\t')).map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect();
    lines.map(row).collect()
}

/// Every key file, by its name.
fn keys() -> BTreeMap<String, Keyring> {
    let folders = fs::read_dir(data().join("keys")).into_iter().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap()).map(|file| file.unwrap().path());
    let key = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let read = Keyring::parse(&fs::read(&path).unwrap());
        read.map_err(|error| eprintln!("{name}: {error}")).ok().map(|key| (name, key))
    };
    files.filter_map(key).collect()
}

/// What its signatures say; those over both only where none over the header is good.
fn check(bytes: &[u8], keys: &Keyring, policy: PackagePolicy) -> Result<(Covers, PackageSigned), SignatureError> {
    let mut rest = bytes;
    let package = Package::read(&mut rest).unwrap();
    let signatures = package.signatures();
    let of = |covers| signatures.iter().filter(move |one| one.covers == covers).map(|one| &*one.packets);
    match check_package_header(package.header().as_bytes(), of(Covers::Header), keys, policy) {
        Ok(signed) => Ok((Covers::Header, signed)),
        Err(first) => match both(bytes, keys, policy) {
            Ok(signed) => Ok((Covers::HeaderAndPayload, signed)),
            Err(SignatureError::NotSigned) => Err(first),
            Err(second) => Err(second),
        },
    }
}

fn both(bytes: &[u8], keys: &Keyring, policy: PackagePolicy) -> Result<PackageSigned, SignatureError> {
    let mut rest = bytes;
    let package = Package::read(&mut rest).unwrap();
    let signatures = package.signatures();
    let both = signatures.iter().filter(|one| one.covers == Covers::HeaderAndPayload).map(|one| &*one.packets);
    check_package(package.header().as_bytes(), rest, both, keys, policy)
}

/// The key with which gpgv found it good; the first of several.
fn good_key<'a>(row: &Row, keys: &'a BTreeMap<String, Keyring>) -> Option<&'a Keyring> {
    let first = row["verified_with"].split(',').next()?;
    keys.get(Path::new(first).file_name()?.to_str()?)
}

#[test]
fn what_gpgv_finds_good_is_good_and_a_changed_byte_is_seen() {
    let keys = keys();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows() {
        let (file, signatures) = (&row["file"], row["signatures"].as_str());
        let bytes = fs::read(data().join(file)).unwrap();
        let Some(key) = good_key(&row, &keys) else {
            let outcome = check(&bytes, &Keyring::default(), PackagePolicy::LEGACY);
            match (signatures, &outcome) {
                ("none", Err(SignatureError::NotSigned)) => *counts.entry("unsigned").or_default() += 1,
                (_, Err(SignatureError::MissingKey { .. } | SignatureError::Malformed(_))) if signatures != "none" => {
                    *counts.entry("of strangers").or_default() += 1;
                }
                _ => panic!("{file}: {outcome:?}"),
            }
            continue;
        };
        let (covers, signed) = check(&bytes, key, PackagePolicy::LEGACY).unwrap_or_else(|error| panic!("{file}: {error}"));
        *counts.entry(if covers == Covers::Header { "over the header" } else { "over both alone" }).or_default() += 1;
        assert_eq!(signed.weaknesses.contains(&Weakness::Sha1), signatures.contains("SHA1"), "{file}");
        assert_eq!(signed.weaknesses.contains(&Weakness::Dsa), signatures.contains(" DSA/"), "{file}");
        match check(&bytes, key, PackagePolicy::STRICT) {
            Ok(_) => assert!(signed.weaknesses.is_empty(), "{file}"),
            Err(SignatureError::Weak { .. }) => assert!(!signed.weaknesses.is_empty(), "{file}"),
            Err(other) => panic!("{file}: {other}"),
        }
        let start = Package::read(&bytes[..]).unwrap().header_range().start as usize;
        let name = bytes[start..].windows(row["name"].len()).position(|window| window == row["name"].as_bytes()).unwrap();
        let changed = |at: usize| {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            changed
        };
        let outcome = check(&changed(start + name), key, PackagePolicy::LEGACY);
        assert!(matches!(outcome, Err(SignatureError::Bad { .. })), "{file}: {outcome:?}");
        if signatures.contains("header+payload") && row["state"] == "ok" {
            assert_eq!(both(&bytes, key, PackagePolicy::LEGACY).unwrap().signer, signed.signer, "{file}");
            let outcome = both(&changed(bytes.len() - 1), key, PackagePolicy::LEGACY);
            assert!(matches!(outcome, Err(SignatureError::Bad { .. })), "{file}: {outcome:?}");
            *counts.entry("over both as well").or_default() += 1;
        }
    }
    eprintln!("{counts:?}");
}

#[test]
fn version_6_signatures_are_good_with_their_keys() {
    let mut all = Keyring::default();
    keys().into_values().for_each(|key| all.extend(key));
    let mut not = Vec::new();
    for row in rows().iter().filter(|row| row["signatures"].contains("v6")) {
        let bytes = fs::read(data().join(&row["file"])).unwrap();
        match check(&bytes, &all, PackagePolicy::STRICT) {
            Ok((covers, signed)) => eprintln!("{}: {covers:?} {}", row["file"], signed.signer),
            Err(error) => not.push(format!("{} ({}): {error}", row["file"], row["signatures"])),
        }
    }
    // signatures that a quantum computer could not forge are not built in
    assert!(not.iter().all(|line| line.contains("ML-DSA")), "{not:#?}");
    eprintln!("not verified: {not:#?}");
}

#[test]
fn keys_that_are_not_bound_do_not_count() {
    let keys = keys();
    let hostile: Vec<_> = keys.iter().filter(|(name, _)| name.starts_with("CVE-") || name.contains("revoked")).collect();
    let mut tried = 0;
    for row in rows().iter().filter(|row| row["signatures"] != "none") {
        let bytes = fs::read(data().join(&row["file"])).unwrap();
        for (name, key) in &hostile {
            tried += 1;
            match check(&bytes, key, PackagePolicy::LEGACY) {
                // signed by the primary key itself, and that is the good one's too
                Ok((_, signed)) => {
                    let good = good_key(row, &keys).map(|good| check(&bytes, good, PackagePolicy::LEGACY).unwrap().1);
                    assert_eq!(good, Some(signed), "{}: {name}", row["file"]);
                }
                Err(SignatureError::MissingKey { .. }) => {}
                Err(other) => eprintln!("{}: {name}: {other}", row["file"]),
            }
        }
    }
    eprintln!("{tried} pairs tried");
}

#[test]
fn damaged_packages_are_told_by_their_digests() {
    for row in rows() {
        let bytes = fs::read(data().join(&row["file"])).unwrap();
        let mut rest = &bytes[..];
        let mut check = Package::read(&mut rest).unwrap().digest_check();
        check.write_all(rest).unwrap();
        let outcome = check.finish();
        assert_eq!(outcome.is_ok(), row["state"] == "ok", "{}: {outcome:?}", row["file"]);
    }
}
