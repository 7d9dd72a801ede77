//! HTTP over trees and a store: what the hosts behind the air gap install from.
//!
//! A [`Site`] is an immutable value: trees mounted under paths, the keys, the set-up scripts, the page
//! that explains them. [`Current`] holds the one that is shown; replacing it is one pointer, so no
//! request sees half of a publication. A path of a request is only ever looked up in a map of a tree,
//! it never becomes a path of the file system.
//!
//! ```no_run
//! # async fn run(site: lsrepo_serve::Site, store: lsrepo_store::Store) -> std::io::Result<()> {
//! use std::sync::Arc;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let site = Arc::new(lsrepo_serve::Current::new(site));
//! let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
//! lsrepo_serve::serve(listener, site, Arc::new(store), stop).await
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod admission;
mod answer;
mod app;
mod blob;
mod body;
mod budget;
mod condition;
mod date;
mod event;
mod handed;
mod health;
mod html;
mod listing;
mod media_type;
mod metrics;
mod pages;
mod parts;
mod plain;
mod proxies;
mod range;
mod refresh;
mod registry;
mod request_path;
mod rewind;
mod server;
mod site;
mod small;
mod stall;
mod throttle;
mod tls;

pub use admission::{Admission, Htpasswd, HtpasswdError, Right, Rights, RightsError, Who, make_token};
pub use app::{App, Ends, router};
pub use body::Body;
pub use event::{Access, Event, Listener};
pub use metrics::{Gauge, Kind, Metrics};
pub use proxies::{Network, NetworkError};
pub use refresh::Refresh;
pub use registry::{Collected, Push, RegistryImages, collect};
pub use server::{Door, Options, serve, serve_at, serve_with};
pub use site::{AptRepository, Current, PlatformSummary, PublicKey, ShownSnapshot, Site, SiteRecord, YumRepository};
pub use throttle::PerClient;
pub use tls::{Identity, IdentityError};
