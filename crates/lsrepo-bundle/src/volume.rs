//! A bundle in parts, for media: each says of which bundle it is, which one, and what it holds.
//!
//! ```text
//! 52 2A 4D 18  60 00 00 00     a skippable frame (RFC 8878, 3.1.2) of 96 bytes
//! "lsrepo-v"                   8
//! bundle                       32, the SHA-256 of its signed index
//! ordinal  total               4, 4: from 1 on
//! start  length  whole         8, 8, 8: bytes of the bundle in this volume, and of the bundle
//! check                        24, of the SHA-256 of the 72 bytes before
//! …                            whole frames of the bundle
//! ```
//! Numbers are little-endian. Every volume is a zstd file by itself, and all in a row are the bundle.

use crate::error::BundleError;
use lsrepo_types::{Bytes, Digest};
use std::io::{self, Read};

/// Bytes of a volume's header.
pub(crate) const HEAD: usize = 104;
const MAGIC: [u8; 8] = [0x52, 0x2A, 0x4D, 0x18, 96, 0, 0, 0];
const NAME: &[u8; 8] = b"lsrepo-v";
const CHECKED: std::ops::Range<usize> = 8..80;
/// More volumes than anybody carries.
pub(crate) const MOST: usize = 10_000;

/// What a volume says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeHeader {
    /// the digest of the bundle's index
    pub bundle: Digest,
    /// which one, from 1 on
    pub ordinal: u32,
    /// how many there are
    pub total: u32,
    /// where its bytes lie in the bundle
    pub start: u64,
    /// how many bytes of the bundle it has
    pub length: u64,
    /// bytes of the bundle
    pub whole: u64,
}

impl VolumeHeader {
    pub(crate) fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let numbers = [self.start, self.length, self.whole].map(u64::to_le_bytes).concat();
        let parts: [&[u8]; 6] =
            [&MAGIC, NAME, self.bundle.as_bytes(), &self.ordinal.to_le_bytes(), &self.total.to_le_bytes(), &numbers];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let check = Digest::of(&bytes[CHECKED]);
        bytes[at..].copy_from_slice(&check.as_bytes()[..HEAD - at]);
        bytes
    }

    /// None where this is no header of a volume.
    pub(crate) fn parse(bytes: &[u8; HEAD]) -> Option<Self> {
        let check = Digest::of(&bytes[CHECKED]);
        let known = bytes.starts_with(&MAGIC) && bytes[8..16] == *NAME && bytes[CHECKED.end..] == check.as_bytes()[..24];
        let long = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let short = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let header = Self {
            bundle: Digest::from_bytes(bytes[16..48].try_into().ok()?),
            ordinal: short(48)?,
            total: short(52)?,
            start: long(56)?,
            length: long(64)?,
            whole: long(72)?,
        };
        let ends = header.start.checked_add(header.length)?;
        let sane = header.length > 0
            && (1..=header.total).contains(&header.ordinal)
            && header.total as usize <= MOST
            && ends <= header.whole
            && (header.ordinal < header.total || ends == header.whole)
            && (header.ordinal > 1 || header.start == 0);
        (known && sane).then_some(header)
    }
}

/// The name of a volume: `bundle.tar.zst.001`.
pub fn volume_name(bundle: &str, ordinal: u32) -> String {
    format!("{bundle}.{ordinal:03}")
}

/// The name of a bundle, where this is the name of one of its volumes.
pub fn bundle_name(volume: &str) -> Option<&str> {
    let (name, ordinal) = volume.rsplit_once('.')?;
    (ordinal.len() >= 3 && ordinal.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// How many bytes of a bundle, whose pieces must not be cut, go into each volume of at most `limit` bytes.
pub(crate) fn cut(pieces: impl Iterator<Item = u64>, limit: u64) -> Result<Vec<u64>, BundleError> {
    let room = limit.saturating_sub(HEAD as u64);
    let mut volumes = vec![0];
    for piece in pieces {
        if piece > room {
            let least = Bytes((piece + HEAD as u64).next_multiple_of(1 << 20));
            return Err(BundleError::Split { limit, least });
        }
        match volumes.last_mut() {
            Some(last) if *last + piece <= room => *last += piece,
            _ => volumes.push(piece),
        }
    }
    match volumes.len() <= MOST {
        true => Ok(volumes),
        false => Err(BundleError::Shape(format!("{} volumes, more than {MOST}\nhint: larger ones", volumes.len()))),
    }
}

/// The bundle in a stream of all its volumes, one behind the other; a bundle that is whole already passes as it is.
pub(crate) struct Joined<R> {
    input: R,
    /// bytes that were read to see what it is
    ahead: io::Cursor<Vec<u8>>,
    /// the volume that is being read, and how many bytes of it are left
    volume: Option<(VolumeHeader, u64)>,
    begun: bool,
}

impl<R: Read> Joined<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, ahead: io::Cursor::default(), volume: None, begun: false }
    }

    fn header(&mut self) -> io::Result<Option<VolumeHeader>> {
        let mut bytes = Vec::with_capacity(HEAD);
        self.input.by_ref().take(HEAD as u64).read_to_end(&mut bytes)?;
        let header = <&[u8; HEAD]>::try_from(&bytes[..]).ok().and_then(VolumeHeader::parse);
        if header.is_none() {
            self.ahead = io::Cursor::new(bytes);
        }
        Ok(header)
    }

    fn next(&mut self, before: VolumeHeader) -> io::Result<()> {
        if before.ordinal == before.total {
            return Ok(());
        }
        let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        match self.header()? {
            Some(next) if next.bundle != before.bundle => Err(wrong(format!("volume {} is of another bundle", next.ordinal))),
            Some(next) if next.ordinal != before.ordinal + 1 || next.start != before.start + before.length => {
                Err(wrong(format!("volume {} follows volume {}", next.ordinal, before.ordinal)))
            }
            Some(next) => {
                self.volume = Some((next, next.length));
                Ok(())
            }
            None => Err(wrong(format!("volume {} of {} is not there", before.ordinal + 1, before.total))),
        }
    }
}

impl<R: Read> Read for Joined<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begun = true;
            self.volume = self.header()?.map(|header| (header, header.length));
            if let Some((first, _)) = self.volume.filter(|(first, _)| first.ordinal != 1) {
                let what = format!("the first volume is missing; this is number {}", first.ordinal);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        if let Some((header, 0)) = self.volume {
            self.next(header)?;
        }
        let Some((_, left)) = &mut self.volume else {
            return match self.ahead.read(buffer)? {
                0 => self.input.read(buffer),
                some => Ok(some),
            };
        };
        // Behind the last volume, there must be nothing.
        let most = if *left == 0 { buffer.len() } else { buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX)) };
        let read = self.input.read(&mut buffer[..most])?;
        *left = left.saturating_sub(read as u64);
        Ok(read)
    }
}
