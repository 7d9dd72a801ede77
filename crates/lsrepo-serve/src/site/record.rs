//! A site as it is kept: its trees as tables, which are blobs of the store, and the rest of it as a small document. A
//! server that shows a snapshot again reads these, and publishes nothing.

use super::{
    AptRepository, Repository, ShownSnapshot, Site, YumRepository,
    mount::{Files, Mount, Stored},
};
use lsrepo_publish::{
    Entry, Part, Tree,
    table::{self, Table},
};
use lsrepo_store::{Pending, Store, StoreError};
use lsrepo_types::{Digest, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, io};

/// Everything of a site but its key and its images.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteRecord {
    date: Timestamp,
    mounts: Vec<MountRecord>,
    apt: Vec<AptRepository>,
    yum: Vec<YumRepository>,
    catalogue: Option<Digest>,
    snapshots: Vec<ShownSnapshot>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct MountRecord {
    at: RelPath,
    /// a blob of the store
    table: Digest,
    date: Timestamp,
}

impl Site {
    /// Keeps everything that publishing made in the store, and says what a later [`Site::restore`] needs.
    pub fn record(&self, store: &Store) -> Result<SiteRecord, StoreError> {
        let mut kept = Kept { store, pending: Vec::new(), seen: BTreeSet::new() };
        let mut mounts = Vec::new();
        for (at, mount) in &self.mounts {
            // Keys are small, and with the rest of the record.
            if let (Files::Memory { tree, .. }, false) = (&mount.files, at.as_str() == super::KEYS) {
                let rendered = table::render(tree, |bytes| kept.keep(bytes))?;
                mounts.push(MountRecord { at: at.clone(), table: kept.keep(&rendered)?, date: mount.date });
            }
        }
        store.commit(kept.pending)?;
        let (mut apt, mut yum) = (Vec::new(), Vec::new());
        for repository in self.repositories.values() {
            match repository {
                Repository::Apt(one) => apt.push(one.clone()),
                Repository::Yum(one) => yum.push(one.clone()),
            }
        }
        let (catalogue, snapshots) = (self.catalogue, self.snapshots.clone());
        Ok(SiteRecord { date: self.date, mounts, apt, yum, catalogue, snapshots })
    }

    /// Shows again what was recorded, instead of what this site shows; its key and its images stay.
    pub fn restore(&mut self, record: &SiteRecord, store: &Store) -> io::Result<()> {
        self.date = record.date;
        for MountRecord { at, table, date } in &record.mounts {
            let blob = store.open_blob(table).map_err(io::Error::other)?;
            let files = Files::Table(Table::open(Stored(blob))?);
            self.mounts.insert(at.clone(), Mount { files, date: *date });
        }
        (self.catalogue, self.snapshots) = (record.catalogue, record.snapshots.clone());
        record.apt.iter().cloned().for_each(|one| self.describe_apt(one));
        record.yum.iter().cloned().for_each(|one| self.describe_yum(one));
        Ok(())
    }
}

impl SiteRecord {
    /// The blobs that are looked into at once: tables, and the catalogue.
    pub fn tables(&self) -> impl Iterator<Item = Digest> {
        self.mounts.iter().map(|mount| mount.table).chain(self.catalogue)
    }

    /// Every blob that it needs: tables, and what they list.
    pub fn blobs(&self, store: &Store) -> io::Result<BTreeSet<Digest>> {
        let mut all: BTreeSet<Digest> = self.catalogue.into_iter().collect();
        for mount in &self.mounts {
            all.insert(mount.table);
            let blob = store.open_blob(&mount.table).map_err(io::Error::other)?;
            for file in Table::open(Stored(blob))?.files() {
                all.extend(file?.parts.iter().filter_map(|part| match part {
                    Part::Blob { digest, .. } => Some(*digest),
                    Part::Bytes(_) => None,
                }));
            }
        }
        Ok(all)
    }

    /// The tree at a path as it was published; made bytes (those that `is_made` says) as such. None where there is none.
    pub fn tree(&self, at: &str, store: &Store, is_made: impl Fn(&str) -> bool) -> io::Result<Option<Tree>> {
        let Some(mount) = self.mounts.iter().find(|mount| mount.at.as_str() == at) else { return Ok(None) };
        let blob = store.open_blob(&mount.table).map_err(io::Error::other)?;
        let mut tree = Tree::default();
        for file in Table::open(Stored(blob))?.files() {
            let file = file?;
            let (Ok(path), [Part::Blob { digest, size }]) = (file.path.parse(), &file.parts[..]) else { continue };
            let entry = match is_made(&file.path) {
                false => Entry::Blob { digest: *digest, size: *size },
                true => Entry::Bytes(store.read(digest, *size).map_err(io::Error::other)?.into()),
            };
            tree.insert(path, entry);
        }
        Ok(Some(tree))
    }
}

/// Bytes on their way into the store, each once.
struct Kept<'a> {
    store: &'a Store,
    pending: Vec<Pending>,
    seen: BTreeSet<Digest>,
}

impl Kept<'_> {
    fn keep(&mut self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if self.seen.insert(digest) && self.store.own_size_of(&digest)? != Some(bytes.len() as u64) {
            let mut writer = self.store.writer()?;
            writer.add(bytes)?;
            self.pending.push(writer.finish());
        }
        Ok(digest)
    }
}
