//! The registry's API as words: which path means what, what an error says, how lists are cut, where a chunk begins.
//!
//! Spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>. Nothing here speaks HTTP; a server
//! gives path and query as they were sent, and turns the answers into its own.

mod challenge;
mod error;
mod page;
mod query;
mod referrers;
mod route;
mod upload_range;

pub use challenge::Challenge;
pub use error::{ApiError, ErrorCode};
pub use page::{Cut, Page};
pub use query::Query;
pub use referrers::ReferrersList;
pub use route::{ManifestReference, Route, UploadId};
pub use upload_range::{ChunkRange, received};
