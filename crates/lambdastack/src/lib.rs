//! The companion deployer: documents say what a cluster is to be, modules say how, a plan says what changes.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod document;
pub mod kind;
pub mod merge;
pub mod module;
pub mod order;
pub mod plan;
pub mod schema;
pub mod source;
pub mod stack;
pub mod state;
pub mod version;
pub mod yaml;
