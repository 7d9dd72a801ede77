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
pub(crate) mod natural;
pub(crate) mod only;
mod wishes;

pub use labels::{MatchExpression, Operator, Requires, Rule};
pub use only::Only;
pub use wishes::{FileWish, ImageWish, PackageWish, Wishes};

use crate::{
    error::{BomError, from_yaml},
    requirement::ModuleName,
    wish_list::WishList,
};
use lsrepo_types::{Arch, Platform};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A module: a unit of the stack, what it requires of other modules, and what must be downloaded for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// always `module`
    kind: Kind,
    /// unique in a BOM
    #[schemars(with = "String", regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub name: ModuleName,
    /// of the module, not of what it installs
    pub version: String,
    /// what it is for, in one line
    #[serde(default)]
    pub summary: String,
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
    #[schemars(with = "Vec<String>")]
    pub supported_architectures: Architectures,
    /// what must be downloaded
    #[serde(default)]
    pub requirements: Wishes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Module,
}

impl Module {
    /// Reads a module; `file` is named in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BomError> {
        from_yaml(text, file)
    }

    /// The JSON Schema of a module's document.
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Module)
    }

    /// Whether it runs on this architecture.
    pub fn supports(&self, arch: Arch) -> bool {
        self.supported_architectures.0.contains(&arch)
    }

    /// What it wants on `platform`. Nothing on an architecture that it does not support.
    pub fn wishes_for(&self, platform: &Platform) -> WishList {
        match self.supports(platform.arch) {
            true => self.requirements.on(platform),
            false => WishList::default(),
        }
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
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        match words.iter().any(|word| word == "all") {
            true => Ok(Self::default()),
            false if words.is_empty() => {
                Err("it runs nowhere: the list is empty\nhint: leave it out where it runs everywhere".to_owned())
            }
            false => words
                .iter()
                .map(|word| word.parse().map_err(|error: lsrepo_types::ArchError| error.to_string()))
                .collect::<Result<_, _>>()
                .map(Self),
        }
    }
}

#[cfg(test)]
mod broken;
#[cfg(test)]
mod tests;
