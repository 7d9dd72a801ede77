//! `lsrepo export`, `inspect`, `import`: over the gap.

pub(super) mod check;
pub(super) mod delta;
pub(super) mod export;
mod given;
pub(super) mod import;
pub(super) mod listing;
mod packed;
pub(super) mod registered;
mod registry;
mod tools;

use super::manifest;
use crate::{
    cli::{InspectArgs, RegistryFlags},
    context::Context,
    failure::OrUnsatisfied,
    output::print,
    snapshots::Snapshot,
};
use anyhow::{Context as _, Result};
pub(super) use given::Given;
use lsrepo_bundle::{Archive, BundleError, Inspection, Source, Trust};
use lsrepo_sign::Keyring;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) fn inspect(context: &Context, args: &InspectArgs) -> Result<()> {
    let seen = inspected(context, &args.bundle, &args.registries)?;
    print(args.output, &seen, |seen| text(seen, args.packages, args.images, args.files))
}

/// What a bundle holds, wherever it lies.
fn inspected(context: &Context, bundle: &[PathBuf], flags: &RegistryFlags) -> Result<Inspection> {
    let keys = context.trusted()?;
    match bundle.first().map(|path| registry::reference(path)).transpose()?.flatten() {
        Some(from) => registry::inspect(context, flags, &from, &trust(&keys, true, context.now)),
        None => judge(Given::open(bundle)?.inspect(&keys, context.now), bundle),
    }
}

/// Whether a bundle is in a registry, where nothing is read but to be imported.
pub(super) fn is_in_registry(bundle: &Path) -> Result<bool> {
    Ok(registry::reference(bundle)?.is_some())
}

/// What a bundle says of its sets, checked.
pub(super) fn described(context: &Context, bundle: &Path) -> Result<Vec<lsrepo_bundle::Described>> {
    let paths = [bundle.to_owned()];
    judge(Given::open(&paths)?.describe(&context.trusted()?, context.now), &paths)
}

/// A bundle that is used where it lies; what it leaves out is in the store.
pub(super) fn opened(context: &Context, store: &Store, paths: &[PathBuf], asked: Asked<'_>) -> Result<Archive> {
    let archive = opened_anyway(context, paths, asked)?;
    judge(archive.refuse_packs(), paths)?;
    judge(archive.refuse_without_base(store), paths)?;
    Ok(archive)
}

/// [`opened`], whether or not the store has what it leaves out.
pub(super) fn opened_anyway(context: &Context, paths: &[PathBuf], asked: Asked<'_>) -> Result<Archive> {
    let source = source(paths)?;
    let only = manifest::cleared(context, asked, paths, Given::Media(source.clone()))?.0;
    let keys = context.trusted()?;
    let trust = Trust { only, ..trust(&keys, asked.on_first_use, context.now) };
    let archive = judge(Archive::open(&source, &trust), paths)?;
    if let Some(key) = &archive.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", archive.signer));
    }
    Ok(archive)
}

/// The store's sets have changed: a new snapshot, which is shown. The store is locked.
fn shown_now(context: &Context, store: &Store, cause: &str) -> Result<Snapshot> {
    super::snapshot::record(context, store, cause)
}

/// `import bundle.tar.zst`
fn cause(paths: &[PathBuf]) -> String {
    let name = paths.first().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    format!("import {}", name.escape_debug()).trim_end().to_owned()
}

/// What somebody says for a bundle.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// the signature of an approver
    pub(super) approve: Option<&'a Path>,
    /// take a signer that is not known yet
    pub(super) on_first_use: bool,
}

/// The files of a bundle.
fn source(paths: &[PathBuf]) -> Result<Arc<Source>> {
    judge(Source::open(paths), paths).map(Arc::new)
}

fn trust(keys: &Keyring, on_first_use: bool, now: Timestamp) -> Trust<'_> {
    Trust { keys, on_first_use, now, only: None }
}

fn text(seen: &Inspection, packages: bool, images: bool, files: bool) -> String {
    let trusted = if seen.trusted { "trusted here" } else { "not trusted here" };
    let mut text = format!("index {}\nsigned by {} ({trusted})\n", seen.index, seen.signer);
    if let Some(created) = seen.created {
        text += &format!("as of {created}\n");
    }
    for part in &seen.parts {
        let (packages_of, images_of) = ((part.packages.len() as u64, part.bytes), (part.images.len() as u64, part.image_bytes));
        let what = figures(packages_of, images_of, (part.files.len() as u64, part.file_bytes));
        text += &format!("{} {}: {what}\n", part.platform, part.module);
        for item in part.packages.iter().filter(|_| packages) {
            text += &format!("  {} {}\n", item.file, Bytes(item.size));
        }
        for item in part.files.iter().filter(|_| files) {
            text += &format!("  {} {}\n", item.file, Bytes(item.size));
        }
        for name in part.images.iter().filter(|_| images) {
            let digest = seen.images.iter().find(|image| image.name == *name).map(|image| image.digest.to_string());
            text += &format!("  {name} {}\n", digest.unwrap_or_default());
        }
    }
    if seen.absent > 0 {
        text += &format!("left out, as the far side has it: {} blobs, {}\n", Count(seen.absent), Bytes(seen.absent_bytes));
    }
    if seen.packed > 0 {
        let (count, bytes, packs) = (Count(seen.packed), Bytes(seen.packed_bytes), Bytes(seen.pack_bytes));
        text += &format!("packed (--level archive): {count} blobs, {bytes}, in {packs}\n");
    }
    if seen.tools > 0 {
        text += &format!("programs for bare hosts: {}\n", Bytes(seen.tools));
    }
    let images = (seen.images.len() as u64, seen.image_bytes);
    text + &figures((seen.packages, seen.bytes), images, (seen.files, seen.file_bytes)) + "\n"
}

/// Counts and bytes of packages, images and files.
pub(super) fn figures(packages: (u64, u64), images: (u64, u64), files: (u64, u64)) -> String {
    let some = |(count, bytes): (u64, u64), one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}, {}", Bytes(bytes))),
        several => Some(format!("{} {one}s, {}", Count(several), Bytes(bytes))),
    };
    let alone = images.0 == 0 && files.0 == 0;
    let some_packages = (packages.0 > 0 || alone).then(|| format!("{} packages, {}", Count(packages.0), Bytes(packages.1)));
    some_packages.into_iter().chain(some(images, "image")).chain(some(files, "file")).collect::<Vec<_>>().join("; ")
}

/// A bad bundle is an answer (exit code 1); a full disk is not.
pub(super) fn judge<T>(result: Result<T, BundleError>, paths: &[PathBuf]) -> Result<T> {
    let path = || paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match result {
        Err(error @ (BundleError::Io { .. } | BundleError::Store(_) | BundleError::Space { .. })) => Err(error.into()),
        other => other.or_unsatisfied().with_context(path),
    }
}
