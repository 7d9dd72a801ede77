//! The network: upstreams' indexes, and packages into the store.
//!
//! What comes in is checked before it is used: a `Release` by its signature before it is parsed, an index and
//! a package by size and SHA-256 while it is written. Requests are retried, continued and spread over mirrors here;
//! what to ask for is decided elsewhere.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stderr))]

mod ask;
mod cache;
mod checksum;
mod client;
mod credentials;
mod download;
mod error;
mod event;
mod host;
mod index;
mod pin;
mod refresh;
pub mod registry;
mod release;
mod unpack;
mod yum;

pub use ask::sizes;
pub use client::{Client, ClientOptions, certificate_with};
pub use credentials::Credentials;
pub use download::{Download, Fetched, Report, Wanted, download, fetch_files};
pub use error::FetchError;
pub use event::Event;
pub use pin::pin;
pub use refresh::{PackagesIndex, RefreshPolicy, Suite, refresh};
pub use unpack::unpacked;
pub use yum::{YumPolicy, YumRepository, fetch_filelists, fetch_keys, refresh_yum};

#[cfg(test)]
mod tests;
