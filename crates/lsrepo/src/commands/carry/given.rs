//! A bundle as it was named on the command line: files, or a stream.

use super::source;
use anyhow::Result;
use lsrepo_bundle::{Archive, BundleError, Described, Inspection, Source};
use lsrepo_sign::Keyring;
use lsrepo_types::Timestamp;
use std::{
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

/// A bundle as it was given: on media, or as a stream.
pub(in crate::commands) enum Given<'a> {
    /// files
    Media(Arc<Source>),
    /// standard input, or volumes that arrive
    Stream(Box<dyn Read + 'a>),
}

impl Given<'_> {
    /// What was named on the command line.
    pub(in crate::commands) fn open(paths: &[PathBuf]) -> Result<Self> {
        match paths {
            [one] if one.as_os_str() == "-" => Ok(Self::Stream(Box::new(io::stdin().lock()))),
            _ => Ok(Self::Media(source(paths)?)),
        }
    }

    pub(super) fn inspect(self, keys: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
        match self {
            Self::Media(source) => Archive::inspect(&source, keys, now),
            Self::Stream(input) => lsrepo_bundle::inspect(input, keys, now),
        }
    }

    pub(super) fn describe(self, keys: &Keyring, now: Timestamp) -> Result<Vec<Described>, BundleError> {
        match self {
            Self::Media(source) => Archive::describe(&source, keys, now),
            Self::Stream(input) => lsrepo_bundle::describe(input, keys, now),
        }
    }
}
