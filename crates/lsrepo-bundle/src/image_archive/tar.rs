//! A tar of plain files from no time and of no owner.

use super::{ArchiveError, io};
use crate::plan;
use std::io::{Read, Write};

pub(super) struct Writer<W> {
    out: W,
    written: u64,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, written: 0, buffer: vec![0; 256 << 10] }
    }

    /// Writes a file of exactly this size; `seen` gets every byte of it.
    pub(super) fn member(
        &mut self,
        name: &str,
        size: u64,
        mut content: impl Read,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<(), ArchiveError> {
        self.put(&plan::header(name, size, false))?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut left = size;
        while left > 0 {
            let length = left.min(buffer.len() as u64) as usize;
            let part = &mut buffer[..length];
            content.read_exact(part).map_err(io(name))?;
            seen(part);
            self.put(part)?;
            left -= length as u64;
        }
        self.buffer = buffer;
        let padding = size.next_multiple_of(plan::RECORD) - size;
        self.put(&[0; plan::RECORD as usize][..padding as usize])
    }

    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.member(name, bytes.len() as u64, bytes, |_| {})
    }

    /// Two records of zeros end a tar.
    pub(super) fn finish(mut self) -> Result<(W, u64), ArchiveError> {
        self.put(&[0; 2 * plan::RECORD as usize])?;
        self.out.flush().map_err(io("writing the archive"))?;
        Ok((self.out, self.written))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.out.write_all(bytes).map_err(io("writing the archive"))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
