//! The programs that write gzip streams.

use crate::{Encoder, RecipeError, go};
use std::{fmt, str::FromStr};

/// A program, and the level from 1 to 9 that it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// Go's `compress/flate`: docker, BuildKit, containerd, crane, kaniko, helm
    Go(u8),
}

impl Writer {
    /// All there are, the likely ones first: `extra` and `system` are the two bytes of a gzip header (RFC 1952, 2.3.1) that
    /// depend on the program and its level.
    pub(crate) fn likely(extra: u8, _system: u8) -> Vec<Self> {
        // 2 is the most effort, 4 the least; no level is as common as the middle one.
        let level = match extra {
            2 => 9,
            4 => 1,
            _ => 6,
        };
        let mut levels: Vec<u8> = (1..=9).collect();
        levels.sort_by_key(|&one| one != level);
        levels.into_iter().map(Self::Go).collect()
    }

    pub(crate) fn encoder(self) -> Box<dyn Encoder + Send> {
        match self {
            Self::Go(level) => Box::new(go::Deflate::new(level)),
        }
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Go(level) => write!(f, "go-{level}"),
        }
    }
}

impl FromStr for Writer {
    type Err = RecipeError;

    fn from_str(text: &str) -> Result<Self, RecipeError> {
        let unknown = || RecipeError::Writer(text.chars().take(40).collect());
        let (name, level) = text.split_once('-').ok_or_else(unknown)?;
        let level = level.parse().ok().filter(|level| (1..=9).contains(level) && text.len() == name.len() + 2);
        match (name, level) {
            ("go", Some(level)) => Ok(Self::Go(level)),
            _ => Err(unknown()),
        }
    }
}
