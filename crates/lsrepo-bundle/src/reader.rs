//! Reads members by their plan: whatever differs from it is damage.

use crate::{
    error::{BundleError, io},
    plan::{self, FrameSize, OPENING, Piece},
};
use std::io::{ErrorKind, Read};

pub(crate) struct Reader<R> {
    input: R,
    frames: Vec<FrameSize>,
    buffer: Vec<u8>,
    offset: u64,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, frames: Vec::new(), buffer: vec![0; 128 << 10], offset: 0 }
    }

    /// A member whose size is not known before.
    pub(crate) fn open(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, BundleError> {
        let mut opening = [0; OPENING];
        self.fill(&mut opening, name)?;
        let size = plan::size_in(&opening).filter(|&size| size <= limit);
        let size = size.ok_or_else(|| self.damaged(&format!("`{name}` was expected here")))?;
        let mut content = Vec::with_capacity(size as usize);
        self.walk(name, size, &opening, |part| {
            content.extend_from_slice(part);
            Ok(())
        })?;
        Ok(content)
    }

    /// A member of known size; `take` gets the content in parts.
    pub(crate) fn member(
        &mut self,
        name: &str,
        size: u64,
        take: impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        self.walk(name, size, &[], take)
    }

    fn walk(
        &mut self,
        name: &str,
        size: u64,
        read_before: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        let mut before = read_before;
        for piece in plan::member(name, size, &mut self.frames) {
            match piece {
                Piece::Frame(expected) => {
                    let (known, rest) = expected.split_at(before.len().min(expected.len()));
                    if known != before {
                        return Err(self.damaged(&format!("`{name}` was expected here")));
                    }
                    before = &[];
                    self.expect(rest, name)?;
                }
                Piece::Data(size) => {
                    let mut buffer = std::mem::take(&mut self.buffer);
                    self.fill(&mut buffer[..size as usize], name)?;
                    take(&buffer[..size as usize])?;
                    self.buffer = buffer;
                }
            }
        }
        Ok(())
    }

    /// The end of the tar and the seek table, and nothing behind it.
    pub(crate) fn finish(mut self) -> Result<(), BundleError> {
        let ending = plan::ending(std::mem::take(&mut self.frames));
        self.expect(&ending, "the end")?;
        match self.input.read(&mut [0]).map_err(io("reading the bundle"))? {
            0 => Ok(()),
            _ => Err(self.damaged("something follows the end")),
        }
    }

    fn expect(&mut self, expected: &[u8], what: &str) -> Result<(), BundleError> {
        let mut found = vec![0; expected.len()];
        self.fill(&mut found, what)?;
        match found == expected {
            true => Ok(()),
            false => Err(self.damaged(&format!("the frame of {what} is not as it must be"))),
        }
    }

    fn fill(&mut self, into: &mut [u8], what: &str) -> Result<(), BundleError> {
        self.input.read_exact(into).map_err(|why| match why.kind() {
            ErrorKind::UnexpectedEof => BundleError::Truncated { offset: self.offset, what: what.to_owned() },
            _ => BundleError::Io { what: "reading the bundle".to_owned(), why },
        })?;
        self.offset += into.len() as u64;
        Ok(())
    }

    /// Damage in what was read last.
    pub(crate) fn damaged(&self, what: &str) -> BundleError {
        BundleError::Damaged { offset: self.offset, what: what.to_owned() }
    }
}
