//! The container images of a platform: what their tags stand for, and their manifests in the store.

use super::keep::is_named;
use crate::{
    cli::RegistryFlags,
    context::Context,
    failure::{Hint, all_of, of_fetch},
    prepared,
    progress::listen::questions,
    registries::registries,
    wanted::Wanted,
};
use anyhow::{Context as _, Result};
use futures_util::{StreamExt, stream};
use lsrepo_bom::{
    ImageRequirement, ModuleName,
    chart::ChartPlace,
    lock::{LockedImage, LockedReferrer, PlatformLock},
};
use lsrepo_fetch::{
    FetchError,
    registry::{PullRequest, Registries, pull, pull_referrer},
};
use lsrepo_oci::{AnyDigest, Descriptor, Image, Reference};
use lsrepo_sign::CosignKey;
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};
use tokio::runtime::Runtime;

/// How many images are asked for at once. Each host has a limit of its own.
const AT_ONCE: usize = 8;

/// Finds images. One tag stands for one digest in a run, whatever the number of platforms.
pub(in crate::commands) struct Finder<'a> {
    context: &'a Context,
    runtime: &'a Runtime,
    store: &'a Store,
    keys: Vec<CosignKey>,
    /// says how registries are asked; none where nothing of them is wanted
    pub(in crate::commands) registries: Option<Registries>,
    found: BTreeMap<String, Digest>,
}

impl<'a> Finder<'a> {
    pub(in crate::commands) fn new(
        context: &'a Context,
        (runtime, store): (&'a Runtime, &'a Store),
        flags: (&RegistryFlags, Option<&str>),
        keys: &[PathBuf],
        wanted: &[Wanted],
    ) -> Result<Self> {
        let keys = keys.iter().map(key).collect::<Result<_>>()?;
        Ok(Self { context, runtime, store, keys, registries: reach(flags, wanted)?, found: BTreeMap::new() })
    }

    /// More is wanted than was known at first.
    pub(super) fn extend(&mut self, flags: (&RegistryFlags, Option<&str>), wanted: &[Wanted]) -> Result<()> {
        self.registries = reach(flags, wanted)?;
        Ok(())
    }

    /// The images that a platform wants, as they are now. What `old` has of them stays, unless it is to be updated.
    pub(in crate::commands) fn resolve(
        &mut self,
        wanted: &Wanted,
        old: Option<&PlatformLock>,
        update: Option<&[String]>,
    ) -> Result<Vec<LockedImage>> {
        let wishes = by_image(&wanted.asked.images);
        let part = PlatformLock::new(wanted.platform.clone(), wanted.asked.clone());
        let mut requests = Vec::new();
        for name in wishes.keys() {
            let reference = parse(name)?;
            let locked = old.and_then(|old| old.images.iter().find(|image| image.reference == *name)).map(|image| image.digest);
            let stays = locked.filter(|_| !is_named(update, &reference));
            let pinned = self.found.get(*name).copied().or(stays);
            let asked = Reference { digest: reference.digest.or(pinned.map(AnyDigest::from)), ..reference };
            requests.push(PullRequest {
                reference: asked,
                wanted: prepared::images::wanted(&part),
                referrers: !wanted.asked.no_referrers,
                known: locked,
                keys: self.keys.clone(),
            });
        }
        let names: Vec<&str> = wishes.keys().copied().collect();
        let images = self.pull(&part, &names, requests)?;
        let mut all = Vec::new();
        for ((name, wanted_by), image) in wishes.into_iter().zip(images) {
            let locked = locked(name, wanted_by, &image)?;
            self.found.insert(name.to_owned(), locked.digest);
            all.push(locked);
        }
        Ok(all)
    }

    /// The images of a lock, with all their manifests in the store.
    pub(in crate::commands) fn manifests(&self, part: &PlatformLock) -> Result<Vec<Image>> {
        let (mut here, mut absent) = (BTreeMap::new(), Vec::new());
        for (number, locked) in part.images.iter().enumerate() {
            // Signatures are checked by whoever keeps them, which is the registry.
            match prepared::images::image(self.store, part, locked)?.filter(|_| self.keys.is_empty()) {
                Some(image) => drop(here.insert(number, image)),
                None => absent.push(number),
            }
        }
        let ask = |&number: &usize| {
            let locked: &LockedImage = &part.images[number];
            let reference = Reference { digest: Some(locked.digest.into()), ..parse(&locked.reference)? };
            let (wanted, keys) = (prepared::images::wanted(part), self.keys.clone());
            anyhow::Ok(PullRequest { reference, wanted, referrers: false, known: None, keys })
        };
        let requests = absent.iter().map(ask).collect::<Result<Vec<_>>>()?;
        let names: Vec<&str> = absent.iter().map(|&number| part.images[number].reference.as_str()).collect();
        for (number, mut image) in absent.into_iter().zip(self.pull(part, &names, requests)?) {
            let locked = &part.images[number];
            image.reference = parse(&locked.reference)?;
            for one in &locked.referrers {
                image.referrers.push(self.referrer(part, &image.reference, one)?);
            }
            here.insert(number, image);
        }
        Ok(here.into_values().collect())
    }

