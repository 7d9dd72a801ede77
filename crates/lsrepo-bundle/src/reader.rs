//! Reads members by their plan: whatever differs from it is damage.

use crate::{
    error::{BundleError, io as failed},
    head::blob_name,
    plan::{self, Frame, FrameSize, OPENING, SUM},
    tools,
    volume::Joined,
};
use lsrepo_types::{Digest, Hasher};
use std::io::{self, ErrorKind, Read};

/// A blob that begins here and is not what its digest says.
pub(crate) fn other_content(offset: u64, digest: &Digest) -> BundleError {
    BundleError::Damaged { offset, what: format!("blob {digest} has another content") }
}

/// What a bundle is read from.
pub(crate) trait Input: Read + Sized {
    /// Whether bytes can be passed without being read.
    fn can_pass(&self) -> bool {
        false
    }

    /// Passes bytes.
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.by_ref().take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    /// Nobody needs the bytes of the bundle from here to there any more.
    fn free(&mut self, _from: u64, _to: u64) {}
}

/// A stream, of a bundle or of all its volumes.
pub(crate) struct Piped<R>(Joined<R>);

impl<R: Read> Piped<R> {
    pub(crate) fn new(input: R) -> Self {
        Self(Joined::new(input))
    }
}

impl<R: Read> Read for Piped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Input for Piped<R> {}

pub(crate) struct Reader<R> {
    input: R,
    frames: Vec<FrameSize>,
    buffer: Vec<u8>,
    offset: u64,
    /// what was read ahead
    ahead: Vec<u8>,
    /// the tools in front of it, as they were found
    pub(crate) tools: Option<Found>,
}

/// Tools in front of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) size: u64,
    /// none where they were passed without being read
    pub(crate) digest: Option<Digest>,
}

impl<R: Input> Reader<R> {
    pub(crate) fn new(input: R) -> Self {
        let buffer = vec![0; plan::BLOCK as usize];
        Self { input, frames: Vec::new(), buffer, offset: 0, ahead: Vec::new(), tools: None }
    }

    /// A reader that begins in the middle: `offset` bytes were read, and these frames.
    pub(crate) fn behind(input: R, offset: u64, frames: Vec<FrameSize>) -> Self {
        Self { offset, frames, ..Self::new(input) }
    }

    /// The frames that were read.
    pub(crate) fn frames(&self) -> &[FrameSize] {
        &self.frames
    }

    pub(crate) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Passes the tools in front of it, where there are some.
    pub(crate) fn pass_tools(&mut self) -> Result<(), BundleError> {
        let mut head = [0; tools::HEAD];
        self.fill(&mut head, "the beginning")?;
        let Some(size) = tools::size_in(&head) else {
            self.ahead = head.to_vec();
            self.offset = 0;
            return Ok(());
        };
        if self.input.can_pass() {
            self.input.pass(size).map_err(failed("reading the bundle"))?;
            self.offset += size;
            self.tools = Some(Found { size, digest: None });
            return Ok(());
        }
        let (mut hasher, mut left) = (Hasher::new(), size);
        while left > 0 {
            let mut buffer = std::mem::take(&mut self.buffer);
            let part = left.min(buffer.len() as u64) as usize;
            self.fill(&mut buffer[..part], "the tools")?;
            hasher.update(&buffer[..part]);
            self.buffer = buffer;
            left -= part as u64;
        }
        self.tools = Some(Found { size, digest: Some(hasher.finish()) });
        Ok(())
    }

