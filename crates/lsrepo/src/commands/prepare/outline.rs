//! `--dry-run --offline-metadata`: what would be asked for, while nobody is asked.

use crate::{output::Format, output::print, wanted::Wanted};
use anyhow::Result;
use lsrepo_bom::{FileKind, FileRequest};
use lsrepo_types::{Count, Platform};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The wishes of one platform, each with who has it.
#[derive(Serialize)]
struct Outline {
    platform: Platform,
    packages: BTreeMap<String, BTreeSet<String>>,
    package_files: BTreeMap<String, BTreeSet<String>>,
    files: BTreeMap<String, BTreeSet<String>>,
    images: BTreeMap<String, BTreeSet<String>>,
    charts: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn show(wanted: &[Wanted], output: Format) -> Result<()> {
    let all: Vec<Outline> = wanted.iter().map(of).collect();
    print(output, &all, |all| all.iter().map(text).collect())
}

fn of(wanted: &Wanted) -> Outline {
    let mut outline = Outline {
        platform: wanted.platform.clone(),
        packages: BTreeMap::new(),
        package_files: BTreeMap::new(),
        files: BTreeMap::new(),
        images: BTreeMap::new(),
        charts: BTreeMap::new(),
    };
    for wish in &wanted.asked.requirements {
        outline.packages.entry(wish.package.to_string()).or_default().insert(wish.module.to_string());
    }
    for wish in &wanted.asked.files {
        let list = if wish.kind == FileKind::Package { &mut outline.package_files } else { &mut outline.files };
        // As a requirements file has it, which is what it can be compared with.
        let plain = FileRequest { mirrors: Vec::new(), ..wish.file.clone() };
        list.entry(plain.to_string()).or_default().insert(wish.module.to_string());
    }
    for wish in &wanted.asked.images {
        outline.images.entry(wish.image.clone()).or_default().insert(wish.module.to_string());
    }
    for wish in &wanted.asked.charts {
        outline.charts.entry(wish.chart.to_string()).or_default().insert(wish.module.to_string());
    }
    outline
}

fn text(outline: &Outline) -> String {
    let Outline { platform, packages, package_files, files, images, charts } = outline;
    let count = |list: &BTreeMap<String, BTreeSet<String>>| Count(list.len() as u64);
    let mut text = format!(
        "{platform}: {} packages, {} packages by URL, {} files, {} images\n",
        count(packages),
        count(package_files),
        count(files),
        count(images)
    );
    for (kind, list) in [("package", packages), ("package", package_files), ("file", files), ("image", images), ("chart", charts)] {
        for (wish, modules) in list {
            let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
            text += &format!("  {kind} {wish} ({})\n", modules.join(", "));
        }
    }
    text
}
