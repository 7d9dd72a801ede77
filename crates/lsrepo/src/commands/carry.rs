//! `lsrepo export`, `inspect`, `import`: over the gap.

mod registry;

use super::manifest;
use crate::{
    cli::{ExportArgs, ImportArgs, InspectArgs},
    context::{Context, load_key},
    failure::{OrUnsatisfied, unsatisfied},
    output::print,
    prepared,
    progress::listen::Carrying,
    site,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bundle::{BundleError, Contents, Event, Inspection, Trust};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

pub(crate) fn export(context: &Context, args: &ExportArgs) -> Result<()> {
    let store = context.store()?;
    let _guard = context.undisturbed(&store)?;
    let mut roots: BTreeMap<String, Digest> = BTreeMap::new();
    for (name, digest) in store.roots()? {
        let platform = prepared::lock_of(&store, &name, &digest)?.name;
        let os = args.os.is_empty() || args.os.contains(&platform.os);
        let arch = args.arch.is_empty() || args.arch.contains(&platform.arch);
        if os && arch {
            roots.insert(name, digest);
        }
    }
    if roots.is_empty() {
        return Err(unsatisfied("there is nothing to export\nhint: `lsrepo prepare` first"));
    }
    let contents = Contents::of(&store, &roots)?;
    if args.dry_run {
        let mut text: String = roots.keys().map(|name| format!("{name}\n")).collect();
        text += &format!("{} blobs, {}\n", Count(contents.count()), Bytes(contents.bytes()));
        return crate::output::write(text.as_bytes());
    }
    let key = match &args.key {
        Some(file) => load_key(&fs::read(file).with_context(|| file.display().to_string())?, file)?,
        None => context.key()?,
    };
    let date = prepared::newest(&store, &roots)?;
    if let Some(to) = registry::reference(&args.output)? {
        return registry::export(context, args, &to, &store, &contents, (&key, date));
    }
    let carrying = Carrying::new(context.progress, "export");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    let summary = match args.output.as_os_str() == "-" {
        true => lsrepo_bundle::export(&store, &contents, &key, date, io::stdout().lock(), &on_event)?,
        false => lsrepo_bundle::export_to_path(&store, &contents, &key, date, &args.output, &on_event)?,
    };
    carrying.finish();
    context.progress.note(&format!("{}: {}, signed by {}", args.output.display(), Bytes(summary.size), key.fingerprint()));
    Ok(())
}

pub(crate) fn inspect(context: &Context, args: &InspectArgs) -> Result<()> {
    if registry::reference(&args.bundle)?.is_some() {
        bail!("inspect reads files\nhint: `lsrepo import --dry-run {}` says what is in it", args.bundle.display());
    }
    let seen = lsrepo_bundle::inspect(open(&args.bundle)?, &context.trusted()?, context.now);
    let seen = judge(seen, &args.bundle)?;
    print(args.output, &seen, |seen| text(seen, args.packages, args.images, args.files))
}

/// Whether a bundle is in a registry, where nothing is read but to be imported.
pub(super) fn is_in_registry(bundle: &Path) -> Result<bool> {
    Ok(registry::reference(bundle)?.is_some())
}

/// What a bundle says of its sets, checked.
pub(super) fn described(context: &Context, bundle: &Path) -> Result<Vec<lsrepo_bundle::Described>> {
    judge(lsrepo_bundle::describe(open(bundle)?, &context.trusted()?, context.now), bundle)
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

pub(crate) fn import(context: &Context, args: &ImportArgs) -> Result<()> {
    let store = context.store()?;
    if args.dry_run {
        return would_import(context, &store, args);
    }
    let _guard = context.alone(&store)?;
    store.sweep()?;
    let carrying = Carrying::new(context.progress, "import");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    let keys = context.trusted()?;
    let trust = Trust { keys: &keys, on_first_use: args.trust_on_first_use, now: context.now };
    let done = match registry::reference(&args.bundle)? {
        Some(from) => registry::import(context, args, &from, &store, &trust)?,
        None => judge(lsrepo_bundle::import(manifest::cleared(context, args)?, &store, &trust, &on_event), &args.bundle)?,
    };
    carrying.finish();
    if let Some(key) = &done.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", done.signer));
    }
    let snapshot = site::snapshot(&store)?;
    let (written, present) = (Count(done.written), Count(done.present));
    let text = format!("snapshot {}: {written} blobs new ({}), {present} were there", snapshot.number, Bytes(done.bytes));
    context.progress.note(&text);
    Ok(())
}

fn would_import(context: &Context, store: &Store, args: &ImportArgs) -> Result<()> {
    if let Some(from) = registry::reference(&args.bundle)? {
        let keys = context.trusted()?;
        let trust = Trust { keys: &keys, on_first_use: args.trust_on_first_use, now: context.now };
        let text = registry::would_import(context, args, &from, store, &trust)?;
        return crate::output::write(text.as_bytes());
    }
    let seen = lsrepo_bundle::inspect(manifest::cleared(context, args)?, &context.trusted()?, context.now);
    let seen = judge(seen, &args.bundle)?;
    if !seen.trusted && !args.trust_on_first_use {
        return judge(Err(BundleError::Untrusted { signer: seen.signer }), &args.bundle);
    }
    let packages: BTreeMap<Digest, u64> =
        seen.parts.iter().flat_map(|part| part.packages.iter().chain(&part.files)).map(|item| (item.digest, item.size)).collect();
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

pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    match path.as_os_str() == "-" {
        true => Ok(Box::new(io::stdin().lock())),
        false => Ok(Box::new(io::BufReader::with_capacity(1 << 20, File::open(path).with_context(|| path.display().to_string())?))),
    }
}

/// A bad bundle is an answer (exit code 1); a full disk is not.
pub(super) fn judge<T>(result: Result<T, BundleError>, path: &Path) -> Result<T> {
    match result {
        Err(error @ (BundleError::Io { .. } | BundleError::Store(_) | BundleError::Space { .. })) => Err(error.into()),
        other => other.or_unsatisfied().with_context(|| path.display().to_string()),
    }
}
