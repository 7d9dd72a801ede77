//! From what could be installed and what is wanted to what will be: sets of packages, or the reason
//! why there is none.
//!
//! Pure: indexes come in as text, a [`Resolution`] goes out. Nothing here reads a file or a clock, so
//! the same input gives the same answer. What is common to every kind of package stands at the top
//! ([`Resolution`], [`Conflict`]); what only Debian knows is in [`deb`], what only RPM knows in [`rpm`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod apart;
mod conflict;
pub mod deb;
mod explain;
mod resolution;
pub mod rpm;

pub use conflict::{Conflict, Link};
pub use resolution::{CandidateId, Pick, Reason, Resolution, Set};
