//! OCI image layouts: descriptors, manifests and indexes as values, and their canonical bytes.
//!
//! A bundle and the store behind it are image layouts, so every tool that reads those reads ours.
//! Spec: <https://github.com/opencontainers/image-spec>. Nothing is fetched or written here.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod annotation;
mod document;
mod error;
pub mod media_type;

pub use document::{Descriptor, ImageLayout, Index, Manifest};
pub use error::Error;
pub use media_type::ARTIFACT_TYPE;
