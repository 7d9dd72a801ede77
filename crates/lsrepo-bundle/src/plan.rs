//! Every byte of a bundle that is not content, computed from names and sizes.
//!
//! A member is a tar header of 512 bytes, its data, and zeros up to the next 512. Around them are zstd frames
//! (RFC 8878) of raw blocks (3 bytes before each 128 KiB) and of run-length blocks for the zeros; no frame holds
//! more than 8 MiB of a file, and each ends with the checksum of what is in it, so that damage is found where it is.
//! The seek table behind them is that of zstd's seekable format. Where any byte of any content lies is arithmetic.

use std::hash::Hasher as _;
use twox_hash::XxHash64;

/// Bytes of a raw block.
pub(crate) const BLOCK: u64 = 128 << 10;
/// Bytes of data in a frame.
pub(crate) const FRAME: u64 = 8 << 20;
/// A tar header has no room for sizes from here on.
pub(crate) const TOO_LARGE: u64 = 64 << 30;
/// Bytes of a tar record.
pub(crate) const RECORD: u64 = 512;
/// Where a header's size stands, and how long that field is.
const SIZE: std::ops::Range<usize> = 124..136;
/// A header is raw up to here, zeros up to [`MAGIC`].
const FRONT: usize = 157;
const MAGIC: std::ops::Range<usize> = 257..265;
/// Bytes of a frame's header.
const FRAME_HEADER: usize = 14;
/// Frame header and block header before the tar header.
const BEFORE: usize = FRAME_HEADER + 3;
/// The bytes of a member that tell its name and size.
pub(crate) const OPENING: usize = BEFORE + FRONT;
/// What is before the data in a member's first frame: two raw blocks, two of zeros.
const FIRST_LEAD: u64 = (BEFORE + FRONT + 4 + 3 + 8 + 4) as u64;
/// Bytes of a checksum.
pub(crate) const SUM: usize = 4;

/// Sizes of a frame, on disk and unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameSize {
    packed: u32,
    plain: u32,
}

/// One frame of a member: `lead`, `data` in blocks, `tail`, checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// the frame's header, and the member's where it is the first
    pub(crate) lead: Vec<u8>,
    /// the member's header, unpacked
    header: Option<[u8; RECORD as usize]>,
    /// bytes of content
    pub(crate) data: u64,
    padding: u64,
}

impl Frame {
    /// The header and the size of each block of content.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = ([u8; 3], u64)> + use<> {
        let (data, padding) = (self.data, self.padding);
        (0..data.div_ceil(BLOCK)).map(move |block| {
            let rest = data - block * BLOCK;
            (block_header(rest <= BLOCK && padding == 0, 0, rest.min(BLOCK)), rest.min(BLOCK))
        })
    }

    /// The zeros behind the content.
    pub(crate) fn tail(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.padding > 0 {
            zeros(&mut bytes, true, self.padding);
        }
        bytes
    }

    /// The checksum of the frame, once it has seen the content.
    pub(crate) fn sum(&self) -> Sum {
        let mut hasher = XxHash64::with_seed(0);
        hasher.write(self.header.as_ref().map_or(&[][..], |header| header));
        Sum { hasher, padding: self.padding as usize }
    }

    pub(crate) fn size(&self) -> FrameSize {
        let blocks = self.data.div_ceil(BLOCK) * 3;
        let packed = self.lead.len() as u64 + blocks + self.data + self.tail().len() as u64 + SUM as u64;
        let plain = self.header.map_or(0, |_| RECORD) + self.data + self.padding;
        FrameSize { packed: packed as u32, plain: plain as u32 }
    }
}

impl FrameSize {
    pub(crate) fn packed(self) -> u64 {
        u64::from(self.packed)
    }
}

/// A running checksum: the low half of XXH64, as zstd has it.
pub(crate) struct Sum {
    hasher: XxHash64,
    padding: usize,
}

impl Sum {
    pub(crate) fn add(&mut self, content: &[u8]) {
        self.hasher.write(content);
    }

    pub(crate) fn finish(mut self) -> [u8; SUM] {
        self.hasher.write(&[0; RECORD as usize][..self.padding]);
        (self.hasher.finish() as u32).to_le_bytes()
    }
}

/// How many frames a member has.
pub(crate) fn frame_count(size: u64) -> u64 {
    size.div_ceil(FRAME).max(1)
}

/// The frames of one member.
pub(crate) fn frames(name: &str, size: u64) -> impl Iterator<Item = Frame> {
    (0..frame_count(size)).map(move |at| frame(name, size, at))
}

/// One of them, which there must be.
pub(crate) fn frame(name: &str, size: u64, at: u64) -> Frame {
    let data = (size - at * FRAME).min(FRAME);
    let padding = if at + 1 == frame_count(size) { size.next_multiple_of(RECORD) - size } else { 0 };
    let header = (at == 0).then(|| header(name, size, false));
    let mut lead = frame_header(header.map_or(0, |_| RECORD) + data + padding);
    if let Some(header) = &header {
        raw(&mut lead, false, FRONT as u64);
        lead.extend(&header[..FRONT]);
        zeros(&mut lead, false, (MAGIC.start - FRONT) as u64);
        raw(&mut lead, false, MAGIC.len() as u64);
        lead.extend(&header[MAGIC]);
        zeros(&mut lead, data == 0 && padding == 0, RECORD - MAGIC.end as u64);
    }
    Frame { lead, header, data, padding }
}

