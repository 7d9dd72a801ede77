//! RPM formats: the order of versions ([`Evr`]), the head of a package file ([`Package`]), what an index says of
//! it ([`Record`]), and the metadata of a repository.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

pub mod describe;
pub mod evr;
pub mod metadata;
pub mod package;
pub mod record;
mod relation;
mod text;

pub use describe::{Description, Nevra};
pub use evr::Evr;
pub use package::{Package, PackageError};
pub use record::Record;
pub use relation::{Operator, Relation};
