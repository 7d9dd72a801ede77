//! What yum repositories offer now: `repomd.xml` of each, verified, and the texts that it lists, plain on the disk.
//!
//! The chain of trust: the signature of `repomd.xml` (with `repo_gpgcheck`) or what a metalink says of it, before it is
//! parsed; of each file size and checksum, before it is unpacked; size and checksum of what is in it, while it is.

mod metadata;
mod mirrors;
mod repomd;

use crate::{Client, Event, FetchError, RefreshPolicy, cache::Cache, client::shown, release::Ground};
use lsrepo_rpm::{Repomd, RepomdRecord, Repository};
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_types::Timestamp;
use std::path::{Path, PathBuf};

/// How many mirrors of a repository are asked, and kept.
const MOST_MIRRORS: usize = 16;

/// By which rules a repository's texts are taken.
#[derive(Clone, Copy, Debug)]
pub struct YumPolicy {
    /// those that hold for every upstream
    pub refresh: RefreshPolicy,
    /// take a text for which only a SHA-1 checksum stands, as in the days of EL 5 and 6
    pub allow_sha1: bool,
}

/// One repository, verified.
#[derive(Clone, Debug)]
pub struct YumRepository {
    /// as it was asked for
    pub repository: Repository,
    /// its base addresses, ending in `/`, the one that answered first; packages lie below each
    pub bases: Vec<String>,
    /// as its owner counts
    pub revision: Option<String>,
    /// of its newest text
    pub timestamp: Option<Timestamp>,
    /// who signed it; none where `repo_gpgcheck` is off
    pub signer: Option<Fingerprint>,
    /// packages
    pub primary: PathBuf,
    /// module streams
    pub modules: Option<PathBuf>,
    /// advisories
    pub updateinfo: Option<PathBuf>,
    /// groups
    pub comps: Option<PathBuf>,
    repomd: Repomd,
    client: Client,
}

impl YumRepository {
    /// Where the groups lie, as listed; none where they were not there.
    pub fn comps_record(&self) -> Option<&RepomdRecord> {
        metadata::group(&self.repomd).filter(|_| self.comps.is_some())
    }

    /// Where the module streams lie, as listed.
    pub fn modules_record(&self) -> Option<&RepomdRecord> {
        self.repomd.record("modules")
    }

    /// Where the advisories lie, as listed; none where they were not there.
    pub fn updateinfo_record(&self) -> Option<&RepomdRecord> {
        self.repomd.record("updateinfo").filter(|_| self.updateinfo.is_some())
    }
}

/// One repository and by which rules it is fetched.
struct Yum<'a> {
    ground: Ground<'a>,
    repository: &'a Repository,
    keyring: Option<Keyring>,
    allow_sha1: bool,
}

