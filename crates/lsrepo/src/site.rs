//! What is shown to clients: a snapshot of the store's sets, published and signed.

mod deb;
mod files;
pub(crate) mod kept;
mod lambdastack;
mod pages;
mod rpm;
mod sync;

pub(crate) use pages::blobs as page_blobs;

use crate::{
    authority,
    context::Context,
    prepared::{self, Prepared},
    progress::Progress,
    snapshots::Snapshot,
};
use anyhow::{Context as _, Result};
use lsrepo_oci::{AnyDigest, Image};
use lsrepo_serve::{PublicKey, RegistryImages, Site};
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Family, Os, Platform, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A snapshot that is ready to be shown.
pub(crate) struct Shown {
    pub(crate) site: Site,
    /// what each platform has, for people
    pub(crate) lines: Vec<String>,
}

/// A snapshot as it is shown, made where that was not done before, and kept. Who calls this holds the store's lock. `top` are
/// the platforms that `/lsrepo` shows; none: as before.
pub(crate) fn show(context: &Context, store: &Store, snapshot: &Snapshot, top: Option<&[Platform]>) -> Result<Shown> {
    let keys = Keys::own(context)?;
    let load = |top| kept::load(context.progress, store, snapshot, (&keys, top));
    if let Some(shown) = load(top)? {
        return Ok(shown);
    }
    let before = kept::Before::load(store)?;
    let top = top.unwrap_or(before.top());
    let (shown, images) = publish(context, store, snapshot, (top, true), &before)?;
    match kept::keep(store, snapshot, (&keys.signing.fingerprint, top), &shown, images, date_of(context, snapshot)?) {
        // What lies in the store need not lie in memory too.
        Ok(()) => Ok(load(Some(top))?.unwrap_or(shown)),
        Err(error) => {
            context.progress.detail(&format!("what is shown cannot be kept in the store: {error:#}"));
            Ok(shown)
        }
    }
}

/// A snapshot as it is shown, made in memory. What the pages show is made only where nobody else works in the store, as that is
/// kept there.
pub(crate) fn show_once(context: &Context, store: &Store, snapshot: &Snapshot, top: &[Platform]) -> Result<Shown> {
    let guard = store.lock_exclusive().ok();
    Ok(publish(context, store, snapshot, (top, guard.is_some()), &kept::Before::load(store)?)?.0)
}

/// Nothing is older than the key that signs it, however old an archive is.
fn date_of(context: &Context, snapshot: &Snapshot) -> Result<Timestamp> {
    Ok(snapshot.date.unwrap_or(context.now).max(context.key()?.created()))
}

/// What clients get to trust: the key that signs what is shown, and the authority of our certificate.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) signing: PublicKey,
    pub(crate) ca: Option<String>,
}

impl Keys {
    /// This machine's own.
    fn own(context: &Context) -> Result<Self> {
        let key = context.key()?;
        let signing =
            PublicKey { armored: key.public_armored(), binary: key.public_binary(), fingerprint: key.fingerprint().to_string() };
        Ok(Self { signing, ca: authority::certificate(context)? })
    }

    /// A site that shows them.
    fn site(&self, date: Timestamp) -> Site {
        let site = Site::new(self.signing.clone(), date);
        match &self.ca {
            Some(ca) => site.with_ca(ca.clone()),
            None => site,
        }
    }
}

