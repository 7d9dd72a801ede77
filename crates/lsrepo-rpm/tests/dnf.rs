//! What dnf makes of module, advisory and group texts, and whether it agrees with us.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use lsrepo_rpm::{Advisory, Comps, Modules, Nevra, updateinfo};
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
};

fn dnf_is_here() -> bool {
    let here = Command::new("dnf").arg("--version").output().is_ok_and(|output| output.status.success());
    if !here {
        eprintln!("skipped: there is no dnf");
    }
    here
}

/// Packages as `name-version-release`, each with names that it provides beside its own.
const PACKAGES: [(&str, &str); 9] = [
    ("dep-1-1", ""),
    ("dep-2-1", ""),
    ("m-1-1", ""),
    ("m-2-1", ""),
    ("m-2-2", ""),
    ("m-3-1", ""),
    ("m-9-1", ""),
    ("x-1-1", "m"),
    ("y-1-1", ""),
];

fn artifact(text: &str) -> Nevra {
    let (name, evr) = text.split_once('-').unwrap();
    Nevra::new(name, &evr.parse().unwrap(), "noarch")
}

fn primary(packages: &[(&str, &str)]) -> String {
    let mut text = format!(
        "<metadata xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{}\">",
        packages.len()
    );
    for (package, provides) in packages {
        let Nevra { name, evr, .. } = artifact(package);
        let checksum = Digest::of(package.as_bytes()).hex();
        let more = if provides.is_empty() { String::new() } else { format!("<rpm:entry name=\"{provides}\"/>") };
        let _ = write!(
            text,
            "<package type=\"rpm\"><name>{name}</name><arch>noarch</arch><version epoch=\"0\" ver=\"{0}\" rel=\"{1}\"/>\
             <checksum type=\"sha256\" pkgid=\"YES\">{checksum}</checksum><summary>s</summary><description>d</description>\
             <time file=\"1\" build=\"1\"/><size package=\"1\" installed=\"1\" archive=\"1\"/><location href=\"{package}.noarch.rpm\"/>\
             <format><rpm:license>MIT</rpm:license><rpm:sourcerpm>{package}.src.rpm</rpm:sourcerpm><rpm:provides>\
             <rpm:entry name=\"{name}\" flags=\"EQ\" epoch=\"0\" ver=\"{0}\" rel=\"{1}\"/>{more}</rpm:provides></format></package>",
            evr.version, evr.release
        );
    }
    text + "</metadata>"
}

/// A repository on the disk, and a root that dnf may call its own.
struct Ground(tempfile::TempDir);

impl Ground {
    fn new(texts: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repodata = dir.path().join("repo/repodata");
        fs::create_dir_all(&repodata).unwrap();
        let mut records = String::new();
        for (kind, text) in texts {
            fs::write(repodata.join(kind), text).unwrap();
            let checksum = Digest::of(text.as_bytes()).hex();
            let _ = write!(
                records,
                "<data type=\"{kind}\"><checksum type=\"sha256\">{checksum}</checksum><location href=\"repodata/{kind}\"/></data>"
            );
        }
        let repomd = format!("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>1</revision>{records}</repomd>");
        fs::write(repodata.join("repomd.xml"), repomd).unwrap();
        Self(dir)
    }

    fn dnf(&self, words: &[&str]) -> String {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        let output = Command::new("dnf")
            .args(["-q", "-y", "--noplugins", "--releasever=8", "--forcearch=x86_64", "--setopt=reposdir=/dev/null"])
            .arg(format!("--installroot={}", path("root")))
            .arg(format!("--setopt=cachedir={}", path("cache")))
            .arg(format!("--repofrompath=r,file://{}", path("repo")))
            .arg("--setopt=module_platform_id=platform:el8")
            .args(words)
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// The packages that dnf sees.
    fn seen(&self) -> BTreeSet<String> {
        let said = self.dnf(&["repoquery", "--showduplicates", "--queryformat", "%{name}-%{version}-%{release}", "*"]);
        said.lines().map(str::to_owned).collect()
    }
}

fn stream(name: &str, version: u64, context: &str, requires: &str, artifacts: &str) -> String {
    let (module, stream) = name.split_once(':').unwrap();
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {module}\n  stream: \"{stream}\"\n  version: {version}\n  \
         context: {context}\n  arch: x86_64\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  dependencies:\n  \
         - requires: {{{requires}}}\n  profiles:\n    common: {{rpms: [m]}}\n  artifacts: {{rpms: [{artifacts}]}}\n...\n"
    )
}

