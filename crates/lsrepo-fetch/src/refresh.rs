//! What upstreams offer now: every suite of every source, verified.

use crate::{Client, Event, FetchError, cache::Cache, client::shown, index::path_of, release::Ground};
use lsrepo_deb::{
    release::Release,
    sources::{SignedBy, Source},
};
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_types::{Digest, Timestamp};
use std::path::{Path, PathBuf};

/// By which rules an index is taken.
#[derive(Clone, Copy, Debug)]
pub struct RefreshPolicy {
    /// the clock
    pub now: Timestamp,
    /// take what is past its Valid-Until, or older than what was seen before
    pub allow_expired: bool,
    /// take what is from the future
    pub allow_future: bool,
    /// ask no server
    pub offline: bool,
}

/// One suite, verified.
#[derive(Clone, Debug)]
pub struct Suite {
    /// the base addresses, ending in `/`, the first preferred; packages lie below each
    pub uris: Vec<String>,
    /// as the source names it
    pub suite: String,
    /// what it says
    pub release: Release,
    /// who signed it; none for a source that is trusted without
    pub signer: Option<Fingerprint>,
    /// its indexes for the wanted architectures
    pub indexes: Vec<PackagesIndex>,
}

/// A `Packages` file, plain, verified.
#[derive(Clone, Debug)]
pub struct PackagesIndex {
    /// `main`; empty for a flat repository
    pub component: String,
    /// Debian's word
    pub architecture: String,
    /// where it lies
    pub path: PathBuf,
    /// what it was listed with
    pub digest: Digest,
}

/// Fetches what changed of the sources' indexes.
pub async fn refresh(
    client: &Client,
    sources: &[Source],
    arches: &[&str],
    keys: impl Fn(&[SignedBy]) -> Result<Keyring, String>,
    cache: &Path,
    policy: &RefreshPolicy,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Vec<Suite>, FetchError> {
    let ground = Ground { client, cache: Cache(cache), policy, on_event };
    let mut suites = Vec::new();
    for source in sources {
        let arches: Vec<&str> = arches.iter().copied().filter(|arch| is_for(source, arch)).collect();
        if arches.is_empty() {
            continue;
        }
        let keyring = match source.trusted {
            Some(true) => None,
            _ => Some(keys(&source.signed_by).map_err(|why| FetchError::Keys { url: source.to_string(), why })?),
        };
        for suite in &source.suites {
            suites.extend(ground.mirrored(source, suite, &arches, keyring.as_ref()).await?);
        }
    }
    Ok(suites)
}

fn is_for(source: &Source, arch: &str) -> bool {
    source.architectures.is_empty() || source.architectures.iter().any(|own| own == arch)
}

impl Ground<'_> {
    /// A suite from every address of its source. Addresses with the same content are mirrors of each other; one that
    /// cannot be reached is left out while another can.
    async fn mirrored(
        &self,
        source: &Source,
        name: &str,
        arches: &[&str],
        keys: Option<&Keyring>,
    ) -> Result<Vec<Suite>, FetchError> {
        let mut found: Vec<Suite> = Vec::new();
        let mut unreachable = Vec::new();
        for uri in &source.uris {
            let uri = if uri.ends_with('/') { uri.clone() } else { format!("{uri}/") };
            match self.suite(source, &uri, name, arches, keys).await {
                Ok(suite) => match found.iter_mut().find(|known| known.release.files == suite.release.files) {
                    Some(known) => known.uris.extend(suite.uris),
                    None => found.push(suite),
                },
                Err(error @ (FetchError::Network { .. } | FetchError::Status { .. })) => unreachable.push(error),
                Err(other) => return Err(other),
            }
        }
        if found.is_empty()
            && let Some(error) = unreachable.pop()
        {
            return Err(error);
        }
        for error in unreachable {
            (self.on_event)(Event::Warning(&format!("{error}; another address of its source is used")));
        }
        Ok(found)
    }

    async fn suite(
        &self,
        source: &Source,
        uri: &str,
        suite: &str,
        arches: &[&str],
        keys: Option<&Keyring>,
    ) -> Result<Suite, FetchError> {
        let flat = suite.ends_with('/');
        let base = match suite {
            "./" | "/" => uri.to_owned(),
            _ if flat => format!("{uri}{suite}"),
            _ => format!("{uri}dists/{suite}/"),
        };
        if keys.is_none() {
            (self.on_event)(Event::Warning(&format!("{}: taken without a signature, as its source says", shown(&base))));
        }
        // A mirror that is being updated may give a Release and an index that do not fit: ask for both once more.
        let mut again = true;
        loop {
            let (release, signer) = self.release(&base, keys, source.check_valid_until).await?;
            match self.indexes(source, &base, flat, arches, &release).await {
                Err(FetchError::Content { .. }) if std::mem::take(&mut again) => {}
                Err(error) => return Err(error),
                Ok(indexes) => {
                    self.check_name(&base, suite, &release);
                    return Ok(Suite { uris: vec![uri.to_owned()], suite: suite.to_owned(), release, signer, indexes });
                }
            }
        }
    }

    async fn indexes(
        &self,
        source: &Source,
        base: &str,
        flat: bool,
        arches: &[&str],
        release: &Release,
    ) -> Result<Vec<PackagesIndex>, FetchError> {
        let by_hash = source.by_hash.unwrap_or(release.acquire_by_hash);
        let mut all = Vec::new();
        if flat {
            let found = self.index(base, "Packages", release, by_hash).await?;
            let (path, digest) = found.ok_or_else(|| no_index(base, "any architecture", "", release))?;
            let architecture = arches.first().copied().unwrap_or_default().to_owned();
            return Ok(vec![PackagesIndex { component: String::new(), architecture, path, digest }]);
        }
        let with_all = release.architectures.iter().any(|arch| arch == "all") && !release.no_support_for_all;
        for component in &source.components {
            for arch in arches.iter().copied().chain(with_all.then_some("all")) {
                let Some(name) = path_of(component, arch) else { continue };
                match self.index(base, name.as_str(), release, by_hash).await? {
                    Some((path, digest)) => {
                        all.push(PackagesIndex { component: component.clone(), architecture: arch.to_owned(), path, digest });
                    }
                    None if arch == "all" => {}
                    None => return Err(no_index(base, arch, component, release)),
                }
            }
        }
        Ok(all)
    }

    fn check_name(&self, base: &str, suite: &str, release: &Release) {
        let wanted = suite.trim_end_matches("/updates");
        let names = [release.suite.as_deref(), release.codename.as_deref()];
        let fits = names.iter().flatten().any(|name| *name == suite || name.trim_end_matches("-security") == wanted);
        if !fits && !suite.ends_with('/') && names.iter().any(Option::is_some) {
            let names: Vec<&str> = names.into_iter().flatten().collect();
            (self.on_event)(Event::Warning(&format!("{}: it calls itself {}, not {suite}", shown(base), names.join(" or "))));
        }
    }
}

fn no_index(base: &str, arch: &str, component: &str, release: &Release) -> FetchError {
    FetchError::NoIndex {
        url: shown(base),
        arch: arch.to_owned(),
        component: component.to_owned(),
        has: release.architectures.join(", "),
    }
}
