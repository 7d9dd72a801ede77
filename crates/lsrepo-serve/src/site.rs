//! What is shown: an immutable value, switched as a whole.

mod lambdastack;
mod mount;
mod record;
mod repository;

pub(crate) use lambdastack::{is_within as is_for_lambdastack, usual as usual_path};
pub use record::SiteRecord;
pub(crate) use repository::Repository;
pub use repository::{AptRepository, PlatformSummary, YumRepository};

use crate::{listing::Row, registry::RegistryImages};
use bytes::Bytes;
use lsrepo_publish::{
    Entry, Parts, Tree,
    client::{BaseUrl, Setup, repository_key_name, setup_script},
};
use lsrepo_types::{Digest, Os, RelPath, Timestamp};
pub(crate) use mount::Stored;
use mount::{Files, Mount};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

/// Where keys are.
const KEYS: &str = "keys";
/// Where other stores find blobs.
const BLOBS: &str = "sync/blobs/sha256";

/// Trees under their paths, the key, the set-up scripts, and what the first page says of them.
pub struct Site {
    mounts: BTreeMap<RelPath, Mount>,
    pub(crate) repositories: BTreeMap<Os, Repository>,
    pub(crate) key: PublicKey,
    pub(crate) base_url: Option<BaseUrl>,
    ca: Option<String>,
    pub(crate) images: RegistryImages,
    pub(crate) date: Timestamp,
    /// of the catalogue that pages are made from
    pub(crate) catalogue: Option<Digest>,
    /// the oldest first, what is shown is the last
    pub(crate) snapshots: Vec<ShownSnapshot>,
}

/// A snapshot that can be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSnapshot {
    /// the how-manieth it is
    pub number: u64,
    /// its date
    pub date: Timestamp,
    /// of its catalogue, a blob of the store
    pub catalogue: Digest,
}

/// The key that signs what is shown.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// as text, for `signed-by=….asc`
    pub armored: String,
    /// as bytes, for tools that want a keyring
    pub binary: Vec<u8>,
    /// as people compare it
    pub fingerprint: String,
}

/// What is at a path.
pub(crate) enum Found {
    File(Resource),
    /// the set-up script of an OS
    Setup(Os),
    Directory(Vec<Row>),
    Nothing,
    /// the store does not have what it should, and why
    Broken(String),
}

/// A file as it will be sent.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// none: it is a blob of the store, or of parts
    pub(crate) bytes: Option<Bytes>,
    /// what it is put together of; `digest` is then a tag of that
    pub(crate) parts: Option<Arc<Parts>>,
    pub(crate) date: Option<Timestamp>,
}

impl Resource {
    fn blob(digest: Digest, size: u64, date: Option<Timestamp>) -> Self {
        Self { digest, size, bytes: None, parts: None, date }
    }

    fn parts(parts: Arc<Parts>, date: Option<Timestamp>) -> Self {
        Self { digest: parts.tag(), size: parts.size(), bytes: None, parts: Some(parts), date }
    }
}

impl Site {
    /// A site with nothing but its key, at `/keys/`. `date` is that of the snapshot.
    pub fn new(key: PublicKey, date: Timestamp) -> Self {
        let mut site = Self {
            mounts: BTreeMap::new(),
            repositories: BTreeMap::new(),
            key,
            base_url: None,
            ca: None,
            images: RegistryImages::new(),
            date,
            catalogue: None,
            snapshots: Vec::new(),
        };
        let files = [("lsrepo.asc", site.key.armored.as_bytes().to_vec()), ("lsrepo.gpg", site.key.binary.clone())];
        let mut keys = Tree::default();
        for (name, bytes) in files {
            if let Ok(path) = name.parse() {
                keys.insert(path, Entry::Bytes(Arc::from(bytes)));
            }
        }
        if let Ok(at) = KEYS.parse() {
            site.mount(at, keys, date);
        }
        site
    }

    /// The address that clients shall use, where the one they asked for is not it (a proxy before us).
    #[must_use]
    pub fn with_base_url(mut self, base_url: BaseUrl) -> Self {
        self.base_url = Some(base_url);
        self
    }

