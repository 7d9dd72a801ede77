//! OCI formats: references, descriptors, manifests, indexes and image layouts as values.
//!
//! Two sorts of documents, kept apart. *Ours* ([`Manifest`], [`Index`]) are written canonically: a bundle and the store
//! behind it are image layouts, so every tool that reads those reads ours. *Others'* ([`Content`]) are read and never
//! written: an image's bytes stay as they were received, and with them every digest.
//! Specs: <https://github.com/opencontainers/image-spec>, <https://github.com/opencontainers/distribution-spec>.
//! Nothing is fetched or written here.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod annotation;
mod any_digest;
pub mod api;
mod auth_file;
mod content;
mod docker_archive;
mod document;
mod error;
mod image;
mod image_platform;
pub mod media_type;
mod one_platform;
mod reference;
mod registries_conf;
mod survey;

pub use any_digest::AnyDigest;
pub use auth_file::{AuthFile, AuthFileError, StoredLogin, helper_key};
pub use content::{Content, Kind, MOST_MANIFEST};
pub use docker_archive::{DockerArchiveError, DockerImage, blob_path, docker_manifest};
pub use document::{Descriptor, ImageLayout, Index, Manifest};
pub use error::Error;
pub use image::{Image, Referrer};
pub use image_platform::{ImagePlatform, ImagePlatformError};
pub use media_type::ARTIFACT_TYPE;
pub use reference::{Reference, ReferenceError, RegistryHost, RepositoryName, Tag};
pub use registries_conf::{RegistriesConf, RegistriesConfError, Rule};
pub use survey::{Survey, SurveyError, Wanted, survey};
