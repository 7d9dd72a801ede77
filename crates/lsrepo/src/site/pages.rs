//! What people look at: the catalogue of a snapshot, its SBOMs, and the list of the snapshots before it.
//!
//! Made once for a snapshot; after that its blobs are there. `snapshots/pages.json` says which blobs belong to which, for the
//! last snapshots: older ones are forgotten, and `lsrepo gc` takes their blobs.

mod gathered;
mod images;
mod packages;

use crate::{
    prepared::Prepared,
    snapshots::{self, Snapshot},
};
use anyhow::{Context as _, Result};
use gathered::Gathered;
use lsrepo_publish::{Entry, Tree, catalogue};
use lsrepo_serve::{ShownSnapshot, Site};
use lsrepo_store::Store;
use lsrepo_types::{Digest, Os, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many snapshots can be looked at.
const MOST: usize = 20;

/// What belongs to a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    /// what it was made from
    key: Digest,
    /// none: what was served from where it lay, which is no snapshot of the store
    number: Option<u64>,
    date: Timestamp,
    catalogue: Digest,
    /// by path below `/sbom/`: digest and size
    sboms: BTreeMap<String, (Digest, u64)>,
}

/// The pages of a snapshot that is being published.
pub(super) struct Pages {
    key: Digest,
    known: Vec<Made>,
    made: Option<Made>,
    gathered: Gathered,
}

/// What a site is told of its pages.
pub(super) struct Finished {
    sboms: Option<Tree>,
    date: Timestamp,
    catalogue: Digest,
    snapshots: Vec<ShownSnapshot>,
}

impl Finished {
    pub(super) fn shown_by(self, mut site: Site) -> Result<Site> {
        if let Some(tree) = self.sboms {
            site.mount("sbom".parse()?, tree, self.date);
        }
        Ok(site.with_catalogue(self.catalogue).with_snapshots(self.snapshots))
    }
}

fn document() -> Result<RelPath> {
    Ok("snapshots/pages.json".parse()?)
}

fn known(store: &Store) -> Result<Vec<Made>> {
    // Another lsrepo may have written it in another form: then it is made anew.
    let bytes = store.read_document(&document()?)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// The blobs that pages are made from.
pub(crate) fn blobs(store: &Store) -> Result<Vec<Digest>> {
    let all = known(store)?.into_iter();
    Ok(all.flat_map(|made| made.sboms.into_values().map(|(digest, _)| digest).chain([made.catalogue])).collect())
}

impl Pages {
    /// Looks for what was made before. `date` is that of the publication.
    pub(super) fn begin(store: &Store, snapshot: &Snapshot, date: Timestamp) -> Result<Self> {
        let from = (&snapshot.roots, date, catalogue::VERSION, env!("CARGO_PKG_VERSION"));
        let key = Digest::of(&serde_json::to_vec(&from)?);
        let known = known(store)?;
        let is_here = |made: &&Made| {
            let blobs = made.sboms.values().map(|(digest, _)| digest).chain([&made.catalogue]);
            blobs.into_iter().all(|digest| store.own_size_of(digest).is_ok_and(|size| size.is_some()))
        };
        let made = known.iter().filter(|made| made.key == key).find(is_here).cloned();
        Ok(Self { key, known, made, gathered: Gathered::default() })
    }

    /// Takes what the pages show of a set, where they have to be made.
    pub(super) fn add(&mut self, store: &Store, root: &str, set: &Prepared) -> Result<()> {
        match self.made {
            Some(_) => Ok(()),
            None => self.gathered.add(store, root, set),
        }
    }

    /// Makes what is not there yet. `trees` are those of the OSes.
    pub(super) fn finish(
        self,
        store: &Store,
        snapshot: &Snapshot,
        date: Timestamp,
        trees: &BTreeMap<Os, Tree>,
    ) -> Result<Finished> {
        // What is served from where it lies has a number of its own.
        let record = snapshots::find(store, snapshot.number)?;
        let number = record.is_some_and(|record| record.roots == snapshot.roots).then_some(snapshot.number);
        let mut made = match self.made {
            Some(made) => made,
            None => {
                let (bytes, sboms) = self.gathered.finish(store, date, trees)?;
                let catalogue = store.put(&bytes).context("the catalogue")?;
                Made { key: self.key, number, date, catalogue, sboms }
            }
        };
        made.number = number;
        let mut all = self.known.clone();
        all.retain(|one| one.number != number || number.is_none() && one.key != made.key);
        all.push(made.clone());
        // the latest is the last, whatever was served in place meanwhile
        all.sort_by_key(|one| one.number);
        let (beside, mut kept): (Vec<Made>, Vec<Made>) = all.into_iter().partition(|one| one.number.is_none());
        kept.drain(..kept.len().saturating_sub(MOST));
        kept.splice(0..0, beside.into_iter().rev().take(2));
        if kept != self.known {
            store.write_document(&document()?, &serde_json::to_vec_pretty(&kept)?)?;
        }
        let mut tree = Tree::default();
        for (path, (digest, size)) in &made.sboms {
            tree.insert(path.parse()?, Entry::Blob { digest: *digest, size: *size });
        }
        let remembered: BTreeSet<u64> = snapshots::all(store)?.into_iter().map(|record| record.number).collect();
        let shown = |one: &Made| {
            let number = one.number.filter(|number| remembered.contains(number))?;
            Some(ShownSnapshot { number, date: one.date, catalogue: one.catalogue })
        };
        let snapshots = match number {
            Some(_) => kept.iter().filter_map(shown).collect(),
            None => Vec::new(),
        };
        Ok(Finished { sboms: (!tree.entries.is_empty()).then_some(tree), date, catalogue: made.catalogue, snapshots })
    }
}
