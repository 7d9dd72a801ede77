//! What a run takes, in figures.

use crate::closure::Share;
use anyhow::Result;
use lsrepo_bom::lock::PlatformLock;
use lsrepo_oci::Image;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest, Platform};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a platform takes.
#[derive(Serialize)]
pub(super) struct Row {
    platform: Platform,
    packages: u64,
    images: Vec<ImageRow>,
    /// what packages and images have in common counts once
    bytes: u64,
    to_download: u64,
    requirements: Vec<Share>,
}

/// What an image takes.
#[derive(Serialize)]
struct ImageRow {
    image: String,
    digest: Digest,
    bytes: u64,
    referrers: u64,
}

#[derive(Serialize)]
pub(super) struct Summary {
    dry_run: bool,
    platforms: Vec<Row>,
    /// bytes that have to be downloaded
    pub(super) to_download: u64,
    /// bytes that are free where the store is
    pub(super) free: u64,
}

pub(super) fn of(
    store: &Store,
    parts: &[(PlatformLock, Vec<Image>)],
    mut shares: Vec<(Platform, Vec<Share>)>,
    dry_run: bool,
) -> Result<Summary> {
    let mut platforms = Vec::new();
    let mut missing = BTreeMap::new();
    for (part, images) in parts {
        let packages = part.packages.iter().map(|package| (package.digest, package.size));
        let content = images.iter().flat_map(|image| image.manifests().chain(image.blobs()));
        let content = content.filter_map(|one| Some((one.digest.sha256()?, one.size)));
        let all: BTreeMap<Digest, u64> = packages.chain(content).collect();
        let absent: BTreeMap<Digest, u64> =
            all.iter().filter(|&(digest, &size)| !store.contains(digest, size)).map(|(&digest, &size)| (digest, size)).collect();
        let requirements = shares.iter_mut().find(|(platform, _)| *platform == part.name).map(|(_, all)| std::mem::take(all));
        let image = |image: &lsrepo_bom::lock::LockedImage| ImageRow {
            image: image.reference.clone(),
            digest: image.digest,
            bytes: image.bytes,
            referrers: image.referrers.len() as u64,
        };
        platforms.push(Row {
            platform: part.name.clone(),
            packages: part.packages.len() as u64,
            images: part.images.iter().map(image).collect(),
            bytes: all.values().sum(),
            to_download: absent.values().sum(),
            requirements: requirements.unwrap_or_default(),
        });
        missing.extend(absent);
    }
    Ok(Summary { dry_run, platforms, to_download: missing.values().sum(), free: store.free_bytes()? })
}

pub(super) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for row in &summary.platforms {
        let Row { platform, packages, images, bytes, .. } = row;
        let mut what = Vec::new();
        if *packages > 0 || images.is_empty() {
            what.push(format!("{} packages", Count(*packages)));
        }
        if !images.is_empty() {
            what.push(match images.len() {
                1 => "1 image".to_owned(),
                several => format!("{} images", Count(several as u64)),
            });
        }
        text += &format!("{platform}: {}, {}\n", what.join(", "), Bytes(*bytes));
        for share in row.requirements.iter().filter(|_| summary.dry_run) {
            let Share { module, request, packages, bytes } = share;
            text += &format!("  {request} ({module}): {} packages, {}\n", Count(*packages), Bytes(*bytes));
        }
        for ImageRow { image, digest, bytes, referrers } in images.iter().filter(|_| summary.dry_run) {
            let with = if *referrers > 0 { format!(", {referrers} signatures and the like") } else { String::new() };
            text += &format!("  {image}: {digest}, {}{with}\n", Bytes(*bytes));
        }
    }
    if summary.dry_run {
        text += &format!("to download: {}; free: {}\n", Bytes(summary.to_download), Bytes(summary.free));
        if summary.to_download > summary.free {
            text += "this disk will not do\n";
        }
    }
    text
}