fn default(name: &str) -> String {
    let (module, stream) = name.split_once(':').unwrap();
    format!(
        "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  stream: \"{stream}\"\n  profiles: {{\"{stream}\": [common]}}\n...\n"
    )
}

fn some() -> String {
    stream("mod:2", 10, "aa", "platform: [el8], dep: [\"2\"]", "m-0:2-1.noarch")
        + &stream("mod:2", 20, "aa", "platform: [el8], dep: [\"2\"]", "m-0:2-2.noarch")
        + &stream("mod:3", 20, "aa", "platform: []", "m-0:3-1.noarch")
        + &stream("dep:1", 20, "aa", "", "dep-0:1-1.noarch")
        + &stream("dep:2", 20, "aa", "", "dep-0:2-1.noarch")
}

#[test]
fn dnf_sees_the_same_packages_of_module_streams() {
    if !dnf_is_here() {
        return;
    }
    let contexts = stream("mod:2", 10, "bb", "dep: [\"1\"]", "m-0:2-1.noarch")
        + &stream("mod:2", 20, "aa", "dep: [\"2\"]", "m-0:2-2.noarch")
        + &stream("dep:1", 20, "aa", "", "dep-0:1-1.noarch")
        + &stream("dep:2", 20, "aa", "", "dep-0:2-1.noarch");
    let other = stream("mod:2", 10, "aa", "platform: [el9]", "m-0:2-1.noarch") + &default("mod:2");
    let without = stream("mod:2", 10, "aa", "platform: [-el8]", "m-0:2-1.noarch") + &default("mod:2");
    let shared = stream("mod:2", 10, "aa", "", "m-0:2-1.noarch, y-0:1-1.noarch")
        + &stream("mod:3", 10, "aa", "", "y-0:1-1.noarch")
        + &default("mod:3");
    for (text, wishes) in [
        (some(), &[][..]),
        (some(), &["mod:2"]),
        (some() + &default("mod:2"), &[]),
        (some() + &default("mod:2") + &default("dep:2"), &[]),
        (some() + &default("mod:2") + &default("dep:2"), &["mod:3"]),
        (some() + &default("mod:2") + &default("dep:1"), &[]),
        (some() + &default("mod:3") + &default("dep:1"), &["mod:2"]),
        (contexts + &default("mod:2") + &default("dep:1"), &[]),
        (other, &[]),
        (without, &[]),
        (shared, &[]),
    ] {
        let (modules, problems) = Modules::parse(&text);
        assert_eq!(problems, []);
        let requests: Vec<_> = wishes.iter().map(|word| word.parse().unwrap()).collect();
        let active = modules.enable(&requests, Some("el8")).unwrap();
        let counts = |(package, provides): &&(&str, &str)| {
            let Nevra { name, evr, arch } = artifact(package);
            active.hides(&name, &evr, &arch, [*provides].into_iter(), false).is_none()
        };
        let ours: BTreeSet<String> = PACKAGES.iter().filter(counts).map(|(package, _)| (*package).to_owned()).collect();
        let ground = Ground::new(&[("primary", &primary(&PACKAGES)), ("modules", &text)]);
        for wish in wishes {
            ground.dnf(&["module", "enable", wish]);
        }
        assert_eq!(ours, ground.seen(), "{wishes:?} of\n{text}");
    }
}

fn reduced(text: &str, carried: &HashSet<Nevra>, active: &[(&str, &str)]) -> String {
    let active: BTreeMap<String, String> = active.iter().map(|(module, stream)| ((*module).into(), (*stream).into())).collect();
    Modules::parse(text).0.reduce(carried, &active)
}

fn is_listed(list: &str, stream: [&str; 2]) -> bool {
    list.lines().any(|line| line.split_whitespace().take(2).eq(stream))
}

