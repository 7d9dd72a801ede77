//! Hosts that are set up, looked at, changed by others, and reverted.

use crate::host::{CA, Host, KEY, PLAIN, SECURE, script};
use std::fs;

/// Set up twice and reverted twice; gives what was changed between.
fn there_and_back(host: &Host, script: &str, words: &[&str]) -> crate::host::Tree {
    let before = host.tree();
    host.well(script, words);
    let after = host.tree();
    let said = host.well(script, words);
    assert!(said.contains("everything is as it should be"), "{said}");
    assert!(host.tree() == after, "the second run changed something");
    host.well(script, &["--status"]);
    for _ in 0..2 {
        host.well(script, &["--revert"]);
        assert_same(&host.tree(), &before);
        assert!(!host.path("/var/lib/lsrepo-client").exists());
    }
    host.badly(script, &["--status"], 1, "state\tnone");
    after
}

#[track_caller]
pub(crate) fn assert_same(now: &crate::host::Tree, before: &crate::host::Tree) {
    let changed: Vec<_> = now.iter().filter(|(path, what)| before.get(*path) != Some(what)).map(|(path, _)| path).collect();
    let gone: Vec<_> = before.keys().filter(|path| !now.contains_key(*path)).collect();
    assert!(changed.is_empty() && gone.is_empty(), "changed or new: {changed:?}; gone: {gone:?}");
}

fn at(tree: &crate::host::Tree, path: &str) -> String {
    String::from_utf8(tree.get(path).unwrap_or_else(|| panic!("no {path}")).3.clone()).unwrap()
}

#[test]
fn a_debian_host_has_our_source_alone_and_is_reverted_byte_for_byte() {
    let after = there_and_back(&Host::debian(), &script("debian-12", PLAIN, &[]), &[]);
    assert_eq!(at(&after, "etc/apt/keyrings/lsrepo.asc"), KEY);
    assert_eq!(
        at(&after, "etc/apt/sources.list.d/lsrepo.sources"),
        "# debian-12 from http://repo.example:8080; undo: sh /var/lib/lsrepo-client/setup.sh --revert\n\
         Types: deb\nURIs: http://repo.example:8080/apt/debian-12\nSuites: debian-12\n\
         Components: main\nSigned-By: /etc/apt/keyrings/lsrepo.asc\n"
    );
    let list = "# main\n# lsrepo: deb http://vendor.example old main\n# lsrepo: deb-src http://vendor.example old main\n";
    assert_eq!(at(&after, "etc/apt/sources.list"), list);
    assert_eq!(
        at(&after, "etc/apt/sources.list.d/extra.sources"),
        "Enabled: no\nTypes: deb\nURIs: http://a\nSigned-By:\n -----BEGIN\n .\n abc\n\n# one\nEnabled: no\nTypes: deb\n\nTypes: deb\nEnabled: no\n"
    );
    assert_eq!(after["etc/apt/sources.list.d/extra.sources"].1 & 0o777, 0o600);
    assert_eq!(at(&after, "etc/apt/sources.list.d/linked.list"), "# lsrepo: deb http://linked old main\n");
    assert_eq!(at(&after, "srv/linked.list"), "deb http://linked old main\n");
    assert!(!after.contains_key("etc/lsrepo"), "plain http has no authority");
}

#[test]
fn what_apt_knows_of_the_address_from_before_is_forgotten_and_nothing_else() {
    let host = Host::debian();
    let of_ours = "/var/lib/apt/lists/repo.example:8080_apt_debian-12_dists_debian-12_InRelease";
    let of_others = ["/var/lib/apt/lists/repo.example_apt_debian-12_InRelease", "/var/lib/apt/lists/vendor.example_old_InRelease"];
    host.write(of_ours, "of a repository with another key\n");
    of_others.iter().for_each(|list| host.write(list, "of another address\n"));
    host.well(&script("debian-12", PLAIN, &[]), &[]);
    assert!(!host.path(of_ours).exists());
    host.write(of_ours, "of this one\n");
    host.well(&script("debian-12", PLAIN, &[]), &[]);
    assert!(host.path(of_ours).exists(), "nothing was set up anew");
    assert!(of_others.iter().all(|list| host.path(list).exists()));
}

#[test]
fn an_ubuntu_of_old_has_one_line() {
    let after = there_and_back(&Host::bionic(), &script("ubuntu-18.04", PLAIN, &[]), &[]);
    let source = at(&after, "etc/apt/sources.list.d/lsrepo.list");
    assert!(
        source.ends_with(
            "\ndeb [signed-by=/etc/apt/keyrings/lsrepo.asc] http://repo.example:8080/apt/ubuntu-18.04 ubuntu-18.04 main\n"
        )
    );
}

