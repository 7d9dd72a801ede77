//! The table: which files, how long, and what is in them. Every parity file begins and ends with it.

use super::{
    files,
    layout::{Layout, MAX_FILES},
};
use lsrepo_types::Digest;
use std::{collections::BTreeSet, fs::File, os::unix::fs::FileExt};

const MAGIC: u32 = 0x184D_2A53;
const IDENTITY: &[u8; 16] = b"lsrepo parity 1\n";
/// The most that a table can take: it is read before anything is believed.
const MAX_FRAME: u64 = 256 << 10;

/// What all parity files of a set say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) percent: u32,
    /// names and sizes
    pub(super) files: Vec<(String, u64)>,
    /// of each column, over the digests of its rows
    pub(super) digests: Vec<[u8; 32]>,
    pub(super) layout: Layout,
}

impl Table {
    /// Tells sets apart.
    pub(super) fn id(&self) -> Digest {
        Digest::of(&self.body())
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend_from_slice(&self.percent.to_le_bytes());
        body.extend_from_slice(&(self.files.len() as u32).to_le_bytes());
        for (name, size) in &self.files {
            body.extend_from_slice(&size.to_le_bytes());
            body.extend_from_slice(&(name.len() as u16).to_le_bytes());
            body.extend_from_slice(name.as_bytes());
        }
        for digest in &self.digests {
            body.extend_from_slice(digest);
        }
        body
    }

    /// The frame, as the parity file of this index has it.
    pub(super) fn frame(&self, index: usize) -> Vec<u8> {
        let mut content = IDENTITY.to_vec();
        content.extend_from_slice(&(index as u32 + 1).to_le_bytes());
        content.extend_from_slice(&self.body());
        let digest = Digest::of(&content);
        content.extend_from_slice(digest.as_bytes());
        let length = content.len() as u32 + 4;
        let mut frame = MAGIC.to_le_bytes().to_vec();
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&content);
        frame.extend_from_slice(&(length + 8).to_le_bytes());
        frame
    }

    /// The table of a parity file, from its beginning or else from its end, and which of the files it is.
    pub(super) fn of(file: &File) -> Option<(Self, usize)> {
        let read = |offset: u64, length: u64| {
            let mut bytes = vec![0; usize::try_from(length).ok()?];
            file.read_exact_at(&mut bytes, offset).ok().map(|()| bytes)
        };
        let head = || {
            let length = number(read(4, 4)?.first_chunk()?).checked_add(8).filter(|length| *length <= MAX_FRAME)?;
            Self::parse(&read(0, length)?)
        };
        let tail = || {
            let end = file.metadata().ok()?.len();
            let length = number(read(end.checked_sub(4)?, 4)?.first_chunk()?);
            Self::parse(&read(end.checked_sub(length).filter(|_| length <= MAX_FRAME)?, length)?)
        };
        head().or_else(tail)
    }

    /// Nothing is believed that its digest does not cover, and nothing is made of it that does not fit.
    pub(super) fn parse(frame: &[u8]) -> Option<(Self, usize)> {
        let (rest, length) = frame.split_last_chunk::<4>()?;
        let (content, digest) = rest.get(8..)?.split_last_chunk::<32>()?;
        if rest.get(..4)? != MAGIC.to_le_bytes()
            || number(rest.get(4..8)?.first_chunk()?) + 8 != frame.len() as u64
            || number(length) != frame.len() as u64
            || Digest::of(content).as_bytes() != digest
        {
            return None;
        }
        let mut at = Cursor(content.strip_prefix(IDENTITY)?);
        let index = usize::try_from(number(&at.chunk()?)).ok()?.checked_sub(1)?;
        let percent = u32::from_le_bytes(at.chunk()?);
        let count = usize::try_from(number(&at.chunk()?)).ok().filter(|count| *count <= MAX_FILES)?;
        let mut files = Vec::new();
        let mut names = BTreeSet::new();
        for _ in 0..count {
            let size = u64::from_le_bytes(at.chunk()?);
            let length = u16::from_le_bytes(at.chunk()?);
            let name = str::from_utf8(at.take(usize::from(length))?).ok()?;
            if !files::is_plain(name) || !names.insert(name) {
                return None;
            }
            files.push((name.to_owned(), size));
        }
        let layout = Layout::of(&files.iter().map(|(_, size)| *size).collect::<Vec<_>>(), percent)?;
        let digests = layout.columns.iter().map(|_| at.chunk()).collect::<Option<Vec<_>>>()?;
        (at.0.is_empty() && index < layout.parity_files()).then_some((Self { percent, files, digests, layout }, index))
    }
}

fn number(bytes: &[u8; 4]) -> u64 {
    u32::from_le_bytes(*bytes).into()
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }
}
