//! What the sets of a snapshot hold, gathered for its catalogue and its SBOMs.

use super::{images::Images, packages};
use crate::{
    prepared::{Prepared, Records, root_prefix},
    vouch::{self, Vouch},
    wanted,
};
use anyhow::Result;
use lsrepo_bom::{
    Lock,
    inventory::{Inventory, cyclonedx, spdx},
    lock::LockedFile,
};
use lsrepo_publish::{
    Entry, Tree,
    catalogue::{self, Chart, Facts, File, Key, Kind, Module, ModulePart, Row, Thing},
};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Os, Platform, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Names of packages that a module's page shows for a platform.
const MOST_NAMES: usize = 2000;

/// SBOMs by their path: digest and size.
type Sboms = BTreeMap<String, (Digest, u64)>;

#[derive(Default)]
pub(super) struct Gathered {
    packages: BTreeMap<Platform, BTreeMap<Digest, Facts>>,
    files: BTreeMap<String, (Timestamp, File, Option<LockedFile>)>,
    images: Images,
    modules: BTreeMap<String, Module>,
    inventories: BTreeMap<Platform, Inventory>,
}

/// Who vouches, in words, and whether one of them is an upstream's signature.
pub(super) fn words(all: &[Vouch]) -> (Vec<String>, bool) {
    let words = |one: &Vouch| match one.by.is_empty() {
        true => one.how.words().trim_end_matches(':').to_owned(),
        false => format!("{} {}", one.how.words(), one.by.join(", ")),
    };
    (all.iter().map(words).collect(), all.iter().any(|one| one.how.is_signature()))
}

/// Adds names that are not there yet.
pub(super) fn unite(own: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    let all: BTreeSet<String> = std::mem::take(own).into_iter().chain(more).collect();
    own.extend(all);
}

impl Gathered {
    /// Adds a set, whose root has this name.
    pub(super) fn add(&mut self, store: &Store, root: &str, set: &Prepared) -> Result<()> {
        let lock = &set.lock;
        let licences = match &set.records {
            Records::Rpm(records) => records.iter().filter_map(|(digest, one)| Some((*digest, one.licence()?))).collect(),
            Records::Deb(_) => BTreeMap::new(),
        };
        packages::add(self.packages.entry(lock.name.clone()).or_default(), set, &licences);
        lock.files.iter().for_each(|file| self.file(set, file));
        self.images.add(store, set)?;
        let module = root.strip_prefix(&root_prefix(&lock.name)).unwrap_or(root);
        self.modules.entry(module.to_owned()).or_default().parts.push(part(set));
        let own = Inventory::of(&Lock::new(vec![lock.clone()]), &licences);
        let inventory = self.inventories.entry(lock.name.clone()).or_default();
        inventory.date = inventory.date.max(own.date);
        inventory.artifacts.extend(own.artifacts);
        Ok(())
    }

    /// Of two different files of one name the later one is shown, as at `/files/`.
    fn file(&mut self, set: &Prepared, file: &LockedFile) {
        let date = set.lock.date;
        let fresh = || File {
            size: file.size,
            digest: file.digest,
            urls: file.urls.clone(),
            platforms: Vec::new(),
            wanted_by: Vec::new(),
            vouched_by: words(&vouch::file(&set.lock, file)).0,
        };
        let chart = || file.chart.is_some().then(|| file.clone());
        let (seen, row, kept) = self.files.entry(file.name.clone()).or_insert_with(|| (date, fresh(), chart()));
        if row.digest != file.digest {
            if date <= *seen {
                return;
            }
            (*seen, *row, *kept) = (date, fresh(), chart());
        }
        unite(&mut row.platforms, [set.lock.name.to_string()]);
        unite(&mut row.wanted_by, file.wanted_by.iter().map(ToString::to_string));
    }

