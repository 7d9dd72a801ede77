//! Finds who wrote a gzip stream: whoever would write it again.

use crate::{Rebuilder, Recipe, Writer, header};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

/// How much is taken at once.
const PART: usize = 64 << 10;

/// The recipe of a stream that can be rebuilt; none where it is no gzip stream, has something behind it, or has a writer that
/// is not known. `open` opens it from the start, once for each writer that is tried and once more; those that did not write
/// it differ in the first block.
pub fn recognise<R: Read>(open: impl Fn() -> io::Result<R>) -> io::Result<Option<Recipe>> {
    upto(open, u64::MAX)
}

/// [`recognise`] from so many plain bytes at the front: a guess.
pub fn guess<R: Read>(open: impl Fn() -> io::Result<R>, plain_bytes: u64) -> io::Result<Option<Recipe>> {
    upto(open, plain_bytes)
}

fn upto<R: Read>(open: impl Fn() -> io::Result<R>, most: u64) -> io::Result<Option<Recipe>> {
    let mut front = Vec::with_capacity(header::MOST);
    open()?.take(header::MOST as u64).read_to_end(&mut front)?;
    let Some(length) = header::length(&front) else { return Ok(None) };
    front.truncate(length);
    for writer in Writer::likely(front[8], front[9]) {
        let Ok(recipe) = Recipe::new(writer, front.clone()) else { return Ok(None) };
        match again(&recipe, open()?, open()?, most) {
            Ok(true) => return Ok(Some(recipe)),
            Ok(false) => {}
            // No gzip stream, whoever wrote it.
            Err(Failed::Stream) => return Ok(None),
            Err(Failed::Reading(error)) => return Err(error),
        }
    }
    Ok(None)
}

enum Failed {
    Stream,
    Reading(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => Self::Stream,
            _ => Self::Reading(error),
        }
    }
}

/// Whether the recipe gives the stream, as far as its first `most` plain bytes tell.
fn again<R: Read>(recipe: &Recipe, stream: R, same: R, most: u64) -> Result<bool, Failed> {
    let mut plain = GzDecoder::new(BufReader::with_capacity(PART, stream));
    let mut rebuilder = Rebuilder::new(recipe, Comparing { expected: BufReader::with_capacity(PART, same), differs: false });
    let (mut buffer, mut done) = (vec![0; PART], 0);
    loop {
        if done >= most {
            return Ok(true);
        }
        let read = plain.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        rebuilder.write_all(&buffer[..read])?;
        done += read as u64;
        if rebuilder.out().differs {
            return Ok(false);
        }
    }
    let mut comparing = rebuilder.finish()?;
    Ok(!comparing.differs && comparing.expected.fill_buf()?.is_empty())
}

/// Takes what is expected, and nothing else.
struct Comparing<R> {
    expected: R,
    differs: bool,
}

impl<R: BufRead> Write for Comparing<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let expected = self.expected.fill_buf()?;
        let part = bytes.len().min(expected.len());
        if part == 0 || expected[..part] != bytes[..part] {
            self.differs = true;
            return Ok(bytes.len());
        }
        self.expected.consume(part);
        Ok(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
