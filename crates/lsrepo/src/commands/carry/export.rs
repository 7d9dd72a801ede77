//! `lsrepo export`: from the store to a bundle.

use super::{delta, packed, registered, registry, tools};
use crate::{
    cli::{BundleLevel, ExportArgs},
    commands::prepare,
    context::{Context, load_key},
    failure::unsatisfied,
    prepared,
    progress::listen::Carrying,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bundle::{BundleError, Contents, Event, Moving, Options, Tools, pack::Packs, parity};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
};

pub(crate) fn export(context: &Context, args: &ExportArgs) -> Result<()> {
    let store = context.store()?;
    if args.from_lock && !args.dry_run {
        prepare::from_lock(context, args)?;
    }
    let moving = args.moving || args.from_lock;
    // What is packed is written into the store.
    let _guard = if moving || args.level != BundleLevel::Stored { context.alone(&store)? } else { context.undisturbed(&store)? };
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
    if to.is_some() && args.level != BundleLevel::Stored {
        bail!("--level archive is for bundles in files: a registry has layers as they are");
    }
    let mut options = Options {
        tools: if to.is_some() { Tools::none() } else { tools::carried(context, args)? },
        have: delta::have(context, args)?,
        split: args.split.map(|Bytes(size)| size),
        packs: Packs::default(),
        moving: moving.then(|| kept(&store, &others)).transpose()?,
    };
    if args.dry_run {
        let mut text: String = roots.keys().map(|name| format!("{name}\n")).collect();
        let carried: Vec<u64> = contents.blobs().iter().filter(|one| !options.leaves_out(one)).map(|one| one.size).collect();
        text += &format!("{} blobs, {}", Count(carried.len() as u64), Bytes(carried.iter().sum()));
        let left = contents.count() - carried.len() as u64;
        if left > 0 {
            text += &format!("; {} blobs are left out, {}", Count(left), Bytes(contents.bytes() - carried.iter().sum::<u64>()));
        }
        text += "\n";
        if let BundleLevel::Archive(level) = args.level {
            text += &(packed::estimate(&store, &contents, &options, level)? + "\n");
        }
        return crate::output::write(text.as_bytes());
    }
    let key = match &args.key {
        Some(file) => load_key(&fs::read(file).with_context(|| file.display().to_string())?, file)?,
        None => context.key()?,
    };
    let date = prepared::newest(&store, &roots)?;
    if to.is_none() {
        registered::refuse_to_overwrite(&store, &args.output)?;
    }
    let to_file = to.is_none() && args.output.as_os_str() != "-";
    if !to_file && (options.split.is_some() || args.parity.is_some() || moving) {
        bail!("--split, --parity, --move and --from-lock are for bundles in files");
    }
    if let Some(to) = to {
        if !options.have.is_empty() || !args.tools.is_empty() {
            bail!("--receipt, --since and --tool are for bundles in files\nhint: what a registry has is not sent again");
        }
        return registry::export(context, args, &to, &store, &contents, (&key, date));
    }
    if let BundleLevel::Archive(level) = args.level {
        options.packs = packed::packs(context, &store, (&contents, &options), level, to_file.then_some(&*args.output))?;
    }
    let carrying = Carrying::new(context.progress, "export");
    let on_event = |event: Event<'_>| carrying.hear(&event);
    if !to_file {
        let summary = lsrepo_bundle::export(&store, &contents, (&key, date), &options, io::stdout().lock(), &on_event)?;
        carrying.finish();
        packed::forget(&store, args.level)?;
        context.progress.note(&format!("-: {}, signed by {}", Bytes(summary.size), key.fingerprint()));
        return Ok(());
    }
    let done = lsrepo_bundle::export_to_path(&store, &contents, (&key, date), &options, &args.output, &on_event);
    let (summary, files) = match done {
        Err(error @ (BundleError::Split { .. } | BundleError::Busy(_))) => return Err(error.into()),
        other => other?,
    };
    carrying.finish();
    packed::forget(&store, args.level)?;
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
