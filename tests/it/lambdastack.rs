//! `/lsrepo/` with what LambdaStack's roles do there: they probe it, list it, take packages, files, images and charts.

use crate::{
    charts::packed,
    desk::{Desk, Server},
    registry::Registry,
    repository::Repository,
    upstream::Upstream,
};
use flate2::read::GzDecoder;
use lsrepo_oci::media_type;
use lsrepo_types::Digest;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, io::Read};

/// A store with `debian-12/x86_64` and `almalinux-8/x86_64`; the one of Debian has more packages.
struct Stack {
    desk: Desk,
    _upstreams: (Upstream, Repository, Registry),
}

fn stack() -> Stack {
    let desk = Desk::new();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(desk.path(name), bytes).unwrap();
        format!("file://{}", desk.path(name).display())
    };
    let upstream = Upstream::new().add("shop", "2.0", "Depends: till\n").add("till", "1.5", "").add("till", "1:1.4", "").publish();
    let repository = Repository::new().add("shop", "2.0", &[], "/usr/bin/shop", true).publish();
    let registry = Registry::new();
    registry.index("library/haproxy", &["2.2.2-alpine"]);
    registry.index("calico/cni", &["v3.20.2"]);
    // docker of those days cannot load it
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}});
    let config = registry.blob("bitnami/new", media_type::IMAGE_CONFIG, config.to_string().as_bytes());
    let layer = registry.blob("bitnami/new", "application/vnd.oci.image.layer.v1.tar+zstd", b"packed in another way");
    let manifest = json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer]});
    registry.manifest("bitnami/new", media_type::MANIFEST, &manifest, &["1"]);
    let mirror = format!("docker.io={}", registry.host);
    let helm = ["3.2.0", "3.10.0", "3.9.1"].map(|version| put(&format!("helm-v{version}-linux-amd64.tar.gz"), version.as_bytes()));
    let dashboard = format!("{} grafana_dashboards/grafana_dashboard_405.json", put("download", b"{}"));
    let chart = packed(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.0\n")]);
    put("web-1.2.0.tgz", &chart);
    put(
        "index.yaml",
        format!("entries:\n  web: [{{version: 1.2.0, urls: [web-1.2.0.tgz], digest: {}}}]\n", Digest::of(&chart).hex()).as_bytes(),
    );
    let chart = format!("file://{} web", desk.path("").display());
    let own = put("own_1.0_amd64.deb", &crate::deb::deb("Package: own\nVersion: 1.0\nArchitecture: amd64\nDescription: x\n"));
    put(
        "wishes.txt",
        format!("[packages]\nshop\ntill=1:1.4\ntill=1.5\n{own}\n[files]\n{}\n{dashboard}\n", helm.join("\n")).as_bytes(),
    );
    let lines = [upstream.line(), repository.line()];
    let common = [
        "prepare",
        "--no-referrers",
        "--base",
        "none",
        "--registry-mirror",
        &mirror,
        "--image",
        "haproxy:2.2.2-alpine",
        "--source",
    ];
    let deb = [&common[..], &[&lines[0], "--os", "debian-12", "--arch", "amd64", "--requirements", "wishes.txt"]].concat();
    desk.near(&[&deb[..], &["--image", "calico/cni:v3.20.2,bitnami/new:1", "--chart", &chart]].concat()).well();
    let rpm = [&common[..], &[&lines[1], "--os", "almalinux-8", "--arch", "amd64", "--package", "shop"]].concat();
    desk.near(&[&rpm[..], &["--file", &put("only-on-alma.tgz", b"alma")]].concat()).well();
    Stack { desk, _upstreams: (upstream, repository, registry) }
}

/// Names in a listing, as the roles read it: `.*<li><a href="([^"]+)".*`, and not `.*Parent Directory.*`.
fn listed(server: &Server, path: &str) -> Vec<String> {
    let page = String::from_utf8(server.get(path)).unwrap();
    let name = |line: &str| {
        let (_, rest) = line.rsplit_once("<li><a href=\"")?;
        let (name, _) = rest.split_once('"').filter(|(name, _)| !name.is_empty())?;
        (!line.contains("Parent Directory")).then(|| name.to_owned())
    };
    page.lines().filter_map(name).collect()
}

/// The version of Helm that a role takes: parts padded to four digits, and the greatest.
fn newest_helm(names: &[String]) -> String {
    let version = |name: &String| {
        let version = name.strip_prefix("helm-v")?.strip_suffix("-linux-amd64.tar.gz")?.to_owned();
        let padded: Vec<String> = version.split('.').map(|part| format!("{part:0>4}")).collect();
        Some((padded.join("."), name.clone()))
    };
    names.iter().filter_map(version).max().unwrap().1
}