/// Fetches what changed of the repositories that are enabled.
///
/// One that cannot be reached is left out where it says `skip_if_unavailable`.
pub async fn refresh_yum(
    client: &Client,
    repositories: &[Repository],
    keys: impl Fn(&Repository) -> Result<Keyring, String>,
    cache: &Path,
    policy: &YumPolicy,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Vec<YumRepository>, FetchError> {
    let mut all = Vec::new();
    for repository in repositories.iter().filter(|repository| repository.enabled) {
        let keyring = match repository.repo_gpgcheck {
            true => Some(keys(repository).map_err(|why| FetchError::Keys { url: format!("[{}]", repository.id), why })?),
            false => None,
        };
        let client = client.for_repository(repository)?;
        let ground = Ground { client: &client, cache: Cache(cache), policy: &policy.refresh, on_event };
        match (Yum { ground, repository, keyring, allow_sha1: policy.allow_sha1 }).refreshed().await {
            Ok(found) => all.push(found),
            Err(error) if repository.skip_if_unavailable && !error.is_answer() => {
                on_event(Event::Warning(&format!("{error}; [{}] is left out, as it says itself", repository.id)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The repository's list of all files of all packages, which is large and seldom needed.
pub async fn fetch_filelists(
    found: &YumRepository,
    cache: &Path,
    policy: &YumPolicy,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Option<PathBuf>, FetchError> {
    let Some(record) = found.repomd.record("filelists") else { return Ok(None) };
    let ground = Ground { client: &found.client, cache: Cache(cache), policy: &policy.refresh, on_event };
    let yum = Yum { ground, repository: &found.repository, keyring: None, allow_sha1: policy.allow_sha1 };
    yum.record(record, &found.bases).await.map(Some)
}

/// The keys that a repository names in `gpgkey`. Whoever says where a repository is says by that whose keys count.
pub async fn fetch_keys(
    client: &Client,
    repository: &Repository,
    cache: &Path,
    policy: &YumPolicy,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Keyring, FetchError> {
    let client = client.for_repository(repository)?;
    let ground = Ground { client: &client, cache: Cache(cache), policy: &policy.refresh, on_event };
    let mut keyring = Keyring::default();
    for key in &repository.gpgkey {
        let url = if key.starts_with('/') { format!("file://{key}") } else { key.clone() };
        let keys = |why: String| FetchError::Keys { url: shown(&url), why };
        // A file that is here already needs no network.
        let bytes = match url.strip_prefix("file://") {
            Some(path) => std::fs::read(path).map_err(|error| keys(error.to_string()))?,
            None => {
                let got = ground.get(&url).await?.ok_or_else(|| keys("the server has no such key".to_owned()))?;
                ground.keep(&url, &got)?;
                got.bytes
            }
        };
        keyring.extend(Keyring::parse(&bytes).map_err(|error| keys(error.to_string()))?);
    }
    Ok(keyring)
}

impl Yum<'_> {
    async fn refreshed(&self) -> Result<YumRepository, FetchError> {
        let Repository { id, tls, .. } = self.repository;
        if !tls.verify {
            self.warn(&format!("[{id}] is asked without a look at the server's certificate, as it says itself"));
        }
        let (bases, expected) = self.bases().await?;
        let mut failures: Vec<FetchError> = Vec::new();
        for (at, base) in bases.iter().enumerate() {
            // the one that is asked first, then the others
            let mut ordered = bases.clone();
            ordered[..=at].rotate_right(1);
            match self.at(base, &ordered, &expected).await {
                Ok(found) => {
                    for error in failures {
                        self.warn(&format!("{error}; another address of [{id}] is used"));
                    }
                    return Ok(found);
                }
                Err(error) => failures.push(error),
            }
        }
        // What an upstream says weighs more than that another is not there.
        let worst = failures.iter().position(FetchError::is_answer).unwrap_or(0);
        match failures.len() {
            0 => Err(FetchError::All { name: format!("[{id}]"), attempts: vec!["no address is known".to_owned()] }),
            1 => Err(failures.remove(0)),
            _ if failures[worst].is_answer() => Err(failures.remove(worst)),
            _ => Err(FetchError::All { name: format!("[{id}]"), attempts: failures.iter().map(ToString::to_string).collect() }),
        }
    }

    async fn at(
        &self,
        base: &str,
        bases: &[String],
        expected: &[lsrepo_rpm::mirrors::Expected],
    ) -> Result<YumRepository, FetchError> {
        // A repository that is being published may give a repomd.xml and files that do not fit: ask for both once more.
        let mut again = !self.ground.policy.offline;
        loop {
            let (repomd, signer) = self.repomd(base, expected).await?;
            let changed = |error: &FetchError| matches!(error, FetchError::Content { .. } | FetchError::Status { .. });
            match self.texts(&repomd, bases).await {
                Err(error) if changed(&error) && std::mem::take(&mut again) => {}
                Err(error) => return Err(error),
                Ok([primary, modules, updateinfo, comps]) => {
                    let lacks = || FetchError::Content { url: self.repomd_url(base), why: "it lists no primary".to_owned() };
                    return Ok(YumRepository {
                        repository: self.repository.clone(),
                        bases: bases.to_vec(),
                        revision: repomd.revision.clone(),
                        timestamp: repomd.timestamp(),
                        signer,
                        primary: primary.ok_or_else(lacks)?,
                        modules,
                        updateinfo,
                        comps,
                        repomd,
                        client: self.ground.client.clone(),
                    });
                }
            }
        }
    }

    /// Whether nothing proves this repository but that it lies on this machine's disk, where its user says.
    fn is_own(&self, address: &str) -> bool {
        let named = || self.repository.baseurl.iter().any(|own| address.starts_with(own.as_str()));
        !self.repository.repo_gpgcheck && address.starts_with("file:") && named()
    }

    fn warn(&self, text: &str) {
        (self.ground.on_event)(Event::Warning(text));
    }
}
