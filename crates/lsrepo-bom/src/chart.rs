//! Helm charts: found by the index of a repository or in a registry, and which images they use.
//! Spec: <https://helm.sh/docs/topics/chart_repository/>

mod images;
mod index;

pub use images::{ChartFiles, FoundImages, find_images};
pub use index::{ChartEntry, ChartIndexError, find};

use crate::{
    download::{FileRequest, image_reference},
    module::Only,
    module::only::is_pattern_free,
    requirement::ModuleName,
};
use lsrepo_types::{Arch, Family, Os};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A chart of a repository. As text: `REPOSITORY NAME [VERSION]`, where the repository is one with an index
/// (`https://charts.example.org`), or a registry's (`oci://registry.example/charts`), which has to be told the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChartRequest {
    /// where `index.yaml` lies, or what the chart's name in a registry begins with
    pub repository: String,
    /// of the chart
    pub name: String,
    /// exactly this one; otherwise the newest that is no pre-release
    pub version: Option<String>,
}

/// Where a chart is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartPlace {
    /// the address of an index
    Index(String),
    /// the name of an artifact in a registry
    Registry(String),
}

/// The media type of a packed chart in a registry.
pub const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

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
    "`{0}` is not a chart: expected `https://REPOSITORY NAME [VERSION]` or `oci://REGISTRY/PATH NAME VERSION`\nhint: one by its own address is a file: --file URL"
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
        let request = Self { repository: repository.to_owned(), name: name.to_owned(), version: version.map(str::to_owned) };
        let place = match request.place() {
            ChartPlace::Index(url) => url.parse::<FileRequest>().is_ok(),
            ChartPlace::Registry(reference) => version.is_some() && image_reference(&reference).is_ok(),
        };
        match place && part(name) && version.is_none_or(part) {
            true => Ok(request),
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
    /// Where it is found.
    pub fn place(&self) -> ChartPlace {
        let (repository, name) = (self.repository.trim_end_matches('/'), &self.name);
        match repository.strip_prefix("oci://") {
            None => ChartPlace::Index(format!("{repository}/index.yaml")),
            Some(path) => {
                // A tag has no `+`.
                let tag = self.version.as_deref().unwrap_or_default().replace('+', "_");
                ChartPlace::Registry(format!("{path}/{name}:{tag}"))
            }
        }
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
    /// address of the folder where `index.yaml` lies, or `oci://REGISTRY/PATH`
    repository: String,
    /// of the chart
    name: String,
    /// exactly this one; otherwise the newest that is no pre-release. In a registry it has to be said
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_place() {
        let place = |text: &str| text.parse::<ChartRequest>().map(|chart| (chart.place(), chart.to_string()));
        let (index, again) = place("https://a.example/charts/ web").unwrap();
        assert_eq!(
            (index, again.as_str()),
            (ChartPlace::Index("https://a.example/charts/index.yaml".into()), "https://a.example/charts/ web")
        );
        let (artifact, _) = place("oci://a.example:5000/charts web 1.0.0+1").unwrap();
        assert_eq!(artifact, ChartPlace::Registry("a.example:5000/charts/web:1.0.0_1".into()));
        for bad in [
            "",
            "web",
            "https://a.example web 1 2",
            "oci://a.example/charts web",
            "https://a.example ../web",
            "ftp://a.example web",
        ] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
