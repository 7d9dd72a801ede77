//! Writes members by their plan.

use crate::{
    error::{BundleError, io},
    plan::{self, FrameSize, Piece},
};
use std::io::{Read, Write};

pub(crate) struct Writer<W> {
    out: W,
    frames: Vec<FrameSize>,
    buffer: Vec<u8>,
    pub(crate) written: u64,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, frames: Vec::new(), buffer: vec![0; 128 << 10], written: 0 }
    }

    /// Writes a member; `seen` gets every byte of the content.
    pub(crate) fn member(
        &mut self,
        name: &str,
        size: u64,
        mut content: impl Read,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<(), BundleError> {
        for piece in plan::member(name, size, &mut self.frames) {
            match piece {
                Piece::Frame(bytes) => self.put(&bytes)?,
                Piece::Data(size) => {
                    let mut buffer = std::mem::take(&mut self.buffer);
                    let part = &mut buffer[..size as usize];
                    content.read_exact(part).map_err(io(name))?;
                    seen(part);
                    self.put(part)?;
                    self.buffer = buffer;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        self.member(name, bytes.len() as u64, bytes, |_| {})
    }

    pub(crate) fn finish(mut self) -> Result<(W, u64), BundleError> {
        let ending = plan::ending(std::mem::take(&mut self.frames));
        self.put(&ending)?;
        self.out.flush().map_err(io("writing the bundle"))?;
        Ok((self.out, self.written))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.out.write_all(bytes).map_err(io("writing the bundle"))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
