//! The pages for people, over a snapshot with names that somebody chose to do harm.

use crate::{
    client::{Client, Reply, get},
    server::{DATE, Server, key},
};
use lsrepo_publish::{
    apt::MAIN,
    catalogue::{self, Facts, File, Image, ImageLayer, ImagePlatform, ImageReferrer, Key, Kind, PackageVersion, Row, Thing},
};
use lsrepo_serve::{AptRepository, PlatformSummary, ShownSnapshot, Site};
use lsrepo_types::{Digest, Timestamp};
use std::collections::BTreeSet;

const EVIL: &str = "\"><script>alert(1)</script>&\u{202e}";

fn package(name: &str, version: &str, depends: &str) -> Facts {
    Facts {
        name: name.into(),
        summary: format!("{name} {EVIL}"),
        version: PackageVersion {
            version: version.into(),
            arch: "amd64".into(),
            size: 1000,
            digest: Some(Digest::of(version.as_bytes())),
            purl: EVIL.into(),
            licence: Some(EVIL.into()),
            description: EVIL.into(),
            homepage: Some(format!("javascript:{EVIL}")),
            path: "apt/debian-12/pool/main/a/a b\".deb".into(),
            urls: vec![EVIL.into()],
            wanted_by: vec![EVIL.into()],
            sets: vec![EVIL.into()],
            vouched_by: vec![EVIL.into()],
            ..PackageVersion::default()
        },
        relations: catalogue::deb_relations("Depends", depends, "amd64"),
        offers: vec![],
    }
}

fn plain(kind: Kind, name: &str, row: Row) -> Thing {
    let key = Key { kind, place: String::new(), name: name.into() };
    Thing { key, summary: EVIL.into(), bytes: 5, mark: Thing::mark(name), platforms: BTreeSet::new(), row }
}

fn image(name: &str, tag: &str) -> Thing {
    let layer = ImageLayer { digest: "sha256:1a7e4".into(), size: 77, media_type: EVIL.into() };
    let platform = ImagePlatform { platform: "linux/amd64".into(), digest: EVIL.into(), carried: true, layers: vec![layer] };
    let referrer = ImageReferrer { digest: EVIL.into(), artifact_type: EVIL.into(), tag: Some("sha256-1.sig".into()), bytes: 9 };
    let row = Image {
        repository: name.into(),
        tag: Some(tag.into()),
        digest: "sha256:500".into(),
        media_type: "m".into(),
        bytes: 5,
        wanted_by: vec!["web".into()],
        vouched_by: vec![EVIL.into()],
        platforms: vec![platform],
        referrers: vec![referrer],
    };
    plain(Kind::Image, &format!("{name}:{tag}"), Row::Image(row))
}

fn file(name: &str) -> Thing {
    let row = File {
        size: 5,
        digest: Digest::of(b"file"),
        urls: vec![EVIL.into()],
        platforms: vec![EVIL.into()],
        wanted_by: vec![EVIL.into()],
        vouched_by: vec![EVIL.into()],
    };
    plain(Kind::File, name, Row::File(row))
}

fn things(with: &[Facts]) -> Vec<Thing> {
    let mut all = catalogue::packages(&"debian-12/x86_64".parse().unwrap(), with);
    all.extend([image("docker.io/library/app", "1"), image("docker.io/library/app", "2"), image("docker.io/library/app-x", "1")]);
    all.extend([file("tools/tool.tgz"), file(&format!("x{}", EVIL.replace('/', "-")))]);
    all
}

/// Two snapshots; the later one is shown.
fn server() -> Server {
    let server = Server::start();
    let before = [package("nginx", "1.22", "libc6"), package("libc6", "2.36", ""), package("gone", "1", "")];
    let after = [package("nginx", "1.24", "libc6, nothing-here"), package("libc6", "2.36", ""), package(EVIL, "1", EVIL)];
    let write = |all: &[Facts]| catalogue::write(DATE, things(all)).unwrap();
    let (old, new) = (server.put(&write(&before)), server.put(&write(&after)));
    let snapshot = |number, catalogue| ShownSnapshot { number, date: Timestamp(DATE.0 + number as i64), catalogue };
    let mut site = Site::new(key(), DATE).with_catalogue(new).with_snapshots(vec![snapshot(1, old), snapshot(2, new)]);
    site.mount_apt(AptRepository {
        os: "debian-12".parse().unwrap(),
        tree: Default::default(),
        date: DATE,
        components: vec![],
        platforms: vec![PlatformSummary {
            platform: "debian-12/x86_64".parse().unwrap(),
            packages: 3,
            bytes: 3000,
            components: vec![MAIN.into()],
        }],
    });
    server.site.replace(site);
    server
}

