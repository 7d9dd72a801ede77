//! `lsrepo ls`, `lsrepo extract`: single pieces of a bundle.
//!
//! ```text
//! debian-12/x86_64/packages/nginx_1.22.1-9_amd64.deb
//! debian-12/x86_64/files/charts/web-1.2.0.tgz
//! images/docker.io/library/nginx:1.27
//! ```

use super::{inspected, judge, source, trust};
use crate::{
    cli::{ExtractArgs, LsArgs, RegistryFlags},
    context::Context,
    failure::unsatisfied,
    output::print,
    whole,
};
use anyhow::{Context as _, Result};
use lsrepo_bundle::{Archive, Inspection};
use lsrepo_types::{Bytes, Count, Digest, RelPath, glob::matches};
use serde::Serialize;
use std::{collections::BTreeSet, fs, path::Path};

/// A piece of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Entry {
    path: String,
    /// none for images, which are several blobs
    size: Option<u64>,
    digest: Digest,
    /// whether it was left out, as the far side has it
    absent: bool,
}

pub(crate) fn list(context: &Context, args: &LsArgs) -> Result<()> {
    let seen = inspected(context, std::slice::from_ref(&args.bundle), &args.registries)?;
    let found = entries(&seen, &args.patterns)?;
    print(args.output, &found, |found| found.iter().map(text).collect())
}

fn text(entry: &Entry) -> String {
    let size = entry.size.map(|size| Bytes(size).to_string()).unwrap_or_default();
    let absent = if entry.absent { "  (left out)" } else { "" };
    format!("{} {size:>9}  {}{absent}\n", entry.digest, entry.path)
}

/// What fits one of the patterns; everything where there are none.
fn entries(seen: &Inspection, patterns: &[String]) -> Result<BTreeSet<Entry>> {
    let mut all = BTreeSet::new();
    for part in &seen.parts {
        for (kind, items) in [("packages", &part.packages), ("files", &part.files)] {
            all.extend(items.iter().map(|item| Entry {
                path: format!("{}/{kind}/{}", part.platform, item.file),
                size: Some(item.size),
                digest: item.digest,
                absent: seen.absent_content.contains(&item.digest),
            }));
        }
    }
    all.extend(seen.images.iter().map(|image| Entry {
        path: format!("images/{}", image.name),
        size: None,
        digest: image.digest,
        absent: seen.absent_content.contains(&image.digest),
    }));
    for pattern in patterns {
        if !all.iter().any(|entry| fits(entry, pattern)) {
            return Err(unsatisfied(format!("nothing in the bundle fits `{pattern}`\nhint: `lsrepo ls` lists what is there")));
        }
    }
    all.retain(|entry| patterns.is_empty() || patterns.iter().any(|pattern| fits(entry, pattern)));
    Ok(all)
}

fn fits(entry: &Entry, pattern: &str) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
    let digest = entry.digest.to_string();
    [entry.path.as_str(), name, &digest, &digest["sha256:".len()..]].iter().any(|text| matches(pattern, text))
}

pub(crate) fn extract(context: &Context, args: &ExtractArgs) -> Result<()> {
    let paths = std::slice::from_ref(&args.bundle);
    let keys = context.trusted()?;
    let seen = inspected(context, paths, &RegistryFlags::default())?;
    let archive = judge(Archive::open(&source(paths)?, &trust(&keys, false, context.now)), paths)?;
    let found = entries(&seen, &args.patterns)?;
    if let Some(image) = found.iter().find(|entry| entry.size.is_none()) {
        return Err(unsatisfied(format!(
            "{}: an image is several blobs\nhint: `lsrepo import --register {}`, then `lsrepo image export`",
            image.path,
            args.bundle.display()
        )));
    }
    if let Some(absent) = found.iter().find(|entry| entry.absent) {
        return Err(unsatisfied(format!("{}: it was left out of this bundle, as the far side has it", absent.path)));
    }
    let mut bytes = 0;
    for entry in &found {
        // From outside: it must not lead out of the folder.
        let path: RelPath = entry.path.parse().with_context(|| entry.path.clone())?;
        let to = args.directory.join(path.as_str());
        fs::create_dir_all(to.parent().unwrap_or(Path::new("."))).with_context(|| to.display().to_string())?;
        whole::write(&to, |out| judge(archive.copy(&entry.digest, out), paths))?;
        bytes += entry.size.unwrap_or_default();
        context.progress.detail(&to.display().to_string());
    }
    context.progress.note(&format!("{} files, {}, to {}", Count(found.len() as u64), Bytes(bytes), args.directory.display()));
    Ok(())
}
