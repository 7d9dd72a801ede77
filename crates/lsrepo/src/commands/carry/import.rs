//! `lsrepo import`: from a bundle into the store.

use super::{Asked, Given, judge, registered, registry, text, trust};
use crate::{cli::ImportArgs, commands::manifest, context::Context, progress::listen::Carrying, shelves};
use anyhow::{Result, bail};
use lsrepo_bundle::{BundleError, Event, Source, Watched};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest};
use std::{collections::BTreeMap, sync::Arc};

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
    let snapshot =
        super::shown_now(context, &store, &super::cause(args.watch.as_ref().map_or(&args.bundle[..], std::slice::from_ref)))?;
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
