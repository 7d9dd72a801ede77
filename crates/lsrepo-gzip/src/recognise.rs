//! Finds who wrote a gzip stream: whoever would write it again.

use crate::{Rebuilder, Recipe, Writer, header};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

/// How much is taken at once.
const PART: usize = 64 << 10;

/// The recipe of a stream that can be rebuilt, and how many plain bytes are in it; none where it is no gzip stream, has
/// something behind it, or has a writer that is not known. `open` opens it from the start, twice for each writer that is
/// tried and once more; those that did not write it differ in the first block.
pub fn recognise<R: Read>(open: impl Fn() -> io::Result<R>) -> io::Result<Option<(Recipe, u64)>> {
    upto(open, u64::MAX)
}

/// [`recognise`] from so many plain bytes at the front: a guess.
pub fn guess<R: Read>(open: impl Fn() -> io::Result<R>, plain_bytes: u64) -> io::Result<Option<Recipe>> {
    Ok(upto(open, plain_bytes)?.map(|(recipe, _)| recipe))
}

fn upto<R: Read>(open: impl Fn() -> io::Result<R>, most: u64) -> io::Result<Option<(Recipe, u64)>> {
    let mut front = Vec::with_capacity(header::MOST);
    open()?.take(header::MOST as u64).read_to_end(&mut front)?;
    let Some(length) = header::length(&front) else { return Ok(None) };
    front.truncate(length);
    for writer in Writer::likely(front[8], front[9]) {
        let Ok(recipe) = Recipe::new(writer, front.clone()) else { return Ok(None) };
        match again(&recipe, open()?, open()?, most) {
            Ok(Some(plain)) => return Ok(Some((recipe, plain))),
            Ok(None) => {}
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

/// The plain bytes of the stream where the recipe gives it, as far as the first `most` of them tell.
fn again<R: Read>(recipe: &Recipe, stream: R, same: R, most: u64) -> Result<Option<u64>, Failed> {
    let mut plain = GzDecoder::new(BufReader::with_capacity(PART, stream));
    let mut rebuilder = Rebuilder::new(recipe, Comparing { expected: BufReader::with_capacity(PART, same), differs: false });
    let (mut buffer, mut done) = (vec![0; PART], 0);
    loop {
        if done >= most {
            return Ok(Some(done));
        }
        let read = plain.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        rebuilder.write_all(&buffer[..read])?;
        done += read as u64;
        if rebuilder.out().differs {
            return Ok(None);
        }
    }
    let mut comparing = rebuilder.finish()?;
    let same = !comparing.differs && comparing.expected.fill_buf()?.is_empty();
    Ok(same.then_some(done))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Vec<u8> {
        (0_u32..25_000).flat_map(|at| format!("{:x} ", at.wrapping_mul(2_654_435_761) % 7919).into_bytes()).collect()
    }

    fn stream(writer: Writer, header: [u8; 10]) -> Vec<u8> {
        let mut rebuilder = Rebuilder::new(&Recipe::new(writer, header.to_vec()).unwrap(), Vec::new());
        rebuilder.write_all(&plain()).unwrap();
        rebuilder.finish().unwrap()
    }

    #[test]
    fn every_writer_is_told_from_the_others() {
        for writer in Writer::likely(0, 3) {
            let stream = stream(writer, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]);
            let (recipe, size) = recognise(|| Ok(&stream[..])).unwrap().unwrap();
            // Some levels differ only where there is more to find; whoever is named writes the same.
            let mut again = Rebuilder::new(&recipe, Vec::new());
            again.write_all(&plain()).unwrap();
            assert!(again.finish().unwrap() == stream && size == plain().len() as u64, "{writer}");
            assert!(guess(|| Ok(&stream[..]), 100_000).unwrap().is_some());
        }
    }

    #[test]
    fn what_cannot_be_rebuilt_is_left_alone() {
        let good = stream(Writer::Go(6), [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 0, 255]);
        assert_eq!(recognise(|| Ok(&good[..])).unwrap().unwrap().0.header()[4..8], [1, 2, 3, 4]);
        let two = [good.clone(), good.clone()].concat();
        let mut other = good.clone();
        other[5000] ^= 1;
        let short = &good[..good.len() - 1];
        for wrong in [&two[..], &other, short, &good[..9], b"", b"PK"] {
            assert_eq!(recognise(|| Ok(wrong)).unwrap(), None);
        }
        let broken = || Err::<&[u8], _>(io::Error::from(ErrorKind::PermissionDenied));
        assert_eq!(recognise(broken).unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
}
