//! The requirement lists of Epiphany 2, which are YAML: packages, files, images and dashboards of a distribution.
//!
//! ```text
//! requirements/<arch>/{files,images}.yml
//! requirements/<arch>/<family>/packages.yml            where there is one, joined with the next
//! requirements/<arch>/<family>/<distribution>/packages.yml
//! requirements/grafana-dashboards.yml
//! ```
//! Those of LambdaStack 1 and of Epiphany 1 are plain text, which [`requirements_file`](crate::requirements_file) reads.
//! A manifest (the cluster's document with its feature mappings) leaves only what its features need.

use crate::{
    download::FileRequest,
    error::{BomError, UnusableLine, from_yaml},
    requirement::PackageRequest,
    wish_list::WishList,
};
use lsrepo_types::Digest;
use serde::{Deserialize, de::IgnoredAny};
use std::collections::{BTreeMap, BTreeSet};

/// The texts of one distribution and architecture, each with the name it has in errors.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// `packages.yml` of the family, then that of the distribution
    pub packages: Vec<(String, String)>,
    /// `files.yml`
    pub files: Vec<(String, String)>,
    /// `images.yml`
    pub images: Vec<(String, String)>,
    /// `grafana-dashboards.yml`
    pub dashboards: Vec<(String, String)>,
}

/// What is wanted; with `features`, only the files and images of those.
pub fn read(texts: &Texts, features: Option<&BTreeSet<String>>) -> Result<WishList, BomError> {
    let mut wishes = WishList::default();
    let mut unusable = Vec::new();
    let wanted =
        |names: &[String]| features.is_none_or(|features| names.iter().any(|name| name == "default" || features.contains(name)));
    for (file, text) in &texts.packages {
        let PackagesDocument { prerequisites, packages } = from_yaml(text, file)?;
        let mut take = |list: &mut Vec<PackageRequest>, tokens: Vec<String>| {
            for token in tokens {
                match token.parse() {
                    Ok(request) if list.contains(&request) => {}
                    Ok(request) => list.push(request),
                    Err(error) => unusable.push(refused(file, &error)),
                }
            }
        };
        take(&mut wishes.prerequisites, prerequisites.unwrap_or_default());
        take(&mut wishes.packages, packages.from_repo.unwrap_or_default());
        take(&mut wishes.packages, packages.multiple_versioned.unwrap_or_default());
        for (url, sum) in packages.from_url.unwrap_or_default() {
            collect(&mut wishes.package_files, &mut unusable, file, &url, None, sum.sha256);
        }
    }
    for (file, text) in &texts.files {
        for (key, entry) in from_yaml::<FilesDocument>(text, file)?.files {
            let deps = entry.deps.map(Deps::names).unwrap_or_else(|| vec!["default".to_owned()]);
            if !wanted(&deps) {
                continue;
            }
            match entry.options.as_deref() {
                Some([first, others @ ..]) => {
                    let before = wishes.files.len();
                    collect(&mut wishes.files, &mut unusable, file, &first.url, None, first.sha256.clone());
                    if let Some(added) = wishes.files.get_mut(before) {
                        added.mirrors.extend(others.iter().map(|other| other.url.clone()));
                    }
                }
                _ => collect(&mut wishes.files, &mut unusable, file, &key, None, entry.sha256),
            }
        }
    }
    if wanted(&["grafana".to_owned()]) {
        for (file, text) in &texts.dashboards {
            for (key, entry) in from_yaml::<DashboardsDocument>(text, file)?.dashboards {
                let name = format!("grafana_dashboards/{key}.json");
                collect(&mut wishes.files, &mut unusable, file, &entry.url, Some(&name), entry.sha256);
            }
        }
    }
    for (file, text) in &texts.images {
        for (feature, images) in from_yaml::<ImagesDocument>(text, file)?.images {
            // Where there is a colon, it is an image itself: the first form had no features.
            let list: Vec<String> = match feature.contains(':') {
                true => vec![feature],
                false if wanted(std::slice::from_ref(&feature)) => images.into_keys().collect(),
                false => Vec::new(),
            };
            for image in list.into_iter().filter(|image| !wishes.images.contains(image)).collect::<Vec<_>>() {
                match crate::download::image_reference(&image) {
                    Ok(_) => wishes.images.push(image),
                    Err(error) => unusable.push(refused(file, &error)),
                }
            }
        }
    }
    match unusable.is_empty() {
        true => Ok(wishes),
        false => Err(BomError::Lines(unusable)),
    }
}

fn refused(file: &str, error: &dyn std::error::Error) -> UnusableLine {
    UnusableLine { file: file.to_owned(), line: 0, why: error.to_string() }
}

