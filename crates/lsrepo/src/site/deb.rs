//! The apt repository of an OS, from its prepared sets.

use crate::{
    context::Context,
    prepared::{Prepared, Records},
};
use anyhow::{Context as _, Result};
use lsrepo_publish::{
    Tree, apt,
    apt::{PlatformPackages, PublishedPackage},
};
use lsrepo_serve::{AptRepository, PlatformSummary, Site};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Os, Platform, Timestamp};
use std::collections::BTreeMap;

/// Publishes and shows it, with the indexes of `before`; gives the tree and the figures.
pub(super) fn mount(
    context: &Context,
    site: &mut Site,
    os: &Os,
    platforms: BTreeMap<Platform, Vec<Prepared>>,
    (date, key): (Timestamp, &SecretKey),
    before: Option<&Tree>,
) -> Result<(Tree, Vec<PlatformSummary>)> {
    let platforms: Vec<PlatformPackages> =
        platforms.into_iter().map(|(platform, sets)| packages(platform, &sets)).collect::<Result<_>>()?;
    let mut tree = apt::publish(&platforms, date, key)?;
    for finding in platforms.iter().flat_map(apt::lint) {
        context.progress.warn(&format!("{os}: {finding}"));
    }
    if let Some(before) = before {
        apt::keep_older_indexes(&mut tree, &[before])?;
    }
    let summaries: Vec<PlatformSummary> = platforms.iter().map(PlatformSummary::of).collect();
    let mut components: Vec<String> = summaries.iter().flat_map(|one| one.components.clone()).collect();
    components.sort_by_key(|name| (name != apt::MAIN, name.clone()));
    components.dedup();
    site.mount_apt(AptRepository { os: os.clone(), tree: tree.clone(), date, components, platforms: summaries.clone() });
    Ok((tree, summaries))
}

/// The packages of a platform, the modules' parts joined.
pub(super) fn packages(platform: Platform, sets: &[Prepared]) -> Result<PlatformPackages> {
    let mut packages: BTreeMap<Digest, PublishedPackage> = BTreeMap::new();
    for set in sets {
        let Records::Deb(records) = &set.records else { continue };
        for package in &set.lock.packages {
            let control = records.get(&package.digest).with_context(|| format!("{platform}: no record of {}", package.name))?;
            let stanza = lsrepo_deb::packages::scan(control).next().transpose()?;
            let source = stanza.map_or(String::new(), |stanza| stanza.source_name().to_owned());
            let entry = packages.entry(package.digest).or_insert_with(|| PublishedPackage {
                name: package.name.clone(),
                version: package.version.clone(),
                architecture: package.arch.clone(),
                source,
                size: package.size,
                digest: package.digest,
                components: Vec::new(),
                control: control.clone(),
            });
            for set in &package.sets {
                if !entry.components.contains(set) {
                    entry.components.push(set.clone());
                }
            }
        }
    }
    Ok(PlatformPackages { platform, packages: packages.into_values().collect() })
}
