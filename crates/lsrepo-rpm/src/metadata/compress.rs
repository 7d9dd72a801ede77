//! Compressing a file of metadata, with the digests of both sides taken on the way.

use super::MetadataFile;
use flate2::GzBuilder;
use lsrepo_types::Hasher;
use std::io::{self, Write};

/// How a file of metadata is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// not at all
    Plain,
    /// what every client reads
    Gzip,
    /// what dnf reads, and yum 3 takes for broken XML
    Zstd,
}

impl Compression {
    /// `.gz`; nothing where nothing is packed.
    pub fn suffix(self) -> &'static str {
        match self {
            Compression::Plain => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        }
    }
}

/// Fast rather than tight: level 4 makes the lists an eighth smaller and takes twice the time.
const GZIP_LEVEL: u32 = 2;
const ZSTD_LEVEL: i32 = 3;

pub(super) struct Writer {
    compression: Compression,
    encoder: Encoder,
    plain: Hasher,
    plain_size: u64,
}

enum Encoder {
    Plain(Vec<u8>),
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Writer {
    pub(super) fn new(compression: Compression) -> io::Result<Self> {
        let encoder = match compression {
            Compression::Plain => Encoder::Plain(Vec::new()),
            // no time and no name in the header: equal text, equal bytes
            Compression::Gzip => Encoder::Gzip(GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::new(GZIP_LEVEL))),
            Compression::Zstd => Encoder::Zstd(zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
        };
        Ok(Self { compression, encoder, plain: Hasher::new(), plain_size: 0 })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.plain.update(bytes);
        self.plain_size += bytes.len() as u64;
        match &mut self.encoder {
            Encoder::Plain(encoder) => encoder.write_all(bytes),
            Encoder::Gzip(encoder) => encoder.write_all(bytes),
            Encoder::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    pub(super) fn finish(self, kind: &str, name: &str) -> io::Result<MetadataFile> {
        let bytes = match self.encoder {
            Encoder::Plain(bytes) => bytes,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        let open = (self.compression != Compression::Plain).then(|| (self.plain.finish(), self.plain_size));
        Ok(MetadataFile::new(kind, &format!("{name}{}", self.compression.suffix()), bytes, open))
    }
}
