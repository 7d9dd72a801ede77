//! What publishes well and may still surprise a client.

use super::{PlatformPackages, PublishedPackage};
use std::{collections::BTreeMap, fmt};

/// A remark about a platform's packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// apt considers only the newest: what needs the older one exactly cannot be installed
    SeveralVersions {
        /// where all of them are shown
        component: String,
        /// name and architecture
        package: String,
        /// oldest first
        versions: Vec<String>,
    },
    /// of an architecture that the platform's clients have not enabled by default
    ForeignArchitecture {
        /// which package
        package: String,
        /// the platform's own architecture
        native: &'static str,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::SeveralVersions { component, package, versions } => write!(
                f,
                "`{package}` has several versions in `{component}`: {}; apt only considers the newest",
                versions.join(", ")
            ),
            Finding::ForeignArchitecture { package, native } => {
                write!(f, "`{package}` is not for {native}: its clients need `dpkg --add-architecture`")
            }
        }
    }
}

/// Looks for what a client would stumble over without an error at publication.
pub fn lint(platform: &PlatformPackages) -> Vec<Finding> {
    let native = platform.platform.arch.deb();
    let mut versions: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for package in &platform.packages {
        if !matches!(package.architecture.as_str(), "all") && package.architecture != native {
            findings.push(Finding::ForeignArchitecture { package: package.title(), native });
        }
        for component in components(package) {
            let title = format!("{} {}", package.name, package.architecture);
            versions.entry((component, title)).or_default().push(&package.version);
        }
    }
    for ((component, package), mut versions) in versions {
        versions.sort_by(|a, b| lsrepo_deb::version::compare(a, b).then(a.cmp(b)));
        versions.dedup();
        if versions.len() > 1 {
            findings.push(Finding::SeveralVersions {
                component: component.to_owned(),
                package,
                versions: versions.into_iter().map(str::to_owned).collect(),
            });
        }
    }
    findings
}

fn components(package: &PublishedPackage) -> Vec<&str> {
    match package.components.is_empty() {
        true => vec![super::MAIN],
        false => package.components.iter().map(String::as_str).collect(),
    }
}
