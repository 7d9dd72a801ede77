//! Where a repository is: its own addresses, then those of a metalink or a mirrorlist.

use super::{MOST_MIRRORS, Yum};
use crate::{FetchError, client::shown};
use lsrepo_rpm::{
    Metalink,
    mirrors::{Expected, parse_mirrorlist},
};

impl Yum<'_> {
    /// The addresses, each ending in `/`, and what `repomd.xml` has to be, where a metalink says so.
    pub(super) async fn bases(&self) -> Result<(Vec<String>, Vec<Expected>), FetchError> {
        let ended = |url: &String| if url.ends_with('/') { url.clone() } else { format!("{url}/") };
        let mut bases: Vec<String> = self.repository.baseurl.iter().map(ended).collect();
        let mut expected = Vec::new();
        let own = !bases.is_empty();
        match self.listed().await {
            Ok(list) => {
                bases.extend(list.mirrors);
                expected = list.expected;
            }
            // A metalink also says what is right, so it cannot be done without.
            Err(error) if own && self.repository.metalink.is_none() => {
                self.warn(&format!("{error}; [{}] has addresses of its own", self.repository.id));
            }
            Err(error) => return Err(error),
        }
        let mut seen = std::collections::HashSet::new();
        bases.retain(|base| seen.insert(base.clone()));
        bases.truncate(MOST_MIRRORS);
        Ok((bases, expected))
    }

    async fn listed(&self) -> Result<Metalink, FetchError> {
        let Some(url) = self.repository.metalink.as_ref().or(self.repository.mirrorlist.as_ref()) else {
            return Ok(Metalink::default());
        };
        let got = match self.ground.get(url).await? {
            Some(got) => got,
            None if self.ground.policy.offline => return Err(FetchError::Offline { url: shown(url) }),
            None => return Err(FetchError::Status { url: shown(url), status: 404 }),
        };
        // Some servers give a metalink where a mirrorlist is asked for.
        let mut found = match self.repository.metalink.is_some() || got.bytes.trim_ascii_start().starts_with(b"<?xml") {
            true => Metalink::parse(&got.bytes[..]).map_err(|why| FetchError::Metadata { url: shown(url), why })?,
            false => Metalink { mirrors: parse_mirrorlist(&String::from_utf8_lossy(&got.bytes)), expected: Vec::new() },
        };
        // A server does not say what lies on this machine's disk.
        found.mirrors.retain(|base| url.starts_with("file:") || !base.starts_with("file:"));
        if found.mirrors.is_empty() {
            let why = "it names no address that can be read (known: http, https, file)".to_owned();
            return Err(FetchError::Content { url: shown(url), why });
        }
        self.ground.keep(url, &got)?;
        Ok(found)
    }
}
