//! `lsrepo export`, `inspect`, `import`: over the gap.

pub(super) mod check;
pub(super) mod delta;
pub(super) mod listing;
pub(super) mod registered;
mod registry;
mod tools;

use super::prepare;
use crate::{
    cli::{ExportArgs, ImportArgs, InspectArgs},
    context::{Context, load_key},
    failure::{OrUnsatisfied, unsatisfied},
    output::print,
    prepared,
    progress::listen::Carrying,
    shelves, site,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bundle::{Archive, BundleError, Contents, Event, Inspection, Moving, Options, Source, Trust, Watched, parity};
use lsrepo_sign::Keyring;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) fn export(context: &Context, args: &ExportArgs) -> Result<()> {
    let store = context.store()?;
    if args.from_lock && !args.dry_run {
        prepare::from_lock(context, args)?;
    }
    let moving = args.moving || args.from_lock;
    let _guard = if moving { context.alone(&store)? } else { context.undisturbed(&store)? };
    let mut roots: BTreeMap<String, Digest> = BTreeMap::new();
    let mut others: BTreeMap<String, Digest> = BTreeMap::new();
    for (name, digest) in store.roots()? {
        let platform = prepared::lock_of(&store, &name, &digest)?.name;
        let os = args.os.is_empty() || args.os.contains(&platform.os);
        let arch = args.arch.is_empty() || args.arch.contains(&platform.arch);
        if os && arch {
            roots.insert(name, digest)
        } else {
            others.insert(name, digest)
        };
    }
    if roots.is_empty() {
        return Err(unsatisfied("there is nothing to export\nhint: `lsrepo prepare` first"));
    }
    let contents = Contents::of(&store, &roots)?;
    let to = registry::reference(&args.output)?;
    let options = Options {
        tools: tools::carried(context, args)?,
        have: delta::have(context, args)?,
        split: args.split.map(|Bytes(size)| size),
        moving: moving.then(|| kept(&store, &others)).transpose()?,
    };
    if args.dry_run {
        let mut text: String = roots.keys().map(|name| format!("{name}\n")).collect();
        let carried: Vec<u64> =
            contents.blobs().iter().filter(|one| !options.have.contains(&one.digest)).map(|one| one.size).collect();
        text += &format!("{} blobs, {}", Count(carried.len() as u64), Bytes(carried.iter().sum()));
        let left = contents.count() - carried.len() as u64;
        if left > 0 {
            text += &format!("; {} blobs are left out, {}", Count(left), Bytes(contents.bytes() - carried.iter().sum::<u64>()));
        }
        return crate::output::write((text + "\n").as_bytes());
    }
    let key = match &args.key {
        Some(file) => load_key(&fs::read(file).with_context(|| file.display().to_string())?, file)?,
        None => context.key()?,
    };
    let date = prepared::newest(&store, &roots)?;
    let to_file = to.is_none() && args.output.as_os_str() != "-";
    if !to_file && (options.split.is_some() || args.parity.is_some() || moving) {
        bail!("--split, --parity, --move and --from-lock are for bundles in files");
    }
    if let Some(to) = to {
        return registry::export(context, args, &to, &store, &contents, (&key, date));
    }
    let carrying = Carrying::new(context.progress, "export");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    if !to_file {
        let summary = lsrepo_bundle::export(&store, &contents, (&key, date), &options, io::stdout().lock(), &on_event)?;
        carrying.finish();
        context.progress.note(&format!("-: {}, signed by {}", Bytes(summary.size), key.fingerprint()));
        return Ok(());
    }
    let done = lsrepo_bundle::export_to_path(&store, &contents, (&key, date), &options, &args.output, &on_event);
    let (summary, files) = match done {
        Err(error @ (BundleError::Split { .. } | BundleError::Busy(_))) => return Err(error.into()),
        other => other?,
    };
    carrying.finish();
    let volumes = if files.len() > 1 { format!(" in {} volumes", files.len()) } else { String::new() };
    let kept = if summary.kept > 0 { format!(", {} of which were there", Bytes(summary.kept)) } else { String::new() };
    let text = format!("{}: {}{volumes}{kept}, signed by {}", args.output.display(), Bytes(summary.size), key.fingerprint());
    context.progress.note(&text);
    if moving {
        registered::use_there(context, &store, &files)?;
    }
    if let Some(percent) = args.parity {
        write_parity(context, &files, percent)?;
    }
    Ok(())
}

