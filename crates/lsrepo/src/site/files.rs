//! The files of all platforms, at `/files/`: as they are, with an index and their checksums. Helm charts
//! among them have an index of their own kind, at `/files/charts/`.

use crate::{context::Context, prepared::Prepared};
use anyhow::Result;
use lsrepo_bom::lock::LockedFile;
use lsrepo_publish::{Entry, Tree};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Platform, Timestamp};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A file as the index has it.
#[derive(Serialize)]
struct Row {
    name: String,
    size: u64,
    digest: Digest,
    platforms: BTreeSet<Platform>,
}

/// Files by name, gathered set by set.
#[derive(Default)]
pub(super) struct Files {
    rows: BTreeMap<String, (Timestamp, Row)>,
    charts: BTreeMap<String, LockedFile>,
}

impl Files {
    /// Adds those of a set. Of two different files of one name, the one that was prepared later is shown.
    pub(super) fn add(&mut self, context: &Context, set: &Prepared) {
        for file in &set.lock.files {
            let date = set.lock.date;
            let platform = set.lock.name.clone();
            let row = Row { name: file.name.clone(), size: file.size, digest: file.digest, platforms: BTreeSet::new() };
            let (seen, shown) = self.rows.entry(file.name.clone()).or_insert((date, row));
            if shown.digest != file.digest {
                context.progress.warn(&format!(
                    "files: `{}` is {} in one set and {} in another; the later one is shown\nhint: give one of them another `name` or `folder`",
                    file.name, shown.digest, file.digest
                ));
                if date <= *seen {
                    continue;
                }
                (*seen, shown.size, shown.digest) = (date, file.size, file.digest);
                shown.platforms.clear();
            }
            shown.platforms.insert(platform);
            if file.chart.is_some() {
                self.charts.insert(file.name.clone(), file.clone());
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is shown.
    pub(super) fn tree(self, store: &Store) -> Result<Tree> {
        let mut tree = Tree::default();
        if !self.charts.is_empty() {
            let index = crate::charts::index(store, &self.charts.values().collect::<Vec<_>>())?;
            tree.insert("charts/index.yaml".parse()?, Entry::Bytes(Arc::from(index.into_bytes())));
        }
        let rows: Vec<Row> = self.rows.into_values().map(|(_, row)| row).collect();
        let sums: String = rows.iter().map(|row| format!("{}  {}\n", row.digest.hex(), row.name)).collect();
        for (name, bytes) in [("index.json", serde_json::to_vec_pretty(&rows)?), ("SHA256SUMS", sums.into_bytes())] {
            tree.insert(name.parse()?, Entry::Bytes(Arc::from(bytes)));
        }
        for row in &rows {
            tree.insert(row.name.parse()?, Entry::Blob { digest: row.digest, size: row.size });
        }
        Ok(tree)
    }
}
