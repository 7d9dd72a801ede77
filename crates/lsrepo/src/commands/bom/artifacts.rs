//! What locks, bundles and stores carry, listed and compared.

use crate::{
    cli::{ArtifactArgs, BomFormat},
    commands::carry,
    context::Context,
    output::{Format, print, write},
    prepared::{self, Records},
};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    Lock,
    inventory::{Artifact, Difference, Inventory, cyclonedx, spdx},
    lock::PlatformLock,
};
use lsrepo_bundle::Described;
use lsrepo_oci::media_type;
use lsrepo_rpm::Record;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest, Platform};
use std::{collections::BTreeMap, fs, path::Path};

/// What is listed where nothing is named.
const LOCK: &str = "lsrepo.lock";

pub(super) fn list(context: &Context, args: &ArtifactArgs) -> Result<()> {
    let mut inventory = inventory(context, args.what.as_deref())?;
    let fits = |platform: &Platform| {
        (args.os.is_empty() || args.os.contains(&platform.os)) && (args.arch.is_empty() || args.arch.contains(&platform.arch))
    };
    inventory.artifacts.iter_mut().for_each(|one| one.platforms.retain(fits));
    inventory.artifacts.retain(|one| !one.platforms.is_empty());
    let (name, version) = (title(&inventory), env!("CARGO_PKG_VERSION"));
    let json = |value: &serde_json::Value| serde_json::to_string_pretty(value).map(|text| text + "\n");
    let text = match args.format {
        BomFormat::Table => table(&inventory),
        BomFormat::Json => json(&serde_json::to_value(&inventory)?)?,
        BomFormat::Cyclonedx => json(&cyclonedx(&inventory, &name, version))?,
        BomFormat::Spdx => json(&spdx(&inventory, &name, version))?,
    };
    match &args.output {
        Some(file) => super::save(file, &text),
        None => write(text.as_bytes()),
    }
}

/// The platforms that are carried, as a name.
fn title(inventory: &Inventory) -> String {
    let mut all: Vec<String> =
        inventory.artifacts.iter().flat_map(|one| &one.platforms).map(|platform| platform.to_string().replace('/', "-")).collect();
    all.sort();
    all.dedup();
    format!("lambdastack {}", all.join(" ")).trim_end().to_owned()
}

pub(super) fn diff(context: &Context, before: &Path, after: &Path, output: Format) -> Result<()> {
    print_diff(&inventory(context, Some(before))?, &inventory(context, Some(after))?, output)
}

/// Says how two differ.
pub(in crate::commands) fn print_diff(before: &Inventory, after: &Inventory, output: Format) -> Result<()> {
    print(output, &lsrepo_bom::inventory::diff(before, after), difference_text)
}

/// What a lock, a bundle or a store carries.
pub(in crate::commands) fn inventory(context: &Context, what: Option<&Path>) -> Result<Inventory> {
    match what {
        None if Path::new(LOCK).exists() => of_lock(context, Path::new(LOCK)),
        None => of_store(&context.store()?),
        Some(folder) if folder.join("blobs").is_dir() => of_store(&Store::open(folder)?),
        Some(file) if is_lock(file)? => of_lock(context, file),
        Some(bundle) => of_bundle(context, bundle),
    }
}

/// A lock is text; a bundle is not, and neither is a folder of volumes. Every form of a bundle has a control character among
/// its first four bytes.
pub(in crate::commands) fn is_lock(file: &Path) -> Result<bool> {
    if file.is_dir() {
        return Ok(false);
    }
    let mut head = [0; 4];
    let mut opened = fs::File::open(file).with_context(|| file.display().to_string())?;
    let read = std::io::Read::read(&mut opened, &mut head)?;
    Ok(head[..read].iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()))
}

fn of_lock(context: &Context, file: &Path) -> Result<Inventory> {
    let name = file.display().to_string();
    let lock = Lock::parse(&fs::read_to_string(file).with_context(|| name.clone())?).with_context(|| name)?;
    // The lock names packages; what they state is known where they were read.
    let licences = match context.home.join("blobs").is_dir() {
        true => context.store().and_then(|store| licences(&store, &store.roots()?))?,
        false => BTreeMap::new(),
    };
    Ok(Inventory::of(&lock, &licences))
}

fn of_store(store: &Store) -> Result<Inventory> {
    of_roots(store, &store.roots()?)
}

