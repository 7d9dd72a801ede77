//! A module: a unit of the stack, what it requires of other modules, and what must be downloaded for it.
//!
//! ```yaml
//! kind: module
//! name: postgresql
//! version: 0.1.0
//! labels: {kind: database, core-technology: postgresql}
//! requires:
//!   strong: [[{key: kind, operator: eq, values: [infrastructure]}]]
//! requirements:
//!   packages: [{name: postgresql-14, version: "14.*", os: [debian-12]}]
//! ```

mod labels;
mod wishes;

pub use labels::{MatchExpression, Operator, Requires, Rule};
pub use wishes::{FileWish, ImageWish, PackageWish, Wishes};

use crate::{
    download::FileRequest,
    error::{BomError, from_yaml},
    requirement::{ModuleName, Requirement},
};
use lsrepo_types::{Arch, Platform};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A module's document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// always `module`
    kind: Kind,
    /// unique in a BOM
    pub name: ModuleName,
    /// of the module, not of what it installs
    pub version: String,
    /// what other modules' rules look at
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// what must, and what should, be there
    #[serde(default)]
    pub requires: Requires,
    /// the modules that this one changes where they are present
    #[serde(default)]
    pub influences: Vec<Rule>,
    /// where it runs; all where the document does not say
    #[serde(default)]
    pub supported_architectures: Architectures,
    /// what must be downloaded
    #[serde(default)]
    pub requirements: Wishes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Module,
}

impl Module {
    /// Reads a module; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BomError> {
        from_yaml(text, file)
    }

    /// Whether it runs on this architecture.
    pub fn supports(&self, arch: Arch) -> bool {
        self.supported_architectures.0.contains(&arch)
    }

    /// The packages it wants on `platform`, sorted. None on an architecture that it does not support.
    pub fn packages_for(&self, platform: &Platform) -> Vec<Requirement> {
        let wanted = self.requirements.packages.iter().filter(|wish| self.supports(platform.arch) && wish.only.holds(platform));
        let packages: BTreeSet<_> = wanted.map(|wish| wish.package.clone()).collect();
        packages.into_iter().map(|package| Requirement { module: self.name.clone(), package }).collect()
    }

    /// The files it wants on `platform`, in the order of the document.
    pub fn files_for(&self, platform: &Platform) -> Vec<FileRequest> {
        let wanted = self.requirements.files.iter().filter(|wish| self.supports(platform.arch) && wish.only.holds(platform));
        wanted.map(|wish| wish.request(platform.arch)).collect()
    }

    /// The images it wants on `platform`, in the order of the document.
    pub fn images_for(&self, platform: &Platform) -> Vec<String> {
        let wanted = self.requirements.images.iter().filter(|wish| self.supports(platform.arch) && wish.only.holds(platform));
        wanted.map(|wish| wish.reference.clone()).collect()
    }

    /// The strong rules that none of `others` fulfils.
    pub fn unmet<'a>(&'a self, others: &[Module]) -> Vec<&'a Rule> {
        let met = |rule: &&Rule| others.iter().any(|other| other.name != self.name && rule.matches(&other.labels));
        self.requires.strong.iter().filter(|rule| !met(rule)).collect()
    }
}

/// The architectures that a module runs on: a list, where `all` stands for every one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Architectures(pub BTreeSet<Arch>);

impl Default for Architectures {
    fn default() -> Self {
        Self(Arch::ALL.into())
    }
}

impl TryFrom<Vec<String>> for Architectures {
    type Error = lsrepo_types::ArchError;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        match words.iter().any(|word| word == "all") {
            true => Ok(Self::default()),
            false => words.iter().map(|word| word.parse()).collect::<Result<_, _>>().map(Self),
        }
    }
}

#[cfg(test)]
mod tests;