#[test]
fn on_an_rpm_host_every_section_of_every_other_file_is_off() {
    let after = there_and_back(&Host::almalinux(), &script("almalinux-9", PLAIN, &[]), &[]);
    let repo = at(&after, "etc/yum.repos.d/almalinux.repo");
    assert_eq!(repo, "[baseos]\nname=a\nenabled=0\n\n[source]\nenabled=0\nname=b\n\n[off]\nenabled = 0\n");
    assert_eq!(at(&after, "etc/yum.repos.d/redhat.repo"), "[rhel]\r\nenabled=0\n");
    assert_eq!(at(&after, "etc/dnf/plugins/subscription-manager.conf"), "[main]\nenabled=0\n");
    let own = at(&after, "etc/yum.repos.d/lsrepo.repo");
    assert!(own.contains("\ngpgcheck=1\nrepo_gpgcheck=1\n") && !own.contains("sslcacert"), "{own}");
    let keys = "gpgkey=file:///etc/pki/rpm-gpg/lsrepo-RPM-GPG-KEY-AlmaLinux-9\n       file:///etc/pki/rpm-gpg/lsrepo.asc\n";
    assert!(own.contains(keys), "{own}");
    assert_eq!(at(&after, "etc/pki/rpm-gpg/lsrepo.asc"), KEY);
    assert_eq!(after.keys().filter(|path| path.contains("rpm-gpg/lsrepo")).count(), 2, "keys of bad names");
}

#[test]
fn a_centos_7_asks_no_mirrors() {
    let after = there_and_back(&Host::centos(), &script("centos-7", PLAIN, &[]), &[]);
    assert_eq!(at(&after, "etc/yum.repos.d/CentOS-Base.repo"), "[base]\nenabled=0\nmirrorlist=http://m\n#enabled=1\n");
    assert_eq!(at(&after, "etc/yum.conf"), "[main]\ngpgcheck=1\n\n[inline]\nenabled=0\nbaseurl=http://i\n");
    assert_eq!(at(&after, "etc/yum/pluginconf.d/fastestmirror.conf"), "[main]\nenabled=0\nverbose=0\n");
}

#[test]
fn over_tls_every_tool_knows_the_authority() {
    let host = Host::debian().with_authorities();
    let after = there_and_back(&host, &script("debian-12", SECURE, &[]), &[]);
    assert_eq!(at(&after, "etc/lsrepo/ca.crt"), CA);
    let option = at(&after, "etc/apt/apt.conf.d/90lsrepo");
    assert!(option.ends_with("\nAcquire::https::repo.example::CaInfo \"/etc/lsrepo/ca.crt\";\n"), "{option}");
    assert_eq!(at(&after, "etc/ssl/certs/ca-certificates.crt"), format!("all\n{CA}site\n"));
    let after = there_and_back(&Host::almalinux(), &script("almalinux-9", SECURE, &[]), &[]);
    assert!(at(&after, "etc/yum.repos.d/lsrepo.repo").ends_with("sslcacert=/etc/lsrepo/ca.crt\n"));
}

#[test]
fn the_other_sources_can_stay_and_come_back() {
    let host = Host::debian();
    let (before, script) = (host.tree(), script("debian-12", PLAIN, &[]));
    let after = there_and_back(&host, &script, &["--keep"]);
    assert_eq!(after["etc/apt/sources.list"], before["etc/apt/sources.list"]);
    host.well(&script, &[]);
    for words in ["--keep", "--again"] {
        host.well(&script, &[words]);
        assert_same(&host.tree(), &after);
    }
    host.well(&script, &["--revert"]);
    assert_same(&host.tree(), &before);
}

#[test]
fn a_dry_run_shows_a_diff_and_changes_nothing() {
    let host = Host::debian();
    let before = host.tree();
    let said = host.well(&script("debian-12", PLAIN, &[]), &["--dry-run"]);
    assert!(said.contains("-deb http://vendor.example old main\n"), "{said}");
    assert!(said.contains("+# lsrepo: deb http://vendor.example old main\n"), "{said}");
    assert_same(&host.tree(), &before);
    assert!(!host.path("/var/lib/lsrepo-client").exists());
}

#[test]
fn another_server_takes_the_place_of_the_first() {
    let host = Host::debian().with_authorities();
    let before = host.tree();
    host.well(&script("debian-12", SECURE, &["docker.io"]), &["--only", "apt,ca,containerd"]);
    host.well(&script("debian-12", PLAIN, &[]), &[]);
    let moved = host.tree();
    assert!(at(&moved, "etc/apt/sources.list.d/lsrepo.sources").contains(PLAIN));
    assert!(!moved.contains_key("etc/lsrepo/ca.crt") && !moved.contains_key("etc/containerd/config.toml"));
    assert_eq!(at(&moved, "etc/ssl/certs/ca-certificates.crt"), "all\nsite\n");
    host.well(&script("debian-12", PLAIN, &[]), &["--status"]);
    host.well(&script("debian-12", SECURE, &[]), &[]);
    host.well(&script("debian-12", PLAIN, &[]), &["--revert"]);
    assert_same(&host.tree(), &before);
}