/// What other sets need stays in the store.
fn kept(store: &Store, others: &BTreeMap<String, Digest>) -> Result<Moving> {
    let mut keep = BTreeSet::new();
    for (name, digest) in others {
        keep.extend(prepared::blobs_of(store, name, digest)?);
    }
    Ok(Moving { keep })
}

fn write_parity(context: &Context, files: &[PathBuf], percent: u32) -> Result<()> {
    let size = files.iter().map(|file| fs::metadata(file).map(|data| data.len()).unwrap_or_default()).sum();
    let task = context.progress.task("parity", size);
    let written = parity::write(files, percent, &|bytes| task.advance(bytes))?;
    task.finish();
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    context.progress.note(&format!("parity of {percent} %: {}", names.join(", ")));
    Ok(())
}

pub(crate) fn inspect(context: &Context, args: &InspectArgs) -> Result<()> {
    let seen = inspected(context, &args.bundle)?;
    print(args.output, &seen, |seen| text(seen, args.packages, args.images, args.files))
}

/// What a bundle holds.
fn inspected(context: &Context, bundle: &[PathBuf]) -> Result<Inspection> {
    if let [one] = bundle {
        if registry::reference(one)?.is_some() {
            bail!("inspect reads files\nhint: `lsrepo import --dry-run {}` says what is in it", one.display());
        }
        if one.as_os_str() == "-" {
            return judge(lsrepo_bundle::inspect(io::stdin().lock(), &context.trusted()?, context.now), bundle);
        }
    }
    let keys = context.trusted()?;
    judge(Archive::inspect(&Arc::new(source(bundle)?), &trust(&keys, false, context.now)), bundle)
}

/// What a bundle says of its sets, checked.
pub(super) fn described(context: &Context, bundle: &Path) -> Result<Vec<lsrepo_bundle::Described>> {
    let (keys, paths) = (context.trusted()?, [bundle.to_owned()]);
    match bundle.as_os_str() == "-" {
        true => judge(lsrepo_bundle::describe(io::stdin().lock(), &keys, context.now), &paths),
        false => judge(Archive::describe(&Arc::new(source(&paths)?), &trust(&keys, false, context.now)), &paths),
    }
}

/// A bundle that is used where it lies; what it leaves out is in the store.
pub(super) fn opened(context: &Context, store: &Store, paths: &[PathBuf], on_first_use: bool) -> Result<Archive> {
    let keys = context.trusted()?;
    let archive = judge(Archive::open(source(paths)?, &trust(&keys, on_first_use, context.now)), paths)?;
    judge(archive.refuse_without_base(store), paths)?;
    if let Some(key) = &archive.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", archive.signer));
    }
    Ok(archive)
}

/// The files of a bundle.
fn source(paths: &[PathBuf]) -> Result<Source> {
    judge(Source::open(paths), paths)
}

fn trust(keys: &Keyring, on_first_use: bool, now: Timestamp) -> Trust<'_> {
    Trust { keys, on_first_use, now }
}

fn text(seen: &Inspection, packages: bool, images: bool, files: bool) -> String {
    let trusted = if seen.trusted { "trusted here" } else { "not trusted here" };
    let mut text = format!("signed by {} ({trusted})\n", seen.signer);
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
    if seen.tools > 0 {
        text += &format!("programs for bare hosts: {}\n", Bytes(seen.tools));
    }
    let images = (seen.images.len() as u64, seen.image_bytes);
    text + &figures((seen.packages, seen.bytes), images, (seen.files, seen.file_bytes)) + "\n"
}

/// Counts and bytes of packages, images and files.
fn figures(packages: (u64, u64), images: (u64, u64), files: (u64, u64)) -> String {
    let some = |(count, bytes): (u64, u64), one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}, {}", Bytes(bytes))),
        several => Some(format!("{} {one}s, {}", Count(several), Bytes(bytes))),
    };
    let alone = images.0 == 0 && files.0 == 0;
    let some_packages = (packages.0 > 0 || alone).then(|| format!("{} packages, {}", Count(packages.0), Bytes(packages.1)));
    some_packages.into_iter().chain(some(images, "image")).chain(some(files, "file")).collect::<Vec<_>>().join("; ")
}

