//! Why images cannot be written into an archive.

use lsrepo_oci::{AnyDigest, DockerArchiveError, ImagePlatform, SurveyError};
use lsrepo_store::StoreError;
use lsrepo_types::{Bytes, Digest};
use std::{io, path::PathBuf};

/// An archive that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// no image at all
    #[error("there is no image to write")]
    Nothing,
    /// two images, one name
    #[error("two images are called {0}\nhint: name one of them by its digest, or write two archives")]
    Twice(String),
    /// a manifest of it cannot be read, or the platform is not there
    #[error("{name}: {why}")]
    Survey {
        /// which image
        name: String,
        /// what is wrong
        why: Box<SurveyError>,
    },
    /// what Docker cannot load
    #[error("{name}: {why}")]
    Docker {
        /// which image
        name: String,
        /// what is wrong
        why: Box<DockerArchiveError>,
    },
    /// which one of them
    #[error(
        "{name} is there for {}, and an archive in Docker's format holds one of them\nhint: --platform {}",
        listed(platforms), platforms.first().map(ToString::to_string).unwrap_or_default()
    )]
    Platforms {
        /// which image
        name: String,
        /// those that are whole
        platforms: Vec<ImagePlatform>,
    },
    /// layers that did not travel
    #[error(
        "{name}: {missing} of its layers{} are not in the store\nhint: `lsrepo prepare` it for that platform, or with --all-platforms",
        platform.as_ref().map(|platform| format!(" for {platform}")).unwrap_or_default()
    )]
    LeftOut {
        /// which image
        name: String,
        /// for whom
        platform: Option<Box<ImagePlatform>>,
        /// how many
        missing: usize,
    },
    /// not all manifests are there
    #[error("{name}: its manifest {digest} is not in the store\nhint: `lsrepo prepare` it again")]
    Missing {
        /// which image
        name: String,
        /// the first that is missing
        digest: AnyDigest,
    },
    /// a store has only SHA-256
    #[error("{name}: {digest} cannot be kept in a store, which knows SHA-256 only")]
    Algorithm {
        /// which image
        name: String,
        /// what it names
        digest: AnyDigest,
    },
    /// bytes on disk that are not what they were
    #[error("blob {0} of the store is damaged\nhint: remove it and run `lsrepo prepare` again")]
    Blob(Digest),
    /// the store
    #[error(transparent)]
    Store(#[from] StoreError),
    /// a file or a pipe
    #[error("{what}: {why}")]
    Io {
        /// what was done
        what: String,
        /// what went wrong
        why: io::Error,
    },
    /// no room
    #[error("{}: the disk is full: the archive has {}, {} are free\nhint: make room, or write it elsewhere; nothing was left behind", path.display(), Bytes(*needed), Bytes(*free))]
    Full {
        /// the archive
        path: PathBuf,
        /// bytes to be written
        needed: u64,
        /// bytes that are free
        free: u64,
    },
}

fn listed(platforms: &[ImagePlatform]) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn io(what: &str) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
    move |why| ArchiveError::Io { what: what.to_owned(), why }
}
