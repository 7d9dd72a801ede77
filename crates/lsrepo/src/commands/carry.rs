//! `lsrepo export`, `inspect`, `import`: over the gap.

use crate::{
    cli::{ExportArgs, ImportArgs, InspectArgs},
    context::{Context, load_key},
    failure::{OrUnsatisfied, unsatisfied},
    output::print,
    prepared, site,
};
use anyhow::{Context as _, Result};
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
    let task = std::cell::OnceCell::new();
    let on_event = |event: Event<'_>| match event {
        Event::Total { bytes, .. } => drop(task.set(context.progress.task("export", bytes))),
        Event::Blob(_) => task.get().into_iter().for_each(|task| task.item("")),
        Event::Bytes(bytes) => task.get().into_iter().for_each(|task| task.advance(bytes)),
    };
    let summary = match args.output.as_os_str() == "-" {
        true => lsrepo_bundle::export(&store, &contents, &key, date, io::stdout().lock(), &on_event)?,
        false => lsrepo_bundle::export_to_path(&store, &contents, &key, date, &args.output, &on_event)?,
    };
    task.get().into_iter().for_each(crate::progress::Task::finish);
    context.progress.note(&format!("{}: {}, signed by {}", args.output.display(), Bytes(summary.size), key.fingerprint()));
    Ok(())
}

pub(crate) fn inspect(context: &Context, args: &InspectArgs) -> Result<()> {
    let seen = lsrepo_bundle::inspect(open(&args.bundle)?, &context.trusted()?, context.now);
    let seen = judge(seen, &args.bundle)?;
    print(args.output, &seen, |seen| text(seen, args.packages))
}

fn text(seen: &Inspection, packages: bool) -> String {
    let trusted = if seen.trusted { "trusted here" } else { "not trusted here" };
    let mut text = format!("signed by {} ({trusted})\n", seen.signer);
    if let Some(created) = seen.created {
        text += &format!("made of indexes up to {created}\n");
    }
    for part in &seen.parts {
        let count = Count(part.packages.len() as u64);
        text += &format!("{} {}: {count} packages, {}\n", part.platform, part.module, Bytes(part.bytes));
        for item in part.packages.iter().filter(|_| packages) {
            text += &format!("  {} {}\n", item.file, Bytes(item.size));
        }
    }
    text + &format!("{} packages, {}\n", Count(seen.packages), Bytes(seen.bytes))
}

pub(crate) fn import(context: &Context, args: &ImportArgs) -> Result<()> {
    let store = context.store()?;
    if args.dry_run {
        return would_import(context, &store, args);
    }
    let _guard = context.alone(&store)?;
    store.sweep()?;
    let task = std::cell::OnceCell::new();
    let on_event = |event: Event<'_>| match event {
        Event::Total { bytes, .. } => drop(task.set(context.progress.task("import", bytes))),
        Event::Blob(_) => task.get().into_iter().for_each(|task| task.item("")),
        Event::Bytes(bytes) => task.get().into_iter().for_each(|task| task.advance(bytes)),
    };
    let keys = context.trusted()?;
    let trust = Trust { keys: &keys, on_first_use: args.trust_on_first_use, now: context.now };
    let done = judge(lsrepo_bundle::import(open(&args.bundle)?, &store, &trust, &on_event), &args.bundle)?;
    task.get().into_iter().for_each(crate::progress::Task::finish);
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
    let seen = lsrepo_bundle::inspect(open(&args.bundle)?, &context.trusted()?, context.now);
    let seen = judge(seen, &args.bundle)?;
    if !seen.trusted && !args.trust_on_first_use {
        return judge(Err(BundleError::Untrusted { signer: seen.signer }), &args.bundle);
    }
    let all = seen.parts.iter().flat_map(|part| &part.packages);
    let absent: BTreeMap<_, _> =
        all.filter(|item| !store.contains(&item.digest, item.size)).map(|item| (item.digest, item.size)).collect();
    let (count, bytes, free) = (Count(absent.len() as u64), Bytes(absent.values().sum()), Bytes(store.free_bytes()?));
    crate::output::write(format!("{}to add: {count} packages, {bytes}; free: {free}\n", text(&seen, false)).as_bytes())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    match path.as_os_str() == "-" {
        true => Ok(Box::new(io::stdin().lock())),
        false => Ok(Box::new(io::BufReader::with_capacity(1 << 20, File::open(path).with_context(|| path.display().to_string())?))),
    }
}

/// A bad bundle is an answer (exit code 1); a full disk is not.
fn judge<T>(result: Result<T, BundleError>, path: &Path) -> Result<T> {
    match result {
        Err(error @ (BundleError::Io { .. } | BundleError::Store(_) | BundleError::Space { .. })) => Err(error.into()),
        other => other.or_unsatisfied().with_context(|| path.display().to_string()),
    }
}
