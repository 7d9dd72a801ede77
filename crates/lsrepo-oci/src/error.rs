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
    /// Docker's first format
    #[error(
        "manifest: it is in Docker's schema 1, which names no content by its digest\nhint: push the image again with a client of 2017 or later, and take that"
    )]
    Schema1,
    /// two words about its type
    #[error("manifest: it was announced as `{announced}` and calls itself `{said}`")]
    Announced {
        /// outside
        announced: String,
        /// inside
        said: String,
    },
    /// no manifest, or several in one
    #[error("manifest: {0}")]
    Shape(&'static str),
    /// too large
    #[error("manifest: it has {bytes} bytes, more than {most}")]
    Large {
        /// how many
        bytes: u64,
        /// how many are taken
        most: u64,
    },
}
