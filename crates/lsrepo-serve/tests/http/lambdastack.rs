//! `/lsrepo/` as LambdaStack's roles read it.

use crate::{
    client::{Client, get},
    server::{DATE, Server, key},
};
use lsrepo_publish::{Entry, Tree};
use lsrepo_serve::Site;
use std::sync::Arc;

fn shown(paths: &[&str]) -> Server {
    let server = Server::start();
    let mut tree = Tree::default();
    for path in paths {
        tree.insert(path.parse().unwrap(), Entry::Bytes(Arc::from(path.as_bytes())));
    }
    let mut site = Site::new(key(), DATE);
    site.mount("lsrepo".parse().unwrap(), tree, DATE);
    server.site.replace(site);
    server
}

#[test]
fn a_listing_has_one_plain_name_a_line() {
    let server = shown(&["files/a+b~1.tgz", "files/\"<&.txt", "files/x:y", "files/below/z"]);
    for path in ["/lsrepo/files/?F=0", "/epirepo/files/"] {
        let page = get(server.address, path);
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let lines: Vec<&str> = page.text().lines().filter(|line| line.contains("<li>")).collect();
        assert_eq!(
            lines[1..],
            [
                "<li><a href=\"%22%3C%26.txt\"> &quot;&lt;&amp;.txt</a></li>",
                "<li><a href=\"a+b~1.tgz\"> a+b~1.tgz</a></li>",
                "<li><a href=\"below/\"> below/</a></li>",
                "<li><a href=\"x%3Ay\"> x:y</a></li>",
            ]
        );
        assert!(lines[0].contains("Parent Directory"));
    }
    assert!(get(server.address, "/lsrepo/files/").text().contains("<a href=\"/lsrepo/\"> Parent Directory"));
    assert!(get(server.address, "/lsrepo/").text().contains("<a href=\"/\"> Parent Directory"));
}

#[test]
fn an_architecture_may_be_spelled_as_any_tool_spells_it() {
    let server = shown(&["centos-7/arm64/files/x"]);
    for arch in ["arm64", "aarch64"] {
        assert_eq!(get(server.address, &format!("/lsrepo/centos-7/{arch}/files/x")).text(), "centos-7/arm64/files/x");
        let redirect = get(server.address, &format!("/epirepo/centos-7/{arch}"));
        assert_eq!((redirect.status, redirect.header("location")), (301, Some(format!("/epirepo/centos-7/{arch}/").as_str())));
    }
    assert_eq!(get(server.address, "/lsrepo/centos-7/x86_64/").status, 404);
}

#[test]
fn folders_are_there_though_nothing_is_in_them() {
    let server = shown(&["centos-7/arm64/files/x"]);
    for path in ["/lsrepo/images/?F=0", "/lsrepo/centos-7/aarch64/charts/system/", "/epirepo/grafana_dashboards/"] {
        assert_eq!(get(server.address, path).status, 200, "{path}");
    }
    for path in ["/lsrepo/nothing/", "/lsrepo/centos-7/x86_64/images/", "/lsrepo/centos-8/arm64/images/", "/images/"] {
        assert_eq!(get(server.address, path).status, 404, "{path}");
    }
}

#[test]
fn apt_asks_for_a_flat_repository_with_a_dot() {
    let server = shown(&["packages/InRelease"]);
    assert_eq!(get(server.address, "/lsrepo/packages/./InRelease").text(), "packages/InRelease");
    assert_eq!(get(server.address, "/lsrepo/packages/%2e/InRelease").status, 400);
    let head = Client::new(server.address).ask("HEAD", "/lsrepo/packages/.", &[]);
    assert_eq!(head.status, 200);
}
