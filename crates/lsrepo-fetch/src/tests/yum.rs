//! Yum repositories: who vouches for them, what mirrors do to them, and what comes to lie on the disk.

mod mirrors;

use super::{
    NOW, Notes, client, run,
    server::{Reply, Request, Server},
};
use crate::{FetchError, RefreshPolicy, YumPolicy, YumRepository, fetch_filelists, fetch_keys, refresh_yum};
use lsrepo_rpm::{Repository, Variables, repo_file};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{collections::BTreeMap, fs, io::Write as _, path::Path, sync::LazyLock};

const DAY: i64 = 86_400;
const PRIMARY: &[u8] = b"<metadata packages=\"0\"/>";

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::generate("upstream", Timestamp(NOW.0 - 900 * DAY)).unwrap());

/// The files of a repository by path.
type Files = BTreeMap<String, Vec<u8>>;

/// A file as `repomd.xml` lists it.
struct Listed {
    kind: &'static str,
    href: String,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

fn listed(kind: &'static str, plain: &[u8], form: &str) -> Listed {
    let packed = match form {
        ".gz" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(plain).unwrap();
            out.finish().unwrap()
        }
        ".xz" => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
            out.write_all(plain).unwrap();
            out.finish().unwrap()
        }
        ".bz2" => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            out.write_all(plain).unwrap();
            out.finish().unwrap()
        }
        ".zst" => zstd::encode_all(plain, 1).unwrap(),
        _ => plain.to_vec(),
    };
    Listed { kind, href: format!("repodata/{kind}.xml{form}"), packed, plain: plain.to_vec() }
}

fn record(file: &Listed, time: i64) -> String {
    let Listed { kind, href, packed, plain } = file;
    format!(
        "<data type=\"{kind}\"><checksum type=\"sha256\">{}</checksum><open-checksum type=\"sha256\">{}</open-checksum>\
         <location href=\"{href}\"/><timestamp>{time}</timestamp><size>{}</size><open-size>{}</open-size></data>",
        Digest::of(packed).hex(),
        Digest::of(plain).hex(),
        packed.len(),
        plain.len()
    )
}

/// A repository below `/r/`, made a day ago and signed.
fn repository(files: &[Listed]) -> Files {
    dated(files, NOW.0 - DAY, |text| text)
}

fn dated(files: &[Listed], time: i64, change: impl Fn(String) -> String) -> Files {
    let records: String = files.iter().map(|file| record(file, time)).collect();
    let text = change(format!("<?xml version=\"1.0\"?>\n<repomd><revision>7</revision>{records}</repomd>"));
    let mut all: Files = files.iter().map(|file| (format!("/r/{}", file.href), file.packed.clone())).collect();
    let at = Timestamp(NOW.0 - DAY);
    all.insert("/r/repodata/repomd.xml.asc".to_owned(), KEY.sign_detached(text.as_bytes(), at).unwrap().into_bytes());
    all.insert("/r/repodata/repomd.xml".to_owned(), text.into_bytes());
    all
}

fn usual() -> Files {
    repository(&[listed("primary", PRIMARY, ".gz")])
}

fn serve(files: Files) -> Server {
    Server::new(move |request: &Request| files.get(&request.path).map_or(Reply::new(404, ""), Reply::ok))
}

fn policy() -> YumPolicy {
    let refresh = RefreshPolicy { now: NOW, allow_expired: false, allow_future: false, offline: false };
    YumPolicy { refresh, allow_sha1: false }
}

fn offline() -> YumPolicy {
    YumPolicy { refresh: RefreshPolicy { offline: true, ..policy().refresh }, ..policy() }
}

/// Asks for the repository of a `.repo` file's section.
fn ask(section: &str, cache: &Path, policy: &YumPolicy, notes: &Notes) -> Result<Vec<YumRepository>, FetchError> {
    let repositories = repo_file::parse(&format!("[r]\n{section}"), "r.repo", &Variables::default()).unwrap();
    let notes = notes.clone();
    let on_event = move |event: crate::Event<'_>| notes.add(&event);
    run(refresh_yum(&client(), &repositories, |_| Ok(KEY.keyring()), cache, policy, &on_event))
}

