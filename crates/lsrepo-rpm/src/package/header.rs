//! A header: an index of entries, then the store that holds their values. All numbers are big-endian.
//! Spec: <https://rpm-software-management.github.io/rpm/manual/format_header.html>
//!
//! ```text
//! 8e ad e8 01 00 00 00 00 | entries | bytes of the store
//! tag | kind | offset in the store | count        once for each entry, 16 bytes
//! store
//! ```
//!
//! Nothing is taken from the numbers on trust: memory grows with the bytes that really come, an entry that
//! reaches out of the store refuses the header, and values are only looked at when somebody asks.

use super::{error::PackageError, tag};
use std::io::Read;

/// Before the index: magic, reserved bytes, and the two counts.
pub(crate) const INTRO: usize = 16;
/// One entry of the index.
const ENTRY: usize = 16;
const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
/// As many as rpm takes.
const MOST_ENTRIES: u32 = 0xffff;

/// Which of the two headers of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Signature,
    Main,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Signature => "signature header",
            Part::Main => "header",
        }
    }

    /// The largest store; rpm takes 64 and 256 MiB, and real ones stay below 40.
    fn most_bytes(self) -> u32 {
        match self {
            Part::Signature => 64 << 20,
            Part::Main => 128 << 20,
        }
    }

    fn region(self) -> u32 {
        match self {
            Part::Signature => tag::REGION_SIGNATURES,
            Part::Main => tag::REGION_IMMUTABLE,
        }
    }
}

/// How an entry's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    /// so many bytes each
    Number(usize),
    Text,
    Bytes,
    Texts,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u32,
    kind: Kind,
    /// in the bytes of the whole header
    start: usize,
    count: usize,
}

/// A header as it stands in the file.
#[derive(Clone, Debug)]
pub struct Header {
    bytes: Box<[u8]>,
    /// by tag
    entries: Vec<Entry>,
    has_region: bool,
}

impl Header {
    /// Reads exactly one header.
    pub(crate) fn read(mut from: impl Read, part: Part) -> Result<Self, PackageError> {
        let refuse = |why: String| PackageError::Header { part: part.name(), why };
        let mut bytes = vec![0; INTRO];
        from.read_exact(&mut bytes).map_err(|error| broken(error, part.name()))?;
        if bytes[..8] != MAGIC {
            return Err(refuse("it does not begin as one".into()));
        }
        let (entries, store) = (number(&bytes[8..12]), number(&bytes[12..16]));
        if entries == 0 || entries > MOST_ENTRIES || store > part.most_bytes() {
            return Err(refuse(format!("{entries} entries in {store} bytes cannot be right")));
        }
        let rest = entries as usize * ENTRY + store as usize;
        // `take` and not a buffer of that size: a lie about the length costs nothing
        let read = from.take(rest as u64).read_to_end(&mut bytes).map_err(PackageError::Read)?;
        match read == rest {
            true => Self::index(bytes.into(), entries as usize, part).map_err(refuse),
            false => Err(PackageError::Short { within: part.name() }),
        }
    }

    fn index(bytes: Box<[u8]>, count: usize, part: Part) -> Result<Self, String> {
        let store = INTRO + count * ENTRY;
        let mut entries = Vec::with_capacity(count);
        let mut has_region = false;
        for (position, raw) in bytes[INTRO..store].chunks_exact(ENTRY).enumerate() {
            let (tag, kind, offset, values) = (number(raw), number(&raw[4..]), number(&raw[8..]), number(&raw[12..]));
            if tag == part.region() && position == 0 {
                region(&bytes[store..], kind, offset, values, count, part)?;
                has_region = true;
                continue;
            }
            let (kind, start) =
                (self::kind(kind).ok_or_else(|| format!("tag {tag} is of the unknown kind {kind}"))?, offset as usize);
            let entry = Entry { tag, kind, start: store + start, count: values as usize };
            if start > bytes.len() - store || !fits(&entry, bytes.len()) {
                return Err(format!("tag {tag} with {values} values at {offset} reaches out of it"));
            }
            entries.push(entry);
        }
        entries.sort_by_key(|entry| entry.tag);
        match entries.windows(2).find(|pair| pair[0].tag == pair[1].tag) {
            // two readers could pick a different one each
            Some(twice) => Err(format!("tag {} stands in it twice", twice[0].tag)),
            None => Ok(Self { bytes, entries, has_region }),
        }
    }

