//! A wanted container image.

use crate::{download::image_reference, module::only::Only, requirement::RequirementError};
use lsrepo_types::{Arch, Family, Os};
use schemars::JsonSchema;
use serde::Deserialize;

/// A wanted image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "ImageEntry")]
#[schemars(with = "ImageEntry")]
pub struct ImageWish {
    /// registry, repository, and a tag or a digest
    pub reference: String,
    /// where
    pub only: Only,
}

/// A container image.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Image")]
struct ImageEntry {
    /// `[REGISTRY/]REPOSITORY:TAG`, or `…@sha256:DIGEST`
    #[serde(rename = "ref")]
    reference: String,
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

impl TryFrom<ImageEntry> for ImageWish {
    type Error = RequirementError;

    fn try_from(entry: ImageEntry) -> Result<Self, RequirementError> {
        let only = Only { os: entry.os, os_family: entry.os_family, arch: entry.arch };
        Ok(Self { reference: image_reference(&entry.reference)?.to_owned(), only })
    }
}
