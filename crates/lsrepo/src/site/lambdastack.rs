//! `/lsrepo/`, for LambdaStack's own roles, from the prepared sets of all platforms.

use super::deb;
use crate::{charts, context::Context, prepared::Prepared};
use anyhow::Result;
use lsrepo_bom::lock::LockedFile;
use lsrepo_bundle::image_archive::{ArchiveFormat, ArchiveOptions, Piece, pieces};
use lsrepo_oci::{Image, ImagePlatform, Reference};
use lsrepo_publish::{
    Part, Parts, Tree, apt,
    lambdastack::{Offer, OfferedFile, OfferedImage, folder, shown_at_the_top},
};
use lsrepo_sign::SecretKey;
use lsrepo_store::Store;
use lsrepo_types::{Os, Platform, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What all platforms have to show, gathered set by set.
#[derive(Default)]
pub(super) struct Gathered(BTreeMap<Platform, One>);

/// A platform's content.
#[derive(Default)]
struct One {
    packages: Tree,
    package_count: u64,
    /// by their names
    files: BTreeMap<String, (Timestamp, LockedFile)>,
    /// by the names that their addresses end with
    by_url: BTreeSet<(String, OfferedFile)>,
    images: BTreeMap<Reference, (Timestamp, Image)>,
}

impl Gathered {
    /// Files, packages by URL and images of a set. What was prepared later stands for a name.
    pub(super) fn add(&mut self, set: &Prepared) {
        let one = self.0.entry(set.lock.name.clone()).or_default();
        for file in &set.lock.files {
            later(&mut one.files, file.name.clone(), (set.lock.date, file.clone()));
        }
        for image in &set.images {
            later(&mut one.images, image.reference.clone(), (set.lock.date, image.clone()));
        }
        for package in set.lock.packages.iter().filter(|package| !package.urls.is_empty()) {
            let file = OfferedFile { name: package.path.clone(), digest: package.digest, size: package.size };
            one.by_url.insert((package.version.clone(), file));
        }
    }

    /// The packages of an OS of Debian's family.
    pub(super) fn deb(
        &mut self,
        context: &Context,
        platforms: &BTreeMap<Platform, Vec<Prepared>>,
        (date, key): (Timestamp, &SecretKey),
    ) -> Result<()> {
        for (platform, sets) in platforms {
            let packages = deb::packages(platform.clone(), sets)?;
            let (tree, twins) = apt::flat(&packages, date, key)?;
            for apt::Twin { package, digest } in twins {
                context.progress.warn(&format!("/lsrepo/{platform}/packages shows another build of {package} than {digest}"));
            }
            let one = self.0.entry(platform.clone()).or_default();
            (one.packages, one.package_count) = (tree, packages.packages.len() as u64);
        }
        Ok(())
    }

    /// The packages of an OS of Red Hat's family, as they were published.
    pub(super) fn rpm(&mut self, os: &Os, published: &Tree) {
        for (platform, one) in self.0.iter_mut().filter(|(platform, _)| platform.os == *os) {
            let prefix = format!("{}/", platform.arch.rpm());
            for (path, entry) in &published.entries {
                let inside = path.as_str().strip_prefix(&prefix).and_then(|path| path.parse().ok());
                if let Some(path) = inside {
                    one.packages.entries.insert(path, entry.clone());
                }
            }
            one.package_count = one.packages.entries.keys().filter(|path| path.as_str().starts_with("Packages/")).count() as u64;
        }
    }

    /// The tree, and what is to be said of it where there are several platforms. `wanted` are those to be at the top.
    pub(super) fn tree(self, context: &Context, store: &Store, wanted: &[Platform]) -> Result<(Tree, Option<String>)> {
        let offers = self.0.into_iter().map(|(platform, one)| one.offer(context, store, platform)).collect::<Result<Vec<_>>>()?;
        let top = shown_at_the_top(&offers, wanted);
        for absent in wanted.iter().filter(|platform| !top.contains(platform)) {
            context.progress.warn(&format!("/lsrepo does not show {absent}: nothing was imported for it yet"));
        }
        let (tree, findings) = folder(&offers, &top);
        findings.iter().for_each(|finding| context.progress.warn(&finding.to_string()));
        let names: Vec<String> = top.iter().map(ToString::to_string).collect();
        let several = offers.len() > 1 && !names.is_empty();
        let said = || format!("/lsrepo shows {}; every platform is at /lsrepo/OS/ARCH", names.join(" and "));
        Ok((tree, several.then(said)))
    }
}

/// Keeps what is newer.
fn later<K: Ord, V>(all: &mut BTreeMap<K, (Timestamp, V)>, name: K, new: (Timestamp, V)) {
    match all.get_mut(&name) {
        Some(known) if known.0 >= new.0 => {}
        Some(known) => *known = new,
        None => drop(all.insert(name, new)),
    }
}

impl One {
    fn offer(self, context: &Context, store: &Store, platform: Platform) -> Result<Offer> {
        let files: Vec<&LockedFile> = self.files.values().map(|(_, file)| file).collect();
        let charts: Vec<&LockedFile> = files.iter().copied().filter(|file| file.chart.is_some()).collect();
        let chart_index = charts::index(store, &charts)?.into_bytes();
        let offered = |file: &&LockedFile| OfferedFile { name: file.name.clone(), digest: file.digest, size: file.size };
        let by_url = self.by_url.into_iter().map(|(_, file)| file);
        let mut images = Vec::new();
        for (reference, (_, image)) in self.images {
            match archive(store, &image, &platform) {
                Ok(archive) => images.push(OfferedImage { reference, archive: Arc::new(archive) }),
                Err(why) => {
                    let why = format!("{why:#}");
                    let why = why.split("\nhint: ").next().unwrap_or_default();
                    context.progress.warn(&format!("not in /lsrepo/{platform}/images: {why}\nhint: the registry has it"));
                }
            }
        }
        Ok(Offer {
            packages: self.packages,
            package_count: self.package_count,
            files: files.iter().map(offered).chain(by_url).collect(),
            charts: charts.iter().map(offered).collect(),
            chart_index,
            images,
            platform,
        })
    }
}

/// What `lsrepo image export --format docker-archive` writes for this platform, but for the name, which is as roles list it;
/// to be put together when it is asked for.
fn archive(store: &Store, image: &Image, platform: &Platform) -> Result<Parts> {
    let platform = Some(ImagePlatform::linux(platform.arch));
    let options = ArchiveOptions { format: ArchiveFormat::Docker, platform, referrers: false, familiar: true };
    let parts = pieces(store, std::slice::from_ref(image), &options)?.into_iter().map(|piece| match piece {
        Piece::Made(bytes) => Part::Bytes(Arc::from(bytes)),
        Piece::Blob(blob) => Part::Blob { digest: blob.digest, size: blob.size },
    });
    anyhow::Context::context(Parts::new(parts.collect()), "it is larger than any file")
}
