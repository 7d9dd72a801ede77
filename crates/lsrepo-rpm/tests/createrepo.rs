//! Our records beside what createrepo_c writes of the same packages, element by element. Where a package lies
//! and when its file was changed are left out: these are the publisher's.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod xml;

use lsrepo_rpm::{
    Package, Record,
    metadata::{self, Compression, Placed},
};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    process::Command,
};
use xml::Element;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/rpm-files")
}

/// Every file that is called a package, but for delta packages.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(packages(&path)),
            false if path.to_string_lossy().ends_with(".rpm") || path.to_string_lossy().ends_with(".rpm-v3") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

fn record(path: &Path) -> Result<Record, String> {
    let bytes = fs::read(path).unwrap();
    let package = Package::read(&bytes[..]).map_err(|error| error.to_string())?;
    Record::new(&package, Digest::of(&bytes), bytes.len() as u64).map_err(|error| error.to_string())
}

/// The three documents, by pkgid.
fn by_id(documents: [Element; 3]) -> BTreeMap<String, [Element; 3]> {
    let mut all: BTreeMap<String, [Element; 3]> = BTreeMap::new();
    for (kind, document) in documents.into_iter().enumerate() {
        assert_eq!(document.attribute("packages"), document.children.len().to_string());
        for mut package in document.children {
            let id = match package.child("checksum") {
                Some(checksum) => checksum.text.clone(),
                None => package.attribute("pkgid").to_owned(),
            };
            for child in &mut package.children {
                match child.name.as_str() {
                    "location" => child.attributes.clear(),
                    "time" => drop(child.attributes.remove("file")),
                    _ => {}
                }
            }
            all.entry(id).or_default()[kind] = package;
        }
    }
    all
}

fn ours(records: &[Record]) -> BTreeMap<String, [Element; 3]> {
    let placed: Vec<_> = records.iter().map(|record| Placed { record, href: "x.rpm", required_files: &[] }).collect();
    let files = metadata::render(&placed, Compression::Plain).unwrap();
    by_id(files.map(|file| xml::parse(str::from_utf8(&file.bytes).unwrap())))
}

fn theirs(folder: &Path) -> BTreeMap<String, [Element; 3]> {
    let read = |kind: &str| {
        let files = fs::read_dir(folder.join("repodata")).unwrap().map(|entry| entry.unwrap().path());
        let path = files.into_iter().find(|path| path.to_string_lossy().ends_with(&format!("-{kind}.xml.gz"))).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(BufReader::new(fs::File::open(path).unwrap())).read_to_string(&mut text).unwrap();
        xml::parse(&text)
    };
    by_id(["primary", "filelists", "other"].map(read))
}

/// The first place where two trees differ.
fn difference(ours: &Element, theirs: &Element) -> Option<String> {
    if (&ours.name, &ours.attributes, &ours.text) != (&theirs.name, &theirs.attributes, &theirs.text) {
        let shown = |element: &Element| format!("{} {:?} {:?}", element.name, element.attributes, element.text);
        return Some(format!("ours:   {}\ntheirs: {}", shown(ours), shown(theirs)));
    }
    let first = ours.children.iter().zip(&theirs.children).find_map(|(ours, theirs)| difference(ours, theirs));
    first.map(|found| format!("in {}: {found}", ours.name)).or_else(|| {
        let (ours_count, theirs_count) = (ours.children.len(), theirs.children.len());
        (ours_count != theirs_count).then(|| format!("{}: {ours_count} elements, and {theirs_count} of theirs", ours.name))
    })
}

