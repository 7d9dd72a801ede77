//! What cannot be published.

use lsrepo_types::{Digest, Os, Platform, RelPathError};

/// Why a set of packages does not make a YUM repository.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// nothing given
    #[error("publish: no platform given")]
    NoPlatform,
    /// a repository is for one OS
    #[error("publish: `{first}` and `{second}` in one repository\nhint: publish each OS by itself")]
    SeveralOs {
        /// one of them
        first: Os,
        /// another
        second: Os,
    },
    /// an OS that installs debs
    #[error("publish: `{os}` does not use yum or dnf")]
    NotRedHat {
        /// which
        os: Os,
    },
    /// one folder for two sets
    #[error("publish: `{platform}` is given twice")]
    TwicePlatform {
        /// which
        platform: Platform,
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
    #[error("publish: the record of `{package}` says {field} `{recorded}`, the lock says `{locked}`")]
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
    /// clients would take either
    #[error("publish: `{package}` twice for `{platform}`: as {} and as {}\nhint: two sources offer it with different content; exclude one", digests[0], digests[1])]
    TwoBlobs {
        /// name, version and architecture
        package: String,
        /// where both would be
        platform: Platform,
        /// of the two files
        digests: Box<[Digest; 2]>,
    },
    /// a path that is not one
    #[error("publish: {0}")]
    Path(RelPathError),
    /// gzip or zstd
    #[error("publish: compress metadata: {0}")]
    Compress(std::io::Error),
    /// the key does not sign
    #[error("publish: sign `repomd.xml`: {0}")]
    Sign(String),
    /// the key signed, and a client would refuse it
    #[error(
        "publish: clients would refuse the signature of `repomd.xml`: {0}\nhint: the key must be older than the date that is published"
    )]
    Unverified(String),
}
