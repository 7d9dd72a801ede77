//! What can be wrong with the texts of a repository.

/// A text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// not XML, or XML of another kind
    #[error("{document}: {why} (at byte {at})")]
    Xml {
        /// which kind of document was expected
        document: &'static str,
        /// where reading stopped
        at: u64,
        /// what is wrong
        why: String,
    },
    /// a document that says what it must not, or leaves out what it must say
    #[error("{document}: {why}")]
    Content {
        /// which kind of document
        document: &'static str,
        /// what is wrong
        why: String,
    },
    /// a line of a configuration file, or a source of the command line
    #[error("{file}:{line}: {why}")]
    Config {
        /// the file it stands in
        file: String,
        /// counted from 1
        line: usize,
        /// what is wrong
        why: String,
    },
}

/// The start of a text, for a message.
pub(crate) fn start(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A document whose content is wrong.
pub(crate) fn content(document: &'static str, why: impl Into<String>) -> MetadataError {
    MetadataError::Content { document, why: why.into() }
}
