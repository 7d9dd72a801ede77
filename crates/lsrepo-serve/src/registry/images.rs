//! The images that were prepared or imported: what `/v2/` shows besides what is pushed. Immutable, as the site is.

use super::repository::{Repository, StoredBlob, StoredManifest};
use http::HeaderValue;
use lsrepo_oci::{AnyDigest, Content, Descriptor, Image, Kind, MOST_MANIFEST, RegistryHost, RepositoryName, media_type};
use lsrepo_store::{Store, StoreError};
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Images by the names that they have upstream: `docker.io/library/nginx`.
#[derive(Clone, Debug, Default)]
pub struct RegistryImages {
    repositories: BTreeMap<String, Imported>,
    /// the whole names, by the path alone
    paths: BTreeMap<String, Vec<String>>,
    hosts: BTreeSet<RegistryHost>,
}

/// A repository as it was upstream.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub(crate) content: Arc<Repository>,
    /// what its manifests name and nobody carried here, and why
    pub(crate) left_out: BTreeMap<AnyDigest, Arc<str>>,
    path: RepositoryName,
    /// hosts with a port cannot be part of a name
    has_port: bool,
}

impl RegistryImages {
    /// No images.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many repositories there are.
    pub fn len(&self) -> usize {
        self.repositories.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.repositories.is_empty()
    }

    /// Adds an image whose manifests are in the store. Where one is missing or corrupt, nothing is added.
    pub fn add(&mut self, image: &Image, store: &Store) -> Result<(), StoreError> {
        let seen = Seen::of(image, store)?;
        let (host, path) = (&image.reference.registry, &image.reference.repository);
        let name = image.reference.name();
        if !self.repositories.contains_key(&name) {
            self.paths.entry(path.as_str().to_owned()).or_default().push(name.clone());
            self.hosts.insert(host.clone());
        }
        let imported = self.repositories.entry(name).or_insert_with(|| Imported {
            content: Arc::default(),
            left_out: BTreeMap::new(),
            path: path.clone(),
            has_port: host.as_str().contains([':', '[']),
        });
        let content = Arc::make_mut(&mut imported.content);
        content.manifests.extend(seen.manifests);
        content.blobs.extend(seen.blobs);
        imported.left_out.extend(seen.left_out);
        let tags = image.referrers.iter().map(|one| (&one.tag, one.root.digest));
        for (tag, digest) in tags.chain([(&image.reference.tag, image.root.digest)]) {
            if let Some(tag) = tag {
                content.tags.insert(tag.clone(), digest);
            }
        }
        Ok(())
    }

    /// The registries that these images come from, sorted.
    pub fn hosts(&self) -> impl Iterator<Item = &RegistryHost> {
        self.hosts.iter()
    }

    /// Under which name each can be pulled here, and its tags without those that stand for digests.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.names().zip(self.repositories.values()).map(|(name, imported)| {
            let tags = imported.content.tags.keys().map(lsrepo_oci::Tag::as_str);
            (name, tags.filter(|tag| !tag.starts_with("sha256-")).collect())
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Imported> {
        self.repositories.get(name)
    }

    pub(crate) fn knows_host(&self, host: &RegistryHost) -> bool {
        self.hosts.contains(host)
    }

    /// The other names under which an image is found, by its whole name: its path, and what is short for official ones.
    pub(crate) fn other_names<'a>(&'a self, whole: &'a str) -> impl Iterator<Item = &'a str> {
        let path = self.repositories.get(whole).map(|one| one.path.as_str());
        let official = path.filter(|_| whole.starts_with("docker.io/")).and_then(|path| path.strip_prefix("library/"));
        path.into_iter().chain(official)
    }

    /// The whole names of all.
    pub(crate) fn whole_names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    /// The whole names that have this path.
    pub(crate) fn with_path(&self, path: &str) -> &[String] {
        self.paths.get(path).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Imported> {
        self.repositories.values()
    }

    /// The names under which clients can ask; a host with a port is not one of those, where the path alone will do.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(|name| self.name_here(name))
    }

    /// One of these names, of the image that has this whole name.
    pub(crate) fn name_here<'a>(&'a self, whole: &'a str) -> &'a str {
        match self.repositories.get(whole) {
            Some(imported) if imported.has_port && self.with_path(imported.path.as_str()).len() == 1 => imported.path.as_str(),
            _ => whole,
        }
    }
}

/// What an image's manifests say.
#[derive(Default)]
struct Seen {
    manifests: BTreeMap<AnyDigest, StoredManifest>,
    blobs: BTreeMap<AnyDigest, StoredBlob>,
    left_out: BTreeMap<AnyDigest, Arc<str>>,
}

impl Seen {
    fn of(image: &Image, store: &Store) -> Result<Self, StoreError> {
        let mut seen = Self::default();
        let mut platforms: BTreeMap<AnyDigest, String> = BTreeMap::new();
        let mut layers: BTreeMap<AnyDigest, String> = BTreeMap::new();
        for descriptor in image.manifests() {
            let Some(blob) = in_store(&descriptor.digest, store)? else { continue };
            let bytes = store.read(&blob, MOST_MANIFEST)?;
            let content = Content::parse(&descriptor.media_type, &bytes).ok();
            for child in content.iter().flat_map(Content::children) {
                if let Some(platform) = child.platform.as_ref().filter(|platform| !platform.is_unknown()) {
                    platforms.insert(child.digest, platform.to_string());
                }
            }
            if let (Some(Kind::Image { layers: own, .. }), Some(platform)) =
                (content.as_ref().map(|content| &content.kind), platforms.get(&descriptor.digest))
            {
                layers.extend(own.iter().map(|layer| (layer.digest, platform.clone())));
            }
            seen.manifests.insert(descriptor.digest, manifest(descriptor, blob, bytes.len() as u64, content.as_ref()));
        }
        for descriptor in image.blobs() {
            let Some(blob) = in_store(&descriptor.digest, store)? else { continue };
            seen.blobs.insert(descriptor.digest, StoredBlob { blob, size: descriptor.size, added: 0 });
        }
        for descriptor in image.surveys().flat_map(|survey| &survey.left_out) {
            let why = left_out(descriptor, layers.get(&descriptor.digest));
            seen.left_out.insert(descriptor.digest, why.into());
        }
        Ok(seen)
    }
}

/// A SHA-512 that nobody has named in the store is of nothing that is there.
fn in_store(digest: &AnyDigest, store: &Store) -> Result<Option<Digest>, StoreError> {
    match digest {
        AnyDigest::Sha256(digest) => Ok(Some(*digest)),
        AnyDigest::Sha512(digest) => store.sha256_of(digest),
    }
}

fn manifest(descriptor: &Descriptor<AnyDigest>, blob: Digest, size: u64, content: Option<&Content>) -> StoredManifest {
    let media_type = HeaderValue::from_str(&descriptor.media_type);
    StoredManifest {
        blob,
        size,
        media_type: media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        subject: content.and_then(|content| content.subject.as_ref()).map(|subject| subject.digest),
        artifact_type: content.and_then(Content::referrer_type).map(Into::into),
        added: 0,
    }
}

fn left_out(layer: &Descriptor<AnyDigest>, platform: Option<&String>) -> String {
    if media_type::is_foreign(&layer.media_type) {
        return "this layer is foreign, only its owner may distribute it: it was not carried here".to_owned();
    }
    let of = platform.map(|platform| format!(" of {platform}")).unwrap_or_default();
    format!(
        "this layer{of} was not carried here, only those of the wanted platforms were; `lsrepo prepare --all-platforms` carries all"
    )
}