fn take(section: &str) -> Result<YumRepository, FetchError> {
    let cache = tempfile::tempdir().unwrap();
    let found = ask(section, cache.path(), &policy(), &Notes::default())?.remove(0);
    assert!(found.primary.is_file());
    Ok(found)
}

fn signed(server: &Server) -> String {
    format!("baseurl={}r\nrepo_gpgcheck=1\n", server.url)
}

fn message(files: Files) -> String {
    take(&signed(&serve(files))).unwrap_err().to_string()
}

#[test]
fn what_a_signed_repository_lists_comes_to_lie_there_plain() {
    let files = [
        listed("primary", PRIMARY, ".zst"),
        listed("filelists", b"<filelists/>", ".xz"),
        listed("modules", b"---\n", ".bz2"),
        listed("updateinfo", b"<updates/>", ".gz"),
        listed("group", b"<comps/>", ""),
        listed("group_gz", b"<comps/>", ".gz"),
        listed("primary_zck", b"\0ZCK1", ".zck"),
        listed("primary_db", b"SQLite", ".sqlite.bz2"),
    ];
    let server = serve(repository(&files));
    let cache = tempfile::tempdir().unwrap();
    let found = ask(&signed(&server), cache.path(), &policy(), &Notes::default()).unwrap().remove(0);
    assert_eq!((found.signer.as_ref(), found.revision.as_deref()), (Some(&KEY.fingerprint()), Some("7")));
    assert_eq!((found.timestamp, &found.bases), (Some(Timestamp(NOW.0 - DAY)), &vec![server.url("r/")]));
    let plain = |path: &Path| fs::read(path).unwrap();
    assert_eq!(plain(&found.primary), PRIMARY);
    assert_eq!(plain(found.modules.as_ref().unwrap()), b"---\n");
    assert_eq!(plain(found.updateinfo.as_ref().unwrap()), b"<updates/>");
    assert_eq!(plain(found.comps.as_ref().unwrap()), b"<comps/>");
    let asked: Vec<String> = server.asked().into_iter().map(|request| request.path).collect();
    assert!(asked.iter().all(|path| !path.contains("zck") && !path.contains("sqlite") && !path.contains("filelists")), "{asked:?}");
    // the rest where it is needed
    let notes = Notes::default();
    let on_event = move |event: crate::Event<'_>| notes.add(&event);
    let filelists = run(fetch_filelists(&found, cache.path(), &policy(), &on_event)).unwrap().unwrap();
    assert_eq!(plain(&filelists), b"<filelists/>");
}

#[test]
fn a_signature_that_is_missing_wrong_or_a_stranger_s_is_refused() {
    let asc = "/r/repodata/repomd.xml.asc";
    let mut files = usual();
    files.remove(asc);
    let said = message(files);
    assert!(said.contains("repo_gpgcheck=1 asks for it"), "{said}");

    let stranger = SecretKey::generate("stranger", Timestamp(NOW.0 - DAY)).unwrap();
    let mut files = usual();
    let text = files["/r/repodata/repomd.xml"].clone();
    files.insert(asc.to_owned(), stranger.sign_detached(&text, NOW).unwrap().into_bytes());
    let said = message(files);
    assert!(said.contains("none of these keys is trusted"), "{said}");

    let mut files = usual();
    let text = String::from_utf8(text).unwrap().replace("<revision>7", "<revision>8");
    files.insert("/r/repodata/repomd.xml".to_owned(), text.into_bytes());
    let said = message(files);
    assert!(said.contains("the content was changed"), "{said}");
}

#[test]
fn what_is_not_signed_is_not_even_parsed() {
    let mut files = usual();
    files.insert("/r/repodata/repomd.xml".to_owned(), b"<<<".to_vec());
    let said = message(files);
    assert!(said.contains("the content was changed"), "{said}");
}

#[test]
fn without_repo_gpgcheck_nobody_asks_for_a_signature() {
    let server = serve(usual());
    let found = take(&format!("baseurl={}r/\ngpgkey=/nowhere\n", server.url)).unwrap();
    assert!(found.signer.is_none() && found.repository.gpgcheck);
    assert!(server.asked().iter().all(|request| !request.path.ends_with(".asc")));
}

