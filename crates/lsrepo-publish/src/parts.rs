//! A file that is put together while it is sent: blobs of the store, with bytes made here between them.
//!
//! Which bytes lie where follows from the sizes of the parts, so any range of the whole is found without reading
//! anything: a tar of layers costs its headers.

use lsrepo_types::{Digest, Hasher};
use std::{ops::Range, sync::Arc};

/// Parts, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    parts: Vec<Part>,
    size: u64,
    tag: Digest,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// bytes of the store
    Blob {
        /// their name in the store
        digest: Digest,
        /// how many there are
        size: u64,
    },
    /// bytes made by publishing
    Bytes(Arc<[u8]>),
}

impl Part {
    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        match self {
            Part::Blob { size, .. } => *size,
            Part::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

impl Parts {
    /// None where their sizes add up to more than any file has.
    pub fn new(parts: Vec<Part>) -> Option<Self> {
        let size = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.size()))?;
        let mut hasher = Hasher::new();
        for part in &parts {
            let digest = match part {
                Part::Blob { digest, .. } => *digest,
                Part::Bytes(bytes) => Digest::of(bytes),
            };
            hasher.update(format!("{digest} {}\n", part.size()).as_bytes());
        }
        Some(Self { size, tag: hasher.finish(), parts })
    }

    /// All of them, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Bytes of the whole.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What tells this file from others: a digest of what it consists of. It is not the digest of its bytes, for which
    /// all of them would have to be read.
    pub fn tag(&self) -> Digest {
        self.tag
    }

    /// What a range of the whole consists of: the number of a part, and which of its bytes. No piece is empty.
    pub fn pieces(&self, range: Range<u64>) -> Vec<(usize, Range<u64>)> {
        let (mut at, mut pieces) = (0, Vec::new());
        for (number, part) in self.parts.iter().enumerate() {
            let end = at + part.size();
            let (first, last) = (range.start.max(at), range.end.min(end));
            if first < last {
                pieces.push((number, first - at..last - at));
            }
            at = end;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(bytes: &[u8]) -> Part {
        Part::Blob { digest: Digest::of(bytes), size: bytes.len() as u64 }
    }

    fn made(bytes: &[u8]) -> Part {
        Part::Bytes(Arc::from(bytes))
    }

    #[test]
    fn every_range_is_a_slice_of_the_whole() {
        let texts: [&[u8]; 6] = [b"head", b"", b"a layer", b"x", b"", b"end"];
        let parts =
            Parts::new(texts.iter().enumerate().map(|(n, text)| if n % 2 == 0 { made(text) } else { blob(text) }).collect());
        let (parts, whole) = (parts.unwrap(), texts.concat());
        assert_eq!(parts.size(), whole.len() as u64);
        for first in 0..=whole.len() {
            for end in first..=whole.len() {
                let pieces = parts.pieces(first as u64..end as u64);
                assert!(pieces.iter().all(|(_, range)| range.start < range.end));
                let bytes = pieces.into_iter().flat_map(|(n, range)| &texts[n][range.start as usize..range.end as usize]);
                assert!(bytes.eq(&whole[first..end]), "{first}..{end}");
            }
        }
    }

    #[test]
    fn the_tag_follows_what_the_parts_are() {
        let tag = |parts: &[Part]| Parts::new(parts.to_vec()).unwrap().tag();
        assert_eq!(tag(&[made(b"a"), blob(b"b")]), tag(&[made(b"a"), blob(b"b")]));
        assert_ne!(tag(&[made(b"a"), blob(b"b")]), tag(&[made(b"a"), blob(b"c")]));
        assert_ne!(tag(&[made(b"ab")]), tag(&[made(b"b"), made(b"a")]));
    }

    #[test]
    fn sizes_that_no_file_has_are_refused() {
        let huge = Part::Blob { digest: Digest::of(b""), size: u64::MAX };
        assert!(Parts::new(vec![huge.clone()]).is_some());
        assert_eq!(Parts::new(vec![huge, made(b"x")]), None);
    }
}