    /// The catalogue, and the SBOMs, which are in the store already.
    pub(super) fn finish(mut self, store: &Store, date: Timestamp, trees: &BTreeMap<Os, Tree>) -> Result<(Vec<u8>, Sboms)> {
        let mut things = Vec::new();
        for (platform, facts) in std::mem::take(&mut self.packages) {
            let folder = match platform.os.family() {
                lsrepo_types::Family::Debian => "apt",
                lsrepo_types::Family::RedHat => "yum",
            };
            let Some(tree) = trees.get(&platform.os) else { continue };
            let path = |(path, entry): (&lsrepo_types::RelPath, &Entry)| match entry {
                Entry::Blob { digest, .. } => Some((*digest, format!("{folder}/{}/{path}", platform.os))),
                Entry::Bytes(_) | Entry::Parts(_) => None,
            };
            let paths: BTreeMap<Digest, String> = tree.entries.iter().filter_map(path).collect();
            let place = |(digest, mut facts): (Digest, Facts)| {
                facts.version.path.clone_from(paths.get(&digest)?);
                Some(facts)
            };
            let facts: Vec<Facts> = facts.into_iter().filter_map(place).collect();
            things.extend(catalogue::packages(&platform, &facts));
        }
        things.extend(self.images.things(store)?);
        things.extend(self.files.into_iter().map(|(name, (_, file, chart))| file_thing(name, file, chart)));
        let known = wanted::known(&[] as &[&str])?;
        things.extend(self.modules.into_iter().map(|(name, module)| {
            let summary = known.iter().find(|one| one.name.to_string() == name).map(|one| one.summary.clone());
            let summary = summary.or((name == "command-line").then(|| "what was asked for by name".to_owned()));
            module_thing(name, module, summary.unwrap_or_default())
        }));
        let mut sboms = Sboms::new();
        for (platform, mut inventory) in self.inventories {
            inventory.each_once();
            let (title, version) = (format!("lambdastack {}-{}", platform.os, platform.arch), env!("CARGO_PKG_VERSION"));
            for (form, value) in [("cdx", cyclonedx(&inventory, &title, version)), ("spdx", spdx(&inventory, &title, version))] {
                let bytes = serde_json::to_vec_pretty(&value)?;
                sboms.insert(format!("{}/{}.{form}.json", platform.os, platform.arch), (store.put(&bytes)?, bytes.len() as u64));
            }
        }
        Ok((catalogue::write(date, things)?, sboms))
    }
}

/// What a set says of its module.
fn part(set: &Prepared) -> ModulePart {
    let lock = &set.lock;
    let asked = &lock.asked;
    let wishes = asked.requirements.iter().map(|one| one.package.to_string());
    let wishes = wishes.chain(asked.images.iter().map(|one| one.image.clone()));
    let wishes = wishes.chain(asked.files.iter().map(|one| one.file.url.clone()));
    let names: BTreeSet<&String> = lock.packages.iter().map(|package| &package.name).collect();
    ModulePart {
        platform: lock.name.to_string(),
        asked: wishes.chain(asked.charts.iter().map(|one| one.chart.to_string())).collect(),
        packages: names.iter().take(MOST_NAMES).map(|name| (*name).clone()).collect(),
        package_count: names.len() as u64,
        images: set.images.iter().map(|image| image.reference.to_string()).collect(),
        files: lock.files.iter().filter(|file| file.chart.is_none()).map(|file| file.name.clone()).collect(),
        bytes: lock.size(),
    }
}

fn file_thing(name: String, file: File, chart: Option<LockedFile>) -> Thing {
    let platforms: BTreeSet<String> = file.platforms.iter().cloned().collect();
    let (bytes, mark) = (file.size, Thing::mark(&file.digest.to_string()));
    let key = |kind, name| Key { kind, place: String::new(), name };
    let Some((locked, request)) = chart.and_then(|locked| locked.chart.clone().map(|request| (locked, request))) else {
        let summary = file.urls.first().cloned().unwrap_or_default();
        return Thing { key: key(Kind::File, name), summary, bytes, mark, platforms, row: Row::File(file) };
    };
    let base = name.rsplit('/').next().unwrap_or(&name);
    let base = base.strip_suffix(".tgz").unwrap_or(base).to_owned();
    let version = base.strip_prefix(&request.name).and_then(|rest| rest.strip_prefix('-')).map(str::to_owned);
    let version = version.or(request.version).unwrap_or_default();
    let summary = format!("{} {version}", request.name);
    let (chart, repository) = (request.name, request.repository);
    let row = Chart { name: chart, version, repository, path: name, file, images: locked.images };
    Thing { key: key(Kind::Chart, base), summary, bytes, mark, platforms, row: Row::Chart(row) }
}

fn module_thing(name: String, mut module: Module, summary: String) -> Thing {
    module.parts.sort_by(|a, b| a.platform.cmp(&b.platform));
    let identity = format!("{:?}", module.parts);
    Thing {
        key: Key { kind: Kind::Module, place: String::new(), name },
        summary,
        bytes: module.parts.iter().map(|part| part.bytes).fold(0, u64::saturating_add),
        mark: Thing::mark(&identity),
        platforms: module.parts.iter().map(|part| part.platform.clone()).collect(),
        row: Row::Module(module),
    }
}
