//! Why a file is not a package that can be used.

/// A package file that cannot be read or described.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// reading failed
    #[error("the package cannot be read: {0}")]
    Read(std::io::Error),
    /// cut off
    #[error("not a usable RPM package: it ends within {within}")]
    Short {
        /// which part of it
        within: &'static str,
    },
    /// no lead
    #[error("not an RPM package: {0}")]
    Lead(String),
    /// a header that is not as the format says
    #[error("not a usable RPM package: {part}: {why}")]
    Header {
        /// `signature header`, `header`
        part: &'static str,
        /// what is wrong
        why: String,
    },
    /// a tag that has to be there
    #[error("not a usable RPM package: its header has no {what}")]
    Missing {
        /// `name`, `version`
        what: &'static str,
    },
    /// a name, version, release or architecture that could be taken for something else
    #[error("not a usable RPM package: its {what} `{}` is not a plain word", value.escape_debug())]
    Word {
        /// `name`, `version`
        what: &'static str,
        /// the start of it
        value: String,
    },
    /// more than any real package has
    #[error("`{package}`: it has more {what} than an index should hold")]
    TooMuch {
        /// name, version, release and architecture
        package: String,
        /// `files`, `requires`
        what: &'static str,
    },
    /// a text that no index can hold
    #[error("`{package}`: its {what} has the control character {character:#04x}, which no index can hold")]
    Control {
        /// name, version, release and architecture
        package: String,
        /// `description`, `changelog`
        what: &'static str,
        /// the character
        character: u32,
    },
}

/// Bytes that are not those that the header speaks of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestMismatch {
    /// the header was changed
    #[error("the {algorithm} of its header is {actual}, the package says {expected}")]
    Header {
        /// `SHA-256`
        algorithm: &'static str,
        /// in hex
        expected: String,
        /// in hex
        actual: String,
    },
    /// the payload was changed
    #[error("the {algorithm} of its payload is {actual}, its header says {expected}")]
    Payload {
        /// `SHA-256`
        algorithm: &'static str,
        /// in hex
        expected: String,
        /// in hex
        actual: String,
    },
    /// cut off, or with something behind it
    #[error("its header and payload are {actual} bytes, the package says {expected}")]
    Size {
        /// bytes
        expected: u64,
        /// bytes
        actual: u64,
    },
}
