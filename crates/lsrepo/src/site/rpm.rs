//! The yum repository of an OS, from its prepared sets.

use crate::{
    context::Context,
    prepared::{Prepared, Records},
};
use anyhow::{Context as _, Result};
use lsrepo_bom::lock::{DocumentKind, LockedSource, PackageSignatures};
use lsrepo_publish::{
    Tree,
    client::YumKey,
    yum::{self, Extras, PlatformPackages, PublishedPackage},
};
use lsrepo_rpm::{Advisory, Comps, Modules, Nevra, Record, updateinfo};
use lsrepo_serve::{PlatformSummary, Site, YumRepository};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Os, Platform, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Publishes and shows it, with the metadata of `before`; gives the tree and the figures.
pub(super) fn mount(
    context: &Context,
    site: &mut Site,
    os: &Os,
    platforms: BTreeMap<Platform, Vec<Prepared>>,
    (date, key): (Timestamp, &SecretKey),
    before: Option<&Tree>,
) -> Result<(Tree, Vec<PlatformSummary>)> {
    let package_keys = package_keys(platforms.values().flatten());
    let module_hotfixes = platforms.values().flatten().flat_map(|set| &set.lock.sources).any(|source| source.module_hotfixes);
    let unsigned = platforms.values().flatten().map(unsigned_packages).sum::<usize>();
    if unsigned > 0 {
        context.progress.warn(&format!(
            "{os}: {unsigned} packages come from sources without package signatures; clients check the repository's signature only"
        ));
    }
    let platforms: Vec<PlatformPackages> =
        platforms.iter().map(|(platform, sets)| packages(context, platform, sets)).collect::<Result<_>>()?;
    let rsa = (!yum::reads_modern_keys(os)).then(|| context.rsa_key()).transpose()?;
    let key = rsa.as_ref().unwrap_or(key);
    let mut tree = yum::publish(&platforms, date, key)?;
    for finding in platforms.iter().flat_map(yum::lint) {
        context.progress.warn(&format!("{os}: {finding}"));
    }
    if let Some(before) = before {
        yum::keep_older_metadata(&mut tree, &[before]);
    }
    let without_streams =
        |one: &PlatformPackages| one.extras.modules.is_none() && one.packages.iter().any(|package| package.record.module.is_some());
    let summaries: Vec<PlatformSummary> = platforms.iter().map(summary).collect();
    site.mount_yum(YumRepository {
        os: os.clone(),
        tree: tree.clone(),
        date,
        key: Some(key.public_armored()),
        package_keys,
        packages_signed: unsigned == 0,
        module_hotfixes: module_hotfixes || platforms.iter().any(without_streams),
        platforms: summaries.clone(),
    });
    Ok((tree, summaries))
}

/// The keys of all packages, each once, under names that say which they are.
fn package_keys<'a>(sets: impl Iterator<Item = &'a Prepared>) -> Vec<YumKey> {
    let keys = sets.flat_map(|set| &set.lock.keys).map(|key| (format!("RPM-GPG-KEY-{}", key.fingerprint), &key.armored));
    let keys: BTreeMap<String, &String> = keys.collect();
    keys.into_iter().map(|(name, armored)| YumKey { name, armored: armored.clone() }).collect()
}

/// Packages that no key of their source vouches for.
fn unsigned_packages(set: &Prepared) -> usize {
    let unchecked = |source: &&LockedSource| source.package_signatures == PackageSignatures::Unchecked;
    let names: BTreeSet<&str> = set.lock.sources.iter().filter(unchecked).map(|source| source.name.as_str()).collect();
    set.lock.packages.iter().filter(|package| names.contains(package.source.as_str())).count()
}

fn summary(one: &PlatformPackages) -> PlatformSummary {
    PlatformSummary {
        platform: one.platform.clone(),
        packages: one.packages.len() as u64,
        bytes: one.packages.iter().map(|package| package.size).sum(),
        components: Vec::new(),
    }
}

/// The packages of a platform, the modules' parts joined. Of two builds of one name the one shows that was resolved last:
/// a client could not tell them apart.
fn packages(context: &Context, platform: &Platform, sets: &[Prepared]) -> Result<PlatformPackages> {
    let mut by_name: BTreeMap<String, (Timestamp, &Record)> = BTreeMap::new();
    for set in sets {
        let Records::Rpm(own) = &set.records else { continue };
        for package in &set.lock.packages {
            let record = own.get(&package.digest).with_context(|| format!("{platform}: no record of {}", package.name))?;
            let (name, new) = (record.nevra().to_string(), (set.lock.date, record));
            match by_name.get_mut(&name) {
                None => drop(by_name.insert(name, new)),
                Some(known) if known.1.digest == record.digest => {}
                Some(known) => {
                    let newest = if (new.0, new.1.digest) > (known.0, known.1.digest) { new } else { *known };
                    *known = newest;
                    let digest = newest.1.digest;
                    context.progress.warn(&format!("{platform}: {name} was imported in two builds, {digest} is shown"));
                }
            }
        }
    }
    let records: BTreeMap<Digest, &Record> = by_name.into_values().map(|(_, record)| (record.digest, record)).collect();
    let paths: BTreeSet<&str> = records.values().flat_map(|record| record.named_paths()).collect();
    let packages = records.values().map(|record| PublishedPackage {
        name: record.name.to_string(),
        evr: record.evr(),
        arch: record.arch.to_string(),
        size: record.size,
        digest: record.digest,
        required_files: paths.iter().filter(|path| record.has_file(path)).map(|path| (*path).to_owned()).collect(),
        record: (*record).clone(),
    });
    Ok(PlatformPackages { platform: platform.clone(), packages: packages.collect(), extras: extras(platform, sets)? })
}

/// The documents of all sets, joined.
fn extras(platform: &Platform, sets: &[Prepared]) -> Result<Extras> {
    let texts = |kind: DocumentKind| -> Vec<&String> {
        let all = sets.iter().flat_map(|set| &set.documents).filter(|(own, _)| *own == kind).map(|(_, text)| text);
        let mut seen = HashSet::new();
        all.filter(|text| seen.insert(text.as_str())).collect()
    };
    let joined = |kind: DocumentKind, join: &dyn Fn(&[&String]) -> Result<String>| match &texts(kind)[..] {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => join(several).map(Some).with_context(|| format!("{platform}: {}", kind.as_str())),
    };
    let comps = joined(DocumentKind::Comps, &|texts| {
        let mut all = Comps::default();
        for text in texts {
            all.extend(Comps::parse(text.as_bytes())?);
        }
        Ok(all.render())
    })?;
    let records = sets.iter().flat_map(|set| match &set.records {
        Records::Rpm(records) => records.values().collect(),
        Records::Deb(_) => Vec::new(),
    });
    let carried: HashSet<Nevra> = records.map(Record::nevra).collect();
    let modules = joined(DocumentKind::Modules, &|texts| {
        let mut all = Modules::default();
        texts.iter().for_each(|text| all.extend(Modules::parse(text).0));
        Ok(all.reduce(&carried, &BTreeMap::new()))
    })?;
    let updateinfo = joined(DocumentKind::Updateinfo, &|texts| {
        let mut all: BTreeMap<String, Advisory> = BTreeMap::new();
        for text in texts {
            for advisory in updateinfo::advisories(text.as_bytes()) {
                let advisory = advisory?;
                all.insert(advisory.id.clone(), advisory);
            }
        }
        Ok(updateinfo::render(&all.into_values().collect::<Vec<_>>()))
    })?;
    Ok(Extras { modules, updateinfo, comps })
}
