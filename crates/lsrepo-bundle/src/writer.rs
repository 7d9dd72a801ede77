//! Writes members by their plan. Where an earlier run was cut off, what it left is compared instead of written again.

use crate::{
    error::{BundleError, io as failed},
    plan::{self, Frame, FrameSize, SUM},
};
use std::io::{self, Read, Write};

/// Where a bundle goes.
pub(crate) trait Output: Write {
    /// The next bytes as an earlier run left them; fewer where it was cut off there, none where it left nothing.
    fn left(&mut self, _size: u64) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// So many of these are right, and stay.
    fn keep(&mut self, _size: u64) -> io::Result<()> {
        Ok(())
    }

    /// No more of what was left is of use.
    fn cut(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Everything written so far is on disk.
    fn sync(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl<O: Output> Output for &mut O {
    fn left(&mut self, size: u64) -> io::Result<Vec<u8>> {
        (**self).left(size)
    }

    fn keep(&mut self, size: u64) -> io::Result<()> {
        (**self).keep(size)
    }

    fn cut(&mut self) -> io::Result<()> {
        (**self).cut()
    }

    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}

/// A stream: nothing was left.
pub(crate) struct Stream<W>(pub(crate) W);

impl<W: Write> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Output for Stream<W> {}

/// A content on its way into a bundle.
pub(crate) trait Content: Read {
    /// Passes over bytes that are in the bundle already.
    fn pass(&mut self, bytes: u64) -> io::Result<()>;
    /// The bytes up to here are in the bundle, and on disk there.
    fn taken(&mut self, _upto: u64) -> io::Result<()> {
        Ok(())
    }
    /// From how many bytes on [`Content::taken`] is of interest.
    fn wants_to_know(&self) -> bool {
        false
    }
}

impl Content for &[u8] {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        *self = self.get(bytes as usize..).ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(())
    }
}

/// How often a content that is being moved is told what arrived.
const TAKEN: u64 = 64 << 20;

pub(crate) struct Writer<W> {
    out: W,
    frames: Vec<FrameSize>,
    buffer: Vec<u8>,
    /// whether something an earlier run left is still being compared
    comparing: bool,
    pub(crate) written: u64,
    /// bytes of these that an earlier run had written
    pub(crate) kept: u64,
}

impl<W: Output> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, frames: Vec::new(), buffer: vec![0; plan::BLOCK as usize], comparing: true, written: 0, kept: 0 }
    }

    /// Writes a member; `seen` gets every byte of the content.
    pub(crate) fn member(
        &mut self,
        name: &str,
        size: u64,
        mut content: impl Content,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<(), BundleError> {
        let (mut done, mut told) = (0, 0);
        for frame in plan::frames(name, size) {
            self.frames.push(frame.size());
            if !self.compare(&frame, &mut seen)? {
                self.frame(&frame, name, &mut content, &mut seen)?;
            } else {
                content.pass(frame.data).map_err(failed(name))?;
            }
            done += frame.data;
            if content.wants_to_know() && (done - told >= TAKEN || done == size) {
                self.out.sync().map_err(failed("writing the bundle"))?;
                content.taken(done).map_err(failed(name))?;
                told = done;
            }
        }
        Ok(())
    }

    fn frame(
        &mut self,
        frame: &Frame,
        name: &str,
        content: &mut impl Content,
        seen: &mut impl FnMut(&[u8]),
    ) -> Result<(), BundleError> {
        self.put(&frame.lead)?;
        let mut sum = frame.sum();
        let mut buffer = std::mem::take(&mut self.buffer);
        for (head, size) in frame.blocks() {
            self.put(&head)?;
            let part = &mut buffer[..size as usize];
            content.read_exact(part).map_err(failed(name))?;
            seen(part);
            sum.add(part);
            self.put(part)?;
        }
        self.buffer = buffer;
        self.put(&frame.tail())?;
        self.put(&sum.finish())
    }

    /// Whether this frame is there already. `seen` gets its content only then.
    fn compare(&mut self, frame: &Frame, seen: &mut impl FnMut(&[u8])) -> Result<bool, BundleError> {
        if !self.comparing {
            return Ok(false);
        }
        let size = frame.size().packed();
        let left = self.out.left(size).map_err(failed("reading what an earlier run left"))?;
        let Some(blocks) = (left.len() as u64 == size).then(|| blocks(frame, &left)).flatten() else {
            self.comparing = false;
            self.out.cut().map_err(failed("writing the bundle"))?;
            return Ok(false);
        };
        blocks.into_iter().for_each(seen);
        self.out.keep(size).map_err(failed("writing the bundle"))?;
        self.written += size;
        self.kept += size;
        Ok(true)
    }

    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        // What describes is compared as a whole: another frame of the same size would do otherwise.
        if self.comparing {
            let size = plan::packed(bytes.len() as u64);
            let mut expected = Writer::new(Stream(Vec::with_capacity(size as usize)));
            expected.comparing = false;
            expected.member(name, bytes.len() as u64, bytes, |_| {})?;
            let left = self.out.left(size).map_err(failed("reading what an earlier run left"))?;
            if left != expected.out.0 {
                self.comparing = false;
                self.out.cut().map_err(failed("writing the bundle"))?;
            }
        }
        self.member(name, bytes.len() as u64, bytes, |_| {})
    }

    /// Bytes that are no member: as they are.
    pub(crate) fn verbatim(&mut self, mut bytes: impl Read, size: u64) -> Result<(), BundleError> {
        let failed = || failed("writing the bundle");
        let (mut left, mut buffer) = (size, std::mem::take(&mut self.buffer));
        while left > 0 {
            let part = &mut buffer[..left.min(plan::BLOCK) as usize];
            bytes.read_exact(part).map_err(failed())?;
            if self.comparing {
                if self.out.left(part.len() as u64).map_err(failed())? == part {
                    self.out.keep(part.len() as u64).map_err(failed())?;
                    self.kept += part.len() as u64;
                } else {
                    self.comparing = false;
                    self.out.cut().map_err(failed())?;
                }
            }
            if !self.comparing {
                self.out.write_all(part).map_err(failed())?;
            }
            self.written += part.len() as u64;
            left -= part.len() as u64;
        }
        self.buffer = buffer;
        Ok(())
    }

    /// Everything so far is on disk.
    pub(crate) fn sync(&mut self) -> Result<(), BundleError> {
        self.out.sync().map_err(failed("writing the bundle"))
    }

    pub(crate) fn finish(mut self) -> Result<(W, u64, u64), BundleError> {
        let ending = plan::ending(std::mem::take(&mut self.frames));
        if self.comparing {
            self.out.cut().map_err(failed("writing the bundle"))?;
        }
        self.put(&ending)?;
        self.out.flush().map_err(failed("writing the bundle"))?;
        Ok((self.out, self.written, self.kept))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.out.write_all(bytes).map_err(failed("writing the bundle"))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// The content of a frame, where its bytes are as they must be.
pub(crate) fn blocks<'a>(frame: &Frame, bytes: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut rest = bytes.strip_prefix(&frame.lead[..])?;
    let (mut sum, mut all) = (frame.sum(), Vec::new());
    for (head, size) in frame.blocks() {
        let (block, behind) = rest.strip_prefix(&head)?.split_at_checked(size as usize)?;
        sum.add(block);
        all.push(block);
        rest = behind;
    }
    let rest = rest.strip_prefix(&frame.tail()[..])?;
    (rest.len() == SUM && rest == sum.finish()).then_some(all)
}
