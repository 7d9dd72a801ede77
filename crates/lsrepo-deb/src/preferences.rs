//! apt's pins: which of several versions a host prefers. Spec: apt_preferences(5).
//!
//! Not read: regular expressions between slashes; a stanza with one is refused rather than misread.

use crate::{Error, deb822};
use lsrepo_types::glob;

/// What is known of where a version comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `Origin` of the Release
    pub origin: String,
    /// its `Label`
    pub label: String,
    /// its `Suite`
    pub suite: String,
    /// its `Codename`
    pub codename: String,
    /// its `Version`
    pub version: String,
    /// `main`
    pub component: String,
    /// the host of its address
    pub site: String,
    /// `NotAutomatic: yes`
    pub not_automatic: bool,
    /// `ButAutomaticUpgrades: yes`
    pub but_automatic_upgrades: bool,
}

/// The stanzas of preferences files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    specific: Vec<Pin>,
    general: Vec<Pin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pin {
    /// patterns of package names
    packages: Vec<String>,
    what: What,
    priority: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// letter and pattern, all have to fit
    Release(Vec<(char, String)>),
    Site(String),
    Version(String),
}

impl Pins {
    /// Reads a preferences file; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        let mut pins = Self::default();
        for paragraph in deb822::paragraphs(text) {
            let paragraph = paragraph.map_err(|error| Error::Config { file: file.to_owned(), line: 1, why: error.to_string() })?;
            let refuse = |why: &str| Error::Config { file: file.to_owned(), line: paragraph.line(), why: why.to_owned() };
            if paragraph.fields().next().is_none() {
                continue;
            }
            let get = |name: &str| paragraph.get(name).ok_or_else(|| refuse(&format!("{name} is missing")));
            let (packages, what, priority) = (get("Package")?, get("Pin")?, get("Pin-Priority")?);
            if packages.contains('/') {
                return Err(refuse("regular expressions in Package are not understood"));
            }
            let priority = priority.parse().map_err(|_| refuse("Pin-Priority is not a number"))?;
            let packages: Vec<String> = packages.split_whitespace().map(str::to_owned).collect();
            let what = what_of(what).ok_or_else(|| refuse("Pin is neither `release …`, `origin …` nor `version …`"))?;
            let general = packages == ["*"];
            let pin = Pin { packages, what, priority };
            if general { pins.general.push(pin) } else { pins.specific.push(pin) }
        }
        Ok(pins)
    }

    /// Adds the stanzas of a later file.
    pub fn extend(&mut self, later: Pins) {
        self.specific.extend(later.specific);
        self.general.extend(later.general);
    }

    /// apt's priority of a version: the first stanza for the package, else the first for all, else 500
    /// (1 or 100 where the suite says that it is not automatic).
    pub fn priority(&self, package: &str, version: &str, origin: &Origin) -> i32 {
        let fits = |pin: &&Pin| pin.what.fits(version, origin);
        let named = |pin: &&Pin| pin.packages.iter().any(|pattern| glob::matches(pattern, package));
        let found = self.specific.iter().filter(named).find(fits).or_else(|| self.general.iter().find(fits));
        match (found, origin.not_automatic, origin.but_automatic_upgrades) {
            (Some(pin), ..) => pin.priority,
            (None, false, _) => 500,
            (None, true, false) => 1,
            (None, true, true) => 100,
        }
    }
}

impl What {
    fn fits(&self, version: &str, origin: &Origin) -> bool {
        match self {
            What::Version(pattern) => glob::matches(pattern, version),
            What::Site(pattern) => glob::matches(pattern, &origin.site),
            What::Release(parts) => parts.iter().all(|(letter, pattern)| {
                let value = match letter {
                    'a' => &origin.suite,
                    'n' => &origin.codename,
                    'o' => &origin.origin,
                    'l' => &origin.label,
                    'c' => &origin.component,
                    'v' => &origin.version,
                    _ => return false,
                };
                glob::matches(pattern, value)
            }),
        }
    }
}

fn what_of(text: &str) -> Option<What> {
    let (kind, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    match kind.to_ascii_lowercase().as_str() {
        "version" => Some(What::Version(rest.to_owned())),
        "origin" => Some(What::Site(rest.trim_matches('"').to_owned())),
        "release" => rest.split(',').map(part_of).collect::<Option<Vec<_>>>().map(What::Release),
        _ => None,
    }
}

/// `a=stable`; a bare word is a version (`12`, `12*`) or a suite.
fn part_of(text: &str) -> Option<(char, String)> {
    let text = text.trim();
    match text.split_once('=') {
        Some((name, value)) if name.trim().len() == 1 => {
            Some((name.trim().chars().next()?, value.trim().trim_matches('"').to_owned()))
        }
        Some(_) => None,
        None if text.starts_with(|c: char| c.is_ascii_digit()) => Some(('v', text.to_owned())),
        None => Some(('a', text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fitting_stanza_counts_and_a_named_package_before_all() {
        let text = "Package: *\nPin: release n=bookworm-backports\nPin-Priority: 400\n\n\
                    Explanation: newer\nPackage: nginx haproxy*\nPin: release a=stable-backports, o=Debian\nPin-Priority: 900\n\n\
                    Package: x\nPin: version 1.2*\nPin-Priority: -1\n\n\
                    Package: y\nPin: origin \"repo.example\"\nPin-Priority: 1001\n";
        let pins = Pins::parse(text, "p").unwrap();
        let origin = Origin {
            origin: "Debian".into(),
            suite: "stable-backports".into(),
            codename: "bookworm-backports".into(),
            site: "repo.example".into(),
            not_automatic: true,
            but_automatic_upgrades: true,
            ..Origin::default()
        };
        let priority = |package, version| pins.priority(package, version, &origin);
        assert_eq!([priority("nginx", "1"), priority("haproxy-doc", "1"), priority("curl", "1")], [900, 900, 400]);
        assert_eq!([priority("x", "1.2.3"), priority("x", "1.3"), priority("y", "1")], [-1, 400, 1001]);
        assert_eq!(Pins::default().priority("a", "1", &origin), 100);
        assert_eq!(Pins::default().priority("a", "1", &Origin::default()), 500);
    }

    #[test]
    fn a_stanza_that_says_nothing_is_named() {
        let error = Pins::parse("Package: a\nPin: release a=x\n", "prefs").unwrap_err().to_string();
        assert_eq!(error, "prefs:1: Pin-Priority is missing");
        assert!(Pins::parse("Package: a\nPin: moon\nPin-Priority: 1\n", "prefs").is_err());
    }
}