    /// All of it, from its magic on: what a header signature is made over.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it names its signed region. Headers from before rpm 4 do not.
    pub fn has_region(&self) -> bool {
        self.has_region
    }

    /// Whether there is such an entry.
    pub fn has(&self, tag: u32) -> bool {
        self.entry(tag).is_some()
    }

    fn entry(&self, tag: u32) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&tag, |entry| entry.tag).ok()?;
        self.entries.get(at)
    }

    /// The bytes of a binary entry.
    pub fn binary(&self, tag: u32) -> Option<&[u8]> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, Kind::Bytes | Kind::Number(1)))?;
        self.bytes.get(entry.start..entry.start.checked_add(entry.count)?)
    }

    /// A text, or the first of several (the untranslated one).
    pub fn text(&self, tag: u32) -> Option<&[u8]> {
        self.texts(tag).next()
    }

    /// All texts of an entry; none where it holds something else. Ends early where the store does.
    pub fn texts(&self, tag: u32) -> Texts<'_> {
        match self.entry(tag) {
            Some(Entry { kind: Kind::Text, start, .. }) => Texts { rest: &self.bytes[*start..], left: 1 },
            Some(Entry { kind: Kind::Texts, start, count, .. }) => Texts { rest: &self.bytes[*start..], left: *count },
            _ => Texts { rest: &[], left: 0 },
        }
    }

    /// The first number of an entry.
    pub fn number(&self, tag: u32) -> Option<u64> {
        self.numbers(tag).next()
    }

    /// All numbers of an entry, whatever their width; none where it holds something else.
    pub fn numbers(&self, tag: u32) -> impl Iterator<Item = u64> + '_ {
        let entry = self.entry(tag).and_then(|entry| match entry.kind {
            Kind::Number(width) => Some((width, self.bytes.get(entry.start..entry.start + entry.count * width)?)),
            _ => None,
        });
        let (width, bytes) = entry.unwrap_or((1, &[]));
        bytes.chunks_exact(width).map(|value| value.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

/// Texts that follow each other, each ended by a zero byte.
pub struct Texts<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        let end = memchr::memchr(0, self.rest)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Some(text)
    }
}

fn kind(number: u32) -> Option<Kind> {
    Some(match number {
        0 => Kind::Null,
        1 | 2 => Kind::Number(1),
        3 => Kind::Number(2),
        4 => Kind::Number(4),
        5 => Kind::Number(8),
        6 => Kind::Text,
        7 => Kind::Bytes,
        8 | 9 => Kind::Texts,
        _ => return None,
    })
}

/// A text takes one byte at least.
fn fits(entry: &Entry, end: usize) -> bool {
    let width = match entry.kind {
        Kind::Null => 0,
        Kind::Number(width) => width,
        Kind::Text | Kind::Bytes | Kind::Texts => 1,
    };
    let length = entry.count.checked_mul(width).and_then(|length| length.checked_add(entry.start));
    entry.start <= end && length.is_some_and(|last| last <= end)
}

/// The region says how much of the header is signed: its trailer, the last 16 bytes of the store, points back
/// over the index. In a package that must be the whole main header, else an entry could be added behind it.
fn region(store: &[u8], kind: u32, offset: u32, count: u32, entries: usize, part: Part) -> Result<(), String> {
    let trailer = store.get(offset as usize..).and_then(|rest| rest.get(..16));
    let (Some(trailer), 7, 16) = (trailer, kind, count) else { return Err("its region is damaged".into()) };
    if part == Part::Signature {
        // nobody signs it
        return Ok(());
    }
    let back = number(&trailer[8..]).wrapping_neg() as usize;
    match number(&trailer[4..]) == 7
        && number(&trailer[12..]) == 16
        && back == entries * ENTRY
        && offset as usize + 16 == store.len()
    {
        true => Ok(()),
        false => Err("its region does not cover all of it".into()),
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}

pub(crate) fn broken(error: std::io::Error, within: &'static str) -> PackageError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => PackageError::Short { within },
        _ => PackageError::Read(error),
    }
}
