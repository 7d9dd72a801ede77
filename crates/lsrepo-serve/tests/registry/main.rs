//! The registry as a client sees it, on a live server: each rule of the distribution specification is one test, named
//! after what must be true.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client;
mod collect;
mod delete;
mod hostile;
mod images;
mod limits;
mod lists;
mod login;
mod manifests;
mod names;
mod pull;
mod readonly;
mod referrers;
mod server;
mod uploads;
mod wire;