/// Publishes a snapshot; `before` is what was published last. Gives what its images need, too.
fn publish(
    context: &Context,
    store: &Store,
    snapshot: &Snapshot,
    (top, may_write): (&[Platform], bool),
    before: &kept::Before,
) -> Result<(Shown, kept::Images)> {
    let (key, date) = (context.key()?, date_of(context, snapshot)?);
    let mut site = Keys::own(context)?.site(date);
    let (mut images, mut image_parts) = (Vec::new(), Vec::new());
    let (mut figures, mut all_files) = (BTreeMap::new(), files::Files::default());
    let mut for_roles = lambdastack::Gathered::default();
    let mut pages = match may_write {
        true => pages::Pages::begin(store, snapshot, date),
        false => Err(anyhow::anyhow!("nothing can be kept in the store now")),
    };
    let mut trees = BTreeMap::new();
    let mut by_os: BTreeMap<Os, BTreeMap<Platform, Vec<Prepared>>> = BTreeMap::new();
    for (name, digest) in &snapshot.roots {
        let set = prepared::read(store, name, digest)?;
        pages = pages.and_then(|mut pages| pages.add(store, name, &set).map(|()| pages));
        let platform = set.lock.name.clone();
        figures.entry(platform.clone()).or_insert_with(Figures::default).add(&set);
        images.extend(set.images.iter().map(|image| (set.lock.date, image.clone())));
        image_parts.extend(kept::images_part(&set.lock));
        // Where somebody asked for packages, apt and dnf find a repository, though it be empty.
        all_files.add(context, &set);
        for_roles.add(&set);
        if !set.lock.packages.is_empty() || set.images.is_empty() && set.lock.files.is_empty() {
            by_os.entry(platform.os.clone()).or_default().entry(platform).or_default().push(set);
        }
    }
    if !all_files.is_empty() {
        site.mount("files".parse()?, all_files.tree(store)?, date);
    }
    let images_kept = kept::Images::new(image_parts, &images);
    site.mount_images(registry(context.progress, store, images)?);
    site.mount("sync".parse()?, sync::tree(store, snapshot, (&key, date))?, date);
    for (os, platforms) in by_os {
        let before = before.tree(store, &os);
        let (tree, summaries) = match os.family() {
            Family::Debian => {
                for_roles.deb(context, &platforms, (date, &key))?;
                deb::mount(context, &mut site, &os, platforms, (date, &key), before.as_ref())?
            }
            Family::RedHat => {
                let (tree, summaries) = rpm::mount(context, &mut site, &os, platforms, (date, &key), before.as_ref())?;
                for_roles.rpm(&os, &tree);
                (tree, summaries)
            }
        };
        trees.insert(os, tree);
        for one in summaries {
            figures.entry(one.platform.clone()).or_default().packages = Some((one.packages, one.bytes));
        }
    }
    let mut lines: Vec<String> = figures.iter().map(|(platform, figures)| format!("{platform}: {}", figures.text())).collect();
    let (tree, said) = for_roles.tree(context, store, top)?;
    if !tree.entries.is_empty() {
        site.mount("lsrepo".parse()?, tree, date);
    }
    lines.extend(said);
    // Without its lists a snapshot can be installed from all the same.
    site = match pages.and_then(|pages| pages.finish(store, snapshot, date, &trees)) {
        Ok(finished) => finished.shown_by(site)?,
        Err(error) => {
            context.progress.warn(&format!("pages: {error:#}; the web page shows no lists"));
            site
        }
    };
    Ok((Shown { site, lines }, images_kept))
}

/// Images as a registry shows them. Where platforms were prepared on days when a tag stood for different things, the newest
/// is what it stands for; the others are there by digest.
fn registry(progress: Progress, store: &Store, mut images: Vec<(Timestamp, Image)>) -> Result<RegistryImages> {
    images.sort_by_key(|(date, _)| *date);
    let (mut registry, mut tags) = (RegistryImages::new(), BTreeMap::new());
    for (_, image) in &images {
        registry.add(image, store).with_context(|| image.reference.to_string())?;
        let before = tags.insert(&image.reference, image.root.digest).filter(|before| *before != image.root.digest);
        if let Some(before) = before {
            progress.warn(&format!(
                "{}: prepared as {before} and later as {}; the tag stands for the later one\nhint: `lsrepo prepare --update {}` for all platforms",
                image.reference, image.root.digest, image.reference
            ));
        }
    }
    Ok(registry)
}

/// What a platform has, for the lines that a server says when it starts.
#[derive(Default)]
struct Figures {
    packages: Option<(u64, u64)>,
    /// their names, and the sizes of what belongs to them
    images: BTreeSet<String>,
    content: BTreeMap<AnyDigest, u64>,
    /// by name
    files: BTreeMap<String, u64>,
}

impl Figures {
    fn add(&mut self, set: &Prepared) {
        self.files.extend(set.lock.files.iter().map(|file| (file.name.clone(), file.size)));
        for image in &set.images {
            self.images.insert(image.reference.to_string());
            self.content.extend(image.manifests().chain(image.blobs()).map(|one| (one.digest, one.size)));
        }
    }

    fn text(&self) -> String {
        let packages = self.packages.map(|(count, bytes)| format!("{} packages, {}", Count(count), Bytes(bytes)));
        let images = (!self.images.is_empty()).then(|| {
            let bytes = Bytes(self.content.values().sum());
            match self.images.len() {
                1 => format!("1 image, {bytes}"),
                several => format!("{} images, {bytes}", Count(several as u64)),
            }
        });
        let files = (!self.files.is_empty()).then(|| {
            let bytes = Bytes(self.files.values().sum());
            match self.files.len() {
                1 => format!("1 file, {bytes}"),
                several => format!("{} files, {bytes}", Count(several as u64)),
            }
        });
        packages.into_iter().chain(images).chain(files).collect::<Vec<_>>().join("; ")
    }
}
