//! What a module wants downloaded: packages, files, images, each maybe only on some platforms.

use crate::{
    download::{FileRequest, image_reference},
    requirement::{PackageRequest, RequirementError},
};
use lsrepo_types::{Arch, Digest, Family, Os, Platform};
use serde::Deserialize;
use std::collections::BTreeMap;

/// All wishes of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// from the platform's package repositories
    #[serde(default)]
    pub packages: Vec<PackageWish>,
    /// by URL
    #[serde(default)]
    pub files: Vec<FileWish>,
    /// from registries
    #[serde(default)]
    pub images: Vec<ImageWish>,
}

/// Where a wish holds. What is not said holds everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// on one of these
    pub os: Vec<Os>,
    /// on this family
    pub os_family: Option<Family>,
    /// on one of these
    pub arch: Vec<Arch>,
}

impl Only {
    /// Whether the wish holds on `platform`.
    pub fn holds(&self, platform: &Platform) -> bool {
        (self.os.is_empty() || self.os.contains(&platform.os))
            && self.os_family.is_none_or(|family| family == platform.os.family())
            && (self.arch.is_empty() || self.arch.contains(&platform.arch))
    }
}

/// A wanted package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PackageEntry")]
pub struct PackageWish {
    /// name and version
    pub package: PackageRequest,
    /// where
    pub only: Only,
}

/// A wanted file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "FileEntry")]
pub struct FileWish {
    /// may hold `{arch:WORD|WORD}`: the word for x86_64 and the word for arm64
    url: String,
    name: Option<String>,
    sha256: BTreeMap<Arch, Digest>,
    mirrors: Vec<String>,
    /// where
    pub only: Only,
}

impl FileWish {
    /// The file for this architecture.
    pub fn request(&self, arch: Arch) -> FileRequest {
        let url = for_arch(&self.url, arch);
        let name = self.name.as_ref().map_or_else(|| FileRequest::name_in(&url).to_owned(), |name| for_arch(name, arch));
        FileRequest {
            name,
            digest: self.sha256.get(&arch).copied(),
            mirrors: self.mirrors.iter().map(|mirror| for_arch(mirror, arch)).collect(),
            url,
        }
    }
}

/// A wanted image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ImageEntry")]
pub struct ImageWish {
    /// registry, repository, and a tag or a digest
    pub reference: String,
    /// where
    pub only: Only,
}

/// `text` with each `{arch:A|B}` replaced by `A` on x86_64 and `B` on arm64.
fn for_arch(text: &str, arch: Arch) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{arch:") {
        let (words, tail) = after.split_once('}').unwrap_or((after, ""));
        let (x86_64, arm64) = words.split_once('|').unwrap_or((words, words));
        done.push_str(before);
        done.push_str(match arch {
            Arch::X86_64 => x86_64,
            Arch::Arm64 => arm64,
        });
        rest = tail;
    }
    done + rest
}

/// Whether every `{` opens a pattern of two words.
fn patterns_are_whole(text: &str) -> bool {
    text.split('{').skip(1).all(|part| {
        let inner = part.strip_prefix("arch:").and_then(|inner| inner.split_once('}'));
        inner.is_some_and(|(words, tail)| words.matches('|').count() == 1 && !tail.contains('}'))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageEntry {
    name: String,
    version: Option<String>,
    #[serde(default)]
    os: Vec<Os>,
    os_family: Option<Family>,
    #[serde(default)]
    arch: Vec<Arch>,
}

impl TryFrom<PackageEntry> for PackageWish {
    type Error = RequirementError;
    fn try_from(entry: PackageEntry) -> Result<Self, RequirementError> {
        let text = match entry.version {
            Some(version) => format!("{}={version}", entry.name),
            None => entry.name,
        };
        Ok(Self { package: text.parse()?, only: Only { os: entry.os, os_family: entry.os_family, arch: entry.arch } })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    url: String,
    name: Option<String>,
    #[serde(default)]
    sha256: BTreeMap<Arch, String>,
    #[serde(default)]
    mirrors: Vec<String>,
    #[serde(default)]
    os: Vec<Os>,
    os_family: Option<Family>,
    #[serde(default)]
    arch: Vec<Arch>,
}

impl TryFrom<FileEntry> for FileWish {
    type Error = RequirementError;
    fn try_from(entry: FileEntry) -> Result<Self, RequirementError> {
        let refuse = |text: &str| RequirementError::File(text.to_owned());
        let digest = |(arch, hex): (Arch, String)| Ok((arch, Digest::from_hex(&hex).map_err(|_| RequirementError::Digest(hex))?));
        let wish = Self {
            sha256: entry.sha256.into_iter().map(digest).collect::<Result<_, _>>()?,
            url: entry.url,
            name: entry.name,
            mirrors: entry.mirrors,
            only: Only { os: entry.os, os_family: entry.os_family, arch: entry.arch },
        };
        let texts = [&wish.url].into_iter().chain(&wish.name).chain(&wish.mirrors);
        if let Some(text) = texts.into_iter().find(|text| !patterns_are_whole(text)) {
            return Err(refuse(text));
        }
        for arch in Arch::ALL {
            wish.request(arch).check()?;
        }
        Ok(wish)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageEntry {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    os: Vec<Os>,
    os_family: Option<Family>,
    #[serde(default)]
    arch: Vec<Arch>,
}

impl TryFrom<ImageEntry> for ImageWish {
    type Error = RequirementError;
    fn try_from(entry: ImageEntry) -> Result<Self, RequirementError> {
        let reference = image_reference(&entry.reference)?.to_owned();
        Ok(Self { reference, only: Only { os: entry.os, os_family: entry.os_family, arch: entry.arch } })
    }
}
