//! `updateinfo.xml`: advisories, with the packages that each of them brings.
//! Format: as createrepo_c and dnf read it.

mod read;
mod render;

use crate::Nevra;
use std::collections::HashSet;

pub use read::advisories;
pub use render::render;

/// One advisory. A text that is not there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each is the element or attribute of that name
pub struct Advisory {
    pub from: String,
    pub status: String,
    /// `security`, `bugfix`, `enhancement`, `newpackage`
    pub kind: String,
    pub version: String,
    pub id: String,
    pub title: String,
    /// as written, mostly `2019-03-29 00:00:00`
    pub issued: String,
    pub updated: String,
    pub rights: String,
    pub release: String,
    pub pushcount: String,
    pub severity: String,
    pub summary: String,
    pub description: String,
    pub solution: String,
    pub references: Vec<Reference>,
    pub collections: Vec<Collection>,
}

/// Where more is said: a bug, a CVE, a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Reference {
    pub href: String,
    pub id: String,
    /// `bugzilla`, `cve`, `self`
    pub kind: String,
    pub title: String,
}

/// Packages of one product or module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Collection {
    pub short: String,
    pub name: String,
    /// the module stream that they belong to
    pub module: Option<CollectionModule>,
    pub packages: Vec<AdvisoryPackage>,
}

/// A module stream as an advisory names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CollectionModule {
    pub name: String,
    pub stream: String,
    pub version: String,
    pub context: String,
    pub arch: String,
}

/// A package that an advisory brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryPackage {
    /// which one
    pub artifact: Nevra,
    /// the source package's file
    pub src: String,
    /// the package's file
    pub filename: String,
    /// checksums by the word of their kind
    pub sums: Vec<(String, String)>,
    /// the machine should be started anew
    pub reboot_suggested: bool,
    /// what uses it should be started anew
    pub restart_suggested: bool,
    /// its users should log in anew
    pub relogin_suggested: bool,
}

impl Advisory {
    /// The packages of all collections.
    pub fn packages(&self) -> impl Iterator<Item = &AdvisoryPackage> {
        self.collections.iter().flat_map(|collection| &collection.packages)
    }

    /// What of it concerns these packages; none where nothing does.
    #[must_use]
    pub fn reduce(mut self, carried: &HashSet<Nevra>) -> Option<Self> {
        for collection in &mut self.collections {
            collection.packages.retain(|package| carried.contains(&package.artifact));
        }
        self.collections.retain(|collection| !collection.packages.is_empty());
        (!self.collections.is_empty()).then_some(self)
    }
}

#[cfg(test)]
mod tests;
