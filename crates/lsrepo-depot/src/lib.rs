//! A store in S3-compatible object storage: filled by one machine, served by several that keep nothing of their own.
//!
//! ```text
//! <prefix>/head                    what is shown, signed; the only object that ever changes
//! <prefix>/blobs/sha256/<hex>      blobs, whole and checked before they get there
//! ```
//! It is filled from below, the head last: whoever reads the head finds everything that it names. What is read is hashed on
//! its way, as by any client: storage that gives other bytes than were put there gives nothing.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod depot;
mod error;
mod event;
mod origin;
mod place;
mod upload;

pub use access::Access;
pub use depot::{Depot, Found, Version};
pub use error::DepotError;
pub use event::{Event, Listener};
pub use origin::DepotOrigin;
pub use place::Place;

#[cfg(test)]
mod tests;
