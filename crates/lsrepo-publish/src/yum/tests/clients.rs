//! What dnf, createrepo_c and gpgv themselves say, where they are installed.

use super::{
    super::*,
    fixture::{DATE, Rpm, key, metadata_of, platform},
};
use crate::peer::{program, succeeded};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

/// A published repository on disk, with its key, and a client's own state beside it.
struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn publish(os: &str, rpms: &[Rpm]) -> Self {
        let (key, blobs) = (key(), rpms.iter().map(Rpm::bytes).map(|bytes| (Digest::of(&bytes), bytes)));
        let blobs: BTreeMap<_, _> = blobs.collect();
        let mut packages = platform(&format!("{os}/x86_64"), rpms);
        packages.extras = extras();
        let tree = publish(&[packages], DATE, &key).unwrap();
        assert!(!metadata_of(&tree, "x86_64", "primary").is_empty());
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

    /// dnf with nothing of this machine: an empty root, its own cache, one source whose metadata must be signed.
    fn dnf(&self, dnf: &Path, arguments: &[&str]) -> Output {
        fs::create_dir_all(self.path("sources")).unwrap();
        let source = format!(
            "[site]\nname=site\nbaseurl=file://{}\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://{}\n",
            self.path("repository/x86_64"),
            self.path("key.asc")
        );
        fs::write(self.path("sources/site.repo"), source).unwrap();
        let (cache, sources) = (self.path("cache"), self.path("sources"));
        let config = format!(
            "[main]\nreposdir={sources}\ncachedir={cache}\nlogdir={cache}\npersistdir={cache}\nplugins=0\nmodule_platform_id=platform:el9\n"
        );
        fs::write(self.path("dnf.conf"), config).unwrap();
        let mut command = Command::new(dnf);
        command.args(["-q", "-y", "--forcearch=x86_64", "--releasever=9", "--config", &self.path("dnf.conf")]);
        command.arg(format!("--installroot={}", self.path("root"))).args(arguments).output().unwrap()
    }
}

fn extras() -> Extras {
    let modules = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: web\n  stream: \"2\"\n  version: 1\n  context: c\n  arch: x86_64\n  \
                   summary: A module\n  description: A module\n  license: {module: [MIT]}\n  artifacts: {rpms: [other-0:1-1.x86_64]}\n...\n";
    let comps = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<comps><group><id>g</id><name>Gadgets</name><description/>\
                 <uservisible>true</uservisible><packagelist><packagereq type=\"mandatory\">web</packagereq></packagelist></group></comps>\n";
    let updateinfo = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<updates><update from=\"x\" status=\"final\" type=\"security\" version=\"1\">\
                      <id>ERRATUM-1</id><title>t</title><issued date=\"2024-01-01 00:00:00\"/><pkglist><collection><name>c</name>\
                      <package name=\"web\" version=\"2.0~rc1^git+1\" release=\"1\" epoch=\"3\" arch=\"x86_64\"><filename>w.rpm</filename></package>\
                      </collection></pkglist></update></updates>\n";
    Extras { modules: Some(modules.into()), updateinfo: Some(updateinfo.into()), comps: Some(comps.into()) }
}

fn set() -> Vec<Rpm> {
    vec![
        Rpm { files: &["/opt/data/x"], required_files: &["/opt/data/x"], ..Rpm::new("data", "1.0", "noarch") },
        Rpm { requires: &["/opt/data/x", "(data or nothing)"], epoch: 3, ..Rpm::new("web", "2.0~rc1^git+1", "x86_64") },
    ]
}

#[test]
fn dnf_reads_what_is_signed_and_finds_it_closed() {
    let Some(dnf) = program("dnf") else { return };
    for os in ["centos-7", "almalinux-9"] {
        let site = Site::publish(os, &set());
        let found = succeeded(&site.dnf(&dnf, &["repoquery", "--qf", "%{name} %{evr} %{arch} %{location}"]));
        for line in [
            "data 1.0-1 noarch Packages/d/data-1.0-1.noarch.rpm",
            "web 3:2.0~rc1^git+1-1 x86_64 Packages/w/web-2.0~rc1^git+1-1.x86_64.rpm",
        ] {
            assert!(found.contains(line), "{os}: {found}");
        }
        let needed = ["repoquery", "--resolve", "--requires", "web"];
        assert_eq!(succeeded(&site.dnf(&dnf, &needed)).trim(), "data-0:1.0-1.noarch", "{os}");
        assert_eq!(succeeded(&site.dnf(&dnf, &["repoquery", "--unsatisfied"])).trim(), "", "{os}");
    }
}

#[test]
fn dnf_reads_modules_groups_and_errata() {
    let Some(dnf) = program("dnf") else { return };
    let site = Site::publish("almalinux-9", &set());
    let says = |arguments: &[&str]| succeeded(&site.dnf(&dnf, arguments));
    assert!(says(&["module", "list"]).contains("A module"));
    assert!(says(&["group", "list"]).contains("Gadgets"));
    assert_eq!(says(&["repoquery", "--advisory", "ERRATUM-1"]).trim(), "web-3:2.0~rc1^git+1-1.x86_64");
}

#[test]
fn dnf_refuses_a_list_that_was_changed() {
    let Some(dnf) = program("dnf") else { return };
    let site = Site::publish("almalinux-9", &set());
    let repomd = site.path("repository/x86_64/repodata/repomd.xml");
    let text = fs::read_to_string(&repomd).unwrap();
    fs::write(&repomd, text.replace("<revision>1", "<revision>2")).unwrap();
    let output = site.dnf(&dnf, &["repoquery"]);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && talk.contains("GPG"), "{talk}");
}

#[test]
fn createrepo_c_takes_our_metadata_for_its_own() {
    let Some(createrepo) = program("createrepo_c") else { return };
    let site = Site::publish("centos-7", &set());
    let folder = site.path("repository/x86_64");
    // the second paths of the same files would be packages of their own to it
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "rpm"))
        .for_each(|path| fs::remove_file(path).unwrap());
    let said = Command::new(createrepo).args(["--update", "--skip-stat", "--no-database", "--verbose", &folder]).output().unwrap();
    let said = succeeded(&said);
    assert_eq!(said.matches("CACHE HIT").count(), 2, "{said}");
}

#[test]
fn gpgv_agrees() {
    let Some(gpgv) = program("gpgv") else { return };
    let site = Site::publish("centos-7", &set());
    let repomd = site.path("repository/x86_64/repodata/repomd.xml");
    let output = Command::new(gpgv).args(["--keyring", &site.path("key.gpg"), &format!("{repomd}.asc"), &repomd]).output().unwrap();
    succeeded(&output);
}