#[test]
fn a_text_that_is_not_the_listed_one_is_refused() {
    let name = "/r/repodata/primary.xml.gz";
    let other = listed("primary", b"<metadata packages=\"1\"/>", ".gz").packed;
    for (bytes, word) in [(other, "not what repomd.xml lists"), (vec![7; 4000], "more than"), (vec![7; 3], "3 bytes came")] {
        let mut files = usual();
        files.insert(name.to_owned(), bytes);
        let said = message(files);
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_bomb_is_cut_where_the_listed_size_ends() {
    let bomb = Listed { plain: PRIMARY.to_vec(), ..listed("primary", &vec![b' '; 50 << 20], ".zst") };
    let said = message(repository(&[bomb]));
    assert!(said.contains("unpacks to more than"), "{said}");
    let lying = Listed { plain: b"<metadata packages=\"1\"/>".to_vec(), ..listed("primary", PRIMARY, ".xz") };
    let said = message(repository(&[lying]));
    assert!(said.contains("what it unpacks to is not"), "{said}");
}

#[test]
fn a_list_that_points_outside_is_refused() {
    for href in ["../../etc/passwd", "/etc/passwd", "http://evil.example/primary.xml", "file:///etc/passwd"] {
        let outside = Listed { href: href.to_owned(), ..listed("primary", PRIMARY, "") };
        let said = message(repository(&[outside]));
        assert!(said.contains("the location"), "{said}");
    }
}

#[test]
fn an_entity_bomb_is_refused() {
    let bomb = |_| "<!DOCTYPE r [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><repomd><revision>&b;</revision></repomd>".to_owned();
    let said = message(dated(&[listed("primary", PRIMARY, "")], 0, bomb));
    assert!(said.contains("declares entities"), "{said}");
}

#[test]
fn weak_checksums_are_taken_where_the_platform_allows_it_and_nowhere_else() {
    let (sha256, sha1) = (Digest::of(PRIMARY).hex(), "48f3e3faeb4e2a35cdd3c0ba2e2e8e2f0ebcaf9e");
    let sum = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, PRIMARY);
    let right: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let old = |hex: &str| {
        let to = format!("type=\"sha\">{hex}<");
        dated(&[listed("primary", PRIMARY, "")], NOW.0 - DAY, |text| text.replace(&format!("type=\"sha256\">{sha256}<"), &to))
    };
    let server = serve(old(&right));
    let said = take(&signed(&server)).unwrap_err().to_string();
    assert!(said.contains("sha1") && said.contains("allow_sha1"), "{said}");
    let allowed = YumPolicy { allow_sha1: true, ..policy() };
    let cache = tempfile::tempdir().unwrap();
    let found = ask(&signed(&server), cache.path(), &allowed, &Notes::default()).unwrap();
    assert_eq!(fs::read(&found[0].primary).unwrap(), PRIMARY);
    let wrong = serve(old(sha1));
    let error = ask(&signed(&wrong), cache.path(), &allowed, &Notes::default()).unwrap_err();
    assert!(matches!(error, FetchError::Content { .. }), "{error}");
    let md5 = |text: String| text.replace(&format!("type=\"sha256\">{sha256}<"), "type=\"md5\">d41d8cd98f00b204e9800998ecf8427e<");
    let said = message(dated(&[listed("primary", PRIMARY, "")], NOW.0 - DAY, md5));
    assert!(said.contains("kind md5, which is not computed here"), "{said}");
}

#[test]
fn what_has_not_changed_costs_one_question_and_the_network_may_be_gone() {
    let files = usual();
    let server = Server::new(move |request| match request.header("if-none-match") {
        Some("\"7\"") => Reply::new(304, ""),
        _ => files.get(&request.path).map_or(Reply::new(404, ""), |bytes| Reply::ok(bytes).with("etag", "\"7\"")),
    });
    let cache = tempfile::tempdir().unwrap();
    let (notes, section) = (Notes::default(), format!("baseurl={}r\n", server.url));
    ask(&section, cache.path(), &policy(), &notes).unwrap();
    let before = server.asked().len();
    ask(&section, cache.path(), &policy(), &notes).unwrap();
    assert_eq!((server.asked().len() - before, notes.all()), (1, vec!["unchanged".to_owned(); 2]));
    let found = ask(&section, cache.path(), &offline(), &notes).unwrap();
    assert_eq!((found.len(), server.asked().len() - before), (1, 1));
    let error = ask(&section, tempfile::tempdir().unwrap().path(), &offline(), &notes).unwrap_err();
    assert!(matches!(error, FetchError::Offline { .. }), "{error}");
}

#[test]
fn a_repository_that_is_published_in_between_is_asked_once_more() {
    let (old, new) = (usual(), repository(&[Listed { href: "repodata/new.xml".to_owned(), ..listed("primary", b"<new/>", "") }]));
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |request| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        let files = if first { &old } else { &new };
        files.get(&request.path).map_or(Reply::new(404, ""), Reply::ok)
    });
    let cache = tempfile::tempdir().unwrap();
    let found = ask(&format!("baseurl={}r\n", server.url), cache.path(), &policy(), &Notes::default()).unwrap();
    assert_eq!(fs::read(&found[0].primary).unwrap(), b"<new/>");
}

