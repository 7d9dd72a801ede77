//! Takes packs apart.

use super::{Pack, Packed, WINDOW};
use crate::BundleError;
use lsrepo_gzip::Rebuilder;
use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    ops::ControlFlow,
};

/// Gives every blob of a pack with its plain bytes, of which it may leave some, until there are enough. Right only where this ends
/// well, and where the bytes of the pack are right.
pub(crate) fn each(
    pack: &Pack,
    packed: impl Read,
    mut take: impl FnMut(&Packed, &mut dyn Read) -> Result<ControlFlow<()>, BundleError>,
) -> Result<(), BundleError> {
    let (Some(first), Some(last)) = (pack.blobs.first(), pack.blobs.last()) else { return Ok(()) };
    let mut plain = frame(packed).map_err(|why| bad(first, why))?;
    for blob in &pack.blobs {
        let mut part = (&mut plain).take(blob.plain);
        if take(blob, &mut part)?.is_break() {
            return Ok(());
        }
        io::copy(&mut part, &mut io::sink()).map_err(|why| bad(blob, why))?;
        if part.limit() > 0 {
            return Err(bad(blob, ErrorKind::UnexpectedEof.into()));
        }
    }
    let more = plain.read(&mut [0]).map_err(|why| bad(last, why))? > 0;
    if more || !plain.finish().fill_buf().map_err(|why| bad(last, why))?.is_empty() {
        return Err(bad(last, io::Error::new(ErrorKind::InvalidData, "the pack has more than it should")));
    }
    Ok(())
}

type Frame<R> = zstd::stream::read::Decoder<'static, BufReader<R>>;

fn frame<R: Read>(packed: R) -> io::Result<Frame<R>> {
    let mut frame = zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(128 << 10, packed))?.single_frame();
    frame.window_log_max(WINDOW)?;
    Ok(frame)
}

/// Makes a blob of its plain bytes; no more is written than it has.
pub(crate) fn rebuild(blob: &Packed, plain: &mut dyn Read, out: impl Write) -> Result<(), BundleError> {
    let mut out = Limited { out, left: blob.size };
    let done = match &blob.recipe {
        None => io::copy(plain, &mut out).map(drop),
        Some(recipe) => {
            let mut rebuilder = Rebuilder::new(recipe, &mut out);
            io::copy(plain, &mut rebuilder).and_then(|_| rebuilder.finish()).map(drop)
        }
    };
    done.map_err(|why| bad(blob, why))
}

/// What the system says is of files; all else is of the pack.
fn bad(blob: &Packed, why: io::Error) -> BundleError {
    match why.raw_os_error() {
        Some(_) => BundleError::Io { what: format!("blob {}", blob.digest), why },
        None => BundleError::Packed { blob: blob.digest, why: why.to_string() },
    }
}

/// Refuses more bytes than a blob has.
struct Limited<W> {
    out: W,
    left: u64,
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::Error::new(ErrorKind::InvalidData, "it comes to more bytes than it has"));
        }
        let written = self.out.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
