//! `repomd.xml` at one address: fetched, its signature or its checksum looked at, and only then parsed.

use super::Yum;
use crate::{
    FetchError,
    cache::Seen,
    checksum::fits,
    client::shown,
    release::{CLOCK_SKEW, Got, Ground},
};
use lsrepo_rpm::{Repomd, mirrors::Expected};
use lsrepo_sign::{Fingerprint, PackagePolicy, SignatureError, check_package_header, verify_detached};
use lsrepo_types::Timestamp;

impl Yum<'_> {
    pub(super) fn repomd_url(&self, base: &str) -> String {
        shown(&format!("{base}repodata/repomd.xml"))
    }

    /// The verified `repomd.xml` below `base`, and who signed it.
    pub(super) async fn repomd(&self, base: &str, expected: &[Expected]) -> Result<(Repomd, Option<Fingerprint>), FetchError> {
        let url = format!("{base}repodata/repomd.xml");
        let got = match self.ground.get(&url).await? {
            Some(got) => got,
            None if self.ground.policy.offline => return Err(FetchError::Offline { url: shown(&url) }),
            None => return Err(FetchError::Status { url: shown(&url), status: 404 }),
        };
        let signer = self.signer(&url, &got).await?;
        if !expected.is_empty() && !expected.iter().any(|one| is_it(&got.bytes, one)) {
            let why = "it is not what the metalink says it has to be (is the mirror being updated?)".to_owned();
            return Err(FetchError::Content { url: shown(&url), why });
        }
        let repomd = Repomd::parse(&got.bytes[..]).map_err(|why| FetchError::Metadata { url: shown(&url), why })?;
        self.check_time(base, repomd.timestamp())?;
        self.ground.keep(&url, &got)?;
        Ok((repomd, signer))
    }

    async fn signer(&self, url: &str, got: &Got) -> Result<Option<Fingerprint>, FetchError> {
        let Some(keys) = &self.keyring else { return Ok(None) };
        let signature_url = format!("{url}.asc");
        let unsigned = || FetchError::UnsignedRepository { url: shown(url) };
        let signature = self.ground.get(&signature_url).await?.ok_or_else(unsigned)?;
        let wrong = |why| FetchError::Signature { url: shown(url), why };
        let signer = match verify_detached(&got.bytes, &signature.bytes, keys, self.ground.policy.now) {
            Ok(verified) => verified.signer().clone(),
            // Repositories of those days are signed as their packages are, by keys that have expired since.
            Err(SignatureError::Weak { .. } | SignatureError::Expired { .. }) if self.allow_sha1 => {
                let old = check_package_header(&got.bytes, [&signature.bytes[..]], keys, PackagePolicy::LEGACY).map_err(wrong)?;
                for weakness in &old.weaknesses {
                    self.warn(&format!("{}: its signature is weak ({weakness}), taken as usual there", shown(url)));
                }
                old.signer
            }
            Err(other) => return Err(wrong(other)),
        };
        self.ground.keep(&signature_url, &signature)?;
        Ok(Some(signer))
    }

    /// A repository neither comes from the future nor goes back, whichever of its mirrors answers.
    fn check_time(&self, base: &str, time: Option<Timestamp>) -> Result<(), FetchError> {
        let (policy, cache) = (self.ground.policy, &self.ground.cache);
        let Some(date) = time.filter(|_| !self.is_own(base)) else { return Ok(()) };
        let url = self.repomd_url(base);
        if !policy.allow_future && date.0 > policy.now.0 + CLOCK_SKEW {
            return Err(FetchError::Future { url, date });
        }
        let key = self.key();
        let seen = cache.load(&key).and_then(|(_, seen)| seen.date);
        match seen {
            Some(seen) if date < seen && !policy.allow_expired => Err(FetchError::Rollback { url, date, seen }),
            Some(seen) if date == seen => Ok(()),
            _ if policy.offline => Ok(()),
            _ => cache.save(&key, b"", &Seen { date: Some(date), ..Seen::default() }),
        }
    }

    /// What the repository is known by between runs: where it, or the list of its mirrors, is.
    pub(super) fn key(&self) -> String {
        let repository = self.repository;
        let own = repository.metalink.as_ref().or(repository.mirrorlist.as_ref()).or(repository.baseurl.first());
        format!("yum {}", own.map_or("", String::as_str))
    }
}

impl Ground<'_> {
    /// Keeps what was fetched for later runs.
    pub(crate) fn keep(&self, url: &str, got: &Got) -> Result<(), FetchError> {
        match self.policy.offline {
            true => Ok(()),
            false => self.cache.save(url, &got.bytes, &got.seen),
        }
    }
}

/// Whether the bytes fit everything that can be computed, and something that can be relied on.
fn is_it(bytes: &[u8], expected: &Expected) -> bool {
    if expected.size.is_some_and(|size| size != bytes.len() as u64) {
        return false;
    }
    let strong = || expected.checksums.iter().filter(|checksum| !checksum.kind().is_weak());
    let checked: Vec<bool> = strong().filter_map(|checksum| fits(bytes, checksum)).collect();
    !checked.is_empty() && checked.into_iter().all(|fits| fits)
}
