//! A bundle in a registry instead of a file: `oci://registry.example/stack:2026-11`.
//!
//! Written from below: content, sets, index, signature, and the name last, so that nobody sees half a bundle or an unsigned
//! one. Read from above: nothing is stored before the signature is checked, and no set is named before all of it is here.

use crate::{
    cli::{ExportArgs, ImportArgs, RegistryFlags},
    commands::{manifest, runtime},
    context::Context,
    failure::{of_fetch, unsatisfied},
    progress::{
        Task,
        listen::{questions, transfers},
    },
    registries::registries,
};
use anyhow::{Context as _, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use lsrepo_bundle::{BundleError, Contents, Imported, Inspection, Trust, artifact};
use lsrepo_fetch::{
    Client, ClientOptions, Download, FetchError,
    registry::{ManifestName, PushOptions, Pushed, Pusher, Registries, Source, blob_address, manifest, small_blob},
};
use lsrepo_oci::{AnyDigest, Descriptor, Reference, media_type};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Timestamp};
use std::{path::Path, sync::Arc};

const SCHEME: &str = "oci://";
/// How many blobs are under way at once. The host has a limit of its own.
const AT_ONCE: usize = 8;

/// The place in a registry that a word means, where it means one.
pub(super) fn reference(path: &Path) -> Result<Option<Reference>> {
    let Some(rest) = path.to_str().and_then(|text| text.strip_prefix(SCHEME)) else { return Ok(None) };
    // A bundle is nothing of Docker Hub's: who leaves the registry out forgot it.
    let has_host = rest.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost");
    if !has_host {
        anyhow::bail!("`{}` names no registry: expected oci://REGISTRY/REPOSITORY:TAG", path.display());
    }
    Ok(Some(rest.parse()?))
}

pub(super) fn export(
    context: &Context,
    args: &ExportArgs,
    to: &Reference,
    store: &Store,
    contents: &Contents,
    (key, date): (&SecretKey, Timestamp),
) -> Result<()> {
    let head = artifact::sign(contents, key, date)?;
    let registries = registries(&args.registries, None, std::slice::from_ref(&to.registry))?;
    let task = Arc::new(context.progress.task("export", contents.bytes()));
    let pusher = Pusher::new(&registries, &to.registry, PushOptions::default(), transfers(&task))?;
    let pushed = runtime()?.block_on(async {
        tokio::select! {
            done = push(&pusher, store, contents, &head, to, &task) => done.map_err(of_fetch),
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run it once more; what is there already is not sent again")),
        }
    });
    pushed?;
    task.finish();
    let sent = Bytes(pusher.bytes_sent());
    context.progress.note(&format!("{SCHEME}{to}: {}, {sent} sent, signed by {}", head.digest(), key.fingerprint()));
    Ok(())
}

async fn push(
    pusher: &Pusher,
    store: &Store,
    contents: &Contents,
    head: &artifact::Artifact,
    to: &Reference,
    task: &Task,
) -> Result<(), FetchError> {
    let repository = &to.repository;
    let blobs = contents.blobs().iter().map(|blob| async move {
        let source = Source::of_store(store, blob.digest);
        if pusher.blob(repository, &blob.digest.into(), blob.size, &source).await? != Pushed::Sent {
            task.advance(blob.size);
        }
        Ok::<_, FetchError>(())
    });
    stream::iter(blobs).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    for (set, bytes) in contents.manifests() {
        let name = ManifestName::Digest(set.digest.into());
        pusher.manifest(repository, &name, media_type::MANIFEST, bytes).await?;
    }
    let index = AnyDigest::from(head.digest());
    pusher.manifest(repository, &ManifestName::Digest(index), media_type::INDEX, &head.index).await?;
    let (signature, blobs) = head.signature_manifest();
    for (blob, bytes) in blobs {
        pusher.blob(repository, &blob.digest.into(), blob.size, &Source::of_bytes(bytes.to_vec())).await?;
    }
    if let Ok(tag) = artifact::signature_tag(&head.digest()).parse() {
        pusher.manifest(repository, &ManifestName::Tag(tag), media_type::MANIFEST, &signature).await?;
    }
    if let Some(tag) = &to.tag {
        pusher.manifest(repository, &ManifestName::Tag(tag.clone()), media_type::INDEX, &head.index).await?;
    }
    Ok(())
}

/// A bundle whose signature was checked, and what is below it.
pub(super) struct Head {
    artifact: artifact::Artifact,
    pub(super) opened: artifact::Opened,
    /// of the sets
    manifests: Vec<Vec<u8>>,
    pub(super) blobs: Vec<Descriptor>,
}

