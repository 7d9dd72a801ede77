//! What is shown: an immutable value, switched as a whole.

mod repository;

pub(crate) use repository::Repository;
pub use repository::{AptRepository, PlatformSummary, YumRepository};

use crate::{listing::Row, registry::RegistryImages};
use bytes::Bytes;
use lsrepo_publish::{
    Child, Entry, Tree,
    client::{BaseUrl, Setup, repository_key_name, setup_script},
};
use lsrepo_types::{Digest, Os, RelPath, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

/// Trees under their paths, the key, the set-up scripts, and what the first page says of them.
pub struct Site {
    mounts: BTreeMap<RelPath, Mount>,
    pub(crate) repositories: BTreeMap<Os, Repository>,
    pub(crate) key: PublicKey,
    pub(crate) base_url: Option<BaseUrl>,
    ca: Option<String>,
    pub(crate) images: RegistryImages,
    pub(crate) date: Timestamp,
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

/// A tree in its place.
struct Mount {
    tree: Tree,
    /// the entries that publishing made, with the digest that nobody wants to compute again per request
    made: HashMap<RelPath, (Digest, Bytes)>,
    date: Timestamp,
}

/// What is at a path.
pub(crate) enum Found {
    File(Resource),
    /// the set-up script of an OS
    Setup(Os),
    /// the first page
    Top,
    Directory(Vec<Row>),
    Nothing,
}

/// A file as it will be sent.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// none: it is a blob of the store
    pub(crate) bytes: Option<Bytes>,
    pub(crate) date: Option<Timestamp>,
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
        };
        let files = [("lsrepo.asc", site.key.armored.as_bytes().to_vec()), ("lsrepo.gpg", site.key.binary.clone())];
        let mut keys = Tree::default();
        for (name, bytes) in files {
            if let Ok(path) = name.parse() {
                keys.insert(path, Entry::Bytes(Arc::from(bytes)));
            }
        }
        if let Ok(at) = "keys".parse() {
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

    /// The authority that our certificate is of, as PEM, where clients do not know it: it is in the set-up scripts, and
    /// at `/keys/ca.crt`.
    #[must_use]
    pub fn with_ca(mut self, pem: String) -> Self {
        if let (Some(mount), Ok(path)) = (self.mounts.get_mut("keys"), "ca.crt".parse::<RelPath>()) {
            mount.insert(path, pem.as_bytes());
        }
        self.ca = Some(pem);
        self
    }

    /// Shows a tree below a path. `date` is what `Last-Modified` says of its files.
    pub fn mount(&mut self, at: RelPath, tree: Tree, date: Timestamp) {
        let made = tree.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::Bytes(bytes) => Some((path.clone(), (Digest::of(bytes), Bytes::from_owner(bytes.clone())))),
            Entry::Blob { .. } => None,
        });
        let made = made.collect();
        self.mounts.insert(at, Mount { tree, made, date });
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
        self.repositories.insert(repository.os.clone(), Repository::Apt(repository));
    }

    /// Shows a repository at `/yum/<os>/`, with its set-up script, the keys of its packages and its lines on the first page.
    pub fn mount_yum(&mut self, mut repository: YumRepository) {
        if let Ok(at) = format!("yum/{}", repository.os).parse() {
            self.mount(at, std::mem::take(&mut repository.tree), repository.date);
        }
        if let Some(mount) = self.mounts.get_mut("keys") {
            let own = repository.key.as_deref().map(|armored| (repository_key_name(&repository.os), armored));
            let others = repository.package_keys.iter().map(|key| (key.name.as_str(), key.armored.as_str()));
            for (name, armored) in others.chain(own) {
                if let Ok(path) = name.parse::<RelPath>() {
                    mount.insert(path, armored.as_bytes());
                }
            }
        }
        self.repositories.insert(repository.os.clone(), Repository::Yum(repository));
    }

    /// The set-up script of an OS, for clients that reach us at `base_url`.
    pub(crate) fn setup(&self, os: &Os, base_url: &BaseUrl) -> Option<String> {
        let source = self.repositories.get(os)?.package_source(base_url, &self.key);
        let registry_hosts: Vec<_> = self.images.hosts().cloned().collect();
        Some(setup_script(&Setup { source, registry_hosts: &registry_hosts, ca: self.ca.as_deref() }))
    }

    /// Looks a checked path up; nothing but these maps is ever consulted.
    pub(crate) fn find(&self, path: &str) -> Found {
        if path.is_empty() {
            return Found::Top;
        }
        if path == "setup" {
            return self.setup_scripts();
        }
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

    fn setup_scripts(&self) -> Found {
        let name = |os: &Os| Row { name: format!("{os}.sh"), is_directory: false, size: None };
        Found::Directory(self.repositories.keys().map(name).collect())
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

impl Mount {
    fn insert(&mut self, path: RelPath, bytes: &[u8]) {
        let bytes: Arc<[u8]> = Arc::from(bytes);
        self.made.insert(path.clone(), (Digest::of(&bytes), Bytes::from_owner(bytes.clone())));
        self.tree.insert(path, Entry::Bytes(bytes));
    }

    fn find(&self, path: &str) -> Found {
        let date = Some(self.date);
        if let Some((digest, bytes)) = self.made.get(path) {
            let (digest, size, bytes) = (*digest, bytes.len() as u64, Some(bytes.clone()));
            return Found::File(Resource { digest, size, bytes, date });
        }
        if let Some(Entry::Blob { digest, size }) = self.tree.get(path) {
            return Found::File(Resource { digest: *digest, size: *size, bytes: None, date });
        }
        let children = self.tree.children(path);
        match children.is_empty() && !path.is_empty() {
            true => Found::Nothing,
            false => Found::Directory(children.into_iter().map(Row::of).collect()),
        }
    }
}

impl Row {
    fn of(child: Child<'_>) -> Self {
        match child {
            Child::Directory(name) => Self::directory(name),
            Child::File(name, entry) => Self { name: name.to_owned(), is_directory: false, size: Some(entry.size()) },
        }
    }

    fn directory(name: &str) -> Self {
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
