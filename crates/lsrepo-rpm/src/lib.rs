//! RPM formats: the order of versions ([`Evr`]), what packages say of others ([`Relation`], [`rich`]), the
//! indexes of a repository ([`primary`], [`filelists`]) and what people ask for ([`request`]).
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod evr;
pub mod filelists;
mod nevra;
pub mod primary;
mod relation;
pub mod request;
pub mod rich;
mod scan;

pub use evr::Evr;
pub use nevra::Nevra;
pub use relation::{Operator, Relation};
pub use request::Request;
pub use scan::Problem;
