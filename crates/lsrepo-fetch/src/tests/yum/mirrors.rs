//! Several addresses of one repository, and lists of them.

use super::*;

#[test]
fn signed_and_listed_by_mirrors_it_is_there_without_network_too() {
    let server = serve(usual());
    let metalink = serve([("/link".to_owned(), link(&[server.url("r/repodata/repomd.xml")], &usual()))].into());
    let section = format!("metalink={}\nrepo_gpgcheck=1\n", metalink.url("link"));
    let cache = tempfile::tempdir().unwrap();
    ask(&section, cache.path(), &policy(), &Notes::default()).unwrap();
    let found = ask(&section, cache.path(), &offline(), &Notes::default()).unwrap();
    assert_eq!(found[0].signer.as_ref(), Some(&KEY.fingerprint()));
}

#[test]
fn a_repository_does_not_go_back_in_time_at_another_mirror_either() {
    let primary = || [listed("primary", PRIMARY, "")];
    let (new, old) = (serve(usual()), serve(dated(&primary(), NOW.0 - 30 * DAY, |text| text)));
    let list = |first: &Server| format!("mirrorlist=file://{}\nrepo_gpgcheck=1\n", first.url);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mirrors");
    let section = list(&new).replace(&new.url, &file.display().to_string());
    let cache = tempfile::tempdir().unwrap();
    fs::write(&file, format!("{}r\n", new.url)).unwrap();
    ask(&section, cache.path(), &policy(), &Notes::default()).unwrap();
    fs::write(&file, format!("{}r\n", old.url)).unwrap();
    let error = ask(&section, cache.path(), &policy(), &Notes::default()).unwrap_err();
    assert!(matches!(error, FetchError::Rollback { .. }), "{error}");
    let allowed = YumPolicy { refresh: RefreshPolicy { allow_expired: true, ..policy().refresh }, ..policy() };
    ask(&section, cache.path(), &allowed, &Notes::default()).unwrap();
    // a mirror that lags behind is passed over where another does not
    fs::write(&file, format!("{}r\n{}r\n", old.url, new.url)).unwrap();
    let cache = tempfile::tempdir().unwrap();
    ask(
        &signed(&new).replace("baseurl=", &format!("mirrorlist=file://{}\nbaseurl=", file.display())),
        cache.path(),
        &policy(),
        &Notes::default(),
    )
    .unwrap();
}

/// A metalink for these addresses, which says what `repomd.xml` of `files` is.
fn link(urls: &[String], files: &Files) -> Vec<u8> {
    let repomd = &files["/r/repodata/repomd.xml"];
    let urls: String = urls.iter().enumerate().map(|(at, url)| format!("<url preference=\"{}\">{url}</url>", 100 - at)).collect();
    format!(
        "<?xml version=\"1.0\"?><metalink><files><file name=\"repomd.xml\"><size>{}</size><verification>\
         <hash type=\"md5\">{}</hash><hash type=\"sha256\">{}</hash></verification><resources>{urls}</resources></file></files></metalink>",
        repomd.len(),
        "0".repeat(32),
        Digest::of(repomd).hex()
    )
    .into_bytes()
}

#[test]
fn a_metalink_knows_what_the_list_has_to_be() {
    let good = serve(usual());
    let other = serve(dated(&[listed("primary", b"<other/>", "")], NOW.0 - DAY, |text| text));
    let urls = |servers: &[&Server]| servers.iter().map(|server| server.url("r/repodata/repomd.xml")).collect::<Vec<_>>();
    let gone = serve(Files::new());
    let local = vec!["file:///srv/r/repodata/repomd.xml".to_owned()];
    let lists = [
        ("/good".to_owned(), link(&urls(&[&gone, &other, &good]), &usual())),
        ("/bad".to_owned(), link(&urls(&[&other]), &usual())),
        ("/local".to_owned(), link(&local, &usual())),
        ("/none".to_owned(), link(&["rsync://x.example/repodata/repomd.xml".to_owned()], &usual())),
    ];
    let server = serve(lists.into());
    let notes = Notes::default();
    let cache = tempfile::tempdir().unwrap();
    let found = ask(&format!("metalink={}good\n", server.url), cache.path(), &policy(), &notes).unwrap();
    assert_eq!(found[0].bases, [good.url("r/"), gone.url("r/"), other.url("r/")]);
    assert!(notes.all()[0].contains("404") && notes.all()[1].contains("not what the metalink says"), "{:?}", notes.all());
    let said = |name: &str| take(&format!("metalink={}{name}\n", server.url)).unwrap_err().to_string();
    assert!(said("bad").contains("not what the metalink says"));
    assert!(said("none").contains("names no address"));
    // no server says what lies on this machine's disk
    assert!(said("local").contains("names no address"));
    assert!(said("missing").contains("404"));
}

#[test]
fn a_mirror_that_is_down_or_lacks_a_text_is_passed_over() {
    let good = serve(usual());
    let mut part = usual();
    part.remove("/r/repodata/primary.xml.gz");
    let part = serve(part);
    let list = format!("# mirrors\nhttp://127.0.0.1:9/r\nftp://x.example/r\n{}\n{}\n", part.url("r"), good.url("r"));
    let server = serve([("/mirrors".to_owned(), list.into_bytes())].into());
    let notes = Notes::default();
    let cache = tempfile::tempdir().unwrap();
    let section = format!("mirrorlist={}mirrors\nrepo_gpgcheck=1\n", server.url);
    let found = ask(&section, cache.path(), &policy(), &notes).unwrap();
    // its list was right, only the text came from elsewhere
    assert_eq!(found[0].bases[0], part.url("r/"));
    assert_eq!(fs::read(&found[0].primary).unwrap(), PRIMARY);
    assert!(notes.all().iter().any(|note| note.starts_with("warning: http://127.0.0.1:9/")), "{:?}", notes.all());
}

#[test]
fn when_no_mirror_is_there_all_are_named() {
    let said = take("baseurl=http://127.0.0.1:9/a http://127.0.0.1:9/b\n").unwrap_err().to_string();
    assert!(said.starts_with("[r] cannot be fetched:") && said.contains("/a/repodata") && said.contains("/b/repodata"), "{said}");
    let notes = Notes::default();
    let cache = tempfile::tempdir().unwrap();
    let section = "baseurl=http://127.0.0.1:9/a\nskip_if_unavailable=1\n";
    let found = ask(section, cache.path(), &policy(), &notes).unwrap();
    assert!(found.is_empty() && notes.all()[0].contains("[r] is left out"), "{:?}", notes.all());
}
