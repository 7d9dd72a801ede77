//! The text of sources; what the script makes of it is in `tests/setup/`.

use super::*;

const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY+/=\n-----END PGP PUBLIC KEY BLOCK-----\n";

#[test]
fn a_source_names_every_key_that_can_be_named() {
    let (os, base) = ("almalinux-9".parse().unwrap(), "http://repo.example:8080".parse().unwrap());
    let key = |name: &str| YumKey { name: name.into(), armored: KEY.into() };
    let keys = [key("RPM-GPG-KEY-AlmaLinux-9"), key("../../x"), key("a b"), key("lsrepo")];
    let source = YumSource {
        os: &os,
        base_url: &base,
        repository_key: Some(KEY),
        package_keys: &keys,
        packages_signed: true,
        module_hotfixes: false,
    };
    let text = yum_repo(&source);
    assert!(text.contains("gpgcheck=1\nrepo_gpgcheck=1\n"), "{text}");
    let expected =
        "gpgkey=http://repo.example:8080/keys/RPM-GPG-KEY-AlmaLinux-9\n       http://repo.example:8080/keys/lsrepo.asc\n";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("module_hotfixes"));
    let text = yum_repo(&YumSource { repository_key: None, package_keys: &[], module_hotfixes: true, ..source });
    assert!(text.contains("gpgcheck=1\nrepo_gpgcheck=0\nmetadata_expire=300\nmodule_hotfixes=1\n"), "{text}");
}

#[test]
fn components_are_plain_words_and_none_means_main() {
    let (os, base) = ("debian-12".parse().unwrap(), "http://repo".parse().unwrap());
    let sources = |components: &[&str]| {
        let components: Vec<String> = components.iter().map(|word| (*word).to_owned()).collect();
        debian_sources(&os, &base, &components)
    };
    assert!(sources(&["main\nTrusted: yes", "x-1.0"]).contains("Components: x-1.0\nSigned-By: "));
    assert!(sources(&[]).contains("Components: main\n"));
}
