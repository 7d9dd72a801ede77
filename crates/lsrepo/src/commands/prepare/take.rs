//! What a lock names, into the store.

use crate::{
    cli::Upstreams,
    closure::{self, Unpinned},
    context::Context,
    failure::{of_fetch, unsatisfied},
    prepared,
    progress::listen,
    upstreams::yum,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::lock::{LockedPackage, PackageSignatures, PlatformLock};
use lsrepo_fetch::{
    Download,
    registry::{Registries, image_downloads},
};
use lsrepo_oci::Image;
use lsrepo_store::Store;
use std::{collections::BTreeMap, sync::Arc};
use tokio::runtime::Runtime;

/// The lock with the digests of packages of which the index has another checksum: they are fetched to be named.
pub(super) fn pinned(
    context: &Context,
    runtime: &Runtime,
    mut part: PlatformLock,
    unpinned: &[Unpinned],
    flags: &Upstreams,
) -> Result<PlatformLock> {
    if unpinned.is_empty() {
        return Ok(part);
    }
    context.progress.note(&format!("{}: {} packages are fetched to be pinned by SHA-256", part.name, unpinned.len()));
    let store = context.store()?;
    let _guard = context.alone(&store)?;
    let client = yum::routed(closure::client(flags)?, &part, flags)?;
    let sources = part.sources.clone();
    for one in unpinned {
        let own =
            |package: &&mut LockedPackage| (&package.name, &package.version, &package.arch) == (&one.name, &one.version, &one.arch);
        let Some(package) = part.packages.iter_mut().find(own) else { continue };
        let source = sources.iter().find(|source| source.name == package.source);
        let source = source.with_context(|| format!("{}: its source is not in the lock", package.name))?;
        if one.checksum.kind().is_weak() && source.package_signatures == PackageSignatures::Unchecked {
            return Err(unsatisfied(format!(
                "{} of {}: only a {} checksum stands for it, and no signature is asked for\nhint: name the key of its packages: --source 'rpm [gpgkey=FILE] URL'",
                package.path,
                package.source,
                one.checksum.kind().word()
            )));
        }
        let urls: Vec<String> = source.uris.iter().map(|uri| below(uri, &package.path)).collect();
        let size = (package.size > 0).then_some(package.size);
        let fetched = runtime.block_on(lsrepo_fetch::pin(&client, &store, &urls, &one.checksum, size)).map_err(of_fetch)?;
        (package.digest, package.size) = fetched;
    }
    Ok(part)
}

/// Downloads a platform's packages and images, and lets the store stand for its sets.
pub(super) fn take(
    context: &Context,
    runtime: &Runtime,
    store: &Store,
    part: &PlatformLock,
    images: &[Image],
    (flags, registries): (&Upstreams, Option<&Registries>),
) -> Result<()> {
    if prepared::is_complete(store, part)? {
        return Ok(());
    }
    let _guard = context.alone(store)?;
    store.sweep()?;
    let mut plan = plan(part);
    if let Some(registries) = registries {
        for image in images {
            plan.extend(image_downloads(registries, image)?);
        }
    }
    plan.sort_by_key(|item| item.digest);
    plan.dedup_by_key(|item| item.digest);
    let missing = plan.iter().filter(|item| !store.contains(&item.digest, item.size)).map(|item| item.size).sum();
    if missing > 0 {
        let task = Arc::new(context.progress.task("fetch", missing));
        let mut client = yum::routed(closure::client(flags)?, part, flags)?;
        if let Some(registries) = registries {
            client = client.with_registries(registries.clone());
        }
        let done = runtime.block_on(async {
            tokio::select! {
                done = lsrepo_fetch::download(&client, &plan, store, context.now, listen::transfers(&task)) => done.map_err(of_fetch),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; it continues where it stopped")),
            }
        });
        done?;
        task.finish();
    }
    prepared::write(store, part)?.iter().for_each(|said| context.progress.warn(said));
    Ok(())
}

fn plan(part: &PlatformLock) -> Vec<Download> {
    let sources: BTreeMap<&str, &[String]> = part.sources.iter().map(|source| (source.name.as_str(), &source.uris[..])).collect();
    let mut plan: BTreeMap<_, Download> = BTreeMap::new();
    let packages = part.packages.iter().map(|package| (package.digest, package.size, &package.source, &package.path));
    let documents = part.documents.iter().map(|document| (document.digest, document.size, &document.source, &document.path));
    let by_url = part.packages.iter().filter(|package| !package.urls.is_empty());
    let by_url = by_url.map(|package| (package.digest, package.size, &package.urls, &package.path));
    let files = part.files.iter().map(|file| (file.digest, file.size, &file.urls, &file.name));
    for (digest, size, urls, name) in by_url.chain(files) {
        plan.entry(digest).or_insert_with(|| Download { digest, size, urls: urls.clone(), name: name.clone() });
    }
    for (digest, size, source, path) in packages.chain(documents) {
        let bases = sources.get(source.as_str()).copied().unwrap_or_default();
        plan.entry(digest).or_insert_with(|| Download {
            digest,
            size,
            urls: bases.iter().map(|base| below(base, path)).collect(),
            name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        });
    }
    plan.into_values().collect()
}

/// The address of a file below a source's.
fn below(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim_end_matches('/'))
}