#[test]
fn what_is_carried_installs_from_its_own_repository() {
    if !dnf_is_here() {
        return;
    }
    let carried_packages = [("dep-2-1", ""), ("m-2-2", ""), ("y-1-1", "")];
    let carried: HashSet<Nevra> = carried_packages.iter().map(|(package, _)| artifact(package)).collect();
    // chosen with a stream that is not the upstream's default, and so not to be seen without a change
    let upstream = some() + &default("mod:3") + &default("dep:1");
    let modules = reduced(&upstream, &carried, &[("mod", "2"), ("dep", "2")]);

    let package = |name: &str, version: &str| {
        format!(
            "<package name=\"{name}\" version=\"{version}\" release=\"2\" epoch=\"0\" arch=\"noarch\" src=\"s\"><filename>f</filename></package>"
        )
    };
    let advisory = |id: &str, packages: &str| {
        format!(
            "<update from=\"a\" status=\"final\" type=\"security\" version=\"1\"><id>{id}</id><title>t &amp; u</title>\
             <issued date=\"2020-01-02 03:04:05\"/><severity>Important</severity><description>d</description><references>\
             <reference href=\"https://a.example\" id=\"CVE-2020-1\" type=\"cve\" title=\"c\"/></references><pkglist>\
             <collection short=\"c\"><name>c</name>{packages}</collection></pkglist></update>"
        )
    };
    let updates = format!(
        "<updates>{}{}</updates>",
        advisory("A-1", &(package("m", "2") + &package("other", "1"))),
        advisory("A-2", &package("other", "1"))
    );
    let all: Vec<Advisory> = updateinfo::advisories(updates.as_bytes()).collect::<Result<_, _>>().unwrap();
    let kept: Vec<Advisory> = all.into_iter().filter_map(|advisory| advisory.reduce(&carried)).collect();
    let updateinfo = updateinfo::render(&kept);

    let comps = "<comps><group><id>g</id><name>Good</name><description>d</description><uservisible>true</uservisible><packagelist>\
                 <packagereq type=\"mandatory\">m</packagereq><packagereq type=\"mandatory\">other</packagereq>\
                 <packagereq type=\"optional\">y</packagereq></packagelist></group>\
                 <group><id>gone</id><name>Gone</name><packagelist><packagereq>other</packagereq></packagelist></group>\
                 <environment><id>e</id><name>Env</name><grouplist><groupid>g</groupid><groupid>gone</groupid></grouplist></environment></comps>";
    let comps = Comps::parse(comps.as_bytes()).unwrap().reduce(&HashSet::from(["dep", "m", "y"])).render();

    let primary = primary(&carried_packages);
    let ground = Ground::new(&[("primary", &primary), ("modules", &modules), ("updateinfo", &updateinfo), ("group", &comps)]);
    assert_eq!(ground.seen(), carried_packages.iter().map(|(package, _)| (*package).to_owned()).collect());
    let list = ground.dnf(&["module", "list"]);
    assert!(is_listed(&list, ["mod", "2"]) && is_listed(&list, ["dep", "2"]), "{list}");
    assert!(!is_listed(&list, ["mod", "3"]) && !is_listed(&list, ["dep", "1"]), "{list}");
    for (filter, expected) in
        [("--advisory=A-1", "m-2-2"), ("--cve=CVE-2020-1", "m-2-2"), ("--sec-severity=Important", "m-2-2"), ("--advisory=A-2", "")]
    {
        let said = ground.dnf(&["repoquery", "--queryformat", "%{name}-%{version}-%{release}", filter]);
        assert_eq!(said.trim(), expected, "{filter}");
    }
    ground.dnf(&["updateinfo"]);
    let said = ground.dnf(&["group", "info", "Good"]);
    assert!(said.contains("Mandatory Packages") && said.contains(" m\n") && !said.contains("other"), "{said}");
    let said = ground.dnf(&["group", "list"]);
    assert!(said.contains("Env") && said.contains("Good") && !said.contains("Gone"), "{said}");
}

#[test]
fn other_tools_read_what_is_written() {
    let createrepo = |words: &[&str]| Command::new("modifyrepo_c").args(words).output();
    if createrepo(&["--version"]).is_err() {
        eprintln!("skipped: there is no modifyrepo_c");
        return;
    }
    let ground = Ground::new(&[("primary", &primary(&PACKAGES))]);
    let updates = "<updates><update type=\"bugfix\"><id>A-1</id><pkglist><collection><package name=\"a\" version=\"1\" release=\"1\" arch=\"noarch\"/></collection></pkglist></update></updates>";
    let all: Vec<Advisory> = updateinfo::advisories(updates.as_bytes()).collect::<Result<_, _>>().unwrap();
    let file = |name: &str, text: &str| {
        let path = ground.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let file = file("updateinfo.xml", &updateinfo::render(&all));
    let repodata: &Path = &ground.0.path().join("repo/repodata");
    let output = createrepo(&["--mdtype=updateinfo", &file, &repodata.display().to_string()]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let repomd = lsrepo_rpm::Repomd::parse(&fs::read(repodata.join("repomd.xml")).unwrap()[..]).unwrap();
    assert!(repomd.record("updateinfo").is_some());
}