fn collect(
    list: &mut Vec<FileRequest>,
    unusable: &mut Vec<UnusableLine>,
    file: &str,
    url: &str,
    name: Option<&str>,
    sha256: Option<String>,
) {
    let digest = sha256.map(|hex| Digest::from_hex(&hex).map_err(|_| format!("`{hex}` is not a SHA-256"))).transpose();
    let name = name.map_or(String::new(), |name| format!(" {name}"));
    match (format!("{url}{name}").parse::<FileRequest>(), digest) {
        (Ok(request), Ok(digest)) => {
            let request = FileRequest { digest, ..request };
            if !list.contains(&request) {
                list.push(request);
            }
        }
        (Err(error), _) => unusable.push(refused(file, &error)),
        (_, Err(why)) => unusable.push(UnusableLine { file: file.to_owned(), line: 0, why }),
    }
}

#[derive(Deserialize)]
struct PackagesDocument {
    #[serde(rename = "prereq-packages", default)]
    prerequisites: Option<Vec<String>>,
    packages: Packages,
}

#[derive(Deserialize)]
struct Packages {
    #[serde(default)]
    from_repo: Option<Vec<String>>,
    #[serde(default)]
    multiple_versioned: Option<Vec<String>>,
    #[serde(default)]
    from_url: Option<BTreeMap<String, Sum>>,
}

#[derive(Deserialize)]
struct Sum {
    sha256: Option<String>,
}

#[derive(Deserialize)]
struct FilesDocument {
    files: BTreeMap<String, FileEntry>,
}

#[derive(Deserialize)]
struct FileEntry {
    #[serde(default)]
    options: Option<Vec<Place>>,
    #[serde(default)]
    deps: Option<Deps>,
    #[serde(default)]
    sha256: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    url: String,
    #[serde(default)]
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected `default` or a list of features")]
enum Deps {
    One(String),
    Several(Vec<String>),
}

impl Deps {
    fn names(self) -> Vec<String> {
        match self {
            Deps::One(name) => vec![name],
            Deps::Several(names) => names,
        }
    }
}

#[derive(Deserialize)]
struct ImagesDocument {
    images: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

#[derive(Deserialize)]
struct DashboardsDocument {
    #[serde(rename = "grafana-dashboards")]
    dashboards: BTreeMap<String, Place>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<(String, String)> {
        vec![("x.yml".to_owned(), text.to_owned())]
    }

    fn texts() -> Texts {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        Texts {
            packages: text(&format!(
                "prereq-packages: [httpd]\npackages:\n  from_repo: [audit, docker-ce-20.10.8]\n  multiple_versioned: []\n  \
                 from_url: {{'https://a.example/x.rpm': {{sha256: {a}}}}}\n"
            )),
            files: text(&format!(
                "files:\n  kafka:\n    options: [{{url: 'https://a.example/kafka.tgz', sha256: {a}}}, {{url: 'https://b.example/kafka.tgz', sha256: {a}}}]\n    \
                 deps: [kafka]\n  helm: {{options: [{{url: 'https://a.example/helm.tgz', sha256: {b}}}], deps: default}}\n"
            )),
            images: text(
                "images:\n  rook: {'rook/ceph:v1': {sha1: x, allow_mismatch: true}}\n  haproxy: {'haproxy:2': {sha1: y}}\n",
            ),
            dashboards: text(&format!("grafana-dashboards: {{d_1: {{url: 'https://a.example/1/download', sha256: {b}}}}}\n")),
        }
    }

    #[test]
    fn everything_is_taken_without_a_manifest() {
        let wishes = read(&texts(), None).unwrap();
        assert_eq!((wishes.prerequisites.len(), wishes.packages.len(), wishes.package_files.len()), (1, 2, 1));
        let files: Vec<&str> = wishes.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(files, ["helm.tgz", "kafka.tgz", "grafana_dashboards/d_1.json"]);
        assert_eq!(wishes.files[1].mirrors, ["https://b.example/kafka.tgz"]);
        assert_eq!(wishes.images, ["haproxy:2", "rook/ceph:v1"]);
    }

    #[test]
    fn a_manifest_leaves_what_its_features_need() {
        let wishes = read(&texts(), Some(&["rook".to_owned()].into())).unwrap();
        assert_eq!((wishes.packages.len(), wishes.files.len(), &wishes.images[..]), (2, 1, &["rook/ceph:v1".to_owned()][..]));
    }

    #[test]
    fn what_is_of_no_use_is_named() {
        let mut texts = texts();
        texts.packages = text("packages: {from_repo: ['a b']}");
        assert!(read(&texts, None).unwrap_err().to_string().contains("`a b` is not a package request"));
        texts.packages = text("packages: [x]");
        assert!(read(&texts, None).unwrap_err().to_string().starts_with("x.yml:1:"));
    }
}
