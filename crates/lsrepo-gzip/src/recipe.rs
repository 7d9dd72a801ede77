//! What, with the plain bytes, gives a gzip stream.

use crate::{Encoder, Writer, header};
use flate2::Crc;
use std::io::{self, Write};
use thiserror::Error;

/// A header and who wrote what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    writer: Writer,
    header: Vec<u8>,
}

/// A recipe that none is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RecipeError {
    /// nobody of this name is known
    #[error("gzip streams of `{0}` cannot be rebuilt by this version")]
    Writer(String),
    /// not the front of a gzip stream
    #[error("{0} bytes that are no gzip header")]
    Header(usize),
}

impl Recipe {
    /// A header is at most 1,024 bytes, and nothing but a header.
    pub fn new(writer: Writer, header: Vec<u8>) -> Result<Self, RecipeError> {
        match header::length(&header) == Some(header.len()) {
            true => Ok(Self { writer, header }),
            false => Err(RecipeError::Header(header.len())),
        }
    }

    /// Who wrote it.
    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// The bytes in front of the DEFLATE stream.
    pub fn header(&self) -> &[u8] {
        &self.header
    }
}

/// Takes plain bytes, and writes the gzip stream.
pub struct Rebuilder<W> {
    encoder: Box<dyn Encoder + Send>,
    seen: Crc,
    ready: Vec<u8>,
    out: W,
}

/// How much is written at once.
const PART: usize = 64 << 10;

impl<W: Write> Rebuilder<W> {
    /// A stream that begins.
    pub fn new(recipe: &Recipe, out: W) -> Self {
        Self { encoder: recipe.writer.encoder(), seen: Crc::new(), ready: recipe.header.clone(), out }
    }

    pub(crate) fn out(&self) -> &W {
        &self.out
    }

    /// Ends the stream.
    pub fn finish(mut self) -> io::Result<W> {
        self.encoder.finish(&mut self.ready);
        self.ready.extend(self.seen.sum().to_le_bytes());
        self.ready.extend(self.seen.amount().to_le_bytes());
        self.out.write_all(&self.ready)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Rebuilder<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        let part = &plain[..plain.len().min(PART)];
        self.seen.update(part);
        self.encoder.write(part, &mut self.ready);
        self.out.write_all(&self.ready)?;
        self.ready.clear();
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
