//! The programs that write gzip streams.

use crate::{Encoder, RecipeError, go, zlib};
use std::{fmt, str::FromStr};

/// A program, and the level from 1 to 9 that it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// Go's `compress/flate`: docker, BuildKit, containerd, crane, kaniko, helm
    Go(u8),
    /// zlib: Python, Java, Node, nginx
    Zlib(u8),
    /// GNU gzip, and so `tar --gzip`
    Gnu(u8),
}

impl Writer {
    /// All there are, the likely ones first: `extra` and `system` are the two bytes of a gzip header (RFC 1952, 2.3.1) that
    /// depend on the program and its level.
    pub(crate) fn likely(extra: u8, system: u8) -> Vec<Self> {
        // 2 is the most effort, 4 the least; no level is as common as the middle one.
        let level = match extra {
            2 => 9,
            4 => 1,
            _ => 6,
        };
        // Go says that it knows no system, GNU gzip that it is Unix, older Java that it is FAT.
        let programs: [fn(u8) -> Self; 3] = match system {
            3 => [Self::Gnu, Self::Zlib, Self::Go],
            0 => [Self::Zlib, Self::Go, Self::Gnu],
            _ => [Self::Go, Self::Zlib, Self::Gnu],
        };
        let mut levels: Vec<u8> = (1..=9).collect();
        levels.sort_by_key(|&one| one != level);
        programs.iter().flat_map(|program| levels.iter().map(|&level| program(level))).collect()
    }

    pub(crate) fn encoder(self) -> Box<dyn Encoder + Send> {
        match self {
            Self::Go(level) => Box::new(go::Deflate::new(level)),
            Self::Zlib(level) => Box::new(zlib::Deflate::zlib(level)),
            Self::Gnu(level) => Box::new(zlib::Deflate::gnu(level)),
        }
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Go(level) => write!(f, "go-{level}"),
            Self::Zlib(level) => write!(f, "zlib-{level}"),
            Self::Gnu(level) => write!(f, "gzip-{level}"),
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
            ("zlib", Some(level)) => Ok(Self::Zlib(level)),
            ("gzip", Some(level)) => Ok(Self::Gnu(level)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for writer in Writer::likely(0, 255) {
            assert_eq!(writer.to_string().parse(), Ok(writer));
        }
        for wrong in ["go", "go-0", "go-10", "go-06", "go-", "-6", "zlib-ng-6", "GO-6"] {
            assert_eq!(wrong.parse::<Writer>(), Err(RecipeError::Writer(wrong.to_owned())));
        }
    }
}