/// Reads a bundle's head. Nothing is stored.
fn open(context: &Context, flags: &RegistryFlags, from: &Reference, trust: &Trust<'_>) -> Result<(Registries, Head)> {
    let registries = registries(flags, None, std::slice::from_ref(&from.registry))?;
    let on_event = questions(context.progress);
    let absent = |what: &str| unsatisfied(format!("{SCHEME}{from}: {what}"));
    let get = |image: Reference| {
        let (registries, on_event) = (registries.clone(), on_event.clone());
        async move { manifest(&registries, &image, on_event).await.map_err(of_fetch) }
    };
    let head = runtime()?.block_on(async {
        let index = get(from.clone()).await?.ok_or_else(|| absent("there is no such bundle"))?.1;
        if !artifact::is_bundle(&index) {
            return Err(absent(
                "this is no bundle\nhint: `lsrepo export -o oci://…` makes one; images are taken by `lsrepo prepare --image`",
            ));
        }
        let tag = artifact::signature_tag(&lsrepo_types::Digest::of(&index)).parse()?;
        let signed = get(Reference { tag: Some(tag), digest: None, ..from.clone() }).await?;
        let (_, signature) = signed.ok_or_else(|| absent("it is not signed: its signature is not beside it"))?;
        let (signature, key) = of_bundle(artifact::signature_blobs(&signature), from)?;
        let blob = async |one: &Descriptor| -> Result<Vec<u8>> {
            let bytes = small_blob(&registries, from, &one.digest.into(), on_event.clone()).await.map_err(of_fetch)?;
            bytes.ok_or_else(|| absent(&format!("the registry lacks {}", one.digest)))
        };
        let head = artifact::Artifact { index, signature: blob(&signature).await?, key: blob(&key).await? };
        let opened = of_bundle(artifact::open(&head, trust), from)?;
        let mut manifests = Vec::new();
        for set in &opened.sets {
            let set = Reference { tag: None, digest: Some(set.digest.into()), ..from.clone() };
            manifests.push(get(set.clone()).await?.ok_or_else(|| absent(&format!("the registry lacks {set}")))?.1);
        }
        let blobs = of_bundle(artifact::blobs(manifests.iter().map(Vec::as_slice)), from)?;
        Ok(Head { artifact: head, opened, manifests, blobs })
    })?;
    Ok((registries, head))
}

/// Takes what is not here yet, then names the sets.
pub(super) fn import(context: &Context, args: &ImportArgs, from: &Reference, store: &Store, trust: &Trust<'_>) -> Result<Imported> {
    manifest::refuse_registry(context, args)?;
    let (registries, Head { opened, manifests, blobs, .. }) = open(context, &args.registries, from, trust)?;
    let absent: Vec<&Descriptor> = blobs.iter().filter(|blob| !store.contains(&blob.digest, blob.size)).collect();
    let bytes = absent.iter().map(|blob| blob.size).sum();
    let free = store.free_bytes()?;
    if bytes > free {
        return Err(BundleError::Space { needed: bytes, free }.into());
    }
    let plan: Vec<Download> = absent.iter().map(|blob| download(from, blob)).collect();
    let task = Arc::new(context.progress.task("import", bytes));
    let client = Client::new(ClientOptions::default())?.with_registries(registries);
    let done = runtime()?.block_on(async {
        tokio::select! {
            done = lsrepo_fetch::download(&client, &plan, store, context.now, transfers(&task)) => done.map_err(of_fetch),
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run the same command again; it continues where it stopped")),
        }
    });
    done?;
    task.finish();
    for bytes in &manifests {
        store.put(bytes)?;
    }
    for (name, digest) in &opened.roots {
        store.set_root(name, digest)?;
    }
    let (written, present) = (absent.len() as u64, (blobs.len() - absent.len()) as u64);
    let artifact::Opened { roots, signer, new_key, created, .. } = opened;
    Ok(Imported { roots, signer, new_key, created, written, present, bytes })
}

/// What a bundle holds.
pub(super) fn inspect(context: &Context, flags: &RegistryFlags, from: &Reference, trust: &Trust<'_>) -> Result<Inspection> {
    let (_, head) = open(context, flags, from, trust)?;
    of_bundle(artifact::inspect(&head.artifact, &head.manifests, trust.keys, trust.now), from)
}

/// What an import would add, in words.
pub(super) fn would_import(
    context: &Context,
    args: &ImportArgs,
    from: &Reference,
    store: &Store,
    trust: &Trust<'_>,
) -> Result<String> {
    manifest::refuse_registry(context, args)?;
    let (_, head) = open(context, &args.registries, from, trust)?;
    let mut text = format!("signed by {}\n", head.opened.signer);
    text += &head.opened.roots.keys().map(|name| format!("{name}\n")).collect::<String>();
    let absent: Vec<u64> =
        head.blobs.iter().filter(|blob| !store.contains(&blob.digest, blob.size)).map(|blob| blob.size).collect();
    let (count, bytes, free) = (Count(absent.len() as u64), Bytes(absent.iter().sum()), Bytes(store.free_bytes()?));
    Ok(format!("{text}to add: {count} blobs, {bytes}; free: {free}\n"))
}

fn download(from: &Reference, blob: &Descriptor) -> Download {
    let short: String = blob.digest.hex().chars().take(12).collect();
    Download { digest: blob.digest, size: blob.size, urls: vec![blob_address(from, &blob.digest)], name: short }
}

/// A bad bundle is an answer, wherever it lies.
fn of_bundle<T>(result: Result<T, BundleError>, from: &Reference) -> Result<T> {
    super::judge(result, &[format!("{SCHEME}{from}").into()]).with_context(|| "the bundle in the registry")
}
