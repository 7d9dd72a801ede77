//! From what is locked and what its records say, to what a client can install from.
//!
//! A [`Tree`] is a whole published repository as a value: path → blob, or bytes made here. Publishing
//! is a pure function: the date and the signing key are arguments, and equal input gives equal bytes.
//! Putting a tree in front of clients is the business of whoever serves it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr))]

pub mod apt;
pub mod catalogue;
pub mod client;
mod date;
pub mod lambdastack;
mod parts;
#[cfg(test)]
#[path = "../../../tests/it/program.rs"]
mod peer;
mod read_at;
mod tree;
pub mod yum;

pub use date::date_after;
pub use parts::{Part, Parts};
pub use read_at::ReadAt;
pub use tree::{Child, Entry, Tree, table};
