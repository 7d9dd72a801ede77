//! The script at `/setup/<os>.sh`: points a host at the repository, and back, byte for byte.
//!
//! It is the one implementation of what changes a host: people run it with `curl … | sh`, Ansible as a file, and
//! `lsrepo client` as its child. POSIX sh and coreutils, sed, awk; its parts lie in `setup/`, in the order in which they
//! are joined here. What differs from host to host is rendered: a few words at its top, and the files in functions `files_…`.
//!
//! Keys and the authority are inside: a script and keys from two requests could be of two repositories.

mod files;

use super::{BaseUrl, SourcesForm, YumSource, key_lines};
use lsrepo_oci::RegistryHost;
use lsrepo_types::Os;

/// Where the script puts the authority that the server's certificate is of.
const CA_PATH: &str = "/etc/lsrepo/ca.crt";

/// The parts of the script before and after the files.
const PARTS: [&str; 8] = [
    include_str!("setup/head.sh"),
    include_str!("setup/journal.sh"),
    include_str!("setup/plan.sh"),
    include_str!("setup/apt.sh"),
    include_str!("setup/yum.sh"),
    include_str!("setup/containers.sh"),
    include_str!("setup/trust.sh"),
    include_str!("setup/run.sh"),
];

/// What a host is pointed at.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// where its packages come from
    pub source: PackageSource<'a>,
    /// the upstream registries whose images are on the server; with none, container tools are left as they are
    pub registry_hosts: &'a [RegistryHost],
    /// the authority that the server's certificate is of, as PEM, where hosts do not know it; nothing to plain http
    pub ca: Option<&'a str>,
}

/// A repository of either kind.
#[derive(Clone, Copy, Debug)]
pub enum PackageSource<'a> {
    /// for apt
    Apt(AptSource<'a>),
    /// for yum and dnf
    Yum(YumSource<'a>),
}

/// What a host with apt has to know of a repository.
#[derive(Clone, Copy, Debug)]
pub struct AptSource<'a> {
    /// whose packages
    pub os: &'a Os,
    /// of the server
    pub base_url: &'a BaseUrl,
    /// the repository's own key, armoured
    pub repository_key: &'a str,
    /// none means `main`
    pub components: &'a [String],
}

impl<'a> Setup<'a> {
    fn os(&self) -> &'a Os {
        match self.source {
            PackageSource::Apt(apt) => apt.os,
            PackageSource::Yum(yum) => yum.os,
        }
    }

    fn base_url(&self) -> &'a BaseUrl {
        match self.source {
            PackageSource::Apt(apt) => apt.base_url,
            PackageSource::Yum(yum) => yum.base_url,
        }
    }

    /// The authority as it goes into files.
    fn authority(&self) -> Option<String> {
        let lines = self.ca.map(key_lines).filter(|lines| lines.contains("-----BEGIN CERTIFICATE-----"));
        lines.filter(|_| self.base_url().as_str().starts_with("https://"))
    }
}

/// The script for a host.
///
/// ```
/// # use lsrepo_publish::client::{AptSource, PackageSource, Setup, setup_script};
/// let (os, base) = ("debian-12".parse()?, "http://repo.example".parse()?);
/// let apt = AptSource { os: &os, base_url: &base, repository_key: "…", components: &[] };
/// let script = setup_script(&Setup { source: PackageSource::Apt(apt), registry_hosts: &[], ca: None });
/// assert!(script.starts_with("#!/bin/sh\n# Points this host (debian-12) at the repository at http://repo.example, and back.\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn setup_script(setup: &Setup<'_>) -> String {
    let (os, base) = (setup.os(), setup.base_url());
    let carrier = include_str!("setup/carry.sh").replace("@OS@", os.as_str()).replace("@BASE_URL@", base.as_str());
    let (before, after) = carrier.split_once("@SETUP@\n").unwrap_or((&carrier, ""));
    format!("{before}{}{after}", inner(setup))
}

/// A script that knows no repository: it tells the status of a host that was set up, and reverts it.
pub fn bare_script() -> String {
    join(&Words { packages: "none", ..Words::default() }, "")
}

/// What stands at the top.
#[derive(Default)]
struct Words<'a> {
    os: &'a str,
    url: &'a str,
    packages: &'a str,
    images: &'a str,
    ca_name: &'a str,
    own_source: &'a str,
}

fn inner(setup: &Setup<'_>) -> String {
    let (packages, own_source) = match setup.source {
        PackageSource::Apt(apt) => ("apt", files::apt_source_path(SourcesForm::of(apt.os))),
        PackageSource::Yum(_) => ("yum", files::YUM_REPO_PATH.to_owned()),
    };
    let authority = setup.authority();
    let words = Words {
        os: setup.os().as_str(),
        url: setup.base_url().as_str(),
        packages,
        images: if setup.registry_hosts.is_empty() { "no" } else { "yes" },
        ca_name: if authority.is_some() { CA_PATH } else { "" },
        own_source: &own_source,
    };
    join(&words, &files::functions(setup, authority.as_deref()))
}

fn join(words: &Words<'_>, functions: &str) -> String {
    let [head, rest @ .., run] = PARTS;
    let head = head
        .replace("@OS@", words.os)
        .replace("@URL@", words.url)
        .replace("@PACKAGES@", words.packages)
        .replace("@IMAGES@", words.images)
        .replace("@CA_NAME@", words.ca_name)
        .replace("@OWN_SOURCE@", words.own_source);
    format!("{head}{}{functions}{run}", rest.concat())
}
