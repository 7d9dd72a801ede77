//! The numbers and names of the document, as bytes.

use super::{CatalogueError, Kind};
use lsrepo_types::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) const MAGIC: &[u8; 16] = b"lsrepo catalogue";
pub(super) const HEADER: u64 = 40;
/// Things in a block.
pub(super) const BLOCK: u32 = 16;
/// The largest head.
pub(super) const MOST_HEAD: u64 = 1 << 20;
/// The names of a block.
pub(super) const MOST_NAMES: u64 = 128 << 10;
/// The rows of a block, packed or not.
pub(super) const MOST_ROWS: u64 = 4 << 20;
/// A row: sixteen of them always fit.
pub(super) const MOST_ROW: usize = (MOST_ROWS / BLOCK as u64) as usize - 8;
/// Things in a catalogue.
pub(super) const MOST_THINGS: u32 = 1 << 28;
/// A name; longer ones are on no page.
pub(super) const MOST_NAME: usize = 1024;
/// A summary; the rest of it is cut off.
pub(super) const MOST_SUMMARY: usize = 200;
/// Bytes of a row of the table.
pub(super) const ROW: u64 = 16;

pub(super) const fn damaged(what: &'static str) -> CatalogueError {
    CatalogueError::Damaged(what)
}

/// What the document says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) date: Timestamp,
    /// sorted
    pub(super) platforms: Vec<String>,
    /// sorted by kind and place; they touch
    pub(super) ranges: Vec<super::Range>,
}

/// What a thing is called, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// what it is
    pub kind: Kind,
    /// of a package its platform, else empty
    pub place: String,
    /// `postgresql-15`, `docker.io/library/nginx:1.27`, `tools/tool.tgz`
    pub name: String,
}

/// A reader of numbers and texts.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], CatalogueError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(damaged("a piece ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// LEB128, at most 64 bits.
    pub(super) fn number(&mut self) -> Result<u64, CatalogueError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged("a number is too long"))
    }

    pub(super) fn length(&mut self, most: usize) -> Result<usize, CatalogueError> {
        usize::try_from(self.number()?).ok().filter(|length| *length <= most).ok_or(damaged("a length is too great"))
    }

    pub(super) fn u64(&mut self) -> Result<u64, CatalogueError> {
        self.take(8)?.try_into().map(u64::from_le_bytes).map_err(|_| damaged("a number is cut"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, CatalogueError> {
        self.take(4)?.try_into().map(u32::from_le_bytes).map_err(|_| damaged("a number is cut"))
    }
}

pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn text(bytes: &[u8]) -> Result<&str, CatalogueError> {
    str::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))
}

/// At most that many bytes of it, cut between characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}
