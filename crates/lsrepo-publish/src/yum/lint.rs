//! What publishes well and may still surprise a client.

use super::{PlatformPackages, PublishedPackage, style};
use lsrepo_types::Platform;
use std::fmt;

/// A remark about a platform's packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// rpm of the OS refuses the package
    RpmTooOld {
        /// which package
        package: String,
        /// what it needs: `rpmlib(PayloadIsZstd)`, `rich dependencies`
        feature: String,
        /// where that began
        since: (u32, u32),
        /// of the OS
        rpm: (u32, u32),
    },
    /// dnf solves for these packages, and then refuses to install them
    NoModules {
        /// packages of modules
        packages: Vec<String>,
    },
    /// of an architecture that no host of the platform installs
    ForeignArchitecture {
        /// which package
        package: String,
        /// where it was to be
        platform: Platform,
    },
    /// somebody requires a path from a package that does not have it
    NoSuchFile {
        /// which package
        package: String,
        /// what is required
        path: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::RpmTooOld { package, feature, since, rpm } => write!(
                f,
                "`{package}` needs {feature}, which came with rpm {}.{}; this system has {}.{}",
                since.0, since.1, rpm.0, rpm.1
            ),
            Finding::NoModules { packages } => write!(
                f,
                "{} packages belong to modules, and no modules metadata is carried: dnf refuses them unless the source says `module_hotfixes=1` (`{}`)",
                packages.len(),
                packages.first().map_or("", String::as_str)
            ),
            Finding::ForeignArchitecture { package, platform } => write!(f, "`{package}` cannot be installed on `{platform}`"),
            Finding::NoSuchFile { package, path } => write!(f, "`{path}` is required from `{package}`, which does not have it"),
        }
    }
}

/// Features that a package can ask of rpm, and the version that brought them. Older ones are everywhere.
const FEATURES: &[(&str, (u32, u32))] = &[
    ("rpmlib(LargeFiles)", (4, 12)),
    ("rpmlib(RichDependencies)", (4, 13)),
    ("rpmlib(PayloadIsZstd)", (4, 14)),
    ("rpmlib(CaretInVersions)", (4, 15)),
    ("rpmlib(DynamicBuildRequires)", (4, 15)),
];

/// Looks for what a client would stumble over without an error at publication.
pub fn lint(platform: &PlatformPackages) -> Vec<Finding> {
    let rpm = style::rpm(&platform.platform.os);
    let mut findings = Vec::new();
    for package in &platform.packages {
        let too_old = needs(package).into_iter().filter(|(_, since)| *since > rpm);
        findings.extend(too_old.map(|(feature, since)| Finding::RpmTooOld {
            package: package.title(),
            feature: feature.to_owned(),
            since,
            rpm,
        }));
        if !is_native(&package.arch, platform.platform.arch.rpm()) {
            findings.push(Finding::ForeignArchitecture { package: package.title(), platform: platform.platform.clone() });
        }
        let missing = package.required_files.iter().filter(|path| !package.record.has_file(path) && !package.record.provides(path));
        findings.extend(missing.map(|path| Finding::NoSuchFile { package: package.title(), path: path.clone() }));
    }
    let modular = platform.packages.iter().filter(|package| package.record.module.is_some());
    let packages: Vec<String> = modular.map(PublishedPackage::title).collect();
    if !packages.is_empty() && platform.extras.modules.is_none() {
        findings.push(Finding::NoModules { packages });
    }
    findings
}

/// Also what a packager forgot to say.
fn needs(package: &PublishedPackage) -> Vec<(&'static str, (u32, u32))> {
    let record = &package.record;
    let said = FEATURES.iter().copied().filter(|(name, _)| record.rpmlib.iter().any(|needed| **needed == **name));
    let mut needs: Vec<_> = said.collect();
    let mut add = |seen: bool, name: &str, words, since| {
        if seen && needs.iter().all(|(known, _)| *known != name) {
            needs.push((words, since));
        }
    };
    let caret = package.evr.version.contains('^') || package.evr.release.contains('^');
    add(record.has_rich_dependencies(), "rpmlib(RichDependencies)", "rich dependencies", (4, 13));
    add(caret, "rpmlib(CaretInVersions)", "`^` in versions", (4, 15));
    needs
}

fn is_native(arch: &str, basearch: &str) -> bool {
    let multilib = basearch == "x86_64" && matches!(arch, "i386" | "i486" | "i586" | "i686" | "athlon" | "ia32e" | "x86_64_v2");
    arch == basearch || arch == "noarch" || arch == "src" || multilib
}