#[test]
fn times_have_to_make_sense_unless_we_are_told_otherwise() {
    let future = serve(dated(&[listed("primary", PRIMARY, "")], NOW.0 + DAY, |text| text));
    let said = take(&signed(&future)).unwrap_err().to_string();
    assert!(said.contains("--allow-future"), "{said}");
    let allowed = YumPolicy { refresh: RefreshPolicy { allow_future: true, ..policy().refresh }, ..policy() };
    ask(&signed(&future), tempfile::tempdir().unwrap().path(), &allowed, &Notes::default()).unwrap();
}

#[test]
fn a_folder_with_repodata_is_a_repository() {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in dated(&[listed("primary", PRIMARY, ".gz")], NOW.0 + 900 * DAY, |text| {
        // nothing says what the text has to be, and nobody vouches for it
        text.replace("checksum type=\"sha256\"", "checksum type=\"odd\"")
    }) {
        let path = dir.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let line: Repository = format!("file://{}/r", dir.path().display()).parse().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let found = run(refresh_yum(&client(), &[line], |_| Err("no key".to_owned()), cache.path(), &policy(), &|_| {})).unwrap();
    assert_eq!(fs::read(&found[0].primary).unwrap(), PRIMARY);
}

#[test]
fn a_text_that_can_be_done_without_may_be_missing() {
    let mut files =
        repository(&[listed("primary", PRIMARY, ""), listed("updateinfo", b"<updates/>", ""), listed("modules", b"---\n", "")]);
    files.remove("/r/repodata/updateinfo.xml");
    let notes = Notes::default();
    let section = signed(&serve(files.clone()));
    let found = ask(&section, tempfile::tempdir().unwrap().path(), &policy(), &notes).unwrap();
    assert!(found[0].updateinfo.is_none() && notes.all()[0].contains("taken without it"), "{:?}", notes.all());
    files.remove("/r/repodata/modules.xml");
    assert!(message(files).contains("404"));
    assert!(message(repository(&[listed("other", b"", "")])).contains("lists no primary"));
}

#[test]
fn keys_come_from_where_the_repository_says() {
    let armored = KEY.keyring().keys()[0].armored.clone().into_bytes();
    let server = serve([("/key".to_owned(), armored.clone())].into());
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key"), &armored).unwrap();
    let line =
        format!("rpm [gpgkey={}key,gpgkey=file://{1}/key,gpgkey={1}/key] http://a.example/", server.url, dir.path().display());
    let repository: Repository = line.parse().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let keys = |repository: &Repository| run(fetch_keys(&client(), repository, cache.path(), &policy(), &|_| {}));
    assert_eq!(keys(&repository).unwrap().fingerprints(), [KEY.fingerprint()]);
    let missing: Repository = format!("rpm [gpgkey={}none] http://a.example/", server.url).parse().unwrap();
    assert!(keys(&missing).unwrap_err().to_string().contains("no such key"));
}
