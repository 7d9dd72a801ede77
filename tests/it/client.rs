//! A host that is set up from a server as a person types it, looked at, and reverted: also when the server is gone.

use crate::{
    desk::{Desk, Said, Server},
    upstream::Upstream,
};
use std::{collections::BTreeMap, fs, path::Path};

/// A made-up Debian, and a server that has something for it.
fn here() -> (Desk, Server) {
    let desk = Desk::new();
    let upstream = Upstream::new().add("shop", "2.0", "Essential: yes\nPriority: required\n").publish();
    let line = upstream.line();
    let words = ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line, "--package", "shop"];
    desk.near(&words).well();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(desk.path(path).parent().unwrap()).unwrap();
        fs::write(desk.path(path), text).unwrap();
    };
    write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    write("root/etc/apt/sources.list", "deb http://vendor.example old main\n");
    fs::create_dir_all(desk.path("root/var/lib")).unwrap();
    let server = Server::start(&desk, "near");
    (desk, server)
}

fn client(desk: &Desk, words: &[&str]) -> Said {
    let root = desk.path("root").display().to_string();
    desk.far(&[&["client"], words, &["--root", &root]].concat())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => drop(all.insert(path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    all
}

#[test]
fn a_host_is_set_up_repaired_and_reverted_without_the_server() {
    let (desk, server) = here();
    let before = files(&desk.path("root"));
    let url = format!("http://{}", server.address);
    client(&desk, &["status"]).badly(1, &["not set up", "lsrepo client apply --url"]);
    client(&desk, &["apply"]).badly(2, &["which server?", "--url"]);
    let shown = client(&desk, &["apply", "--url", &url, "--dry-run"]).well();
    assert!(shown.contains("\n-deb http://vendor.example old main\n"), "{shown}");
    assert_eq!(files(&desk.path("root")), before);

    client(&desk, &["apply", "--url", &url]).well();
    let source = fs::read_to_string(desk.path("root/etc/apt/sources.list.d/lsrepo.sources")).unwrap();
    assert!(source.contains(&format!("URIs: {url}/apt/debian-12\n")), "{source}");
    let said = client(&desk, &["status", "-o", "json"]).well();
    let status: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&status["state"], &status["intact"], &status["url"]), (&"set-up".into(), &true.into(), &url.as_str().into()));
    assert_eq!(status["aside"][0]["path"], "/etc/apt/sources.list");

    drop(server);
    fs::write(desk.path("root/etc/apt/sources.list"), "deb http://again.example x main\n").unwrap();
    let told = client(&desk, &["status"]);
    assert!(told.out.contains("changed: /etc/apt/sources.list\n"), "{}", told.out);
    told.badly(1, &["not as it was set up", "repairs it"]);
    client(&desk, &["apply"]).well();
    client(&desk, &["status", "-o", "yaml"]).well();
    client(&desk, &["revert"]).well();
    let kept = desk.path("root/var/lib/lsrepo-client-kept");
    assert!(kept.join("etc/apt/sources.list").is_file());
    fs::remove_dir_all(kept).unwrap();
    assert_eq!(files(&desk.path("root")), before);
    client(&desk, &["revert"]).well();
}

#[test]
fn what_cannot_be_is_said_before_anything_is_changed() {
    let (desk, server) = here();
    let before = files(&desk.path("root"));
    let url = format!("http://{}", server.address);
    client(&desk, &["apply", "--url", &url, "--os", "debian-13"]).badly(1, &["has nothing for `debian-13`", "/setup/"]);
    client(&desk, &["apply", "--url", &url, "--only", "yum"]).badly(1, &["this is a script for apt"]);
    let nobody = client(&desk, &["apply", "--url", "http://127.0.0.1:9"]);
    assert!(nobody.code == 2 && nobody.err.contains("http://127.0.0.1:9/setup/debian-12.sh"), "{}", nobody.err);
    client(&desk, &["apply", "--url", &format!("{url}/keys")]).badly(1, &["has nothing for `debian-12`"]);
    fs::write(desk.path("root/etc/apt/keyrings"), "no folder\n").unwrap();
    client(&desk, &["apply", "--url", &url]).badly(1, &["keyrings", "hint: nothing was changed"]);
    fs::remove_file(desk.path("root/etc/apt/keyrings")).unwrap();
    fs::write(desk.path("root/etc/os-release"), "ID=debian\nVERSION_ID=\"11\"\n").unwrap();
    client(&desk, &["apply", "--url", &url, "--os", "debian-12"]).badly(1, &["this host is debian-11"]);
    fs::write(desk.path("root/etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n").unwrap();
    assert_eq!(files(&desk.path("root")), before);
}