/// What lies in a tar.
fn members_of(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut members = BTreeMap::new();
    for member in tar::Archive::new(bytes).entries().unwrap() {
        let mut member = member.unwrap();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        members.insert(member.path().unwrap().to_str().unwrap().to_owned(), content);
    }
    members
}

#[test]
fn the_probe_of_the_roles_finds_the_repository() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    for path in ["/lsrepo", "/epirepo", "/lsrepo/debian-12/amd64"] {
        let (head, _) = server.ask("HEAD", path, "");
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        assert_eq!((head.lines().next(), location), (Some("HTTP/1.1 301 Moved Permanently"), format!("{path}/").as_str()));
        let (head, body) = server.ask("HEAD", location, "");
        assert_eq!((head.lines().next(), body.len()), (Some("HTTP/1.1 200 OK"), 0), "`HTTP/.{{1,3}} 200 OK` is looked for");
    }
    assert_eq!(
        listed(&server, "/lsrepo/"),
        ["almalinux-8/", "charts/", "debian-12/", "files/", "grafana_dashboards/", "images/", "packages/"]
    );
    let empty = Server::start(&Desk::new(), "near");
    assert!(empty.ask("HEAD", "/lsrepo", "").0.starts_with("HTTP/1.1 404"), "there is nothing to install from");
}

#[test]
fn files_are_listed_and_found_by_their_plain_names() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    let names = listed(&server, "/lsrepo/files/?F=0");
    assert_eq!(names, listed(&server, "/epirepo/files/?F=0"));
    let newest = newest_helm(&names);
    assert_eq!(server.get(&format!("/lsrepo/files/{newest}")), b"3.10.0");
    // roles hand packages that came by URL to apt and yum as files
    for name in ["grafana_dashboard_405.json", "own_1.0_amd64.deb", "only-on-alma.tgz", "web-1.2.0.tgz"] {
        assert!(names.iter().any(|listed| listed == name), "{name} is not among {names:?}");
    }
    assert_eq!(server.get("/epirepo/grafana_dashboards/grafana_dashboard_405.json"), b"{}");
    assert_eq!(listed(&server, "/lsrepo/almalinux-8/x86_64/files/"), ["only-on-alma.tgz"]);
}

#[test]
fn apt_finds_a_flat_repository_with_every_version() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    for base in ["/lsrepo", "/lsrepo/debian-12/x86_64"] {
        let mut index = String::new();
        GzDecoder::new(&*server.get(&format!("{base}/packages/./Packages.gz"))).read_to_string(&mut index).unwrap();
        let mut found = Vec::new();
        for stanza in index.split("\n\n").filter(|stanza| !stanza.is_empty()) {
            let fields: BTreeMap<&str, &str> = stanza.lines().filter_map(|line| line.split_once(": ")).collect();
            let bytes = server.get(&format!("{base}/packages/{}", fields["Filename"].replace('+', "%2b")));
            assert_eq!(
                (Digest::of(&bytes).hex(), bytes.len().to_string()),
                (fields["SHA256"].to_owned(), fields["Size"].to_owned())
            );
            found.push(format!("{} {}", fields["Package"], fields["Version"]));
        }
        assert_eq!(found, ["own 1.0", "shop 2.0", "till 1.5", "till 1:1.4"]);
        let keys = lsrepo_sign::Keyring::parse(&server.get("/keys/lsrepo.asc")).unwrap();
        let inline = server.get(&format!("{base}/packages/InRelease"));
        let release = lsrepo_sign::verify_inline(&inline, &keys, lsrepo_types::Timestamp(1_900_000_000)).unwrap();
        assert!(format!("{release:?}").contains(&Digest::of(index.as_bytes()).hex()), "the index is not vouched for");
    }
}

