//! What a name means to a client: which repositories are behind it, and in which order they are looked into.
//!
//! Imported images are stored under their upstream host. Asked for with `?ns=` (what containerd adds; a key and never an
//! address), the host is said; asked for as `/v2/docker.io/library/nginx`, it is the first part of the name; else the
//! path must be that of one upstream only. What was pushed under a name comes before what was imported under it.

use super::{
    images::{Imported, RegistryImages},
    pushed::Pushed,
    repository::{Repository, StoredBlob, StoredManifest},
};
use lsrepo_oci::{
    AnyDigest, RegistryHost, RepositoryName,
    api::{ApiError, ErrorCode, ManifestReference},
};
use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

/// What is behind a name.
#[derive(Default)]
pub(crate) struct View<'a> {
    pushed: Vec<Arc<Repository>>,
    imported: Vec<&'a Imported>,
    /// the whole names of all of them
    names: Vec<Cow<'a, str>>,
    /// the names of those, where they are of several upstreams: then only a digest says which is meant
    ambiguous: &'a [String],
}

/// The name under which a client's pushes are kept.
pub(crate) fn whole_name<'a>(name: &'a RepositoryName, ns: Option<&str>) -> Result<Cow<'a, str>, ApiError> {
    let Some(ns) = ns else { return Ok(Cow::Borrowed(name.as_str())) };
    // Port 80 is as usual as 443, which the type knows.
    let host: Result<RegistryHost, _> = ns.strip_suffix(":80").unwrap_or(ns).parse();
    let unknown = |_| ApiError::new(ErrorCode::NameUnknown, "`ns` is not the host of a registry").about("ns", ns);
    Ok(Cow::Owned(with_host(&host.map_err(unknown)?, name.as_str())))
}

/// Docker Hub's official images have a `library/` that nobody writes.
fn with_host(host: &RegistryHost, path: &str) -> String {
    match host.is_docker_hub() && !path.contains('/') {
        true => format!("{host}/library/{path}"),
        false => format!("{host}/{path}"),
    }
}

impl<'a> View<'a> {
    /// Finds what is behind a name; an error where there is nothing.
    pub(crate) fn of(
        images: &'a RegistryImages,
        pushed: &Pushed,
        name: &'a RepositoryName,
        ns: Option<&str>,
    ) -> Result<Self, ApiError> {
        let asked = whole_name(name, ns)?;
        let mut view = View { pushed: pushed.get(&asked).into_iter().collect(), ..View::default() };
        view.names.push(asked.clone());
        if ns.is_some() {
            view.imported.extend(images.get(&asked));
        } else if let Some(whole) = prefixed(images, name) {
            if *whole != *asked {
                view.pushed.extend(pushed.get(&whole));
            }
            view.imported.extend(images.get(&whole));
            view.names.push(whole);
        } else {
            view.add_unique(images, name);
        }
        match view.pushed.is_empty() && view.imported.is_empty() {
            true => {
                Err(ApiError::new(ErrorCode::NameUnknown, format!("there is no repository `{asked}` here")).about("name", asked))
            }
            false => Ok(view),
        }
    }

    fn add_unique(&mut self, images: &'a RegistryImages, name: &RepositoryName) {
        let mut found = images.with_path(name.as_str());
        if found.is_empty() && !name.as_str().contains('/') {
            let official = images.with_path(&format!("library/{name}"));
            found = official.iter().position(|whole| whole.starts_with("docker.io/")).map_or(&[], |at| &official[at..=at]);
        }
        self.imported.extend(found.iter().filter_map(|whole| images.get(whole)));
        self.names.extend(found.iter().map(|whole| Cow::Borrowed(whole.as_str())));
        if found.len() > 1 {
            self.ambiguous = found;
        }
    }

    /// A manifest. By tag only where it is clear whose.
    pub(crate) fn manifest(&self, reference: &ManifestReference) -> Result<(AnyDigest, &StoredManifest), ApiError> {
        let by_digest = matches!(reference, ManifestReference::Digest(_));
        let imported = self.imported.iter().map(|one| &one.content).filter(|_| by_digest || self.ambiguous.is_empty());
        let found = self.pushed.iter().chain(imported).find_map(|one| one.manifest(reference));
        found.ok_or_else(|| match by_digest || self.ambiguous.is_empty() {
            true => ApiError::new(ErrorCode::ManifestUnknown, format!("there is no manifest `{reference}` in this repository")),
            false => self.say_which(),
        })
    }

    pub(crate) fn blob(&self, digest: &AnyDigest) -> Result<&StoredBlob, ApiError> {
        let found = self.contents().find_map(|one| one.blobs.get(digest));
        found.ok_or_else(|| {
            let why = self.imported.iter().find_map(|one| one.left_out.get(digest));
            let why = why.map_or("there is no such blob in this repository", |why| why);
            ApiError::new(ErrorCode::BlobUnknown, why).about("digest", digest)
        })
    }

    /// All tags, sorted.
    pub(crate) fn tags(&self) -> Result<BTreeSet<&str>, ApiError> {
        match self.ambiguous.is_empty() || !self.pushed.is_empty() {
            true => {
                let imported = self.imported.iter().map(|one| &one.content).filter(|_| self.ambiguous.is_empty());
                Ok(self.pushed.iter().chain(imported).flat_map(|one| one.tags.keys().map(|tag| tag.as_str())).collect())
            }
            false => Err(self.say_which()),
        }
    }

    /// The whole names of what is behind it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Everything, what was pushed first.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &Arc<Repository>> {
        self.pushed.iter().chain(self.imported.iter().map(|one| &one.content))
    }

    /// What was not pushed, so that nobody who pushes may delete it.
    pub(crate) fn is_imported(&self, reference: &ManifestReference) -> bool {
        self.imported.iter().any(|one| one.content.manifest(reference).is_some())
    }

    pub(crate) fn is_imported_blob(&self, digest: &AnyDigest) -> bool {
        self.imported.iter().any(|one| one.content.blobs.contains_key(digest))
    }

    fn say_which(&self) -> ApiError {
        let message = format!("several upstreams have this name; ask for one of: {}", self.ambiguous.join(", "));
        ApiError::new(ErrorCode::NameUnknown, message)
    }
}

/// The whole name, where the first part is a host that is known here.
fn prefixed<'a>(images: &RegistryImages, name: &'a RepositoryName) -> Option<Cow<'a, str>> {
    let (host, path) = name.as_str().split_once('/')?;
    let host: RegistryHost = (host.contains('.') || host == "localhost").then(|| host.parse().ok())??;
    images.knows_host(&host).then(|| with_host(&host, path).into())
}