#[track_caller]
fn shows(server: &Server, path: &str, texts: &[&str]) -> Reply {
    let page = get(server.address, path);
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    for text in texts {
        assert!(page.text().contains(text), "{path} lacks {text}:\n{}", page.text());
    }
    page
}

/// Every page that has something.
const PAGES: [&str; 18] = [
    "/",
    "/search?q=nginx",
    "/search?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&kind=package&platform=%22%3E%3Cscript%3E",
    "/search",
    "/packages/",
    "/packages/debian-12/x86_64/",
    "/packages/debian-12/x86_64/nginx",
    "/images/",
    "/images/docker.io/library/app",
    "/modules/",
    "/browse/files",
    "/browse/files/tools/tool.tgz",
    "/browse/charts",
    "/setup/",
    "/setup/?os=debian-12&tool=containerd",
    "/snapshots/",
    "/snapshots/1..2",
    "/health",
];

#[test]
fn a_package_is_found_and_its_page_says_what_there_is_to_know() {
    let server = server();
    shows(&server, "/search?q=NGI", &["href=\"/packages/debian-12/x86_64/nginx\"", "1 result<"]);
    shows(&server, "/search?q=nothing", &["Nothing fits"]);
    let parts = [
        "Version 1.24",
        "href=\"/packages/debian-12/x86_64/libc6\"",
        "by the base system",
        "href=\"/apt/debian-12/pool/main/a/a%20b%22.deb\"",
        "apt-get install nginx",
        &Digest::of(b"1.24").to_string(),
    ];
    shows(&server, "/packages/debian-12/x86_64/nginx", &parts);
    shows(&server, "/packages/debian-12/x86_64/libc6", &["Needed by 1 package"]);
    shows(&server, "/packages/debian-12/x86_64/", &["3 packages by name", "data-label=\"Newest version\"><div>1.24<"]);
    for path in ["/packages/debian-12/x86_64/other", "/packages/debian-12/arm64/", "/packages/debian-12/arm64/nginx"] {
        assert_eq!(get(server.address, path).status, 404, "{path}");
    }
}

#[test]
fn an_image_shows_its_tags_layers_referrers_and_how_to_pull_it() {
    let server = server();
    let parts = [
        "podman pull --tls-verify=false repo.example:80/docker.io/library/app:1",
        "id=\"at-1\"",
        "id=\"at-2\"",
        "sha256:1a7e4",
        "Signature",
        "linux/amd64",
    ];
    let page = shows(&server, "/images/docker.io/library/app", &parts);
    assert_eq!(page.header("vary"), Some("Host"));
    assert!(!page.text().contains("app-x"));
    assert_eq!(get(server.address, "/images/docker.io/library/ap").status, 404);
}

#[test]
fn a_client_is_set_up_for_the_choice_that_was_made() {
    let server = server();
    shows(
        &server,
        "/setup/",
        &["curl -fsSO http://repo.example:80/setup/debian-12.sh", "Signed-By:", "<option value=\"debian-12\" selected"],
    );
    shows(&server, "/setup/?tool=containerd", &["/etc/containerd/certs.d", "<option value=\"containerd\" selected"]);
    shows(&server, "/setup/?tool=helm&os=nonsense", &["helm repo add carried http://repo.example:80/files/charts"]);
    for tool in ["docker", "podman", "crio", "kubeadm", "files", "%00", "nonsense"] {
        shows(&server, &format!("/setup/?tool={tool}"), &["class=\"commands\""]);
    }
}

#[test]
fn the_differences_of_two_snapshots_are_named() {
    let server = server();
    shows(&server, "/snapshots/", &["href=\"/snapshots/1..2\"", "shown now"]);
    let page = shows(&server, "/snapshots/1..2", &["1 thing added, 1 removed, 1 changed", ">1.22<", ">1.24<", ">gone<"]);
    assert!(!page.text().contains("href=\"/packages/debian-12/x86_64/gone\""), "what is gone has no page");
    shows(&server, "/snapshots/?from=2&to=1", &["1 thing added, 1 removed, 1 changed"]);
    shows(&server, "/snapshots/1..2?kind=image", &["0 things added"]);
    for path in ["/snapshots/1..3", "/snapshots/x", "/snapshots/..", "/snapshots/1..2..3"] {
        assert!(matches!(get(server.address, path).status, 404 | 400), "{path}");
    }
}

