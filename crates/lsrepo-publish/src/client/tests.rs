mod yum;

use super::*;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const KEY: &str =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: 1234 ABCD\n\nmDMEY+/=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";

fn script(os: &str) -> String {
    let base = "http://repo.example:8080".parse().unwrap();
    debian_setup(&os.parse().unwrap(), &base, KEY, &["main".to_owned()])
}

/// A system below a directory, with two sources of its own.
fn host() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    write("etc/apt/sources.list", "deb http://vendor.example old main\n");
    write("etc/apt/sources.list.d/extra.sources", "Types: deb\n");
    root
}

fn run(root: &Path, script: &str, arguments: &[&str]) -> Output {
    let file = root.join("setup.sh");
    fs::write(&file, script).unwrap();
    Command::new("sh").arg(&file).args(arguments).env("LSREPO_ROOT", root).output().unwrap()
}

fn files(root: &Path) -> Vec<String> {
    files_below(&root.join("etc/apt"))
}

fn files_below(top: &Path) -> Vec<String> {
    fn walk(directory: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path.to_str().unwrap().to_owned()),
            }
        }
    }
    let mut found = Vec::new();
    walk(top, &mut found);
    let prefix = format!("{}/", top.to_str().unwrap());
    found.iter_mut().for_each(|path| *path = path.replacen(&prefix, "", 1));
    found.sort();
    found
}

#[test]
fn nothing_of_the_template_is_left() {
    for os in ["debian-12", "ubuntu-18.04"] {
        let text = script(os);
        for word in ["@OS@", "@BASE_URL@", "@EXTENSION@", "@SOURCES@", "@KEY@"] {
            assert!(!text.contains(word), "{os}: {word}");
        }
        assert!(text.contains(KEY));
    }
}

#[test]
fn setting_up_twice_and_reverting_twice_gives_the_host_as_it_was() {
    let root = host();
    let before = files(root.path());
    for _ in 0..2 {
        let output = run(root.path(), &script("debian-12"), &[]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            files(root.path()),
            [
                "keyrings/lsrepo.asc",
                "lsrepo-aside/sources.list",
                "lsrepo-aside/sources.list.d/extra.sources",
                "sources.list.d/lsrepo.sources",
            ]
        );
        let key = fs::read_to_string(root.path().join("etc/apt/keyrings/lsrepo.asc")).unwrap();
        assert_eq!(key, KEY);
        let sources = fs::read_to_string(root.path().join("etc/apt/sources.list.d/lsrepo.sources")).unwrap();
        assert_eq!(
            sources,
            "# debian-12 from http://repo.example:8080; undo: sh debian-12.sh --revert\n\
             Types: deb\nURIs: http://repo.example:8080/apt/debian-12\nSuites: debian-12\n\
             Components: main\nSigned-By: /etc/apt/keyrings/lsrepo.asc\n"
        );
    }
    for _ in 0..2 {
        let output = run(root.path(), &script("debian-12"), &["--revert"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(files(root.path()), before);
    }
}

#[test]
fn a_source_that_comes_back_loses_neither_form() {
    let root = host();
    let list = root.path().join("etc/apt/sources.list");
    run(root.path(), &script("debian-12"), &[]);
    fs::write(&list, "deb http://vendor.example new main\n").unwrap();
    run(root.path(), &script("debian-12"), &[]);
    assert!(!list.exists());
    let aside = root.path().join("etc/apt/lsrepo-aside");
    assert!(fs::read_to_string(aside.join("sources.list")).unwrap().contains("old"));
    assert!(fs::read_to_string(aside.join("sources.list.1")).unwrap().contains("new"));
    run(root.path(), &script("debian-12"), &["--revert"]);
    assert!(fs::read_to_string(list).unwrap().contains("old"));
}

#[test]
fn another_system_is_left_alone() {
    let root = host();
    let before = files(root.path());
    let output = run(root.path(), &script("ubuntu-18.04"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("this host is debian-12, the repository is for ubuntu-18.04"), "{talk}");
    assert_eq!(files(root.path()), before);
    assert_eq!(run(root.path(), &script("debian-12"), &["--revrt"]).status.code(), Some(1));
}

#[test]
fn the_other_sources_can_stay() {
    let root = host();
    assert!(run(root.path(), &script("debian-12"), &["--keep"]).status.success());
    let expected = ["keyrings/lsrepo.asc", "sources.list", "sources.list.d/extra.sources", "sources.list.d/lsrepo.sources"];
    assert_eq!(files(root.path()), expected);
}

#[test]
fn a_key_cannot_end_its_here_document() {
    let base = "http://repo".parse().unwrap();
    let text = debian_setup(&"debian-12".parse().unwrap(), &base, "a\nLSREPO_KEY\nrm -rf $HOME\n", &[]);
    assert!(!text.contains("rm -rf $HOME"));
    assert_eq!(text.matches("\nLSREPO_KEY\n").count(), 1);
    let sources = debian_sources(&"debian-12".parse().unwrap(), &base, &["main\nTrusted: yes".into(), "x-1.0".into()]);
    assert!(sources.contains("Components: x-1.0\n") && !sources.contains("Trusted"));
}
