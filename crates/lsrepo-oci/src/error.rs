//! What can be wrong with a document.

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// not JSON, or not of this shape
    #[error("{what}: {why}")]
    Syntax {
        /// which document
        what: &'static str,
        /// what is wrong
        why: serde_json::Error,
    },
    /// another version of the format
    #[error("{what}: schemaVersion {version} is not understood (known: 2)")]
    Version {
        /// which document
        what: &'static str,
        /// what it says
        version: u64,
    },
    /// another kind of document
    #[error("{what}: its media type is `{found}`, expected `{wanted}`")]
    MediaType {
        /// which document
        what: &'static str,
        /// what it says
        found: String,
        /// what it has to be
        wanted: &'static str,
    },
}
