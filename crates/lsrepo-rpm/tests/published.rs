//! Real texts of repositories, read and written again, and libmodulemd's verdicts.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use lsrepo_rpm::{Advisory, Comps, Metalink, Modules, Nevra, Repomd, mirrors, updateinfo};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/repodata").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not here", folder.display());
    }
    folder.is_dir().then_some(folder)
}

/// All files below a folder whose name has this word in it.
fn files(folder: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if path.file_name().unwrap().to_string_lossy().contains(word) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// The plain content of a file; none where it is zchunk or sqlite.
fn plain(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let mut plain = Vec::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap(),
        "xz" => liblzma::read::XzDecoder::new_multi_decoder(&bytes[..]).read_to_end(&mut plain).unwrap(),
        "xml" | "yaml" => return Some(bytes),
        _ => return None,
    };
    Some(plain)
}

#[test]
fn modules_are_judged_as_libmodulemd_judges_them() {
    let Some(folder) = folder("modulemd") else { return };
    let facts: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("facts.json")).unwrap()).unwrap();
    let mut judged = 0;
    for fact in facts.iter().filter(|fact| fact["compressed"] != true) {
        let file = fact["file"].as_str().unwrap();
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let (modules, problems) = Modules::parse(&text);
        assert_eq!(fact["lenient"], problems.is_empty(), "{file}: {problems:?}");
        if let (Some(count), Some(failures)) = (fact["modules"].as_u64(), fact["failures"].as_u64()) {
            assert_eq!((modules.names().len() as u64, problems.len() as u64), (count, failures), "{file}: {problems:?}");
        }
        judged += 1;
    }
    assert!(judged > 0);
}

#[test]
fn reduced_to_everything_modules_are_what_they_were() {
    let Some(folder) = folder("modulemd") else { return };
    for path in files(&folder, ".yaml") {
        let Some(text) = plain(&path).and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let (modules, _) = Modules::parse(&text);
        let all: HashSet<Nevra> = modules.streams().iter().flat_map(|stream| stream.artifacts.clone()).collect();
        let reduced = modules.reduce(&all, &BTreeMap::new());
        let (again, problems) = Modules::parse(&reduced);
        assert_eq!(problems, [], "{}", path.display());
        let with_packages = modules.streams().iter().filter(|stream| !stream.artifacts.is_empty()).count();
        assert!(again.streams().len() >= with_packages, "{}", path.display());
        assert_eq!(again.reduce(&all, &BTreeMap::new()), reduced, "{}", path.display());
        for stream in again.streams() {
            assert_eq!(again.default_stream(&stream.module), modules.default_stream(&stream.module));
        }
        modules.enable(&[], None).unwrap();
    }
}

#[test]
fn every_repomd_is_read_with_its_checksums_and_times() {
    let Some(folder) = folder(".") else { return };
    for path in files(&folder, "repomd.xml") {
        if !path.to_string_lossy().ends_with("repomd.xml") {
            continue;
        }
        let repomd = Repomd::parse(&fs::read(&path).unwrap()[..]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(repomd.records.iter().all(|record| record.checksum.is_some()), "{}", path.display());
        assert!(!repomd.records.is_empty() && repomd.timestamp().is_some(), "{}", path.display());
    }
}

#[test]
fn metalinks_and_mirrorlists_give_addresses_that_can_be_asked() {
    let Some(folder) = folder("metalink") else { return };
    let asked = |url: &String| ["http://", "https://", "file:/"].iter().any(|scheme| url.starts_with(scheme)) && url.ends_with('/');
    for path in files(&folder, "metalink") {
        let read = Metalink::parse(&fs::read(&path).unwrap()[..]);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match read {
            Ok(metalink) => assert!(metalink.mirrors.iter().all(asked) && !metalink.mirrors.is_empty(), "{name}"),
            Err(error) => assert!(name.contains("really_bad"), "{name}: {error}"),
        }
    }
    let lists = folder.join("../mirrorlist");
    for path in files(&lists, "") {
        assert!(mirrors::parse_mirrorlist(&fs::read_to_string(path).unwrap()).iter().all(asked));
    }
}

#[test]
fn advisories_survive_their_text() {
    let Some(folder) = folder(".") else { return };
    let mut read = 0;
    for path in files(&folder, "updateinfo") {
        let Some(bytes) = plain(&path) else { continue };
        let all: Result<Vec<Advisory>, _> = updateinfo::advisories(&bytes[..]).collect();
        let all = match all {
            Ok(all) => all,
            Err(error) => {
                assert!(path.to_string_lossy().contains("modified"), "{}: {error}", path.display());
                continue;
            }
        };
        let text = updateinfo::render(&all);
        let again: Vec<Advisory> = updateinfo::advisories(text.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(updateinfo::render(&again), text, "{}", path.display());
        let carried: HashSet<Nevra> = all.iter().flat_map(Advisory::packages).map(|package| package.artifact.clone()).collect();
        for advisory in &all {
            let reduced = advisory.clone().reduce(&carried);
            assert_eq!(reduced.is_some(), advisory.packages().next().is_some());
        }
        read += all.len();
    }
    assert!(read > 0);
}

#[test]
fn groups_survive_their_text() {
    let Some(folder) = folder(".") else { return };
    for path in files(&folder, "comps") {
        let Some(bytes) = plain(&path) else { continue };
        let comps = Comps::parse(&bytes[..]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!comps.groups.is_empty());
        let text = comps.render();
        assert_eq!(Comps::parse(text.as_bytes()).unwrap().render(), text, "{}", path.display());
        let carried = comps.groups.iter().flat_map(|group| &group.packages).map(|member| member.name.as_str()).collect();
        let reduced = comps.reduce(&carried);
        assert!(reduced.groups.iter().all(|group| comps.group(&group.label.id).is_some()));
    }
}