#[test]
fn nothing_that_a_name_says_is_obeyed_and_nothing_comes_from_elsewhere() {
    let server = server();
    let evil = "/packages/debian-12/x86_64/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&%E2%80%AE";
    // a name with a `/` in it cannot be asked for, and is no way out either
    assert_eq!(get(server.address, evil).status, 404);
    for path in PAGES {
        let page = get(server.address, path);
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        assert!(!text.contains("<script>") && !text.contains("alert(1)<") && !text.contains('\u{202e}'), "{path}");
        assert_eq!(text.matches("<script").count(), 1, "{path}");
        let attributes = ["href=\"", "src=\"", "action=\""].map(|start| text.split(start).skip(1));
        for address in attributes.into_iter().flatten() {
            assert!(address.starts_with(['/', '#', '?', '.']) && !address.starts_with("//"), "{path}: {}", &address[..40]);
        }
        for word in ["style=\"", " onclick", "<style"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("form-action 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
}

#[test]
fn what_every_page_has_is_there() {
    let server = server();
    for path in PAGES {
        let text = get(server.address, path).text().to_owned();
        for part in [
            "<!doctype html>",
            "<html lang=\"en\">",
            "<title>",
            "<main id=\"content\"",
            "class=\"skip\"",
            "<nav aria-label=\"Main\"",
        ] {
            assert!(text.contains(part), "{path} lacks {part}");
        }
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
        for element in
            ["div", "section", "table", "tr", "td", "th", "a", "p", "ul", "ol", "li", "form", "details", "span", "code", "dl"]
        {
            let starts = text.matches(&format!("<{element}>")).count() + text.matches(&format!("<{element} ")).count();
            assert_eq!(starts, text.matches(&format!("</{element}>")).count(), "{path}: {element}");
        }
    }
}

#[test]
fn a_page_that_has_not_changed_is_not_sent_again_and_assets_are_kept_for_ever() {
    let server = server();
    let mut client = Client::new(server.address);
    for path in PAGES.into_iter().filter(|path| *path != "/health") {
        let tag = client.get(path, &[]).header("etag").unwrap().to_owned();
        assert_eq!(client.get(path, &[&format!("If-None-Match: {tag}")]).status, 304, "{path}");
    }
    let page = get(server.address, "/").text().to_owned();
    for (start, media_type) in
        [("rel=\"stylesheet\" href=\"", "text/css"), ("defer src=\"", "text/javascript"), ("svg+xml\" href=\"", "image/svg+xml")]
    {
        let path = page.split_once(start).unwrap().1.split_once('"').unwrap().0;
        let asset = get(server.address, path);
        assert_eq!(asset.status, 200, "{path}");
        assert!(asset.header("content-type").unwrap().starts_with(media_type));
        assert!(asset.header("cache-control").unwrap().contains("immutable"));
    }
    assert_eq!(get(server.address, "/assets/0000000000000000.css").status, 404);
}

#[test]
fn long_and_odd_queries_are_cut_and_pages_stay_small() {
    let server = server();
    for query in [
        "q=".to_owned() + &"a".repeat(8000),
        "q=%".into(),
        "q=%ff%00".into(),
        "at=99999999999999999999".into(),
        "at=-1&kind=x".into(),
        "&&&==".into(),
    ] {
        for path in
            ["/search", "/packages/debian-12/x86_64/", "/images/", "/snapshots/1..2", "/setup/", "/browse/files", "/modules/"]
        {
            let page = get(server.address, &format!("{path}?{query}"));
            assert!(page.status == 200 && page.body.len() < 100_000, "{path}: {} with {} bytes", page.status, page.body.len());
        }
    }
}

#[test]
fn a_catalogue_that_is_damaged_or_lost_costs_its_pages_and_nothing_else() {
    let server = Server::start();
    let good = catalogue::write(DATE, things(&[package("nginx", "1", "")])).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle..].fill(0xff);
    for digest in [server.put(&bad), server.put(b"no catalogue"), Digest::of(b"never stored")] {
        server.site.replace(Site::new(key(), DATE).with_catalogue(digest));
        for path in ["/search?q=nginx", "/packages/debian-12/x86_64/nginx"] {
            let page = get(server.address, path);
            assert!(matches!(page.status, 500) && page.text().contains("cannot be made"), "{path}: {}", page.status);
            assert!(page.header("etag").is_none());
        }
        assert!(get(server.address, "/health").text().contains("Something is wrong"));
        assert_eq!(get(server.address, "/healthz").status, 200);
        assert_eq!(get(server.address, "/keys/lsrepo.asc").status, 200);
    }
    assert!(server.broken().iter().any(|line| line.contains("/search: ")));
}

#[test]
fn without_a_catalogue_there_is_a_short_page_and_the_set_up() {
    let server = Server::start();
    shows(&server, "/", &["debian-12", "Set up a host"]);
    shows(&server, "/setup/", &["sh debian-12.sh"]);
    assert_eq!(get(server.address, "/search").status, 404);
    assert_eq!(get(server.address, "/packages/").status, 404);
}