#[test]
fn what_others_changed_is_told_repaired_and_never_lost() {
    let host = Host::almalinux();
    let (before, script) = (host.tree(), script("almalinux-9", PLAIN, &[]));
    host.well(&script, &[]);
    host.write("/etc/yum.repos.d/redhat.repo", "[new]\nenabled=1\n");
    host.write("/etc/yum.repos.d/later.repo", "[later]\nenabled=1\n");
    fs::remove_file(host.path("/etc/pki/rpm-gpg/lsrepo.asc")).unwrap();
    let said = host.run(&script, &["--status"]);
    let told = crate::host::text(&said);
    assert_eq!(said.status.code(), Some(1));
    for line in
        ["changed\t/etc/yum.repos.d/redhat.repo", "missing\t/etc/pki/rpm-gpg/lsrepo.asc", "new\t/etc/yum.repos.d/later.repo"]
    {
        assert!(told.contains(&format!("file\t{line}\n")), "{told}");
    }
    let said = host.well(&script, &[]);
    assert!(
        said.contains("changed since it was set up: /etc/yum.repos.d/redhat.repo; kept as /var/lib/lsrepo-client-kept/etc/"),
        "{said}"
    );
    assert_eq!(host.read("/etc/yum.repos.d/redhat.repo"), "[new]\nenabled=0\n");
    host.well(&script, &["--status"]);
    host.write("/etc/yum.repos.d/lsrepo.repo", "[mine]\n");
    host.well(&script, &["--revert"]);
    assert_eq!(host.read("/var/lib/lsrepo-client-kept/etc/yum.repos.d/redhat.repo"), "[new]\nenabled=1\n");
    assert_eq!(host.read("/var/lib/lsrepo-client-kept/etc/yum.repos.d/lsrepo.repo"), "[mine]\n");
    assert_eq!(host.read("/etc/yum.repos.d/later.repo"), "[later]\nenabled=1\n");
    fs::remove_file(host.path("/etc/yum.repos.d/later.repo")).unwrap();
    assert_same(&host.tree(), &before);
}

#[test]
fn an_authority_that_came_later_stays_in_the_list() {
    let host = Host::debian().with_authorities();
    let script = script("debian-12", SECURE, &[]);
    host.well(&script, &[]);
    host.write("/usr/local/share/ca-certificates/z.crt", "later\n");
    host.write("/etc/ssl/certs/ca-certificates.crt", &format!("all\n{CA}site\nlater\n"));
    host.well(&script, &["--revert"]);
    assert_eq!(host.read("/etc/ssl/certs/ca-certificates.crt"), "all\nsite\nlater\n");
}

#[test]
fn the_host_keeps_the_script_and_needs_no_server_to_revert() {
    let host = Host::debian();
    let before = host.tree();
    // as `curl … | sh` has it: through a pipe, without a file
    let mut child = host.command(&script("debian-12", PLAIN, &[]), &[]);
    let mut piped = std::process::Command::new("sh");
    piped.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    piped.stdin(fs::File::open(host.path("/script.sh")).unwrap());
    assert!(piped.output().unwrap().status.success());
    drop(child.output());
    let kept = host.read("/var/lib/lsrepo-client/setup.sh");
    host.well(&kept, &["--status"]);
    host.well(&kept, &["--revert"]);
    assert_same(&host.tree(), &before);
    host.well(&lsrepo_publish::client::bare_script(), &["--revert"]);
}

#[test]
fn a_script_that_was_cut_does_nothing() {
    let host = Host::debian();
    let (before, script) = (host.tree(), script("debian-12", PLAIN, &[]));
    for cut in [200, script.len() / 2, script.len() - 40, script.len() - 24] {
        host.run(&script[..cut], &[]);
        assert_same(&host.tree(), &before);
    }
}

#[test]
fn another_system_is_left_alone_and_the_same_by_another_name_is_not() {
    let told = |os: &str, release: &str| {
        let host = Host::almalinux();
        host.write("/etc/os-release", release);
        let before = host.tree();
        let output = host.run(&script(os, PLAIN, &[]), &[]);
        assert_eq!(output.status.success(), host.tree() != before);
        (output.status.code(), crate::host::text(&output))
    };
    let (code, why) = told("almalinux-8", "ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n");
    assert!(code == Some(1) && why.contains("this host is almalinux-9.4, the repository is for almalinux-8"), "{why}");
    assert_eq!(told("almalinux-9", "ID=almalinux\nVERSION_ID=90\n").0, Some(1));
    for os in ["redhat-8", "rhel-8"] {
        assert_eq!(told(os, "ID=\"rhel\"\nVERSION_ID=\"8.9\"\n").0, Some(0), "{os}");
    }
    assert_eq!(told("centos-7", "ID=\"centos\"\nVERSION_ID=\"7\"\n").0, Some(0));
}

#[test]
fn wrong_words_are_refused_before_anything_is_changed() {
    let host = Host::debian();
    let (before, script) = (host.tree(), script("debian-12", PLAIN, &[]));
    host.badly(&script, &["--revrt"], 2, "unknown option `--revrt'");
    host.badly(&script, &["--only", "atp"], 2, "unknown word `atp'");
    host.badly(&script, &["--only", "yum"], 1, "this is a script for apt");
    assert_same(&host.tree(), &before);
}
