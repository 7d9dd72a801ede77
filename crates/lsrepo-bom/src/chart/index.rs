//! The index of a chart repository.

use crate::{
    error::{BomError, from_yaml},
    module::natural,
};
use lsrepo_types::{Digest, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A chart as an index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartEntry {
    /// exact
    pub version: String,
    /// absolute addresses, the best first
    pub urls: Vec<String>,
    /// of the packed chart, where the index says it
    pub digest: Option<Digest>,
    /// bytes, where that is said
    pub size: Option<u64>,
}

/// Why an index gives no chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartIndexError {
    /// not an index
    #[error(transparent)]
    Document(#[from] BomError),
    /// no chart of that name
    #[error("it has no chart `{name}`{}", near.as_ref().map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?")))]
    Name {
        /// what was asked for
        name: String,
        /// what is spelt most like it
        near: Option<String>,
    },
    /// no such version
    #[error("its chart `{name}` has no version `{version}` (it has: {has})")]
    Version {
        /// the chart
        name: String,
        /// what was asked for
        version: String,
        /// the newest ones
        has: String,
    },
    /// an entry that names no place
    #[error("its chart `{name}` names no address")]
    Place {
        /// the chart
        name: String,
    },
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    entries: BTreeMap<String, Vec<Entry>>,
}

#[derive(Clone, Deserialize)]
struct Entry {
    version: String,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    digest: Option<String>,
}

/// The chart called `name` in an index that lies below `repository`; the newest, unless a version is asked for.
pub fn find(text: &str, repository: &str, name: &str, version: Option<&str>) -> Result<ChartEntry, ChartIndexError> {
    let index: Index = from_yaml(text, "index.yaml")?;
    let Some(entries) = index.entries.get(name) else {
        let near = nearest(name, index.entries.keys().map(String::as_str)).map(str::to_owned);
        return Err(ChartIndexError::Name { name: name.to_owned(), near });
    };
    let plain = |version: &str| version.trim_start_matches('v').to_owned();
    let mut newest_first: Vec<&Entry> = entries.iter().collect();
    newest_first.sort_by(|a, b| natural::compare(&plain(&b.version), &plain(&a.version)));
    let found = match version {
        Some(version) => newest_first.iter().find(|entry| plain(&entry.version) == plain(version)),
        None => newest_first.iter().find(|entry| !plain(&entry.version).contains('-')).or(newest_first.first()),
    };
    let Some(entry) = found else {
        let has: Vec<&str> = newest_first.iter().take(5).map(|entry| entry.version.as_str()).collect();
        let version = version.unwrap_or_default().to_owned();
        return Err(ChartIndexError::Version { name: name.to_owned(), version, has: has.join(", ") });
    };
    let urls: Vec<String> = entry.urls.iter().filter(|url| !url.is_empty()).map(|url| absolute(repository, url)).collect();
    if urls.is_empty() {
        return Err(ChartIndexError::Place { name: name.to_owned() });
    }
    let digest = entry.digest.as_deref().and_then(|hex| Digest::from_hex(hex.trim_start_matches("sha256:")).ok());
    Ok(ChartEntry { version: entry.version.clone(), urls, digest, size: None })
}

fn absolute(repository: &str, url: &str) -> String {
    if url.contains("://") {
        return url.to_owned();
    }
    let base = repository.trim_end_matches('/');
    match url.strip_prefix('/') {
        None => format!("{base}/{url}"),
        Some(path) => {
            let host = base.find("://").and_then(|at| base[at + 3..].find('/').map(|end| at + 3 + end)).unwrap_or(base.len());
            format!("{}/{path}", &base[..host])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "apiVersion: v1\nentries:\n  web:\n    - {version: 1.9.0, urls: [web-1.9.0.tgz], digest: \
                         aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, name: web}\n    \
                         - {version: 1.10.0, urls: ['https://b.example/web.tgz', '/top/web.tgz']}\n    - {version: 2.0.0-rc1, urls: [x]}\n";

    #[test]
    fn the_newest_is_taken_unless_one_is_named() {
        let get = |version| find(INDEX, "https://a.example/charts/", "web", version).unwrap();
        assert_eq!(get(None).urls, ["https://b.example/web.tgz", "https://a.example/top/web.tgz"]);
        let old = get(Some("v1.9.0"));
        assert_eq!(
            (old.urls, old.digest.unwrap().hex()),
            (vec!["https://a.example/charts/web-1.9.0.tgz".to_owned()], "a".repeat(64))
        );
        assert_eq!(get(Some("2.0.0-rc1")).version, "2.0.0-rc1");
        let wrong = |name, version| find(INDEX, "https://a.example", name, version).unwrap_err().to_string();
        assert!(wrong("wev", None).ends_with("did you mean `web`?"));
        assert!(wrong("web", Some("3")).contains("it has: 2.0.0-rc1, 1.10.0, 1.9.0"));
        assert!(find("[]", "https://a.example", "web", None).unwrap_err().to_string().starts_with("index.yaml:1:"));
    }
}
