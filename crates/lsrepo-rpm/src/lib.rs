//! RPM formats. So far the order of versions ([`Evr`]); headers and repository metadata are not read yet.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod evr;
mod relation;

pub use evr::Evr;
pub use relation::{Operator, Relation};
