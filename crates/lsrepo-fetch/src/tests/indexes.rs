//! Suites: who signed them, when, and whether the indexes are those that the signature stands for.

use super::{
    NOW, Notes, client, run,
    server::{Reply, Request, Server},
};
use crate::{FetchError, RefreshPolicy, Suite, refresh};
use lsrepo_deb::{
    release::{IndexFile, Release},
    sources::Source,
};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{collections::BTreeMap, fs, io::Write as _, path::Path, sync::LazyLock};

const INDEX: &str = "Package: fox\nVersion: 1\nArchitecture: amd64\n";
const DAY: i64 = 86_400;

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::generate("upstream", Timestamp(NOW.0 - 900 * DAY)).unwrap());

/// The files of an archive by path.
type Archive = BTreeMap<String, Vec<u8>>;

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = liblzma::write::XzEncoder::new(Vec::new(), 1);
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn plain() -> Release {
    Release {
        suite: Some("stable".to_owned()),
        date: Some(Timestamp(NOW.0 - DAY)),
        architectures: vec!["amd64".to_owned()],
        components: vec!["main".to_owned()],
        ..Release::default()
    }
}

/// An archive with the suite `stable`, whose indexes are given by name; `change` may still alter the Release.
fn archive(indexes: &[(&str, Vec<u8>)], change: impl FnOnce(&mut Release)) -> Archive {
    let mut release = plain();
    let mut files = Archive::new();
    for (name, bytes) in indexes {
        let file = IndexFile { size: bytes.len() as u64, sha256: Digest::of(bytes) };
        release.files.insert(name.parse().unwrap(), file);
        files.insert(format!("/dists/stable/{name}"), bytes.clone());
    }
    change(&mut release);
    let text = release.render();
    let at = Timestamp(NOW.0 - DAY);
    files.insert("/dists/stable/InRelease".to_owned(), KEY.sign_inline(&text, at).unwrap().into_bytes());
    files.insert("/dists/stable/Release.gpg".to_owned(), KEY.sign_detached(text.as_bytes(), at).unwrap().into_bytes());
    files.insert("/dists/stable/Release".to_owned(), text.into_bytes());
    files
}

fn usual() -> Archive {
    let name = "main/binary-amd64/Packages";
    archive(&[(name, INDEX.as_bytes().to_vec()), (&format!("{name}.xz"), xz(INDEX.as_bytes()))], |_| {})
}

fn serve(files: Archive) -> Server {
    Server::new(move |request: &Request| files.get(&request.path).map_or(Reply::new(404, ""), Reply::ok))
}

fn policy() -> RefreshPolicy {
    RefreshPolicy { now: NOW, allow_expired: false, allow_future: false, offline: false }
}

fn ask(line: &str, cache: &Path, policy: &RefreshPolicy, notes: &Notes) -> Result<Vec<Suite>, FetchError> {
    let source: Source = line.parse().unwrap();
    let notes = notes.clone();
    run(refresh(&client(), &[source], &["amd64"], |_| Ok(KEY.keyring()), cache, policy, &move |event| notes.add(&event)))
}

fn take(server: &Server) -> Result<Vec<Suite>, FetchError> {
    let cache = tempfile::tempdir().unwrap();
    ask(&format!("deb {} stable main", server.url), cache.path(), &policy(), &Notes::default())
}

fn message(files: Archive) -> String {
    take(&serve(files)).unwrap_err().to_string()
}

#[test]
fn an_index_comes_in_its_smallest_form_and_lies_there_plain() {
    let server = serve(usual());
    let cache = tempfile::tempdir().unwrap();
    let line = format!("deb {} stable main", server.url);
    let suites = ask(&line, cache.path(), &policy(), &Notes::default()).unwrap();
    assert_eq!(suites[0].signer.as_ref(), Some(&KEY.fingerprint()));
    assert_eq!(fs::read_to_string(&suites[0].indexes[0].path).unwrap(), INDEX);
    let paths: Vec<String> = server.asked().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/dists/stable/InRelease", "/dists/stable/main/binary-amd64/Packages.xz"]);
}

