//! What goes wrong with object storage.

use lsrepo_store::StoreError;
use lsrepo_types::Digest;

/// Object storage that does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// not an address of a depot
    #[error("`{text}`: {why}")]
    Place {
        /// what was said
        text: String,
        /// what is wrong
        why: &'static str,
    },
    /// not a way to get there
    #[error("object storage: {0}")]
    Access(String),
    /// the server said no, or said nothing
    #[error("{place}: {why}")]
    Storage {
        /// which object
        place: String,
        /// what it said
        why: String,
    },
    /// somebody else changed the head meanwhile
    #[error("{0}: another machine wrote there at the same time; nothing of ours is shown\nhint: run it again")]
    Overtaken(String),
    /// it was told to stop
    #[error("interrupted")]
    Stopped,
    /// a blob that is not there
    #[error("{place} lacks blob {digest}")]
    Missing {
        /// in which depot
        place: String,
        /// which
        digest: Digest,
    },
    /// the store that it is filled from
    #[error(transparent)]
    Store(#[from] StoreError),
}