/// What these sets of a store carry.
pub(in crate::commands) fn of_roots(store: &Store, roots: &BTreeMap<String, Digest>) -> Result<Inventory> {
    let licences = licences(store, roots)?;
    let mut inventory = Inventory::default();
    for (name, digest) in roots {
        let part: PlatformLock = prepared::lock_of(store, name, digest)?;
        let own = Inventory::of(&Lock::new(vec![part]), &licences);
        inventory.date = inventory.date.max(own.date);
        inventory.artifacts.extend(own.artifacts);
    }
    inventory.each_once();
    Ok(inventory)
}

/// The licences that packages of these sets state.
fn licences(store: &Store, roots: &BTreeMap<String, Digest>) -> Result<BTreeMap<Digest, String>> {
    let mut all = BTreeMap::new();
    for (name, digest) in roots {
        if let Records::Rpm(records) = prepared::records_of(store, name, digest)? {
            all.extend(records.into_iter().filter_map(|(digest, record)| Some((digest, record.licence()?))));
        }
    }
    Ok(all)
}

/// A bundle says what it carries without being unpacked.
fn of_bundle(context: &Context, bundle: &Path) -> Result<Inventory> {
    let (parts, licences) = of_sets(carry::described(context, bundle)?, bundle)?;
    Ok(Inventory::of(&Lock::new(parts), &licences))
}

/// The locks of a bundle's sets, one after the other, and the licences that packages state.
pub(in crate::commands) fn of_sets(sets: Vec<Described>, bundle: &Path) -> Result<(Vec<PlatformLock>, BTreeMap<Digest, String>)> {
    let mut parts = Vec::new();
    let mut licences = BTreeMap::new();
    for set in sets {
        let what = || bundle.display().to_string();
        let text = String::from_utf8(prepared::unpacked(&set.lock)?).with_context(what)?;
        parts.extend(Lock::parse(&text).with_context(what)?.platforms);
        for (_, packed) in set.documents.iter().filter(|(media_type, _)| media_type == media_type::RPM_RECORDS) {
            let records: BTreeMap<Digest, Record> = serde_json::from_slice(&prepared::unpacked(packed)?).with_context(what)?;
            licences.extend(records.into_iter().filter_map(|(digest, record)| Some((digest, record.licence()?))));
        }
    }
    Ok((parts, licences))
}

fn row(one: &Artifact) -> String {
    let modules: Vec<String> = one.modules.iter().map(ToString::to_string).collect();
    let name = format!("{} {}", one.name, one.version);
    let licence = one.licence.as_ref().map_or(String::new(), |licence| format!("  {licence}"));
    let (kind, arch, size) = (one.kind.as_str(), one.arch.as_str(), Bytes(one.size).to_string());
    format!("{kind:<5} {:<60} {arch:<8} {size:>10}  {}{licence}\n", name.trim_end(), modules.join(", "))
}

fn table(inventory: &Inventory) -> String {
    let bytes = inventory.artifacts.iter().map(|one| one.size).sum();
    let rows: String = inventory.artifacts.iter().map(row).collect();
    rows + &format!("{} artifacts, {}\n", Count(inventory.artifacts.len() as u64), Bytes(bytes))
}

fn difference_text(difference: &Difference) -> String {
    let mut text = String::new();
    difference.added.iter().for_each(|one| text += &format!("+ {}", row(one)));
    difference.removed.iter().for_each(|one| text += &format!("- {}", row(one)));
    for change in &difference.changed {
        let (from, to) = (&change.from, &change.to);
        let version = |one: &Artifact| if one.version.is_empty() { one.digest.to_string() } else { one.version.clone() };
        text += &format!(
            "~ {:<5} {} {} -> {}, {} -> {}",
            to.kind.as_str(),
            to.name,
            version(from),
            version(to),
            Bytes(from.size),
            Bytes(to.size)
        );
        if from.licence != to.licence {
            let words = |one: &Artifact| one.licence.clone().unwrap_or_else(|| "no licence stated".to_owned());
            text += &format!(", licence {} -> {}", words(from), words(to));
        }
        text += "\n";
    }
    text + &format!(
        "{} added, {} removed, {} changed; {} more, {} less\n",
        Count(difference.added.len() as u64),
        Count(difference.removed.len() as u64),
        Count(difference.changed.len() as u64),
        Bytes(difference.bytes_added),
        Bytes(difference.bytes_removed)
    )
}
