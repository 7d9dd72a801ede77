//! Every byte of a bundle that is not content, computed from names and sizes.
//!
//! A member is a tar header of 512 bytes, its data, and zeros up to the next 512. Around them are zstd frames
//! (RFC 8878) of raw blocks (3 bytes before each 128 KiB) and of run-length blocks for the zeros; no frame holds
//! more than a gibibyte of a file. The seek table behind them is that of zstd's seekable format.

/// Bytes of a raw block.
const BLOCK: u64 = 128 << 10;
/// Bytes of data in a frame.
const FRAME: u64 = 1 << 30;
/// Bytes of a tar record.
pub(crate) const RECORD: u64 = 512;
/// Where a header's size stands, and how long that field is.
const SIZE: std::ops::Range<usize> = 124..136;
/// A header is raw up to here, zeros up to [`MAGIC`].
const FRONT: usize = 157;
const MAGIC: std::ops::Range<usize> = 257..265;
/// Frame header and block header before the tar header.
const BEFORE: usize = 14 + 3;
/// The bytes of a member that tell its name and size.
pub(crate) const OPENING: usize = BEFORE + FRONT;

/// A stretch of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// exactly these bytes
    Frame(Vec<u8>),
    /// so many bytes of the content
    Data(u64),
}

/// Sizes of a frame, on disk and unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameSize {
    packed: u32,
    plain: u32,
}

/// The pieces of one member, and the frames that they make.
pub(crate) fn member(name: &str, size: u64, frames: &mut Vec<FrameSize>) -> Vec<Piece> {
    let header = header(name, size);
    let padding = size.div_ceil(RECORD) * RECORD - size;
    let mut pieces = Vec::new();
    let (mut left, mut first) = (size, true);
    while first || left > 0 {
        let data = left.min(FRAME);
        left -= data;
        let (head, tail) = (if first { RECORD } else { 0 }, if left == 0 { padding } else { 0 });
        let plain = head + data + tail;
        let start = pieces.len();
        let mut bytes = frame_header(plain);
        if first {
            raw(&mut bytes, false, FRONT as u64);
            bytes.extend(&header[..FRONT]);
            zeros(&mut bytes, false, (MAGIC.start - FRONT) as u64);
            raw(&mut bytes, false, MAGIC.len() as u64);
            bytes.extend(&header[MAGIC]);
            zeros(&mut bytes, data == 0 && tail == 0, RECORD - MAGIC.end as u64);
        }
        let mut rest = data;
        while rest > 0 {
            let block = rest.min(BLOCK);
            rest -= block;
            raw(&mut bytes, rest == 0 && tail == 0, block);
            pieces.push(Piece::Frame(std::mem::take(&mut bytes)));
            pieces.push(Piece::Data(block));
        }
        if tail > 0 {
            zeros(&mut bytes, true, tail);
        }
        if !bytes.is_empty() {
            pieces.push(Piece::Frame(bytes));
        }
        let packed = pieces[start..].iter().map(Piece::len).sum::<u64>();
        frames.push(FrameSize { packed: packed as u32, plain: plain as u32 });
        first = false;
    }
    pieces
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Frame(bytes) => bytes.len() as u64,
            Piece::Data(size) => *size,
        }
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

/// Magic, 8 bytes of content size, no checksum, a window of 128 KiB.
fn frame_header(plain: u64) -> Vec<u8> {
    let mut bytes = vec![0x28, 0xB5, 0x2F, 0xFD, 0xC0, 7 << 3];
    bytes.extend(plain.to_le_bytes());
    bytes
}

fn raw(bytes: &mut Vec<u8>, last: bool, size: u64) {
    block(bytes, last, 0, size);
}

fn zeros(bytes: &mut Vec<u8>, last: bool, count: u64) {
    block(bytes, last, 1, count);
    bytes.push(0);
}

fn block(bytes: &mut Vec<u8>, last: bool, kind: u32, size: u64) {
    let head = u32::from(last) | kind << 1 | (size as u32) << 3;
    bytes.extend(&head.to_le_bytes()[..3]);
}

/// A ustar header without an owner and from no time.
pub(crate) fn header(name: &str, size: u64) -> [u8; RECORD as usize] {
    let mut header = [0; RECORD as usize];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, b"0000644");
    put(108, b"0000000");
    put(116, b"0000000");
    // Eleven octal digits end at 8 GiB, twelve without the zero behind them at 64; nobody ships larger blobs.
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