#[test]
fn every_package_is_told_as_createrepo_c_tells_it() {
    let paths = packages(&data());
    if paths.is_empty() {
        return eprintln!("skipped: no packages at {}", data().display());
    }
    if Command::new("createrepo_c").arg("--version").output().is_err() {
        return eprintln!("skipped: no createrepo_c on this machine");
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut records, mut refused) = (Vec::new(), Vec::new());
    for (number, path) in paths.iter().enumerate() {
        fs::copy(path, folder.path().join(format!("{number}.rpm"))).unwrap();
        match record(path) {
            Ok(record) => records.push(record),
            Err(why) => refused.push((path, Digest::of(&fs::read(path).unwrap()).hex(), why)),
        }
    }
    let mut createrepo = Command::new("createrepo_c");
    createrepo.args(["--quiet", "--no-database", "--general-compress-type=gz"]).arg(folder.path());
    assert!(createrepo.output().unwrap().status.success());
    let theirs = theirs(folder.path());
    let ours = ours(&records);
    for (path, digest, why) in &refused {
        assert!(!theirs.contains_key(digest), "{}: {why}", path.display());
    }
    let mut wrong = Vec::new();
    for (id, theirs) in &theirs {
        let Some(ours) = ours.get(id) else {
            wrong.push(format!("{id} is not among ours"));
            continue;
        };
        let name = ours[0].child("name").map_or("", |name| &name.text);
        wrong.extend(
            ours.iter().zip(theirs).filter_map(|(ours, theirs)| difference(ours, theirs)).map(|found| format!("{name}: {found}")),
        );
    }
    eprintln!("{} packages: {} equal, {} refused by both", paths.len(), theirs.len() - wrong.len(), refused.len());
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(theirs.len(), ours.len(), "we take more than createrepo_c");
}

/// Published by others, and not complete: of several requirements with one name they keep one, and some files
/// are missing. What they have, we have.
#[test]
fn a_second_opinion_is_met() {
    let folder = data().join("expected-xml");
    let documents = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let primaries: Vec<PathBuf> = documents.filter(|path| path.to_string_lossy().ends_with(".primary.xml")).collect();
    if primaries.is_empty() {
        return eprintln!("skipped: no documents at {}", folder.display());
    }
    for path in primaries {
        let file = path.file_name().unwrap().to_string_lossy().replace(".primary.xml", ".rpm");
        let record = record(&data().join("artipie").join(&file)).unwrap();
        let [ours, ..] = ours(std::slice::from_ref(&record)).into_values().next().unwrap();
        let document = xml::parse(&fs::read_to_string(&path).unwrap());
        let theirs = document.child("package").unwrap_or(&document);
        // they indent their texts
        let words = |element: Option<&Element>| {
            element.map(|element| (element.attributes.clone(), element.text.split_whitespace().collect::<Vec<_>>().join(" ")))
        };
        for name in ["name", "arch", "version", "checksum", "summary", "packager", "url"] {
            assert_eq!(words(ours.child(name)), words(theirs.child(name)), "{file}");
        }
        for size in ["package", "installed"] {
            let of = |package: &Element| package.child("size").unwrap().attribute(size).to_owned();
            assert_eq!(of(&ours), of(theirs), "{file}");
        }
        let (ours, theirs) = (ours.child("format").unwrap(), theirs.child("format").unwrap());
        for name in ["rpm:license", "rpm:vendor", "rpm:group", "rpm:buildhost", "rpm:sourcerpm", "rpm:header-range"] {
            assert_eq!(words(ours.child(name)), words(theirs.child(name)), "{file}");
        }
        let sorted = |entries: Option<&Element>| {
            let mut names: Vec<String> =
                entries.into_iter().flat_map(|all| &all.children).map(|entry| format!("{:?}", entry.attributes)).collect();
            names.sort();
            names
        };
        for name in ["rpm:provides", "rpm:conflicts", "rpm:obsoletes"] {
            assert_eq!(sorted(ours.child(name)), sorted(theirs.child(name)), "{file}: {name}");
        }
        let names = |format: &Element| -> Vec<String> {
            let requires = format
                .child("rpm:requires")
                .into_iter()
                .flat_map(|all| &all.children)
                .map(|entry| entry.attribute("name").to_owned());
            requires.chain(format.children.iter().filter(|child| child.name == "file").map(|file| file.text.clone())).collect()
        };
        let (ours, theirs) = (names(ours), names(theirs));
        let missing: Vec<_> = theirs.iter().filter(|name| !ours.contains(name)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}
