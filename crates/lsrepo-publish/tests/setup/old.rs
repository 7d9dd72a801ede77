//! Hosts that earlier versions of the script set up: they moved other sources into folders `lsrepo-aside`.

use crate::{
    host::{Host, PLAIN, script},
    stories::assert_same,
};
use lsrepo_publish::client::bare_script;
use std::fs;

fn as_by_an_earlier_script(host: &Host, apt: bool) {
    let move_aside = |from: &str, to: &str| {
        fs::create_dir_all(host.path(to).parent().unwrap()).unwrap();
        fs::rename(host.path(from), host.path(to)).unwrap();
    };
    let head = "# x from http://old; undo: sh x-1.sh --revert\n";
    match apt {
        true => {
            move_aside("/etc/apt/sources.list", "/etc/apt/lsrepo-aside/sources.list");
            move_aside("/etc/apt/sources.list.d/extra.sources", "/etc/apt/lsrepo-aside/sources.list.d/extra.sources");
            host.write("/etc/apt/sources.list.d/lsrepo.sources", &format!("{head}Types: deb\n"));
            host.write("/etc/apt/keyrings/lsrepo.asc", "key\n");
        }
        false => {
            move_aside("/etc/yum.repos.d/almalinux.repo", "/etc/yum.repos.d/lsrepo-aside/almalinux.repo");
            host.write("/etc/yum.repos.d/lsrepo.repo", &format!("{head}[lsrepo]\n"));
            host.write("/etc/pki/rpm-gpg/lsrepo.asc", "key\n");
            host.write("/etc/pki/rpm-gpg/lsrepo-RPM-GPG-KEY", "key\n");
        }
    }
}

#[test]
fn an_earlier_set_up_is_taken_over_and_reverted() {
    for (apt, os) in [(true, "debian-12"), (false, "almalinux-9")] {
        for way in ["take over", "revert"] {
            let host = if apt { Host::debian() } else { Host::almalinux() };
            if apt {
                fs::create_dir(host.path("/etc/apt/keyrings")).unwrap();
            }
            let before = host.tree();
            as_by_an_earlier_script(&host, apt);
            let script = script(os, PLAIN, &[]);
            host.badly(&script, &["--status"], 1, "state\told");
            match way {
                "take over" => {
                    host.well(&script, &[]);
                    host.well(&script, &["--status"]);
                    host.well(&script, &["--revert"]);
                }
                _ => drop(host.well(&bare_script(), &["--revert"])),
            }
            assert_same(&host.tree(), &before);
        }
    }
}

#[test]
fn an_earlier_set_up_beside_other_sources_is_seen_too() {
    let host = Host::almalinux();
    let before = host.tree();
    host.write("/etc/yum.repos.d/lsrepo.repo", "# x from http://old; undo: sh x-1.sh --revert\n[lsrepo]\n");
    host.well(&bare_script(), &["--revert"]);
    assert_same(&host.tree(), &before);
}