#[test]
fn yum_finds_the_packages_that_its_metadata_names() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    for base in ["/lsrepo", "/lsrepo/almalinux-8/amd64", "/epirepo/almalinux-8/x86_64"] {
        let repomd = String::from_utf8(server.get(&format!("{base}/packages/repodata/repomd.xml"))).unwrap();
        let hrefs = |text: &str| -> Vec<String> {
            text.split("<location href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let primary = hrefs(&repomd).into_iter().find(|href| href.contains("primary")).unwrap();
        let mut text = String::new();
        GzDecoder::new(&*server.get(&format!("{base}/packages/{primary}"))).read_to_string(&mut text).unwrap();
        let packages = hrefs(&text);
        assert_eq!(packages, ["Packages/s/shop-2.0-1.x86_64.rpm"]);
        let bytes = server.get(&format!("{base}/packages/{}", packages[0]));
        assert_eq!(bytes, server.get(&format!("{base}/packages/shop-2.0-1.x86_64.rpm")));
        assert!(text.contains(&Digest::of(&bytes).hex()));
    }
    assert!(server.ask("HEAD", "/lsrepo/debian-12/x86_64/packages/repodata/repomd.xml", "").0.starts_with("HTTP/1.1 404"));
}

#[test]
fn an_image_that_docker_can_load_is_an_archive_under_the_listed_name() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    assert_eq!(listed(&server, "/lsrepo/images/?F=0"), ["cni-v3.20.2.tar", "haproxy-2.2.2-alpine.tar"]);
    for (file, name) in [("haproxy-2.2.2-alpine.tar", "haproxy:2.2.2-alpine"), ("cni-v3.20.2.tar", "calico/cni:v3.20.2")] {
        let path = format!("/lsrepo/images/{file}");
        let bytes = server.get(&path);
        let members = members_of(&bytes);
        let manifest: Value = serde_json::from_slice(&members["manifest.json"]).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!([name]));
        let config: Value = serde_json::from_slice(&members[manifest[0]["Config"].as_str().unwrap()]).unwrap();
        assert_eq!(config["architecture"], "amd64");
        for layer in manifest[0]["Layers"].as_array().unwrap() {
            let layer = layer.as_str().unwrap();
            assert_eq!(layer, format!("blobs/sha256/{}", Digest::of(&members[layer]).hex()));
        }
        // what a person exports is the same, but for the name, which podman understands better when it is whole
        let words = ["image", "export", name, "--format", "docker-archive", "-o", "x.tar", "--platform", "linux/amd64"];
        stack.desk.near(&words).well();
        let mut exported = members_of(&fs::read(stack.desk.path("x.tar")).unwrap());
        exported.insert("manifest.json".to_owned(), members["manifest.json"].clone());
        assert!(exported == members);
        // a download that was cut goes on, from another server too
        let (head, _) = server.ask("HEAD", &path, "");
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert!(head.contains(&format!("content-length: {}", bytes.len())), "{head}");
        let other = Server::start(&stack.desk, "near");
        let (head, rest) = other.ask("GET", &path, &format!("If-Range: {tag}\r\nRange: bytes=700-\r\n"));
        assert!(head.starts_with("HTTP/1.1 206") && rest == bytes[700..], "{head}");
    }
}

#[test]
fn charts_are_a_repository_of_helm() {
    let stack = stack();
    let server = Server::start(&stack.desk, "near");
    for base in ["/lsrepo", "/lsrepo/debian-12/amd64"] {
        let index: Value = serde_json::from_slice(&server.get(&format!("{base}/charts/system/index.yaml"))).unwrap();
        let entry = &index["entries"]["web"][0];
        let chart = server.get(&format!("{base}/charts/system/{}", entry["urls"][0].as_str().unwrap()));
        assert_eq!((entry["version"].as_str(), entry["digest"].as_str()), (Some("1.2.0"), Some(Digest::of(&chart).hex().as_str())));
    }
    let none: Value = serde_json::from_slice(&server.get("/lsrepo/almalinux-8/x86_64/charts/system/index.yaml")).unwrap();
    assert_eq!(none["entries"], json!({}), "helm adds a repository without charts too");
}

#[test]
fn the_platform_at_the_top_can_be_named() {
    let stack = stack();
    let server = Server::start_with(&stack.desk, "near", &["--lsrepo-shows", "almalinux-8/amd64"]);
    assert!(server.ask("HEAD", "/lsrepo/packages/InRelease", "").0.starts_with("HTTP/1.1 404"));
    assert_eq!(listed(&server, "/lsrepo/files/"), ["only-on-alma.tgz"]);
    assert_eq!(listed(&server, "/lsrepo/images/"), ["haproxy-2.2.2-alpine.tar"]);
    server.get("/lsrepo/packages/repodata/repomd.xml");
    server.get("/lsrepo/debian-12/x86_64/packages/InRelease");
    stack.desk.near(&["serve", "--lsrepo-shows", "almalinux-8"]).badly(2, &["almalinux-8", "OS/ARCH"]);
    let twins = "almalinux-8/amd64,centos-7/arm64";
    stack.desk.near(&["serve", "--lsrepo-shows", twins]).badly(2, &["same kind of packages", "/lsrepo/OS/ARCH"]);
}

#[test]
fn a_bundle_is_shown_from_where_it_lies() {
    let stack = stack();
    stack.desk.near(&["export", "-o", "b.tar.zst"]).well();
    let near = Server::start(&stack.desk, "near");
    let far = Server::start_with(&stack.desk, "far", &["--bundle", "b.tar.zst", "--trust-on-first-use"]);
    for path in ["/lsrepo/images/haproxy-2.2.2-alpine.tar", "/lsrepo/packages/Packages.gz", "/lsrepo/files/own_1.0_amd64.deb"] {
        assert!(near.get(path) == far.get(path), "{path}");
    }
}
