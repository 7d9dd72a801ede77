//! RPM formats: the order of versions ([`Evr`]), the head of a package file ([`Package`]), what an index says of
//! it ([`Record`]), the metadata of a repository, and the texts of its clients.
//!
//! Text and bytes in, values out; no file is opened here. Everything comes from outside and is hostile until read:
//! sizes and depths have limits, paths are checked, and what cannot be read is an error, never a panic.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

pub mod checksum;
pub mod comps;
pub mod describe;
pub mod evr;
pub mod filelists;
pub mod metadata;
mod metadata_error;
pub mod mirrors;
pub mod modules;
mod nevra;
pub mod package;
pub mod primary;
pub mod record;
mod relation;
pub mod repo_file;
pub mod repomd;
pub mod request;
pub mod rich;
mod scan;
mod text;
pub mod updateinfo;
mod xml;

pub use checksum::{Checksum, ChecksumKind};
pub use comps::Comps;
pub use describe::Description;
pub use evr::Evr;
pub use metadata_error::MetadataError;
pub use mirrors::Metalink;
pub use modules::Modules;
pub use nevra::{Nevra, NevraError, NevraRef};
pub use package::{Package, PackageError};
pub use record::Record;
pub use relation::{Operator, Relation};
pub use repo_file::{Repository, Variables};
pub use repomd::{Repomd, RepomdRecord};
pub use request::Request;
pub use scan::Problem;
pub use updateinfo::Advisory;
