//! What goes into the script comes from outside: none of it may become a command, and the script is good shell.

use crate::{
    host::{CA, Host, KEY, PLAIN, SECURE, script},
    program::{program, succeeded},
};
use lsrepo_publish::client::{AptSource, PackageSource, Setup, bare_script, setup_script};
use std::{fs, process::Command};

fn inner(script: &str) -> String {
    let (_, rest) = script.split_once("<<'LSREPO_SETUP'\n").unwrap();
    rest.split_once("\nLSREPO_SETUP\n").unwrap().0.to_owned() + "\n"
}

#[test]
fn nothing_of_the_template_is_left() {
    for text in [script("debian-12", SECURE, &["quay.io"]), script("centos-7", PLAIN, &[]), bare_script()] {
        let left = text.lines().find(|line| {
            line.split('@')
                .skip(1)
                .step_by(2)
                .any(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        });
        assert_eq!(left, None);
    }
}

#[test]
fn no_key_and_no_authority_ends_its_text() {
    let evil = |text: &str| format!("{text}LSREPO_FILE\nLSREPO_SETUP\nrm -rf $HOME\n$(id)\n`id`\n");
    let (os, base) = ("debian-12".parse().unwrap(), SECURE.parse().unwrap());
    let (key, ca) = (evil(KEY), evil(CA));
    let components = ["main\nTrusted: yes".to_owned(), "x-1.0".into()];
    let apt = AptSource { os: &os, base_url: &base, repository_key: &key, components: &components };
    let text = setup_script(&Setup { source: PackageSource::Apt(apt), registry_hosts: &[], ca: Some(&ca) });
    for word in ["rm -rf $HOME", "$(id)", "`id`", "Trusted"] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(text.matches("\nLSREPO_SETUP\n").count(), 1);
    assert!(text.contains("\nComponents: x-1.0\n"));
    let host = Host::debian();
    host.well(&text, &[]);
    assert_eq!(host.read("/etc/apt/keyrings/lsrepo.asc"), KEY);
    assert_eq!(host.read("/etc/lsrepo/ca.crt"), CA);
}

#[test]
fn what_is_no_certificate_is_no_authority() {
    let (os, base) = ("debian-12".parse().unwrap(), SECURE.parse().unwrap());
    let apt = AptSource { os: &os, base_url: &base, repository_key: KEY, components: &[] };
    let text = setup_script(&Setup { source: PackageSource::Apt(apt), registry_hosts: &[], ca: Some("nonsense\n") });
    assert!(text.contains("\nca_name=''\n") && !text.contains("nonsense"));
}

#[test]
fn names_of_files_are_not_commands() {
    let host = Host::debian();
    for name in ["a b.list", "$(touch x).list", "-n.list", "'\".list", "*.list"] {
        host.write(&format!("/etc/apt/sources.list.d/{name}"), "deb http://x y z\n");
    }
    let (before, script) = (host.tree(), script("debian-12", PLAIN, &[]));
    host.well(&script, &[]);
    assert_eq!(host.read("/etc/apt/sources.list.d/$(touch x).list"), "# lsrepo: deb http://x y z\n");
    host.well(&script, &["--status"]);
    host.well(&script, &["--revert"]);
    crate::stories::assert_same(&host.tree(), &before);
    host.write("/etc/apt/sources.list.d/a\nb.list", "deb http://x y z\n");
    host.badly(&script, &[], 2, "this name cannot be kept in a journal");
}

#[test]
fn nothing_is_trusted_unsigned_and_no_version_is_forced() {
    for text in [script("debian-12", SECURE, &["quay.io"]), script("almalinux-9", SECURE, &["quay.io"])] {
        for word in ["trusted=", "Trusted:", "Pin-Priority", "allow-downgrade", "gpgcheck=0", "sslverify", "skip_verify"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = program("shellcheck") else { return };
    let folder = tempfile::tempdir().unwrap();
    let scripts = [script("debian-12", SECURE, &["quay.io"]), script("almalinux-9", PLAIN, &["quay.io"])];
    let all = scripts.iter().flat_map(|script| [script.clone(), inner(script)]).chain([bare_script()]);
    for (number, text) in all.enumerate() {
        let file = folder.path().join(format!("{number}.sh"));
        fs::write(&file, text).unwrap();
        succeeded(&Command::new(&shellcheck).args(["--shell", "sh"]).arg(&file).output().unwrap());
        for shell in ["dash", "bash"] {
            let Some(shell) = program(shell) else { continue };
            succeeded(&Command::new(shell).arg("-n").arg(&file).output().unwrap());
        }
    }
}
