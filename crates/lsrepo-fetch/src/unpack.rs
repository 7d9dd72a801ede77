//! From a packed file to plain bytes on the disk: cut where the listed size ends, and checked while it is written.

use crate::checksum::Sum;
use lsrepo_rpm::Checksum;
use std::io::{self, Read, Write};

/// The largest text, plain, of which the size is not listed.
const MOST: u64 = 2 << 30;
/// What unpacking xz may take of the memory.
const XZ_MEMORY: u64 = 256 << 20;

/// What is known beforehand of the plain bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    pub(crate) size: Option<u64>,
    pub(crate) checksum: Option<Checksum>,
}

/// Unpacks by what the bytes begin with, not by a name. The inner error is about the content, the outer about `out`.
pub(crate) fn unpack(packed: &[u8], plain: &Plain, out: &mut dyn Write) -> io::Result<Result<(), String>> {
    let mut source = match decoder(packed) {
        Ok(source) => source,
        Err(why) => return Ok(Err(why)),
    };
    let limit = plain.size.unwrap_or(MOST);
    let mut sum = plain.checksum.as_ref().and_then(|checksum| Some((Sum::new(checksum.kind())?, checksum)));
    let (mut buffer, mut written) = (vec![0; 1 << 18], 0);
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(format!("unpacking: {error}"))),
        };
        written += read as u64;
        if written > limit {
            return Ok(Err(format!("it unpacks to more than {limit} bytes")));
        }
        if let Some((sum, _)) = &mut sum {
            sum.update(&buffer[..read]);
        }
        out.write_all(&buffer[..read])?;
    }
    let fits = sum.is_none_or(|(sum, expected)| sum.is(expected));
    Ok(match plain.size {
        Some(size) if size != written => Err(format!("it unpacks to {written} bytes, {size} are listed")),
        _ if !fits => Err("what it unpacks to is not what repomd.xml lists".to_owned()),
        _ => Ok(()),
    })
}

/// A packed file of at most `limit` plain bytes, by what it begins with.
pub fn unpacked(packed: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    decoder(packed)?.take(limit + 1).read_to_end(&mut plain).map_err(|error| format!("unpacking: {error}"))?;
    match plain.len() as u64 > limit {
        true => Err(format!("it unpacks to more than {limit} bytes")),
        false => Ok(plain),
    }
}

fn decoder(packed: &[u8]) -> Result<Box<dyn Read + '_>, String> {
    Ok(match packed {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            let concatenated = liblzma::stream::CONCATENATED;
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, concatenated).map_err(|error| error.to_string())?;
            Box::new(liblzma::read::XzDecoder::new_stream(packed, stream))
        }
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::read::MultiBzDecoder::new(packed)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Box::new(zstd::Decoder::new(packed).map_err(|error| error.to_string())?)
        }
        [0, b'Z', b'C', b'K', ..] => return Err("it is zchunk, which is not read here".to_owned()),
        _ => Box::new(packed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"<metadata/>";

    fn plain(packed: &[u8], size: Option<u64>) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        unpack(packed, &Plain { size, checksum: None }, &mut out).unwrap().map(|()| out)
    }

    #[test]
    fn every_compression_also_in_several_parts() {
        let gz = |level| {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), level);
            out.write_all(TEXT).unwrap();
            out.finish().unwrap()
        };
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(TEXT).unwrap();
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(TEXT).unwrap();
        let zst = zstd::encode_all(TEXT, 1).unwrap();
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7][..], &zst].concat();
        let packed = [gz(flate2::Compression::fast()), xz.finish().unwrap(), bz.finish().unwrap(), zst];
        for one in &packed {
            assert_eq!(plain(one, Some(11)).unwrap(), TEXT);
            assert_eq!(plain(&[&one[..], &one[..]].concat(), Some(22)).unwrap(), [TEXT, TEXT].concat());
            assert!(plain(&one[..one.len() - 4], None).is_err());
        }
        assert_eq!(plain(&skippable, None).unwrap(), TEXT);
        assert_eq!(plain(TEXT, None).unwrap(), TEXT);
        assert!(plain(b"\0ZCK1", None).unwrap_err().contains("zchunk"));
    }

    #[test]
    fn more_less_and_other_than_is_listed_is_refused() {
        let zst = zstd::encode_all(TEXT, 1).unwrap();
        assert!(plain(&zst, Some(10)).unwrap_err().contains("more than 10"));
        assert!(plain(&zst, Some(12)).unwrap_err().contains("11 bytes, 12"));
        let checksum = Checksum::parse("sha256", &"0".repeat(64)).ok();
        let said = unpack(&zst, &Plain { size: None, checksum }, &mut io::sink()).unwrap().unwrap_err();
        assert!(said.contains("not what repomd.xml lists"));
    }

    #[test]
    fn an_xz_that_wants_gigabytes_of_memory_gets_none() {
        let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        options.dict_size(1 << 30);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        // What a file demands of its reader stands in its head; the tail of a small one can be any.
        let mut hungry = Vec::from(&b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46"[..]);
        hungry.extend([2, 0, 0x21, 1, 36, 0, 0, 0]);
        let crc = crc32(&hungry[12..]);
        hungry.extend(crc.to_le_bytes());
        hungry.extend([1, 0, 0, b'x', 0]);
        let said = plain(&hungry, None).unwrap_err();
        assert!(said.contains("memory") || said.contains("limit"), "{said}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }
}
