use super::{super::*, KEY, run};
use std::{fs, path::Path};

fn keys() -> Vec<YumKey> {
    let key = |name: &str| YumKey { name: name.into(), armored: KEY.replace("mDMEY", "upstream") };
    vec![key("RPM-GPG-KEY-AlmaLinux-9"), key("../../x"), key("a b"), key("lsrepo")]
}

fn source<T>(os: &str, of: impl FnOnce(&YumSource<'_>) -> T) -> T {
    let (os, base) = (os.parse().unwrap(), "http://repo.example:8080".parse().unwrap());
    let keys = keys();
    of(&YumSource {
        os: &os,
        base_url: &base,
        repository_key: Some(KEY),
        package_keys: &keys,
        packages_signed: true,
        module_hotfixes: false,
    })
}

fn script(os: &str) -> String {
    source(os, rpm_setup)
}

/// A system below a directory, with two sources of its own.
fn host(release: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("etc/os-release", release);
    write("etc/yum.repos.d/almalinux.repo", "[baseos]\n");
    write("etc/yum.repos.d/redhat.repo", "[rhel]\n");
    write("etc/pki/rpm-gpg/RPM-GPG-KEY-vendor", "key\n");
    root
}

const ALMALINUX: &str = "ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n";

fn files(root: &Path) -> Vec<String> {
    super::files_below(&root.join("etc"))
}

#[test]
fn a_source_names_every_key_that_can_be_named() {
    let text = source("almalinux-9", yum_repo);
    assert!(text.contains("gpgcheck=1\nrepo_gpgcheck=1\n"), "{text}");
    let expected =
        "gpgkey=http://repo.example:8080/keys/RPM-GPG-KEY-AlmaLinux-9\n       http://repo.example:8080/keys/lsrepo.asc\n";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("module_hotfixes"));
    let os = "centos-7".parse().unwrap();
    let base = "http://repo.example".parse().unwrap();
    let old = YumSource {
        os: &os,
        base_url: &base,
        repository_key: None,
        package_keys: &[],
        packages_signed: true,
        module_hotfixes: true,
    };
    let text = yum_repo(&old);
    assert!(text.contains("gpgcheck=1\nrepo_gpgcheck=0\nmetadata_expire=300\nmodule_hotfixes=1\n"), "{text}");
}

#[test]
fn setting_up_twice_and_reverting_twice_gives_the_host_as_it_was() {
    let root = host(ALMALINUX);
    let before = files(root.path());
    for _ in 0..2 {
        let output = run(root.path(), &script("almalinux-9"), &[]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            files(root.path()),
            [
                "os-release",
                "pki/rpm-gpg/RPM-GPG-KEY-vendor",
                "pki/rpm-gpg/lsrepo-RPM-GPG-KEY-AlmaLinux-9",
                "pki/rpm-gpg/lsrepo.asc",
                "yum.repos.d/lsrepo-aside/almalinux.repo",
                "yum.repos.d/lsrepo-aside/redhat.repo",
                "yum.repos.d/lsrepo.repo",
            ]
        );
        assert_eq!(fs::read_to_string(root.path().join("etc/pki/rpm-gpg/lsrepo.asc")).unwrap(), KEY);
        let repo = fs::read_to_string(root.path().join("etc/yum.repos.d/lsrepo.repo")).unwrap();
        assert_eq!(
            repo,
            "# almalinux-9 from http://repo.example:8080; undo: sh almalinux-9.sh --revert\n\
             [lsrepo]\nname=lsrepo almalinux-9\nbaseurl=http://repo.example:8080/yum/almalinux-9/$basearch\nenabled=1\n\
             gpgcheck=1\nrepo_gpgcheck=1\n\
             gpgkey=file:///etc/pki/rpm-gpg/lsrepo-RPM-GPG-KEY-AlmaLinux-9\n       file:///etc/pki/rpm-gpg/lsrepo.asc\n\
             metadata_expire=300\n"
        );
    }
    for _ in 0..2 {
        let output = run(root.path(), &script("almalinux-9"), &["--revert"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(files(root.path()), before);
    }
}

#[test]
fn another_system_is_left_alone_and_the_same_by_another_name_is_not() {
    let refused = |os: &str, release: &str| {
        let root = host(release);
        let before = files(root.path());
        let output = run(root.path(), &script(os), &[]);
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), files(root.path()) != before, "{talk}");
        (!output.status.success()).then_some(talk)
    };
    let why = refused("almalinux-8", ALMALINUX).unwrap();
    assert!(why.contains("this host is almalinux-9.4, the repository is for almalinux-8"), "{why}");
    assert!(refused("almalinux-9", "ID=almalinux\nVERSION_ID=90\n").is_some());
    assert_eq!(refused("redhat-8", "ID=\"rhel\"\nVERSION_ID=\"8.9\"\n"), None);
    assert_eq!(refused("centos-7", "ID=\"centos\"\nVERSION_ID=\"7\"\n"), None);
}

#[test]
fn the_other_sources_can_stay() {
    let root = host(ALMALINUX);
    assert!(run(root.path(), &script("almalinux-9"), &["--keep"]).status.success());
    assert!(files(root.path()).contains(&"yum.repos.d/almalinux.repo".to_owned()));
}

#[test]
fn a_source_that_comes_back_loses_neither_form() {
    let root = host(ALMALINUX);
    let vendor = root.path().join("etc/yum.repos.d/redhat.repo");
    run(root.path(), &script("almalinux-9"), &[]);
    fs::write(&vendor, "[new]\n").unwrap();
    run(root.path(), &script("almalinux-9"), &[]);
    let aside = root.path().join("etc/yum.repos.d/lsrepo-aside");
    assert_eq!(fs::read_to_string(aside.join("redhat.repo")).unwrap(), "[rhel]\n");
    assert_eq!(fs::read_to_string(aside.join("redhat.repo.1")).unwrap(), "[new]\n");
    run(root.path(), &script("almalinux-9"), &["--revert"]);
    assert_eq!(fs::read_to_string(vendor).unwrap(), "[rhel]\n");
}

#[test]
fn nothing_of_the_template_is_left_and_no_key_ends_its_here_document() {
    let (os, base) = ("almalinux-9".parse().unwrap(), "http://repo".parse().unwrap());
    let evil = [YumKey { name: "x".into(), armored: "a\nLSREPO_KEY\nrm -rf $HOME\n".into() }];
    let text = rpm_setup(&YumSource {
        os: &os,
        base_url: &base,
        repository_key: Some(KEY),
        package_keys: &evil,
        packages_signed: true,
        module_hotfixes: true,
    });
    for word in ["@OS@", "@BASE_URL@", "@REPO@", "@KEYS@", "rm -rf $HOME"] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(text.matches("\nLSREPO_KEY\n").count(), 2);
    assert!(text.contains(KEY) && text.contains("module_hotfixes=1\n"));
}
