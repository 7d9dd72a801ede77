//! What can be wrong with a text of Debian's.

/// A text that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// not a version
    #[error("`{0}` is not a Debian version")]
    Version(String),
    /// a paragraph with a line that is none
    #[error("line {line}: `{text}` is neither a field nor its continuation")]
    Line {
        /// counted from 1 in the paragraph
        line: usize,
        /// the start of the line
        text: String,
    },
    /// a field that must be there
    #[error("the field {field} is missing in the paragraph of `{of}`")]
    Missing {
        /// the field's name
        field: &'static str,
        /// what is known of the paragraph
        of: String,
    },
    /// a field that says what it cannot
    #[error("{field}: `{value}` {why}")]
    Field {
        /// the field's name
        field: String,
        /// the start of what it says
        value: String,
        /// what is wrong with that
        why: &'static str,
    },
    /// a relation such as `libc6 (>= 2.36)` that is none
    #[error("`{0}` is not a package relation")]
    Relation(String),
    /// a wish that is none
    #[error("`{0}` is not a package request: expected `NAME`, `NAME=VERSION`, `NAME:ARCH` or `NAME/SUITE`")]
    Request(String),
    /// a line or stanza of a sources or preferences file
    #[error("{file}:{line}: {why}")]
    Config {
        /// the file it stands in
        file: String,
        /// counted from 1
        line: usize,
        /// what is wrong
        why: String,
    },
    /// a package file
    #[error("not a usable Debian package: {0}")]
    Archive(String),
    /// words that give no place in a pool
    #[error("`{0}` is no name for a file of a pool")]
    Pool(String),
}

/// The start of a text, for a message.
pub(crate) fn start(text: &str) -> String {
    text.chars().take(80).collect()
}

pub(crate) fn field(field: &str, value: &str, why: &'static str) -> Error {
    Error::Field { field: field.to_owned(), value: start(value), why }
}
