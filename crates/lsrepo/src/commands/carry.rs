//! `lsrepo export`, `inspect`, `import`: over the gap.

pub(super) mod check;
pub(super) mod delta;
pub(super) mod listing;
pub(super) mod registered;
mod registry;
mod tools;

use super::{manifest, prepare};
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
    fs,
    io::{self, Read},
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

/// A bundle as it was given: on media, or as a stream.
pub(super) enum Given<'a> {
    /// files
    Media(Arc<Source>),
    /// standard input, or volumes that arrive
    Stream(Box<dyn Read + 'a>),
}

impl Given<'_> {
    /// What was named on the command line.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self> {
        match paths {
            [one] if one.as_os_str() == "-" => Ok(Self::Stream(Box::new(io::stdin().lock()))),
            _ => Ok(Self::Media(source(paths)?)),
        }
    }

    fn inspect(self, keys: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
        match self {
            Self::Media(source) => Archive::inspect(&source, keys, now),
            Self::Stream(input) => lsrepo_bundle::inspect(input, keys, now),
        }
    }

    fn describe(self, keys: &Keyring, now: Timestamp) -> Result<Vec<lsrepo_bundle::Described>, BundleError> {
        match self {
            Self::Media(source) => Archive::describe(&source, keys, now),
            Self::Stream(input) => lsrepo_bundle::describe(input, keys, now),
        }
    }
}

/// What a bundle holds.
fn inspected(context: &Context, bundle: &[PathBuf]) -> Result<Inspection> {
    if let [one] = bundle
        && is_in_registry(one)?
    {
        bail!("inspect reads files\nhint: `lsrepo import --dry-run {}` says what is in it", one.display());
    }
    judge(Given::open(bundle)?.inspect(&context.trusted()?, context.now), bundle)
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
    let source = source(paths)?;
    let only = manifest::cleared(context, asked, paths, Given::Media(source.clone()))?.0;
    let keys = context.trusted()?;
    let trust = Trust { only, ..trust(&keys, asked.on_first_use, context.now) };
    let archive = judge(Archive::open(&source, &trust), paths)?;
    judge(archive.refuse_without_base(store), paths)?;
    if let Some(key) = &archive.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", archive.signer));
    }
    Ok(archive)
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

pub(crate) fn import(context: &Context, args: &ImportArgs) -> Result<()> {
    let store = context.store()?;
    if args.dry_run {
        return would_import(context, &store, args);
    }
    let _guard = context.alone(&store)?;
    store.sweep()?;
    let asked = Asked { approve: args.approve.as_deref(), on_first_use: args.trust_on_first_use };
    if args.register {
        return registered::register(context, &store, &args.bundle, asked);
    }
    let carrying = Carrying::new(context.progress, "import");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    let keys = context.trusted()?;
    let mut trust = trust(&keys, args.trust_on_first_use, context.now);
    let on_wait = |ordinal: u32, total: Option<u32>| {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        context.progress.note(&format!("waiting for volume {ordinal}{of}"));
    };
    let from_registry = args.bundle.first().map(|path| registry::reference(path)).transpose()?.flatten();
    let mut media = None;
    let done = match from_registry {
        Some(from) => registry::import(context, args, &from, &store, &trust)?,
        None => {
            let paths = args.watch.as_ref().map_or(&args.bundle[..], std::slice::from_ref);
            let given = match &args.watch {
                Some(folder) => Given::Stream(Box::new(Watched::new(folder, &on_wait))),
                None if args.moving => Given::Media(Arc::new(judge(Source::open_to_free(paths), paths)?)),
                None => Given::open(paths)?,
            };
            let (only, given) = manifest::cleared(context, asked, paths, given)?;
            trust.only = only;
            let imported = match given {
                Given::Stream(_) if args.moving => bail!("--move is for bundles in files"),
                Given::Stream(input) => lsrepo_bundle::import(input, &store, &trust, &on_event),
                Given::Media(source) => {
                    registered::unused(context, &store, &source)?;
                    media = Some(source.clone()).filter(|_| args.moving);
                    lsrepo_bundle::import_from(&source, args.moving, &store, &trust, &on_event)
                }
            };
            judge(imported, paths)?
        }
    };
    carrying.finish();
    if let Some(key) = &done.new_key {
        context.trust(key.as_bytes())?;
        context.progress.note(&format!("trusted from now on: {}", done.signer));
    }
    shelves::load(context, &store)?;
    let snapshot = site::snapshot(&store)?;
    if let Some(media) = media {
        media.remove()?;
    }
    let (written, present) = (Count(done.written), Count(done.present));
    let text = format!("snapshot {}: {written} blobs new ({}), {present} were there", snapshot.number, Bytes(done.bytes));
    context.progress.note(&text);
    Ok(())
}

fn would_import(context: &Context, store: &Store, args: &ImportArgs) -> Result<()> {
    if let Some(from) = args.bundle.first().map(|path| registry::reference(path)).transpose()?.flatten() {
        let keys = context.trusted()?;
        let text = registry::would_import(context, args, &from, store, &trust(&keys, args.trust_on_first_use, context.now))?;
        return crate::output::write(text.as_bytes());
    }
    let asked = Asked { approve: args.approve.as_deref(), on_first_use: args.trust_on_first_use };
    let (_, given) = manifest::cleared(context, asked, &args.bundle, Given::open(&args.bundle)?)?;
    let seen = judge(given.inspect(&context.trusted()?, context.now), &args.bundle)?;
    if !seen.trusted && !args.trust_on_first_use {
        return judge(Err(BundleError::Untrusted { signer: seen.signer }), &args.bundle);
    }
    let items = seen.parts.iter().flat_map(|part| part.packages.iter().chain(&part.files)).map(|item| (item.digest, item.size));
    let absent = |all: BTreeMap<Digest, u64>| {
        let is_new = |(digest, size): &(Digest, u64)| !seen.absent_content.contains(digest) && !store.contains(digest, *size);
        let sizes: Vec<u64> = all.into_iter().filter(is_new).map(|(_, size)| size).collect();
        (Count(sizes.len() as u64), Bytes(sizes.iter().sum()))
    };
    let ((count, bytes), free) = (absent(items.collect()), Bytes(store.free_bytes()?));
    let images = match absent(seen.image_content.clone()) {
        _ if seen.images.is_empty() => String::new(),
        (count, bytes) => format!("; {count} blobs of images, {bytes}"),
    };
    let text = format!("{}to add: {count} packages and files, {bytes}{images}; free: {free}\n", text(&seen, false, false, false));
    crate::output::write(text.as_bytes())
}

/// A bad bundle is an answer (exit code 1); a full disk is not.
pub(super) fn judge<T>(result: Result<T, BundleError>, paths: &[PathBuf]) -> Result<T> {
    let path = || paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    match result {
        Err(error @ (BundleError::Io { .. } | BundleError::Store(_) | BundleError::Space { .. })) => Err(error.into()),
        other => other.or_unsatisfied().with_context(path),
    }
}