    fn referrer(&self, part: &PlatformLock, image: &Reference, locked: &LockedReferrer) -> Result<lsrepo_oci::Referrer> {
        if let Some(here) = prepared::images::referrer(self.store, locked)? {
            return Ok(here);
        }
        let root = Descriptor::new(&locked.media_type, AnyDigest::from(locked.digest), locked.size);
        let tag = locked.tag.as_ref().map(|tag| tag.parse()).transpose()?;
        let registries = self.registries(&part.images)?;
        let pulled = pull_referrer(registries, self.store, image, &root, tag, questions(self.context.progress));
        self.runtime.block_on(pulled).map_err(of_fetch).with_context(|| part.name.to_string())
    }

    fn registries(&self, images: &[LockedImage]) -> Result<&Registries> {
        let first = images.first().map_or("an image", |image| image.reference.as_str());
        self.registries.as_ref().with_context(|| format!("{first}: nobody asked for it"))
    }

    /// Pulls all, and says of each that could not be had why.
    fn pull(&self, part: &PlatformLock, names: &[&str], requests: Vec<PullRequest>) -> Result<Vec<Image>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let registries = self.registries.as_ref().context("no registry was named")?;
        let _guard = self.context.alone(self.store)?;
        let pulls = requests.iter().map(|request| pull(registries, self.store, request, questions(self.context.progress)));
        let results: Vec<Result<Image, FetchError>> = self.runtime.block_on(async {
            tokio::select! {
                all = stream::iter(pulls).buffered(AT_ONCE).collect() => Ok(all),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
            }
        })?;
        let (mut images, mut failed) = (Vec::new(), Vec::new());
        for (result, name) in results.into_iter().zip(names) {
            match result.map_err(of_fetch) {
                Ok(image) => images.push(Image { reference: parse(name)?, ..image }),
                Err(error) => failed.push(error.context(part.name.to_string())),
            }
        }
        all_of(failed).map(|()| images)
    }
}

/// The way to the registries whose images and charts are wanted; `proxy` is that of the command line.
fn reach((flags, proxy): (&RegistryFlags, Option<&str>), wanted: &[Wanted]) -> Result<Option<Registries>> {
    let mut hosts = Vec::new();
    for asked in wanted.iter().map(|wanted| &wanted.asked) {
        let charts = asked.charts.iter().filter_map(|wish| match wish.chart.place() {
            ChartPlace::Registry(reference) => Some(reference),
            ChartPlace::Index(_) => None,
        });
        let images: BTreeSet<String> = asked.images.iter().map(|wish| wish.image.clone()).chain(charts).collect();
        for name in images {
            hosts.push(parse(&name)?.registry);
        }
    }
    hosts.sort();
    hosts.dedup();
    if hosts.is_empty() { Ok(None) } else { registries(flags, proxy, &hosts).map(Some) }
}

fn parse(name: &str) -> Result<Reference> {
    name.parse().with_context(|| format!("image `{name}`"))
}

fn key(file: &PathBuf) -> Result<CosignKey> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let hint = "cosign writes such a key: cosign.pub";
    CosignKey::parse(&text).with_context(|| file.display().to_string()).hint(hint)
}

/// Each image once, with who wants it.
fn by_image(wishes: &[ImageRequirement]) -> BTreeMap<&str, Vec<ModuleName>> {
    let mut all: BTreeMap<&str, Vec<ModuleName>> = BTreeMap::new();
    for wish in wishes {
        all.entry(&wish.image).or_default().push(wish.module.clone());
    }
    all
}

fn locked(name: &str, wanted_by: Vec<ModuleName>, image: &Image) -> Result<LockedImage> {
    let ours = |digest: &AnyDigest| digest.sha256().with_context(|| format!("{name}: {digest} is not a SHA-256"));
    let mut referrers = Vec::new();
    for one in &image.referrers {
        let tag = one.tag.as_ref().map(ToString::to_string);
        let (digest, media_type) = (ours(&one.root.digest)?, one.root.media_type.clone());
        referrers.push(LockedReferrer { digest, media_type, size: one.root.size, tag });
    }
    let sizes: BTreeMap<_, _> = image.manifests().chain(image.blobs()).map(|one| (one.digest, one.size)).collect();
    let media_type = match image.survey.manifests.first() {
        Some(first) if image.root.media_type.is_empty() => first.media_type.clone(),
        _ => image.root.media_type.clone(),
    };
    Ok(LockedImage {
        reference: name.to_owned(),
        digest: ours(&image.root.digest)?,
        media_type,
        size: image.root.size,
        bytes: sizes.values().fold(0, |sum: u64, size| sum.saturating_add(*size)),
        wanted_by,
        referrers,
    })
}