pub(crate) fn import(context: &Context, args: &ImportArgs) -> Result<()> {
    let store = context.store()?;
    if args.dry_run {
        return would_import(context, &store, args);
    }
    let _guard = context.alone(&store)?;
    store.sweep()?;
    let keys = context.trusted()?;
    let trust = trust(&keys, args.trust_on_first_use, context.now);
    if args.register {
        return registered::register(context, &store, &args.bundle, args.trust_on_first_use);
    }
    let carrying = Carrying::new(context.progress, "import");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    let done = match (&args.watch, &args.bundle[..]) {
        (Some(folder), _) => {
            let on_wait = |ordinal: u32, total: Option<u32>| {
                let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
                context.progress.note(&format!("{}: waiting for volume {ordinal}{of}", folder.display()));
            };
            judge(lsrepo_bundle::import(Watched::new(folder, &on_wait), &store, &trust, &on_event), std::slice::from_ref(folder))?
        }
        (None, [one]) if one.as_os_str() == "-" => {
            judge(lsrepo_bundle::import(io::stdin().lock(), &store, &trust, &on_event), &args.bundle)?
        }
        (None, paths) => match paths.first().map(|path| registry::reference(path)).transpose()?.flatten() {
            Some(from) => registry::import(context, args, &from, &store, &trust)?,
            None => {
                let opened = if args.moving { Source::open_to_free(paths) } else { Source::open(paths) };
                let source = judge(opened, paths)?;
                registered::unused(context, &store, &source)?;
                judge(lsrepo_bundle::import_from(source, args.moving, &store, &trust, &on_event), paths)?
            }
        },
    };
    carrying.finish();
    if let Some(key) = &done.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", done.signer));
    }
    shelves::load(context, &store)?;
    let snapshot = site::snapshot(&store)?;
    let (written, present) = (Count(done.written), Count(done.present));
    let text = format!("snapshot {}: {written} blobs new ({}), {present} were there", snapshot.number, Bytes(done.bytes));
    context.progress.note(&text);
    Ok(())
}

fn would_import(context: &Context, store: &Store, args: &ImportArgs) -> Result<()> {
    if let Some(from) = args.bundle.first().map(|path| registry::reference(path)).transpose()?.flatten() {
        let keys = context.trusted()?;
        let trust = trust(&keys, args.trust_on_first_use, context.now);
        let text = registry::would_import(context, args, &from, store, &trust)?;
        return crate::output::write(text.as_bytes());
    }
    let seen = inspected(context, &args.bundle)?;
    if !seen.trusted && !args.trust_on_first_use {
        return judge(Err(BundleError::Untrusted { signer: seen.signer }), &args.bundle);
    }
    let packages: BTreeMap<Digest, u64> =
        seen.parts.iter().flat_map(|part| part.packages.iter().chain(&part.files)).map(|item| (item.digest, item.size)).collect();
    let packages: BTreeMap<Digest, u64> =
        packages.into_iter().filter(|(digest, _)| !seen.absent_content.contains(digest)).collect();
    let absent = |all: &BTreeMap<Digest, u64>| {
        let sizes: Vec<u64> = all.iter().filter(|&(digest, &size)| !store.contains(digest, size)).map(|(_, &size)| size).collect();
        (Count(sizes.len() as u64), Bytes(sizes.iter().sum()))
    };
    let ((count, bytes), free) = (absent(&packages), Bytes(store.free_bytes()?));
    let images = match absent(&seen.image_content) {
        _ if seen.images.is_empty() => String::new(),
        (count, bytes) => format!("; {count} blobs of images, {bytes}"),
    };
    let text = format!("{}to add: {count} packages and files, {bytes}{images}; free: {free}\n", text(&seen, false, false, false));
    crate::output::write(text.as_bytes())
}

/// A bad bundle is an answer (exit code 1); a full disk is not.
fn judge<T>(result: Result<T, BundleError>, paths: &[PathBuf]) -> Result<T> {
    let path = || paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match result {
        Err(error @ (BundleError::Io { .. } | BundleError::Store(_) | BundleError::Space { .. })) => Err(error.into()),
        other => other.or_unsatisfied().with_context(path),
    }
}
