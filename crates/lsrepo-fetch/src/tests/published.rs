//! Real repositories, with the signatures of their owners.

use super::{NOW, client, run};
use crate::{FetchError, RefreshPolicy, YumPolicy, YumRepository, fetch_filelists, refresh_yum};
use lsrepo_rpm::{Checksum, Repomd, Repository};
use lsrepo_sign::Keyring;
use lsrepo_types::Timestamp;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/repodata").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not here", folder.display());
    }
    folder.is_dir().then(|| folder.canonicalize().unwrap())
}

fn take(folder: &Path, key: Option<&Path>, cache: &Path) -> Result<YumRepository, FetchError> {
    let check = if key.is_some() { "1" } else { "0" };
    let line = format!("rpm [repo_gpgcheck={check}] file://{}", folder.display());
    let repository: Repository = line.parse().unwrap();
    let keys = |_: &Repository| Keyring::parse(&fs::read(key.unwrap()).unwrap()).map_err(|error| error.to_string());
    // The clock of a day when all of them were there.
    let refresh = RefreshPolicy { now: Timestamp(NOW.0 + 100_000_000), allow_expired: false, allow_future: false, offline: false };
    let policy = YumPolicy { refresh, allow_sha1: true };
    let found = run(refresh_yum(&client(), &[repository], keys, cache, &policy, &|_| {}))?.remove(0);
    match run(fetch_filelists(&found, cache, &policy, &|_| {})) {
        Ok(_) | Err(FetchError::Status { .. }) => Ok(found),
        Err(error) => Err(error),
    }
}

/// All folders with a `repodata/repomd.xml`.
fn repositories(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        if folder.join("repodata/repomd.xml").is_file() {
            found.push(folder);
            continue;
        }
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        open.extend(entries.filter(|path| path.is_dir()));
    }
    found.sort();
    found
}

/// Whether the primary that is listed is there and is the listed one, as coreutils see it.
fn is_right(folder: &Path) -> Option<bool> {
    let repomd = Repomd::parse(&fs::read(folder.join("repodata/repomd.xml")).unwrap()[..]).unwrap();
    let record = repomd.record("primary")?;
    let checksum: &Checksum = record.checksum.as_ref()?;
    let program = format!("{}sum", checksum.kind().word());
    let output = std::process::Command::new(program).arg(folder.join(record.location.as_str())).output().ok()?;
    output.status.success().then(|| output.stdout.starts_with(checksum.hex().as_bytes()))
}

#[test]
fn every_repository_is_taken_whose_texts_are_what_it_lists() {
    let Some(root) = folder(".") else { return };
    for folder in repositories(&root) {
        let cache = tempfile::tempdir().unwrap();
        let taken = take(&folder, None, cache.path());
        match (is_right(&folder), &taken) {
            (Some(true), Ok(found)) => assert!(fs::read(&found.primary).unwrap().starts_with(b"<"), "{}", folder.display()),
            (Some(false), Err(FetchError::Content { .. })) | (None, Err(_)) => {}
            (right, taken) => panic!("{}: {right:?}, {:?}", folder.display(), taken.as_ref().err().map(ToString::to_string)),
        }
    }
}

#[test]
fn owners_signatures_hold_and_those_of_other_texts_do_not() {
    let Some(root) = folder(".") else { return };
    let mut judged = 0;
    for folder in repositories(&root) {
        let keys = [folder.join("repodata/repomd.xml.key"), folder.join("../signing_key.pub")];
        let signed = folder.join("repodata/repomd.xml.asc").is_file();
        let Some(key) = keys.iter().find(|key| signed && key.is_file()) else { continue };
        let cache = tempfile::tempdir().unwrap();
        // What follows may be missing here; the signature comes first, so any other error says that it held.
        let said = take(&folder, Some(key), cache.path()).map_or_else(|error| error.to_string(), |_| "taken".to_owned());
        eprintln!("{}: {said}", folder.display());
        let changed = cache.path().join("changed");
        fs::create_dir_all(changed.join("repodata")).unwrap();
        let text = fs::read_to_string(folder.join("repodata/repomd.xml")).unwrap();
        fs::write(changed.join("repodata/repomd.xml"), text.replace("<timestamp>1", "<timestamp>0")).unwrap();
        fs::copy(folder.join("repodata/repomd.xml.asc"), changed.join("repodata/repomd.xml.asc")).unwrap();
        let error = take(&changed, Some(key), cache.path()).unwrap_err();
        assert!(matches!(error, FetchError::Signature { .. }), "{error}");
        judged += 1;
    }
    assert!(judged > 0);
}
