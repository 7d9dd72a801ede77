//! A platform's document: an OS, where its packages come from, and what its minimal install already has.
//!
//! ```yaml
//! kind: platform
//! name: debian-12
//! codename: bookworm
//! family: debian
//! architectures: [x86_64, arm64]
//! base: minbase
//! apt:
//!   - {mirror: main, suites: [bookworm, bookworm-updates], components: [main]}
//! ```
//! No address of a Debian archive stands in it: `mirror` means the place where the machine's own apt finds that archive.
//! A platform of the RPM world lists repositories instead:
//!
//! ```yaml
//! kind: platform
//! name: rocky-9
//! family: redhat
//! architectures: [x86_64, arm64]
//! module_platform: el9
//! base: [bash, coreutils, dnf, rocky-release]
//! yum:
//!   - id: baseos
//!     baseurl: https://dl.rockylinux.org/pub/rocky/$releasever/BaseOS/$basearch/os/
//!     gpgkey: https://dl.rockylinux.org/pub/rocky/RPM-GPG-KEY-Rocky-9
//! ```

mod base;
mod yum;

use crate::{
    error::{BomError, from_yaml},
    requirement::ModuleName,
};
use lsrepo_types::{Arch, Family, Os};
use serde::Deserialize;
use std::fmt::Write as _;

pub use base::Base;
pub use yum::YumUpstream;

/// A platform's document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformDocument {
    /// always `platform`
    kind: Kind,
    /// the OS
    pub name: Os,
    /// the distribution's own word for the version: `bookworm`; the RPM world has none
    #[serde(default)]
    pub codename: String,
    /// which packages it installs
    pub family: Family,
    /// what it exists for
    pub architectures: Vec<Arch>,
    /// what a host has before anything is installed on it
    pub base: Base,
    /// its upstreams, where the family is Debian's
    #[serde(default)]
    pub apt: Vec<AptUpstream>,
    /// its upstreams, where it installs RPM packages
    #[serde(default)]
    pub yum: Vec<YumUpstream>,
    /// what stands for `$releasever`, where it is not the OS's version
    #[serde(default)]
    pub releasever: Option<String>,
    /// what its module streams are built for: `el8`
    #[serde(default)]
    pub module_platform: Option<String>,
    /// which signatures and checksums its upstreams may have
    #[serde(default)]
    pub signatures: SignatureRules,
}

/// What is taken beyond what is good today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRules {
    /// SHA-1 in signatures and checksums, as in the days of EL 7
    #[serde(default)]
    pub allow_sha1: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Platform,
}

/// Suites of one archive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "AptEntry")]
pub struct AptUpstream {
    /// the archive that the machine's own apt knows: `main` or `security`
    pub mirror: Option<String>,
    /// its address, where no `mirror` is named
    pub uri: Option<String>,
    /// `bookworm`, `bookworm-updates`
    pub suites: Vec<String>,
    /// `main`, `contrib`
    pub components: Vec<String>,
    /// address or file of the keys that sign it, or the armoured key itself
    pub signed_by: Option<String>,
    /// apt's priority, where it is not the usual one
    pub pin: Option<i32>,
    /// only for these; none: for all of the platform
    pub architectures: Vec<Arch>,
    /// asked only where one of these modules is wanted; none: always
    pub modules: Vec<ModuleName>,
}

impl PlatformDocument {
    /// Reads a platform's document; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BomError> {
        from_yaml(text, file)
    }

    /// What stands for `$releasever` in its upstreams' addresses.
    pub fn releasever(&self) -> &str {
        self.releasever.as_deref().unwrap_or(self.name.version())
    }

    /// The text of an apt preferences file that gives the suites their `pin`.
    pub fn pins(&self) -> String {
        let mut text = String::new();
        for upstream in &self.apt {
            let Some(pin) = upstream.pin else { continue };
            for suite in &upstream.suites {
                let _ = write!(text, "Package: *\nPin: release n={suite}\nPin-Priority: {pin}\n\n");
            }
        }
        text
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AptEntry {
    mirror: Option<String>,
    uri: Option<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
    pin: Option<i32>,
    #[serde(default)]
    architectures: Vec<Arch>,
    #[serde(default)]
    modules: Vec<ModuleName>,
}

impl TryFrom<AptEntry> for AptUpstream {
    type Error = String;

    fn try_from(entry: AptEntry) -> Result<Self, String> {
        let AptEntry { mirror, uri, suites, components, signed_by, pin, architectures, modules } = entry;
        let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._/+".contains(c));
        match (&mirror, &uri) {
            (Some(_), Some(_)) | (None, None) => return Err("an upstream names either `mirror` or `uri`".to_owned()),
            (Some(mirror), None) if !["main", "security"].contains(&mirror.as_str()) => {
                return Err(format!("`{mirror}` is not a mirror (known: main, security)"));
            }
            _ => {}
        }
        if suites.is_empty() || components.is_empty() {
            return Err("an upstream needs at least one of `suites` and of `components`".to_owned());
        }
        match suites.iter().chain(&components).find(|text| !word(text)) {
            Some(wrong) => Err(format!("`{wrong}` is neither a suite nor a component")),
            None => Ok(Self { mirror, uri, suites, components, signed_by, pin, architectures, modules }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(apt: &str) -> Result<PlatformDocument, BomError> {
        let head =
            "kind: platform\nname: debian-12\ncodename: bookworm\nfamily: debian\narchitectures: [x86_64]\nbase: minbase\napt:\n";
        PlatformDocument::parse(&format!("{head}  - {apt}\n"), "x.yml")
    }

    #[test]
    fn a_pin_becomes_a_preference() {
        let document = check("{mirror: main, suites: [bookworm-backports], components: [main], pin: 100}").unwrap();
        assert_eq!(document.pins(), "Package: *\nPin: release n=bookworm-backports\nPin-Priority: 100\n\n");
    }

    #[test]
    fn an_upstream_that_names_no_place_is_refused() {
        for wrong in [
            "{suites: [a], components: [main]}",
            "{mirror: main, uri: 'http://a.example/', suites: [a], components: [main]}",
            "{mirror: other, suites: [a], components: [main]}",
            "{mirror: main, suites: [], components: [main]}",
            "{mirror: main, suites: ['a b'], components: [main]}",
        ] {
            let error = check(wrong).unwrap_err().to_string();
            assert!(error.starts_with("x.yml:8:"), "{error}");
        }
    }
}