    /// A member whose size is not known before.
    pub(crate) fn open(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, BundleError> {
        let mut opening = [0; OPENING];
        let ahead = std::mem::take(&mut self.ahead);
        opening[..ahead.len()].copy_from_slice(&ahead);
        self.offset += ahead.len() as u64;
        self.fill(&mut opening[ahead.len()..], name)?;
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

    /// A blob, which must be what its digest says; it is right only where this ends well.
    pub(crate) fn blob(
        &mut self,
        digest: &Digest,
        size: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        let (start, mut hasher) = (self.offset, Hasher::new());
        self.member(&blob_name(digest), size, |part| {
            hasher.update(part);
            take(part)
        })?;
        match hasher.finish() == *digest {
            true => Ok(()),
            false => Err(other_content(start, digest)),
        }
    }

    /// Passes a member.
    pub(crate) fn pass(&mut self, name: &str, size: u64) -> Result<(), BundleError> {
        self.input.pass(plan::packed(size)).map_err(failed("reading the bundle"))?;
        self.offset += plan::packed(size);
        self.frames.extend(plan::frames(name, size).map(|frame| frame.size()));
        Ok(())
    }

    /// One frame of a member, which follows the one before it.
    pub(crate) fn member_frame(
        &mut self,
        name: &str,
        size: u64,
        at: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        self.frame(&plan::frame(name, size, at), name, &[], &mut take)
    }

    /// Passes one frame of a member.
    pub(crate) fn pass_frame(&mut self, name: &str, size: u64, at: u64) -> Result<(), BundleError> {
        let frame = plan::frame(name, size, at).size();
        self.input.pass(frame.packed()).map_err(failed("reading the bundle"))?;
        self.offset += frame.packed();
        self.frames.push(frame);
        Ok(())
    }

    fn walk(
        &mut self,
        name: &str,
        size: u64,
        read_before: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        let mut before = read_before;
        for frame in plan::frames(name, size) {
            self.frame(&frame, name, before, &mut take)?;
            before = &[];
        }
        Ok(())
    }

    fn frame(
        &mut self,
        frame: &Frame,
        name: &str,
        before: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), BundleError>,
    ) -> Result<(), BundleError> {
        let start = self.offset - before.len() as u64;
        self.frames.push(frame.size());
        let (known, rest) = frame.lead.split_at(before.len().min(frame.lead.len()));
        if known != before {
            return Err(self.damaged(&format!("`{name}` was expected here")));
        }
        self.expect(rest, name)?;
        let mut sum = frame.sum();
        for (head, size) in frame.blocks() {
            self.expect(&head, name)?;
            let mut buffer = std::mem::take(&mut self.buffer);
            let part = &mut buffer[..size as usize];
            self.fill(part, name)?;
            sum.add(part);
            take(part)?;
            self.buffer = buffer;
        }
        self.expect(&frame.tail(), name)?;
        let mut found = [0; SUM];
        self.fill(&mut found, name)?;
        match found == sum.finish() {
            true => Ok(()),
            false => Err(BundleError::Damaged {
                offset: start,
                what: format!("the {} bytes of `{name}` from here on are not those that were written", frame.size().packed()),
            }),
        }
    }

    /// The end of the tar and the seek table, and nothing behind it.
    pub(crate) fn finish(mut self) -> Result<(), BundleError> {
        let ending = plan::ending(std::mem::take(&mut self.frames));
        self.expect(&ending, "the end")?;
        match self.input.read(&mut [0]).map_err(failed("reading the bundle"))? {
            0 => Ok(()),
            _ => Err(self.damaged("something follows the end")),
        }
    }

    fn expect(&mut self, expected: &[u8], what: &str) -> Result<(), BundleError> {
        // The header of a block is on the stack: there are eight of them for each mebibyte.
        let (mut short, mut long) = ([0; 3], Vec::new());
        let found = match expected.len() == short.len() {
            true => &mut short[..],
            false => {
                long.resize(expected.len(), 0);
                &mut long
            }
        };
        self.fill(found, what)?;
        match found == expected {
            true => Ok(()),
            false => Err(self.damaged(&format!("the frame of {what} is not as it must be"))),
        }
    }

    fn fill(&mut self, into: &mut [u8], what: &str) -> Result<(), BundleError> {
        self.input.read_exact(into).map_err(|why| match why.kind() {
            ErrorKind::UnexpectedEof => BundleError::Truncated { offset: self.offset, what: what.to_owned() },
            // Volumes that do not follow each other.
            ErrorKind::InvalidData => BundleError::Volume(why.to_string()),
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
