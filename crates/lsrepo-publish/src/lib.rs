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
#[cfg(test)]
#[path = "../../../tests/it/program.rs"]
mod peer;
mod tree;
pub mod yum;

pub use date::date_after;
pub use tree::{Child, Entry, Tree};
