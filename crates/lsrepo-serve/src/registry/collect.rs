//! Garbage collection of what was pushed: what no tag, no index and no referrer keeps.
//!
//! A manifest is kept by a tag, by a live index that lists it, by a live manifest that it refers to (a signature lives as
//! long as its image), or by being young: clients push children before parents and blobs before manifests. Blobs are kept
//! by live manifests, or by being young.

use super::{
    document,
    pushed::documents,
    repository::{Repository, StoredManifest},
};
use lsrepo_oci::{AnyDigest, Content, MOST_MANIFEST};
use lsrepo_store::{GcReport, Store};
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    time::Duration,
};

/// What a collection took, or would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// manifests that nothing kept in their repository
    pub manifests: u64,
    /// blobs that nothing kept in their repository; another may still have them
    pub blobs: u64,
    /// repositories that are empty now, and gone
    pub repositories: u64,
    /// what went from the disk
    pub disk: GcReport,
}

/// Collects what was pushed, then every blob of the store that is neither `live` nor kept by a pushed repository. What is
/// younger than `grace` stays. The caller holds the store exclusively; refused while a server takes pushes.
pub fn collect(
    store: &Store,
    live: impl Fn(&Digest) -> bool,
    now: Timestamp,
    grace: Duration,
    dry_run: bool,
) -> io::Result<Collected> {
    let nobody_pushes = store.lock_registry().map_err(io::Error::other)?;
    let young = now.0.saturating_sub(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX));
    let mut collected = Collected::default();
    let mut kept: BTreeSet<Digest> = BTreeSet::new();
    for (name, old) in documents(store)? {
        let new = Marking { store, repository: &old, live: &live, young }.run()?;
        collected.manifests += (old.manifests.len() - new.manifests.len()) as u64;
        collected.blobs += (old.blobs.len() - new.blobs.len()) as u64;
        kept.extend(new.stored().map(|(blob, _)| blob));
        let gone = new == Repository::default();
        collected.repositories += u64::from(gone);
        if dry_run || new == old {
            continue;
        }
        let path = document::path(&name).map_err(io::Error::other)?;
        let written = match gone {
            true => store.remove_document(&path),
            false => store.write_document(&path, &document::render(&name, &new)),
        };
        written.map_err(io::Error::other)?;
    }
    let live = |digest: &Digest| live(digest) || kept.contains(digest);
    let disk = if dry_run { store.garbage(live) } else { store.gc_locked(&nobody_pushes, live) };
    collected.disk = disk.map_err(io::Error::other)?;
    Ok(collected)
}

struct Marking<'a, L> {
    store: &'a Store,
    repository: &'a Repository,
    live: &'a L,
    /// what was added since then stays
    young: i64,
}

impl<L: Fn(&Digest) -> bool> Marking<'_, L> {
    /// The repository with what is to stay.
    fn run(&self) -> io::Result<Repository> {
        let old = self.repository;
        let contents = self.contents()?;
        let mut marked: BTreeSet<AnyDigest> = BTreeSet::new();
        let young = old.manifests.iter().filter(|(_, one)| one.added >= self.young).map(|(digest, _)| *digest);
        let mut new: Vec<AnyDigest> = old.tags.values().copied().chain(young).collect();
        loop {
            while let Some(digest) = new.pop() {
                if old.manifests.contains_key(&digest) && marked.insert(digest) {
                    new.extend(contents.get(&digest).into_iter().flat_map(Content::children).map(|child| child.digest));
                }
            }
            let refers = |one: &StoredManifest| one.subject.is_some_and(|subject| self.is_live(&subject, &marked));
            new.extend(
                old.manifests.iter().filter(|(digest, one)| !marked.contains(*digest) && refers(one)).map(|(digest, _)| *digest),
            );
            if new.is_empty() {
                break;
            }
        }
        let named: BTreeSet<AnyDigest> =
            marked.iter().filter_map(|digest| contents.get(digest)).flat_map(Content::blobs).map(|blob| blob.digest).collect();
        let mut kept = Repository { tags: old.tags.clone(), ..Repository::default() };
        kept.manifests = old.manifests.iter().filter(|(digest, _)| marked.contains(*digest)).map(owned).collect();
        kept.blobs =
            old.blobs.iter().filter(|(digest, one)| named.contains(*digest) || one.added >= self.young).map(owned).collect();
        kept.tags.retain(|_, digest| kept.manifests.contains_key(digest));
        Ok(kept)
    }

    /// What a referrer refers to is there, here or among the images that were not pushed.
    fn is_live(&self, subject: &AnyDigest, marked: &BTreeSet<AnyDigest>) -> bool {
        let blob = match subject {
            AnyDigest::Sha256(digest) => Some(*digest),
            AnyDigest::Sha512(digest) => self.store.sha256_of(digest).ok().flatten(),
        };
        marked.contains(subject) || blob.is_some_and(|blob| (self.live)(&blob))
    }

    /// What is not understood points at nothing. What cannot be read ends the collection: it may point at anything.
    fn contents(&self) -> io::Result<BTreeMap<AnyDigest, Content>> {
        let mut contents = BTreeMap::new();
        for (digest, one) in &self.repository.manifests {
            let bytes = self.store.read(&one.blob, MOST_MANIFEST).map_err(io::Error::other)?;
            if let Ok(mut content) = Content::parse(one.media_type.to_str().unwrap_or_default(), &bytes) {
                content.annotations = BTreeMap::new();
                contents.insert(*digest, content);
            }
        }
        Ok(contents)
    }
}

fn owned<V: Clone>((digest, one): (&AnyDigest, &V)) -> (AnyDigest, V) {
    (*digest, one.clone())
}
