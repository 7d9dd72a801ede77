//! What gpgv and apt themselves say, where they are installed.

use super::{
    super::*,
    fixture::{DATE, Deb, key, platform},
};
use crate::{
    Entry,
    peer::{program, succeeded},
};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// A published repository on disk, with its key, and a client's own state beside it.
struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn publish(debs: &[(&str, &[Deb])]) -> Self {
        let packages: Vec<_> = debs.iter().map(|(name, debs)| platform(name, debs)).collect();
        let key = key();
        let tree = publish(&packages, DATE, &key).unwrap();
        let blobs: std::collections::BTreeMap<_, _> = debs
            .iter()
            .flat_map(|(_, debs)| debs.iter().map(Deb::bytes))
            .map(|bytes| (lsrepo_types::Digest::of(&bytes), bytes))
            .collect();
        let directory = tempfile::tempdir().unwrap();
        for (path, entry) in &tree.entries {
            let path = directory.path().join("repository").join(path.as_str());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match entry {
                Entry::Bytes(bytes) => fs::write(path, bytes).unwrap(),
                Entry::Blob { digest, .. } => fs::write(path, &blobs[digest]).unwrap(),
                Entry::Parts(_) => panic!("no package is of parts"),
            }
        }
        fs::write(directory.path().join("key.asc"), key.public_armored()).unwrap();
        fs::write(directory.path().join("key.gpg"), key.public_binary()).unwrap();
        Self { directory }
    }

    fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.directory.path().to_str().unwrap())
    }

    /// apt with nothing of this machine: an empty root, its own lists, one source.
    fn apt(&self, apt_get: &Path, architecture: &str, components: &str, arguments: &[&str]) -> Output {
        for directory in ["state/lists/partial", "cache/archives/partial", "etc"] {
            fs::create_dir_all(self.path(directory)).unwrap();
        }
        fs::write(self.path("state/status"), "").unwrap();
        let line = format!("deb [signed-by={}] copy:{} debian-12 {components}\n", self.path("key.asc"), self.path("repository"));
        fs::write(self.path("etc/sources.list"), line).unwrap();
        let settings = format!(
            "Dir::State \"{0}\";\nDir::State::status \"{0}/status\";\nDir::State::lists \"{0}/lists\";\n\
             Dir::Cache \"{1}\";\nDir::Log \"{1}\";\nDir::Etc::sourcelist \"{2}/sources.list\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\nDir::Etc::parts \"/dev/null\";\nDir::Etc::main \"/dev/null\";\n\
             Dir::Etc::trusted \"/dev/null\";\nDir::Etc::trustedparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
             APT::Architecture \"{architecture}\";\nAPT::Architectures {{ \"{architecture}\"; }};\n\
             APT::Sandbox::User \"\";\nAcquire::Languages \"none\";\n",
            self.path("state"),
            self.path("cache"),
            self.path("etc"),
        );
        fs::write(self.path("etc/apt.conf"), settings).unwrap();
        Command::new(apt_get)
            .env("APT_CONFIG", self.path("etc/apt.conf"))
            .env("LC_ALL", "C")
            .args(["-q", "-y"])
            .args(arguments)
            .output()
            .unwrap()
    }
}

fn demo() -> [(&'static str, Vec<Deb>); 2] {
    let common = Deb::new("demo-common", "1.0~rc1+b1", "all");
    let demo = |architecture| Deb { depends: "demo-common (>= 1.0~rc1)", ..Deb::new("demo", "1:2.0-1", architecture) };
    let old = Deb { components: &["demo-1"], ..Deb::new("demo", "1:1.0-1", "amd64") };
    [("debian-12/x86_64", vec![demo("amd64"), common.clone(), old]), ("debian-12/arm64", vec![demo("arm64"), common])]
}

fn demo_site() -> Site {
    let demo = demo();
    Site::publish(&[(demo[0].0, &demo[0].1), (demo[1].0, &demo[1].1)])
}

#[test]
fn gpgv_takes_both_signatures() {
    let Some(gpgv) = program("gpgv") else { return };
    let site = demo_site();
    let dists = |name: &str| site.path(&format!("repository/dists/debian-12/{name}"));
    let check = |files: &[String]| {
        let keyring = site.path("key.gpg");
        succeeded(&Command::new(&gpgv).args(["--keyring", &keyring]).args(files).output().unwrap())
    };
    assert!(check(&[dists("InRelease")]).contains("Good signature"));
    assert!(check(&[dists("Release.gpg"), dists("Release")]).contains("Good signature"));
}

#[test]
fn apt_updates_finds_and_verifies_every_package() {
    let Some(apt_get) = program("apt-get") else {
        return;
    };
    for architecture in ["amd64", "arm64"] {
        let site = demo_site();
        let talk = succeeded(&site.apt(&apt_get, architecture, "main", &["update"]));
        assert!(!talk.contains("W:") && !talk.contains("E:") && !talk.contains("N:"), "{talk}");
        let plan = succeeded(&site.apt(&apt_get, architecture, "main", &["install", "--print-uris", "demo"]));
        // apt shows addresses with more characters encoded than need be
        let plan = plan.replace("%7e", "~").replace("%2b", "+");
        for file in [format!("demo/demo_2.0-1_{architecture}.deb"), "demo-common/demo-common_1.0~rc1+b1_all.deb".to_owned()] {
            assert!(plan.contains(&format!("/repository/pool/main/d/{file}'")), "{file}\n{plan}");
        }
        succeeded(&site.apt(&apt_get, architecture, "main", &["install", "--download-only", "demo"]));
        let fetched = fs::read_dir(site.path("cache/archives")).unwrap();
        let debs = fetched.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "deb"));
        assert_eq!(debs.count(), 2);
    }
}

#[test]
fn apt_sees_a_component_only_where_it_is_asked_for() {
    let Some(apt_get) = program("apt-get") else {
        return;
    };
    let site = demo_site();
    let offered = |components: &str| {
        succeeded(&site.apt(&apt_get, "amd64", components, &["update"]));
        succeeded(&site.apt(&apt_get, "amd64", components, &["install", "--print-uris", "demo"]))
    };
    assert!(offered("demo-1").contains("/pool/demo-1/d/demo/demo_1.0-1_amd64.deb"));
    assert!(offered("main").contains("/pool/main/d/demo/demo_2.0-1_amd64.deb"));
}

#[test]
fn apt_takes_a_repository_without_packages() {
    let Some(apt_get) = program("apt-get") else {
        return;
    };
    let site = Site::publish(&[("debian-12/x86_64", &[])]);
    let talk = succeeded(&site.apt(&apt_get, "amd64", "main", &["update"]));
    assert!(!talk.contains("W:") && !talk.contains("E:"), "{talk}");
}

#[test]
fn apt_refuses_a_changed_index() {
    let Some(apt_get) = program("apt-get") else {
        return;
    };
    let site = demo_site();
    let path = site.path("repository/dists/debian-12/InRelease");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("Label: lsrepo", "Label: other")).unwrap();
    assert!(!site.apt(&apt_get, "amd64", "main", &["update"]).status.success());
}
