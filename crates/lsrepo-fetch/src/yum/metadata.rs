//! The texts that `repomd.xml` lists, each from whichever mirror has it, plain in the cache.

use super::Yum;
use crate::{
    Event, FetchError,
    cache::Cache,
    checksum::fits,
    client::{Ask, shown},
    unpack::{Plain, unpack},
};
use lsrepo_rpm::{Checksum, ChecksumKind, Repomd, RepomdRecord};
use lsrepo_types::Digest;
use std::path::PathBuf;

/// The largest text as it lies there, of which the size is not listed.
const MOST: u64 = 1 << 30;

/// The list of groups in a form that is read here.
pub(super) fn group(repomd: &Repomd) -> Option<&RepomdRecord> {
    let readable = |record: &&RepomdRecord| !record.location.as_str().ends_with(".zck");
    let is_group = |kind: &str| kind == "group" || kind.strip_prefix("group_").is_some_and(|form| form != "zck");
    let plain = repomd.record("group").filter(readable);
    plain.or_else(|| repomd.records.iter().filter(readable).find(|record| is_group(&record.kind)))
}

impl Yum<'_> {
    /// Primary, modules, updateinfo and comps, as far as they are listed.
    pub(super) async fn texts(&self, repomd: &Repomd, bases: &[String]) -> Result<[Option<PathBuf>; 4], FetchError> {
        Ok([
            self.wanted(repomd.record("primary"), bases).await?,
            self.wanted(repomd.record("modules"), bases).await?,
            self.if_there(repomd.record("updateinfo"), bases).await?,
            self.if_there(group(repomd), bases).await?,
        ])
    }

    async fn wanted(&self, record: Option<&RepomdRecord>, bases: &[String]) -> Result<Option<PathBuf>, FetchError> {
        match record {
            Some(record) => self.record(record, bases).await.map(Some),
            None => Ok(None),
        }
    }

    /// A text without which packages can be installed; one that is listed and not there is none.
    async fn if_there(&self, record: Option<&RepomdRecord>, bases: &[String]) -> Result<Option<PathBuf>, FetchError> {
        match self.wanted(record, bases).await {
            Err(error @ FetchError::Status { status: 404 | 403 | 410, .. }) => {
                self.warn(&format!("{error}; [{}] is taken without it", self.repository.id));
                Ok(None)
            }
            other => other,
        }
    }

    /// One text, verified.
    pub(super) async fn record(&self, record: &RepomdRecord, bases: &[String]) -> Result<PathBuf, FetchError> {
        let url = |base: &String| format!("{base}{}", record.location);
        let first = bases.first().map(url).unwrap_or_default();
        self.check_kind(&first, record)?;
        let path = self.place(record);
        if let Some(path) = path.as_ref().filter(|path| path.is_file()) {
            (self.ground.on_event)(Event::Unchanged { url: &shown(&first) });
            return Ok(path.clone());
        }
        let mut failure: Option<FetchError> = None;
        for url in bases.iter().map(url) {
            match self.from(&url, record, path.as_ref()).await {
                Ok(path) => return Ok(path),
                Err(error @ (FetchError::Network { .. } | FetchError::Status { .. } | FetchError::Content { .. })) => {
                    // Content that is wrong says more than content that is missing.
                    match &failure {
                        Some(known) if known.is_answer() || !error.is_answer() => {}
                        _ => failure = Some(error),
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Err(failure.unwrap_or(FetchError::Offline { url: shown(&first) }))
    }

    async fn from(&self, url: &str, record: &RepomdRecord, path: Option<&PathBuf>) -> Result<PathBuf, FetchError> {
        if self.ground.policy.offline {
            return Err(FetchError::Offline { url: shown(url) });
        }
        let wrong = |why: String| FetchError::Content { url: shown(url), why };
        let answer = self.ground.client.ask_again(url, &Ask::default()).await?;
        if answer.status != 200 {
            return Err(FetchError::Status { url: shown(url), status: answer.status });
        }
        let packed = self.ground.client.read(answer, url, record.size.unwrap_or(MOST)).await?;
        if record.size.is_some_and(|size| size != packed.len() as u64) {
            return Err(wrong(format!("{} bytes came, {} are listed", packed.len(), record.size.unwrap_or(0))));
        }
        if record.checksum.as_ref().is_some_and(|checksum| fits(&packed, checksum) == Some(false)) {
            return Err(wrong("it is not what repomd.xml lists (is the mirror being updated? try again)".to_owned()));
        }
        (self.ground.on_event)(Event::Index { url: &shown(url), bytes: packed.len() as u64 });
        let path = path.cloned().unwrap_or_else(|| self.ground.cache.by_digest(&named("bytes", &Digest::of(&packed).hex())));
        let plain = Plain { size: record.open_size, checksum: record.open_checksum.clone() };
        let (cache, to) = (self.ground.cache.0.to_owned(), path.clone());
        let unpacked =
            tokio::task::spawn_blocking(move || Cache(&cache).write_with(&to, |file| unpack(&packed, &plain, file))).await;
        unpacked.map_err(|error| FetchError::Client(error.to_string()))??.map_err(wrong)?;
        Ok(path)
    }

    /// Whether the listed checksum proves as much as is asked for.
    fn check_kind(&self, url: &str, record: &RepomdRecord) -> Result<(), FetchError> {
        let content = |why: &str| Err(FetchError::Content { url: shown(url), why: why.to_owned() });
        match record.checksum.as_ref().map(Checksum::kind) {
            None if self.is_own(url) => Ok(()),
            None => content("repomd.xml lists no checksum for it that can be read"),
            Some(kind @ (ChecksumKind::Md5 | ChecksumKind::Sha224)) => {
                content(&format!("its checksum is of kind {}, which is not computed here", kind.word()))
            }
            Some(kind) if kind.is_weak() && !self.allow_sha1 && !self.is_own(url) => {
                Err(FetchError::WeakChecksum { url: shown(url), kind: kind.word() })
            }
            Some(_) => Ok(()),
        }
    }

    /// Where the plain text lies once it is here: by its own SHA-256 where that is listed. By another checksum it is
    /// known for this repository alone, since two texts may have the same.
    fn place(&self, record: &RepomdRecord) -> Option<PathBuf> {
        let digest = match (&record.open_checksum, &record.checksum) {
            (Some(open), _) if open.kind() == ChecksumKind::Sha256 => Digest::from_hex(open.hex()).ok()?,
            (_, Some(checksum)) => named(&self.key(), &checksum.to_string()),
            (_, None) => return None,
        };
        Some(self.ground.cache.by_digest(&digest))
    }
}

fn named(what: &str, value: &str) -> Digest {
    Digest::of(format!("{what} {value}").as_bytes())
}
