//! What cannot be published.

use lsrepo_types::{Digest, Os, RelPathError};

/// Why a set of packages does not make an APT repository.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// nothing given
    #[error("publish: no platform given")]
    NoPlatform,
    /// a suite is for one OS
    #[error("publish: `{first}` and `{second}` in one repository\nhint: publish each OS by itself")]
    SeveralOs {
        /// one of them
        first: Os,
        /// another
        second: Os,
    },
    /// an OS that installs rpms
    #[error("publish: `{os}` does not use apt")]
    NotDebian {
        /// which
        os: Os,
    },
    /// a set whose name cannot be a component
    #[error("publish: `{name}` cannot name a component: expected lower-case letters, digits, `.`, `-`, `_` and `+`")]
    Component {
        /// the name
        name: String,
    },
    /// a field that would not survive an index or a path
    #[error("publish: package `{package}`: {field} `{}` is not a plain word", value.escape_debug())]
    Word {
        /// whose
        package: String,
        /// which field
        field: &'static str,
        /// its value
        value: String,
    },
    /// the record does not describe the package
    #[error("publish: the record of `{package}` says `{field}: {recorded}`, the lock says `{locked}`")]
    Record {
        /// which package
        package: String,
        /// where they differ
        field: &'static str,
        /// in the record
        recorded: String,
        /// in the lock
        locked: String,
    },
    /// the record is not one paragraph
    #[error("publish: the record of `{package}`: {why}")]
    Control {
        /// which package
        package: String,
        /// what is wrong
        why: String,
    },
    /// one index would offer two files as the same package
    #[error("publish: `{package}` twice in `{component}` for {architecture}: as {} and as {}\nhint: two sources offer it with different content; exclude one, or keep them in components of their own", digests[0], digests[1])]
    TwoBlobs {
        /// name and version
        package: String,
        /// where both would be
        component: String,
        /// whose index
        architecture: String,
        /// of the two files
        digests: Box<[Digest; 2]>,
    },
    /// a path that is not one
    #[error("publish: {0}")]
    Path(RelPathError),
    /// xz or gzip
    #[error("publish: compress `{path}`: {why}")]
    Compress {
        /// the index
        path: String,
        /// what went wrong
        why: std::io::Error,
    },
    /// the key does not sign
    #[error("publish: sign `Release`: {0}")]
    Sign(String),
    /// the key signed, and a client would refuse it
    #[error(
        "publish: clients would refuse the signature of `Release`: {0}\nhint: the key must be older than the date that is published"
    )]
    Unverified(String),
}
