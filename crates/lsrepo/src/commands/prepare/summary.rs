//! What a run takes, in figures.

use crate::{closure::Share, files::Open};
use anyhow::Result;
use lsrepo_bom::lock::PlatformLock;
use lsrepo_oci::Image;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest, Platform};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a platform takes.
#[derive(Serialize)]
pub(in crate::commands) struct Row {
    platform: Platform,
    packages: u64,
    images: Vec<ImageRow>,
    files: u64,
    /// files that this run leaves where they are, so that what they are is not known for sure
    open_files: Vec<Open>,
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
pub(in crate::commands) struct Summary {
    dry_run: bool,
    platforms: Vec<Row>,
    /// bytes that have to be downloaded
    pub(in crate::commands) to_download: u64,
    /// bytes that are free where the store is
    pub(in crate::commands) free: u64,
}

pub(in crate::commands) fn of(
    store: &Store,
    parts: &[(PlatformLock, Vec<Image>)],
    mut shares: Vec<(Platform, Vec<Share>)>,
    open: Vec<(Platform, Open)>,
    dry_run: bool,
) -> Result<Summary> {
    let mut platforms = Vec::new();
    let (mut missing, mut open_bytes) = (BTreeMap::new(), 0);
    for (part, images) in parts {
        let packages = part.packages.iter().map(|package| (package.digest, package.size));
        let content = images.iter().flat_map(|image| image.manifests().chain(image.blobs()));
        let content = content.filter_map(|one| Some((one.digest.sha256()?, one.size)));
        let files = part.files.iter().map(|file| (file.digest, file.size));
        let all: BTreeMap<Digest, u64> = packages.chain(content).chain(files).collect();
        let absent: BTreeMap<Digest, u64> =
            all.iter().filter(|&(digest, &size)| !store.contains(digest, size)).map(|(&digest, &size)| (digest, size)).collect();
        let requirements = shares.iter_mut().find(|(platform, _)| *platform == part.name).map(|(_, all)| std::mem::take(all));
        let image = |image: &lsrepo_bom::lock::LockedImage| ImageRow {
            image: image.reference.clone(),
            digest: image.digest,
            bytes: image.bytes,
            referrers: image.referrers.len() as u64,
        };
        let open_files: Vec<Open> =
            open.iter().filter(|(platform, _)| *platform == part.name).map(|(_, one)| one.clone()).collect();
        let unknown: u64 = open_files.iter().filter_map(|file| file.bytes).sum();
        open_bytes += unknown;
        platforms.push(Row {
            platform: part.name.clone(),
            packages: part.packages.len() as u64,
            images: part.images.iter().map(image).collect(),
            files: (part.files.len() + open_files.len()) as u64,
            bytes: all.values().sum::<u64>() + unknown,
            to_download: absent.values().sum::<u64>() + unknown,
            open_files,
            requirements: requirements.unwrap_or_default(),
        });
        missing.extend(absent);
    }
    Ok(Summary { dry_run, platforms, to_download: missing.values().sum::<u64>() + open_bytes, free: store.free_bytes()? })
}

pub(in crate::commands) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for row in &summary.platforms {
        text += &headline(row);
        for share in row.requirements.iter().filter(|_| summary.dry_run) {
            let Share { module, request, packages, bytes } = share;
            text += &format!("  {request} ({module}): {} packages, {}\n", Count(*packages), Bytes(*bytes));
        }
        for ImageRow { image, digest, bytes, referrers } in row.images.iter().filter(|_| summary.dry_run) {
            let with = if *referrers > 0 { format!(", {referrers} signatures and the like") } else { String::new() };
            text += &format!("  {image}: {digest}, {}{with}\n", Bytes(*bytes));
        }
        for Open { name, bytes, error } in &row.open_files {
            let size = bytes.map_or("size unknown".to_owned(), |bytes| Bytes(bytes).to_string());
            text += &format!("  {name}: {size}{}\n", error.as_ref().map_or(String::new(), |error| format!(" ({error})")));
        }
    }
    if summary.dry_run { text + &room(summary) } else { text }
}

/// A line for each platform, and the room that all take.
pub(in crate::commands) fn totals(summary: &Summary) -> String {
    summary.platforms.iter().map(headline).collect::<String>() + &room(summary)
}

fn headline(row: &Row) -> String {
    let Row { platform, packages, images, files, open_files, bytes, .. } = row;
    let some = |count: u64, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        several => Some(format!("{} {one}s", Count(several))),
    };
    let alone = images.is_empty() && *files == 0;
    let packages = (*packages > 0 || alone).then(|| format!("{} packages", Count(*packages)));
    let what: Vec<String> = packages.into_iter().chain(some(images.len() as u64, "image")).chain(some(*files, "file")).collect();
    let unknown = open_files.iter().filter(|file| file.bytes.is_none()).count();
    let more = if unknown > 0 { format!(" and {unknown} files of unknown size") } else { String::new() };
    format!("{platform}: {}, {}{more}\n", what.join(", "), Bytes(*bytes))
}

fn room(summary: &Summary) -> String {
    let text = format!("to download: {}; free: {}\n", Bytes(summary.to_download), Bytes(summary.free));
    if summary.to_download > summary.free { text + "this disk will not do\n" } else { text }
}