    /// Makes pages from this catalogue, a blob of the store. Without one there are only those that need none.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Digest) -> Self {
        self.catalogue = Some(catalogue);
        self
    }

    /// Shows how these differ; the oldest comes first, what is shown is the last.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: Vec<ShownSnapshot>) -> Self {
        self.snapshots = snapshots;
        self
    }

    /// Whether there is a file at a path.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        matches!(self.find(path), Found::File(_))
    }

    /// The authority that our certificate is of, as PEM, where clients do not know it: it is in the set-up scripts, and
    /// at `/keys/ca.crt`.
    #[must_use]
    pub fn with_ca(mut self, pem: String) -> Self {
        self.add_key("ca.crt", pem.as_bytes());
        self.ca = Some(pem);
        self
    }

    /// Shows a tree below a path. `date` is what `Last-Modified` says of its files.
    pub fn mount(&mut self, at: RelPath, tree: Tree, date: Timestamp) {
        self.mounts.insert(at, Mount { files: Files::of(tree), date });
    }

    /// Shows images at `/v2/`, instead of those shown there before.
    pub fn mount_images(&mut self, images: RegistryImages) {
        self.images = images;
    }

    /// Shows a repository at `/apt/<os>/`, with its set-up script and its lines on the first page.
    pub fn mount_apt(&mut self, mut repository: AptRepository) {
        if let Ok(at) = format!("apt/{}", repository.os).parse() {
            self.mount(at, std::mem::take(&mut repository.tree), repository.date);
        }
        self.describe_apt(repository);
    }

    fn describe_apt(&mut self, repository: AptRepository) {
        self.repositories.insert(repository.os.clone(), Repository::Apt(repository));
    }

    /// Shows a repository at `/yum/<os>/`, with its set-up script, the keys of its packages and its lines on the first page.
    pub fn mount_yum(&mut self, mut repository: YumRepository) {
        if let Ok(at) = format!("yum/{}", repository.os).parse() {
            self.mount(at, std::mem::take(&mut repository.tree), repository.date);
        }
        self.describe_yum(repository);
    }

    fn describe_yum(&mut self, repository: YumRepository) {
        let own = repository.key.as_deref().map(|armored| (repository_key_name(&repository.os), armored));
        let others = repository.package_keys.iter().map(|key| (key.name.as_str(), key.armored.as_str()));
        for (name, armored) in others.chain(own) {
            self.add_key(name, armored.as_bytes());
        }
        self.repositories.insert(repository.os.clone(), Repository::Yum(repository));
    }

    /// Shows a file at `/keys/`. What cannot be a name is left out.
    fn add_key(&mut self, name: &str, bytes: &[u8]) {
        if let (Some(mount), Ok(path)) = (self.mounts.get_mut(KEYS), name.parse::<RelPath>()) {
            mount.add(path, bytes);
        }
    }

    /// The set-up script of an OS, for clients that reach us at `base_url`.
    pub(crate) fn setup(&self, os: &Os, base_url: &BaseUrl) -> Option<String> {
        let source = self.repositories.get(os)?.package_source(base_url, &self.key);
        let registry_hosts: Vec<_> = self.images.hosts().cloned().collect();
        Some(setup_script(&Setup { source, registry_hosts: &registry_hosts, ca: self.ca.as_deref() }))
    }

    /// Looks a checked path up; nothing but these maps is ever consulted.
    pub(crate) fn find(&self, path: &str) -> Found {
        let path = &*lambdastack::usual(path);
        if let Some(name) = path.strip_prefix("setup/") {
            return self.find_setup(name);
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            if let Some(mount) = self.mounts.get(&path[..end]) {
                return mount.find(path[end..].trim_start_matches('/'));
            }
        }
        self.above_mounts(path)
    }

    /// [`Site::find`], where a folder may be empty.
    pub(crate) fn find_or_empty(&self, path: &str) -> Found {
        // Everything there is, by digests: a list of that is of use to nobody, and takes much room.
        if path.trim_end_matches('/') == BLOBS {
            return Found::Nothing;
        }
        let is_there = |owner| matches!(self.find(owner), Found::Directory(_));
        match self.find(path) {
            Found::Nothing if lambdastack::owner(path).is_some_and(is_there) => Found::Directory(Vec::new()),
            found => found,
        }
    }

    fn find_setup(&self, name: &str) -> Found {
        match name.strip_suffix(".sh").and_then(|name| name.parse().ok()) {
            Some(os) if self.repositories.contains_key(&os) => Found::Setup(os),
            _ => Found::Nothing,
        }
    }

    /// `/apt/` is not in a tree, the trees are in it.
    fn above_mounts(&self, path: &str) -> Found {
        let prefix = format!("{path}/");
        let below = self.mounts.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        let names: BTreeSet<&str> =
            below.map_while(|(at, _)| at.as_str().strip_prefix(&prefix)).filter_map(|rest| rest.split('/').next()).collect();
        match names.is_empty() {
            true => Found::Nothing,
            false => Found::Directory(names.into_iter().map(Row::directory).collect()),
        }
    }
}

impl Row {
    pub(crate) fn directory(name: &str) -> Self {
        Self { name: name.to_owned(), is_directory: true, size: None }
    }
}

/// The site that is shown now. Requests that have begun keep the one that they began with.
pub struct Current(RwLock<Shown>);

/// A site, and the how-manieth it is.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) site: Arc<Site>,
    pub(crate) generation: u64,
}

impl Current {
    /// Shows this site.
    pub fn new(site: Site) -> Self {
        Self(RwLock::new(Shown { site: Arc::new(site), generation: 1 }))
    }

    /// The site that is shown.
    pub fn get(&self) -> Arc<Site> {
        self.shown().site
    }

    pub(crate) fn shown(&self) -> Shown {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows another site from the next request on, and hands back the old one.
    pub fn replace(&self, site: Site) -> Arc<Site> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.generation += 1;
        std::mem::replace(&mut current.site, Arc::new(site))
    }
}