#[test]
fn every_compression_and_none() {
    let zst = zstd::encode_all(INDEX.as_bytes(), 1).unwrap();
    for (form, bytes) in [(".xz", xz(INDEX.as_bytes())), (".gz", gz(INDEX.as_bytes())), (".zst", zst), ("", INDEX.into())] {
        let server = serve(archive(&[(&format!("main/binary-amd64/Packages{form}"), bytes)], |_| {}));
        let cache = tempfile::tempdir().unwrap();
        let line = format!("deb {} stable main", server.url);
        let suites = ask(&line, cache.path(), &policy(), &Notes::default()).unwrap();
        assert_eq!(fs::read_to_string(&suites[0].indexes[0].path).unwrap(), INDEX, "{form}");
    }
}

#[test]
fn by_hash_is_asked_first_and_the_plain_name_if_that_is_missing() {
    let name = "main/binary-amd64/Packages.xz";
    let mut files = archive(&[(name, xz(INDEX.as_bytes()))], |release| release.acquire_by_hash = true);
    let hashed = format!("/dists/stable/main/binary-amd64/by-hash/SHA256/{}", Digest::of(&xz(INDEX.as_bytes())).hex());
    let server = serve(files.clone());
    take(&server).unwrap();
    assert_eq!(server.asked()[1].path, hashed);
    let bytes = files.remove(&format!("/dists/stable/{name}")).unwrap();
    files.insert(hashed, bytes);
    take(&serve(files)).unwrap();
}

#[test]
fn what_has_not_changed_costs_one_question() {
    let files = usual();
    let server = Server::new(move |request| match request.header("if-none-match") {
        Some("\"7\"") => Reply::new(304, ""),
        _ => files.get(&request.path).map_or(Reply::new(404, ""), |bytes| Reply::ok(bytes).with("etag", "\"7\"")),
    });
    let cache = tempfile::tempdir().unwrap();
    let line = format!("deb {} stable main", server.url);
    let notes = Notes::default();
    ask(&line, cache.path(), &policy(), &notes).unwrap();
    let before = server.asked().len();
    ask(&line, cache.path(), &policy(), &notes).unwrap();
    assert_eq!((server.asked().len() - before, notes.all()), (1, vec!["unchanged".to_owned(); 2]));
    // the network may be gone by now
    let suites = ask(&line, cache.path(), &RefreshPolicy { offline: true, ..policy() }, &notes).unwrap();
    assert_eq!((suites.len(), server.asked().len() - before), (1, 1));
}

#[test]
fn release_and_its_signature_do_where_there_is_no_inrelease() {
    let mut files = usual();
    files.remove("/dists/stable/InRelease");
    take(&serve(files.clone())).unwrap();
    files.remove("/dists/stable/Release.gpg");
    assert!(message(files).contains("not signed"));
}

#[test]
fn a_release_of_a_stranger_is_refused_and_the_missing_key_named() {
    let stranger = SecretKey::generate("stranger", Timestamp(NOW.0 - DAY)).unwrap();
    let mut files = usual();
    let text = String::from_utf8(files["/dists/stable/Release"].clone()).unwrap();
    files.insert("/dists/stable/InRelease".to_owned(), stranger.sign_inline(&text, NOW).unwrap().into_bytes());
    let said = message(files);
    let fingerprint = stranger.fingerprint().to_string();
    assert!(said.contains(&fingerprint[24..]) && said.contains("--keyring"), "{said}");
}

#[test]
fn one_changed_letter_or_a_word_outside_the_signature_spoils_it() {
    let name = "/dists/stable/InRelease";
    let text = String::from_utf8(usual()[name].clone()).unwrap();
    let others = [text.replace("stable", "stablo"), format!("{text}\nPackage: evil\n"), format!("Origin: evil\n\n{text}")];
    for other in others {
        let mut files = usual();
        files.insert(name.to_owned(), other.into_bytes());
        let said = message(files);
        assert!(said.contains("InRelease"), "{said}");
    }
}