/// Bytes of a member in the bundle.
pub(crate) fn packed(size: u64) -> u64 {
    let count = frame_count(size);
    let last = size - (count - 1) * FRAME;
    let blocks = (count - 1) * (FRAME / BLOCK) + last.div_ceil(BLOCK);
    let padding = if size.is_multiple_of(RECORD) { 0 } else { 4 };
    FIRST_LEAD + (count - 1) * FRAME_HEADER as u64 + blocks * 3 + size + padding + count * SUM as u64
}

/// Where a byte of content lies, and how far the content goes on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// where its first byte lies, counted from the start of the member
    pub(crate) at: u64,
    /// bytes of content up to the end of their block
    pub(crate) until_block: u64,
    /// bytes of content up to the end of their frame
    pub(crate) until_frame: u64,
}

/// Where the content of a member of `size` bytes goes on at `offset`, which is less than `size`.
pub(crate) fn stretch(size: u64, offset: u64) -> Stretch {
    let (frame, within) = (offset / FRAME, offset % FRAME);
    let full = FRAME + FRAME / BLOCK * 3 + SUM as u64;
    let lead = match frame {
        0 => FIRST_LEAD,
        _ => FIRST_LEAD + frame * FRAME_HEADER as u64,
    };
    let until_frame = (size - frame * FRAME).min(FRAME) - within;
    Stretch {
        at: frame * full + lead + (within / BLOCK + 1) * 3 + within,
        until_block: (BLOCK - within % BLOCK).min(until_frame),
        until_frame,
    }
}

/// The size that a member's opening says; no more than that is taken from it.
pub(crate) fn size_in(opening: &[u8; OPENING]) -> Option<u64> {
    let field = &opening[BEFORE..][SIZE];
    let digits = str::from_utf8(field).ok()?.trim_end_matches('\0');
    u64::from_str_radix(digits, 8).ok()
}

/// The end of the tar, and the seek table over all frames.
pub(crate) fn ending(mut frames: Vec<FrameSize>) -> Vec<u8> {
    let mut bytes = frame_header(2 * RECORD);
    zeros(&mut bytes, true, 2 * RECORD);
    let mut sum = XxHash64::with_seed(0);
    sum.write(&[0; 2 * RECORD as usize]);
    bytes.extend((sum.finish() as u32).to_le_bytes());
    frames.push(FrameSize { packed: bytes.len() as u32, plain: 2 * RECORD as u32 });
    bytes.extend(0x184D_2A5E_u32.to_le_bytes());
    bytes.extend((frames.len() as u32 * 8 + 9).to_le_bytes());
    for frame in &frames {
        bytes.extend(frame.packed.to_le_bytes());
        bytes.extend(frame.plain.to_le_bytes());
    }
    bytes.extend((frames.len() as u32).to_le_bytes());
    bytes.push(0);
    bytes.extend(0x8F92_EAB1_u32.to_le_bytes());
    bytes
}

/// Bytes of [`ending`] behind so many frames.
pub(crate) fn ending_len(frames: u64) -> u64 {
    (FRAME_HEADER + 4 + SUM + 8) as u64 + (frames + 1) * 8 + 9
}

/// Magic, 8 bytes of content size, a checksum at the end, a window of 128 KiB.
fn frame_header(plain: u64) -> Vec<u8> {
    let mut bytes = vec![0x28, 0xB5, 0x2F, 0xFD, 0xC4, 7 << 3];
    bytes.extend(plain.to_le_bytes());
    bytes
}

fn raw(bytes: &mut Vec<u8>, last: bool, size: u64) {
    bytes.extend(block_header(last, 0, size));
}

fn zeros(bytes: &mut Vec<u8>, last: bool, count: u64) {
    bytes.extend(block_header(last, 1, count));
    bytes.push(0);
}

fn block_header(last: bool, kind: u32, size: u64) -> [u8; 3] {
    let [low, middle, high, _] = (u32::from(last) | kind << 1 | (size as u32) << 3).to_le_bytes();
    [low, middle, high]
}

/// A ustar header without an owner and from no time.
pub(crate) fn header(name: &str, size: u64, program: bool) -> [u8; RECORD as usize] {
    let mut header = [0; RECORD as usize];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, if program { b"0000755" } else { b"0000644" });
    put(108, b"0000000");
    put(116, b"0000000");
    // Eleven octal digits end at 8 GiB, twelve without the zero behind them at 64.
    match size < 1 << 33 {
        true => put(SIZE.start, format!("{size:011o}").as_bytes()),
        false => put(SIZE.start, format!("{size:012o}").as_bytes()),
    }
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, b"0");
    put(MAGIC.start, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arithmetic_is_what_the_frames_say() {
        for size in [0, 1, 511, 512, 513, BLOCK - 1, BLOCK, BLOCK + 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 700] {
            let all: Vec<Frame> = frames("a", size).collect();
            assert_eq!(all.len() as u64, frame_count(size));
            assert_eq!(all.iter().map(|frame| frame.size().packed()).sum::<u64>(), packed(size), "{size}");
            // every block's first byte, found by walking and by arithmetic
            let (mut at, mut offset) = (0, 0);
            for frame in &all {
                at += frame.lead.len() as u64;
                for (head, bytes) in frame.blocks() {
                    at += head.len() as u64;
                    let found = stretch(size, offset);
                    assert_eq!((found.at, found.until_block), (at, bytes), "{size} at {offset}");
                    let later = stretch(size, offset + bytes - 1);
                    assert_eq!((later.at, later.until_block), (at + bytes - 1, 1));
                    (at, offset) = (at + bytes, offset + bytes);
                }
                at += frame.tail().len() as u64 + SUM as u64;
            }
            assert_eq!(offset, size);
            assert_eq!(ending(all.iter().map(Frame::size).collect()).len() as u64, ending_len(frame_count(size)));
        }
    }
}
