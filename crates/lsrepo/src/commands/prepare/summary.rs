//! What a run takes, in figures.

use super::files::Open;
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
    files: u64,
    /// files that this run leaves where they are, so that what they are is not known for sure
    open_files: Vec<OpenFile>,
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

/// A file that is not here, in a dry run.
#[derive(Serialize)]
struct OpenFile {
    name: String,
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
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
        let open_files: Vec<OpenFile> =
            open.iter().filter(|(platform, _)| *platform == part.name).map(|(_, one)| open_file(one)).collect();
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

fn open_file(one: &Open) -> OpenFile {
    let (bytes, error) = match &one.size {
        Ok(bytes) => (*bytes, None),
        Err(error) => (None, Some(error.clone())),
    };
    OpenFile { name: one.name.clone(), bytes, error }
}

pub(super) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for row in &summary.platforms {
        let Row { platform, packages, images, files, open_files, bytes, .. } = row;
        let mut what = Vec::new();
        if *packages > 0 || images.is_empty() && *files == 0 {
            what.push(format!("{} packages", Count(*packages)));
        }
        if !images.is_empty() {
            what.push(match images.len() {
                1 => "1 image".to_owned(),
                several => format!("{} images", Count(several as u64)),
            });
        }
        if *files > 0 {
            what.push(if *files == 1 { "1 file".to_owned() } else { format!("{} files", Count(*files)) });
        }
        let unsized_files = open_files.iter().filter(|file| file.bytes.is_none()).count();
        let more = if unsized_files > 0 { format!(" and {unsized_files} files of unknown size") } else { String::new() };
        text += &format!("{platform}: {}, {}{more}\n", what.join(", "), Bytes(*bytes));
        for OpenFile { name, bytes, error } in open_files {
            let size = bytes.map_or("size unknown".to_owned(), |bytes| Bytes(bytes).to_string());
            text += &format!("  {name}: {size}{}\n", error.as_ref().map_or(String::new(), |error| format!(" ({error})")));
        }
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
