//! One function for each parser of bytes from outside. None may panic, hang, or take memory without bound;
//! what is accepted must survive its own rendering. Shared by the fuzzer and by `tests/it/fuzz_corpus.rs`.

use lsrepo_bom::{Lock, Module, PlatformDocument, requirements_file};
use lsrepo_deb::{archive, deb822, dependency, packages, preferences::Pins, release::Release, sources, status, version};
use lsrepo_rpm::{Evr, Nevra, Request, filelists, primary, rich};
use lsrepo_sign::{Keyring, SecretKey, verify_inline};
use lsrepo_types::{RelPath, Timestamp};
use std::sync::LazyLock;

/// Takes any bytes, and panics where a promise is broken.
pub type Target = fn(&[u8]);

/// A target's name, which is that of its corpus, and its function.
pub const ALL: &[(&str, Target)] = &[
    ("archive", archive_control),
    ("bom", bom),
    ("bundle", bundle),
    ("deb822", deb822_paragraphs),
    ("dependency", dependency_field),
    ("filelists", rpm_filelists),
    ("inrelease", inrelease),
    ("keyring", keyring),
    ("lock", lock),
    ("manifest", manifest),
    ("packages", packages_index),
    ("path", path),
    ("primary", rpm_primary),
    ("release", release_file),
    ("request", rpm_request),
    ("requirements", requirements),
    ("rich", rich_dependency),
    ("sources", source_lists),
    ("version", versions),
];

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// A `.deb`: no more than the control paragraph is read.
pub fn archive_control(data: &[u8]) {
    let _ = archive::control(data);
}

/// Modules and platforms.
pub fn bom(data: &[u8]) {
    let _ = Module::parse(text(data), "x.yml");
    let _ = PlatformDocument::parse(text(data), "x.yml");
}

/// A bundle; no signature of it can be trusted.
pub fn bundle(data: &[u8]) {
    if let Ok(seen) = lsrepo_bundle::inspect(data, &Keyring::default(), Timestamp(2_000_000_000)) {
        assert!(!seen.trusted);
    }
}

/// Paragraphs of fields; a field is a part of its paragraph, which is a part of the text.
pub fn deb822_paragraphs(data: &[u8]) {
    for paragraph in deb822::paragraphs(text(data)).map_while(Result::ok) {
        assert!(text(data).contains(paragraph.raw()));
        assert!(paragraph.fields().all(|(name, _)| paragraph.get(name).is_some()));
    }
}

/// `Depends` and `Provides`.
pub fn dependency_field(data: &[u8]) {
    let _ = dependency::parse(text(data));
    let _ = dependency::parse_for(text(data), "amd64");
    let _ = dependency::provides(text(data));
}

/// A clear-signed file; whoever signs with another key than ours is refused.
pub fn inrelease(data: &[u8]) {
    static KEYRING: LazyLock<Option<Keyring>> =
        LazyLock::new(|| SecretKey::generate("fuzz", Timestamp(0)).ok().map(|key| key.keyring()));
    if let Some(keyring) = &*KEYRING {
        assert!(verify_inline(data, keyring, Timestamp(2_000_000_000)).is_err());
    }
}

/// Certificates, armoured or binary.
pub fn keyring(data: &[u8]) {
    let _ = Keyring::parse(data);
    let _ = SecretKey::parse(data);
}

/// A lock that is read is written as a lock that reads the same.
pub fn lock(data: &[u8]) {
    if let Ok(lock) = Lock::parse(text(data)) {
        let again = Lock::parse(&lock.render());
        assert_eq!(again.ok(), Some(lock));
    }
}

/// An OCI manifest and an OCI index, as they are written again.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = lsrepo_oci::Manifest::parse(data) {
        let again = lsrepo_oci::Manifest::parse(&manifest.to_bytes());
        assert_eq!(again.ok(), Some(manifest));
    }
    if let Ok(index) = lsrepo_oci::Index::parse(data) {
        let again = lsrepo_oci::Index::parse(&index.to_bytes());
        assert_eq!(again.ok(), Some(index));
    }
}

/// A `Packages` index and a dpkg status file.
pub fn packages_index(data: &[u8]) {
    for stanza in packages::scan(text(data)).map_while(Result::ok) {
        assert!(text(data).contains(stanza.raw));
    }
    let _ = status::installed(text(data));
}

/// A path that is accepted stays below its root.
pub fn path(data: &[u8]) {
    if let Ok(path) = text(data).parse::<RelPath>() {
        let steps = std::path::Path::new(path.as_str()).components();
        assert!(steps.into_iter().all(|step| matches!(step, std::path::Component::Normal(_))));
    }
}

/// A `Release` that is read is written as one that lists the same files.
pub fn release_file(data: &[u8]) {
    if let Ok(release) = Release::parse(text(data)) {
        let again = Release::parse(&release.render());
        assert_eq!(again.ok().map(|again| again.files), Some(release.files));
    }
}

/// A requirements file.
pub fn requirements(data: &[u8]) {
    let _ = requirements_file::parse(text(data), "x.txt");
}

/// Source lists in both forms, and preferences.
pub fn source_lists(data: &[u8]) {
    let _ = sources::parse_list(text(data), "x.list");
    let _ = sources::parse_deb822(text(data), "x.sources");
    let _ = Pins::parse(text(data), "x");
}

/// Two versions, one a line: each order is the reverse of its mirror.
pub fn versions(data: &[u8]) {
    let (a, b) = text(data).split_once('\n').unwrap_or_default();
    assert_eq!(version::compare(a, b), version::compare(b, a).reverse());
    if let (Ok(a), Ok(b)) = (a.parse::<Evr>(), b.parse::<Evr>()) {
        assert_eq!(a.compare(&b), b.compare(&a).reverse());
        assert_eq!(a.to_string().parse().as_ref(), Ok(&a));
    }
}

/// An index of files: each comes with the package it belongs to.
pub fn rpm_filelists(data: &[u8]) {
    let _ = filelists::read(data, |digest, _, _| assert!(!digest.is_empty()));
}

/// An index of packages: whatever is read has all that a package cannot do without, below the repository.
pub fn rpm_primary(data: &[u8]) {
    let mut reader = primary::Reader::new(data);
    while let Ok(Some(package)) = reader.next_package() {
        let (nevra, sum) = (package.nevra(), package.checksum());
        assert!(!nevra.name.is_empty() && !nevra.version.is_empty() && !nevra.arch.is_empty());
        assert_eq!(sum.hex.len(), sum.kind.digits());
        assert!(!package.href().starts_with('/') && package.href().split('/').all(|part| part != ".."));
        assert!(package.relations().all(|relation| !relation.name.is_empty()));
        assert!(package.files().count() <= data.len());
    }
}

/// A request keeps its text, and has at least one reading; a full name survives its own rendering.
pub fn rpm_request(data: &[u8]) {
    if let Ok(request) = text(data).parse::<Request>() {
        assert_eq!(request.to_string(), text(data).trim());
        assert!(!request.readings(|word| word == "noarch").is_empty());
    }
    if let Some(nevra) = Nevra::parse(text(data)) {
        let shown = nevra.to_string();
        assert_eq!(Nevra::parse(&shown).map(|again| again.to_string()), Some(shown));
    }
}

/// A rich dependency that is read is written as the same.
pub fn rich_dependency(data: &[u8]) {
    if let Ok(tree) = rich::parse(text(data)) {
        assert_eq!(rich::parse(&tree.to_string()), Ok(tree));
    }
}
