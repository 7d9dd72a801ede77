//! Packed Helm charts: what lies in them, the images that they use, and an index of those that are served.

use anyhow::{Context as _, Result, bail};
use flate2::read::GzDecoder;
use lsrepo_bom::{
    chart::{ChartFiles, FoundImages, find_images},
    lock::LockedFile,
};
use lsrepo_store::{Blob, Store};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufReader, Read},
};

/// The most that a chart may hold, unpacked: bytes and files.
const MOST_BYTES: u64 = 128 << 20;
const MOST_FILES: usize = 20_000;

/// The images that a packed chart and the charts within it use.
pub(crate) fn images(store: &Store, file: &LockedFile) -> Result<FoundImages> {
    let mut found = FoundImages::default();
    for chart in charts(store.open_blob(&file.digest)?).with_context(|| file.name.clone())?.values() {
        let own = find_images(chart);
        found.images.extend(own.images);
        found.unread.extend(own.unread);
    }
    Ok(found)
}

/// The charts in an archive, by their folders.
fn charts(file: Blob) -> Result<BTreeMap<String, ChartFiles>> {
    let mut charts: BTreeMap<String, ChartFiles> = BTreeMap::new();
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)).take(MOST_BYTES));
    for (number, entry) in archive.entries()?.enumerate() {
        if number > MOST_FILES {
            bail!("more than {MOST_FILES} files in a chart");
        }
        let mut entry = entry.context("it is no packed chart")?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (folder, kind) = match path.rsplit_once('/') {
            Some((folder, "Chart.yaml")) => (folder, "chart"),
            Some((folder, "values.yaml")) => (folder, "values"),
            _ => match path.split_once("/templates/").filter(|(_, name)| !name.contains("/templates/")) {
                Some((folder, name)) if name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".tpl") => {
                    (folder, "template")
                }
                _ => continue,
            },
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let chart = charts.entry(folder.to_owned()).or_default();
        match kind {
            "chart" => chart.chart = text,
            "values" => chart.values = text,
            _ => chart.templates.push(text),
        }
    }
    match charts.values().any(|chart| !chart.chart.is_empty()) {
        true => Ok(charts),
        false => bail!("it is no packed chart: there is no Chart.yaml in it"),
    }
}

/// `index.yaml` over charts that lie beside it, as JSON, which is YAML too.
pub(crate) fn index(store: &Store, files: &[&LockedFile]) -> Result<String> {
    let mut entries: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for file in files {
        let all = charts(store.open_blob(&file.digest)?).with_context(|| file.name.clone())?;
        // That of the chart itself stands above those within it.
        let Some((_, top)) = all.iter().min_by_key(|(folder, _)| folder.matches('/').count()) else { continue };
        let mut entry: Value = serde_saphyr::from_str(&top.chart).with_context(|| format!("{}: Chart.yaml", file.name))?;
        let name = entry["name"].as_str().unwrap_or_default().to_owned();
        entry["urls"] = json!([file.name.rsplit('/').next().unwrap_or(&file.name)]);
        entry["digest"] = json!(file.digest.hex());
        entries.entry(name).or_default().push(entry);
    }
    Ok(serde_json::to_string_pretty(&json!({"apiVersion": "v1", "entries": entries}))? + "\n")
}
