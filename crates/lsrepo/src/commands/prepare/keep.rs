//! What of an earlier lock still holds.

use crate::{
    cli::{PrepareArgs, Upstreams},
    failure::unsatisfied,
    upstreams::yum,
    wanted::Wanted,
};
use anyhow::Result;
use lsrepo_bom::{
    FileKind, Lock,
    lock::{Asked, LockedImage, LockedPackage, PackageSignatures, PlatformLock},
};
use lsrepo_deb::sources::Source;
use lsrepo_fetch::Credentials;
use lsrepo_oci::Reference;
use lsrepo_types::Family;
use std::collections::BTreeSet;

/// What of a lock still answers what is wanted.
pub(super) enum Kept {
    /// all of it
    Whole(PlatformLock),
    /// the packages: what is wanted of images is new
    Packages(PlatformLock),
    /// not so much that no upstream need be asked
    Nothing,
}

/// The part of the lock that still answers what is wanted.
pub(super) fn keep(lock: &Lock, wanted: &Wanted, args: &PrepareArgs) -> Result<Kept> {
    let part = lock.platform(&wanted.platform);
    let sources = part.map(|part| other_sources(part, &args.upstreams)).transpose()?.flatten();
    let stale = match part {
        None => Some("it has no such platform".to_owned()),
        Some(part) => part.stale(&wanted.asked).or(sources.clone()),
    };
    match (stale, args.locked, &args.update) {
        (Some(why), true, _) => Err(unsatisfied(format!(
            "{}: {} does not satisfy the requirements: {why}\nhint: run without --locked to resolve again",
            wanted.platform,
            args.lock_file.display()
        ))),
        (None, _, None) => Ok(part.cloned().map_or(Kept::Nothing, Kept::Whole)),
        _ => Ok(match part {
            Some(part) if sources.is_none() && same_packages(part, wanted, args.update.as_deref()) => Kept::Packages(part.clone()),
            _ => Kept::Nothing,
        }),
    }
}

/// Whether nothing but the images and files may be other ones.
fn same_packages(part: &PlatformLock, wanted: &Wanted, update: Option<&[String]>) -> bool {
    let mut asked = wanted.asked.clone();
    asked.images.clone_from(&part.asked.images);
    asked.charts.clone_from(&part.asked.charts);
    // Packages by URL take part in resolving, files do not.
    let packages = |asked: &Asked| asked.files.iter().filter(|one| one.kind == FileKind::Package).cloned().collect::<Vec<_>>();
    if packages(&asked) == packages(&part.asked) {
        asked.files.clone_from(&part.asked.files);
    }
    (asked.all_platforms, asked.no_referrers, asked.foreign_layers) =
        (part.asked.all_platforms, part.asked.no_referrers, part.asked.foreign_layers);
    let only_images = match update {
        None => true,
        Some(names) => !names.is_empty() && names.iter().all(|name| image_of(part, name).is_some()),
    };
    only_images && part.stale(&asked).is_none()
}

/// The image of a lock that somebody names.
fn image_of<'a>(part: &'a PlatformLock, name: &str) -> Option<&'a LockedImage> {
    let reference: Reference = name.parse().ok()?;
    part.images.iter().find(|image| image.reference == reference.to_string())
}

/// Whether `--update` means this image: by its name, or because it means everything.
pub(super) fn is_named(update: Option<&[String]>, image: &Reference) -> bool {
    let names =
        |names: &[String]| names.is_empty() || names.iter().any(|name| name.parse::<Reference>().is_ok_and(|name| name == *image));
    update.is_some_and(names)
}

/// What is wrong with a part that was made of other sources than `--source` names now.
fn other_sources(part: &PlatformLock, flags: &Upstreams) -> Result<Option<String>> {
    let plain = |uri: &String| Credentials::default().take_from(uri).trim_end_matches('/').to_owned();
    let uris = |all: &[String]| all.iter().map(plain).collect::<BTreeSet<_>>();
    let other = || Ok(Some("it was made of other sources".to_owned()));
    if flags.sources.is_empty() {
        return Ok(None);
    }
    if part.name.os.family() == Family::Debian {
        let locked: BTreeSet<String> = part.sources.iter().flat_map(|source| uris(&source.uris)).collect();
        let mut named = BTreeSet::new();
        for line in &flags.sources {
            named.extend(uris(&line.parse::<Source>()?.uris));
        }
        return if named == locked { Ok(None) } else { other() };
    }
    let named = yum::named(&part.name, flags)?;
    if named.len() != part.sources.len() {
        return other();
    }
    // What a mirrorlist gives today need not be what it gave then.
    for repository in named.iter().filter(|one| !one.baseurl.is_empty()) {
        let own = uris(&repository.baseurl);
        let Some(source) = part.sources.iter().find(|source| !uris(&source.uris).is_disjoint(&own)) else { return other() };
        if (source.package_signatures != PackageSignatures::Unchecked) != repository.gpgcheck {
            return Ok(Some("other signatures were asked for".to_owned()));
        }
    }
    Ok(None)
}

/// What shall stay as it is locked, where only some names may change.
pub(super) fn favour(lock: &Lock, wanted: &Wanted, update: Option<&[String]>) -> Result<Vec<LockedPackage>> {
    let part = lock.platform(&wanted.platform);
    let locked = part.map(|part| part.packages.clone()).unwrap_or_default();
    match update {
        // A requirement was added or removed: nothing else shall change.
        None => Ok(locked),
        Some([]) => Ok(Vec::new()),
        Some(names) => {
            if let Some(unknown) = names.iter().find(|name| {
                let image = part.and_then(|part| image_of(part, name));
                image.is_none() && !locked.iter().any(|package| package.name == **name)
            }) {
                let near = lsrepo_types::nearest(unknown, locked.iter().map(|package| package.name.as_str()));
                let hint = near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"));
                return Err(unsatisfied(format!("{}: `{unknown}` is not in the lock{hint}", wanted.platform)));
            }
            Ok(locked.into_iter().filter(|package| !names.contains(&package.name)).collect())
        }
    }
}
