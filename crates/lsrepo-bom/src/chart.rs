//! Helm charts: asked for by the index of a repository or as an artifact of a registry, and which images they use.
//! Spec: <https://helm.sh/docs/topics/chart_repository/>

mod images;
mod index;

pub use images::{ChartFiles, FoundImages, find_images};
pub use index::{ChartEntry, ChartIndexError, find};

use crate::{download::FileRequest, module::Only, module::only::is_pattern_free, requirement::ModuleName};
use lsrepo_types::{Arch, Family, Os};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A chart of a repository. As text: `REPOSITORY NAME [VERSION]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChartRequest {
    /// where `index.yaml` lies
    pub repository: String,
    /// of the chart
    pub name: String,
    /// exactly this one; otherwise the newest that is no pre-release
    pub version: Option<String>,
}

/// A chart together with the module that wants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartRequirement {
    /// who wants it
    pub module: ModuleName,
    /// what is wanted
    pub chart: ChartRequest,
}

/// A chart that cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a chart: expected `https://REPOSITORY NAME [VERSION]`\nhint: a chart in a registry is an image: --image REGISTRY/REPOSITORY:VERSION; one by its own address a file: --file URL"
)]
pub struct ChartRequestError(String);

impl FromStr for ChartRequest {
    type Err = ChartRequestError;

    fn from_str(text: &str) -> Result<Self, ChartRequestError> {
        let refuse = || ChartRequestError(text.chars().take(200).collect());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (repository, name, version) = match words[..] {
            [repository, name] => (repository, name, None),
            [repository, name, version] => (repository, name, Some(version)),
            _ => return Err(refuse()),
        };
        let part = |text: &str| {
            !text.is_empty()
                && !text.starts_with('.')
                && text.len() <= 128
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._+".contains(c))
        };
        // The address of its index shows whether that of the repository is one.
        let address = format!("{}/index.yaml", repository.trim_end_matches('/')).parse::<FileRequest>();
        match address.is_ok() && part(name) && version.is_none_or(part) {
            true => Ok(Self { repository: repository.to_owned(), name: name.to_owned(), version: version.map(str::to_owned) }),
            false => Err(refuse()),
        }
    }
}

impl fmt::Display for ChartRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.repository, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " {version}"))
    }
}

impl TryFrom<String> for ChartRequest {
    type Error = ChartRequestError;
    fn try_from(text: String) -> Result<Self, ChartRequestError> {
        text.parse()
    }
}

impl From<ChartRequest> for String {
    fn from(request: ChartRequest) -> Self {
        request.to_string()
    }
}

impl ChartRequest {
    /// Where the repository's index lies.
    pub fn index_url(&self) -> String {
        format!("{}/index.yaml", self.repository.trim_end_matches('/'))
    }

    /// How the chart of an index is asked for.
    pub fn file(&self, entry: ChartEntry) -> FileRequest {
        let mut urls = entry.urls.into_iter();
        FileRequest {
            url: urls.next().unwrap_or_default(),
            name: format!("charts/{}-{}.tgz", self.name, entry.version),
            digest: entry.digest,
            mirrors: urls.collect(),
            checksums: None,
        }
    }
}

/// A wanted chart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "ChartEntryDocument")]
#[schemars(with = "ChartEntryDocument")]
pub struct ChartWish {
    /// which
    pub chart: ChartRequest,
    /// where
    pub only: Only,
}

/// A Helm chart of a repository.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Chart")]
struct ChartEntryDocument {
    /// address of the folder where `index.yaml` lies
    repository: String,
    /// of the chart
    name: String,
    /// exactly this one; otherwise the newest that is no pre-release
    version: Option<String>,
    /// only on these: `debian-12`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    os: Vec<Os>,
    /// only on these: `debian` or `redhat`
    #[schemars(with = "Option<String>")]
    os_family: Option<Family>,
    /// only on these: `x86_64`, `arm64`
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    arch: Vec<Arch>,
}

impl TryFrom<ChartEntryDocument> for ChartWish {
    type Error = ChartRequestError;

    fn try_from(entry: ChartEntryDocument) -> Result<Self, ChartRequestError> {
        let ChartEntryDocument { repository, name, version, os, os_family, arch } = entry;
        let version = version.map_or(String::new(), |version| format!(" {version}"));
        let text = format!("{repository} {name}{version}");
        if !is_pattern_free(&text) {
            return Err(ChartRequestError(text));
        }
        Ok(Self { chart: text.parse()?, only: Only { os, os_family, arch } })
    }
}
