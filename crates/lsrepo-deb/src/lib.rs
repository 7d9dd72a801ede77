//! Debian formats: versions, control paragraphs, indexes, sources lists, pins, the head of a `.deb`.
//!
//! Text in, values out; no file is opened here. Everything comes from outside and is hostile until read:
//! sizes have limits, paths are checked, and what cannot be read is an [`Error`], never a panic.
//! Spec: Debian Policy chapters 5 and 7, deb822(5), apt's sources.list(5) and apt_preferences(5).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr))]

pub mod archive;
pub mod deb822;
pub mod dependency;
mod error;
pub mod packages;
mod pool;
pub mod preferences;
pub mod record;
pub mod release;
mod request;
pub mod sources;
pub mod status;
pub mod version;

pub use error::Error;
pub use pool::pool_path;
pub use request::Request;