#[test]
fn an_index_that_is_not_the_signed_one_is_refused() {
    let name = "/dists/stable/main/binary-amd64/Packages.xz";
    for (bytes, word) in [(xz(b"Package: evil\n"), "not what the signed Release lists"), (vec![7; 4000], "more than")] {
        let mut files = usual();
        files.insert(name.to_owned(), bytes);
        let said = message(files);
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_bomb_is_cut_at_the_size_that_is_signed() {
    let name = "main/binary-amd64/Packages";
    let bomb = xz(&vec![b'\n'; 50 << 20]);
    let files = archive(&[(name, INDEX.into()), (&format!("{name}.xz"), bomb)], |_| {});
    let said = message(files);
    assert!(said.contains("unpacks to more than"), "{said}");
}

#[test]
fn dates_have_to_make_sense_unless_we_are_told_otherwise() {
    let name = "main/binary-amd64/Packages";
    let expired = archive(&[(name, INDEX.into())], |release| release.valid_until = Some(Timestamp(NOW.0 - 60)));
    let future = archive(&[(name, INDEX.into())], |release| release.date = Some(Timestamp(NOW.0 + DAY)));
    for (files, word) in [(expired, "--allow-expired"), (future, "--allow-future")] {
        let server = serve(files);
        let said = take(&server).unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
        let line = format!("deb {} stable main", server.url);
        let allowed = RefreshPolicy { allow_expired: true, allow_future: true, ..policy() };
        ask(&line, tempfile::tempdir().unwrap().path(), &allowed, &Notes::default()).unwrap();
    }
}

#[test]
fn an_archive_does_not_go_back_in_time() {
    let name = "main/binary-amd64/Packages";
    let (new, old) = (usual(), archive(&[(name, INDEX.into())], |release| release.date = Some(Timestamp(NOW.0 - 30 * DAY))));
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |request| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2;
        let files = if first { &new } else { &old };
        files.get(&request.path).map_or(Reply::new(404, ""), Reply::ok)
    });
    let cache = tempfile::tempdir().unwrap();
    let line = format!("deb {} stable main", server.url);
    ask(&line, cache.path(), &policy(), &Notes::default()).unwrap();
    let error = ask(&line, cache.path(), &policy(), &Notes::default()).unwrap_err();
    assert!(matches!(error, FetchError::Rollback { .. }), "{error}");
}

#[test]
fn a_flat_repository_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut release = Release { date: Some(NOW), ..Release::default() };
    let file = IndexFile { size: INDEX.len() as u64, sha256: Digest::of(INDEX.as_bytes()) };
    release.files.insert("Packages".parse().unwrap(), file);
    fs::write(dir.path().join("InRelease"), KEY.sign_inline(&release.render(), NOW).unwrap()).unwrap();
    fs::write(dir.path().join("Packages"), INDEX).unwrap();
    let line = format!("deb file://{} ./", dir.path().display());
    let suites = ask(&line, tempfile::tempdir().unwrap().path(), &policy(), &Notes::default()).unwrap();
    assert_eq!(suites[0].indexes[0].component, "");
}

#[test]
fn a_source_that_is_trusted_without_a_signature_is_warned_about() {
    let mut files = usual();
    files.remove("/dists/stable/InRelease");
    files.remove("/dists/stable/Release.gpg");
    let server = serve(files);
    let notes = Notes::default();
    let line = format!("deb [trusted=yes] {} stable main", server.url);
    ask(&line, tempfile::tempdir().unwrap().path(), &policy(), &notes).unwrap();
    assert!(notes.all()[0].contains("without a signature"));
}

#[test]
fn an_architecture_that_is_not_there_is_said() {
    let said = message(archive(&[("main/binary-arm64/Packages", INDEX.into())], |release| {
        release.architectures = vec!["arm64".to_owned()];
    }));
    assert!(said.contains("nothing for amd64 in main (it has: arm64)"), "{said}");
}

#[test]
fn addresses_with_the_same_content_are_mirrors_and_one_may_be_down() {
    let (one, two) = (serve(usual()), serve(usual()));
    let text = format!("Types: deb\nURIs: http://127.0.0.1:9/ {} {}\nSuites: stable\nComponents: main\n", one.url, two.url);
    let sources = lsrepo_deb::sources::parse_deb822(&text, "x.sources").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let notes = Notes::default();
    let noted = notes.clone();
    let keys = |_: &[_]| Ok(KEY.keyring());
    let on_event = move |event: crate::Event<'_>| noted.add(&event);
    let suites = run(refresh(&client(), &sources, &["amd64"], keys, cache.path(), &policy(), &on_event)).unwrap();
    assert_eq!(suites.len(), 1);
    assert_eq!(suites[0].uris, [one.url.clone(), two.url.clone()]);
    assert!(notes.all().iter().any(|note| note.starts_with("warning: http://127.0.0.1:9/")), "{:?}", notes.all());
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let files = usual();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |request| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 3 {
        0 => Reply::new(502, ""),
        1 => Reply::ok("").with("content-length", "nonsense"),
        _ => files.get(&request.path).map_or(Reply::new(404, ""), Reply::ok),
    });
    take(&server).unwrap();
}
