//! apt and debmirror against a repository that is published and served, where they are installed.
//! The packages' bytes are not packages: neither client looks inside what it only downloads.

#[path = "../../../../tests/it/program.rs"]
mod peer;

use crate::server::{DATE, Server};
use lsrepo_publish::apt::{PlatformPackages, PublishedPackage, publish};
use lsrepo_serve::{AptRepository, PublicKey, Site};
use lsrepo_sign::SecretKey;
use lsrepo_types::Timestamp;
use peer::{program, succeeded};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Shows a repository of these packages: (name, version, architecture).
fn show(server: &Server, packages: &[(&str, &str, &str)], key: &SecretKey, date: Timestamp) {
    let packages = packages.iter().map(|&(name, version, architecture)| {
        let bytes = format!("{name} {version} {architecture}").repeat(1000);
        PublishedPackage {
            name: name.into(),
            version: version.into(),
            architecture: architecture.into(),
            source: String::new(),
            size: bytes.len() as u64,
            digest: server.put(bytes.as_bytes()),
            components: vec![],
            control: format!("Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: x\nDescription: x\n"),
        }
    });
    let platform = PlatformPackages { platform: "debian-12/x86_64".parse().unwrap(), packages: packages.collect() };
    let tree = publish(&[platform], date, key).unwrap();
    let mut site = Site::new(public(key), date);
    let os = "debian-12".parse().unwrap();
    site.mount_apt(AptRepository { os, tree, date, components: vec![], platforms: vec![] });
    server.site.replace(site);
}

fn public(key: &SecretKey) -> PublicKey {
    PublicKey { armored: key.public_armored(), binary: key.public_binary(), fingerprint: String::new() }
}

/// apt with nothing of this machine in it.
fn apt(apt_get: &Path, root: &Path, server: &Server, arguments: &[&str]) -> Output {
    let at = |name: &str| format!("{}/{name}", root.to_str().unwrap());
    for directory in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(at(directory)).unwrap();
    }
    fs::write(at("state/status"), "").unwrap();
    let base = format!("http://{}/apt/debian-12", server.address);
    fs::write(at("sources.list"), format!("deb [signed-by={}] {base} debian-12 main\n", at("key.asc"))).unwrap();
    let settings = format!(
        "Dir::State \"{0}/state\";\nDir::State::status \"{0}/state/status\";\nDir::Cache \"{0}/cache\";\n\
         Dir::Log \"{0}/cache\";\nDir::Etc \"{0}/etc\";\nDir::Etc::sourcelist \"{0}/sources.list\";\n\
         Dir::Etc::parts \"/dev/null\";\nDir::Etc::main \"/dev/null\";\nAPT::Architecture \"amd64\";\n\
         APT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"\";\nAcquire::Languages \"none\";\n\
         Acquire::http::Proxy \"DIRECT\";\n",
        root.to_str().unwrap()
    );
    fs::write(at("apt.conf"), settings).unwrap();
    Command::new(apt_get).env("APT_CONFIG", at("apt.conf")).env("LC_ALL", "C").args(["-q", "-y"]).args(arguments).output().unwrap()
}

#[test]
fn apt_follows_publications_over_http_and_resumes_a_download() {
    let Some(apt_get) = program("apt-get") else {
        return;
    };
    let server = Server::start();
    let key = SecretKey::generate("lsrepo test", Timestamp(DATE.0 - 86_400)).unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("key.asc"), key.public_armored()).unwrap();
    show(&server, &[("demo+x", "1:1.0~rc1", "amd64"), ("data", "1", "all")], &key, DATE);
    let run = |arguments: &[&str]| succeeded(&apt(&apt_get, root.path(), &server, arguments));

    let first = run(&["update"]);
    assert!(first.contains("Get:1") && !first.contains("W:"), "{first}");
    assert!(run(&["update"]).contains("Hit:1"));
    // The first half is there already: the rest comes by Range.
    let half = "demo+x 1:1.0~rc1 amd64".repeat(500);
    let partial = root.path().join("cache/archives/partial/demo+x_1%3a1.0~rc1_amd64.deb");
    fs::write(partial, half).unwrap();
    run(&["install", "--download-only", "demo+x", "data"]);
    let whole = fs::read_to_string(root.path().join("cache/archives/demo+x_1%3a1.0~rc1_amd64.deb")).unwrap();
    assert_eq!(whole, "demo+x 1:1.0~rc1 amd64".repeat(1000));

    show(&server, &[("demo+x", "1:1.1", "amd64"), ("data", "1", "all")], &key, Timestamp(DATE.0 + 1));
    assert!(run(&["update"]).contains("Get:1"));
    assert!(run(&["install", "--print-uris", "demo+x"]).contains("_1.1_amd64.deb"));
}

#[test]
fn debmirror_takes_all_of_it() {
    let Some(debmirror) = program("debmirror") else {
        return;
    };
    let server = Server::start();
    let key = SecretKey::generate("lsrepo test", Timestamp(DATE.0 - 86_400)).unwrap();
    let root = tempfile::tempdir().unwrap();
    let keyring = root.path().join("key.gpg");
    fs::write(&keyring, key.public_binary()).unwrap();
    show(&server, &[("demo+x", "1:1.0~rc1", "amd64"), ("data", "1", "all")], &key, DATE);
    let mirror = root.path().join("mirror");
    let output = Command::new(debmirror)
        .args(["--method=http", "--root=/apt/debian-12", "--dist=debian-12", "--section=main", "--arch=amd64"])
        .args(["--nosource", "--rsync-extra=none", "--no-check-gpg"])
        .arg(format!("--host={}", server.address))
        .arg(&mirror)
        .env("HOME", root.path())
        .output()
        .unwrap();
    succeeded(&output);
    for file in ["d/demo+x/demo+x_1.0~rc1_amd64.deb", "d/data/data_1_all.deb"] {
        assert!(mirror.join("pool/main").join(file).is_file(), "{file}");
    }
}
