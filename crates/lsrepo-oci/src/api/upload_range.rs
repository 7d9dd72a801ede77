//! Where a chunk of an upload belongs: `Content-Range: <first>-<last>`, both included, without a unit.

use super::error::{ApiError, ErrorCode};

/// The place of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRange {
    /// of its first byte
    pub first: u64,
    /// how many bytes it has, 1 or more
    pub length: u64,
}

impl ChunkRange {
    /// Reads the header of a chunk.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || {
            let message = "`Content-Range` of a chunk is FIRST-LAST, two numbers";
            ApiError::new(ErrorCode::BlobUploadInvalid, message).about("range", text)
        };
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().map_err(|_| wrong()),
            false => Err(wrong()),
        };
        let (first, last) = text.trim().split_once('-').ok_or_else(wrong)?;
        let (first, last) = (number(first)?, number(last)?);
        let length = last.checked_sub(first).and_then(|length| length.checked_add(1)).ok_or_else(wrong)?;
        Ok(Self { first, length })
    }
}

/// What `Range` says of an upload that has so many bytes. Of none there is no right word; `0-0` is what clients know.
pub fn received(bytes: u64) -> String {
    format!("0-{}", bytes.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_a_chunk() {
        assert_eq!(ChunkRange::parse("0-0").unwrap(), ChunkRange { first: 0, length: 1 });
        assert_eq!(ChunkRange::parse(" 100-199 ").unwrap(), ChunkRange { first: 100, length: 100 });
        for wrong in [
            "",
            "-",
            "0",
            "0-",
            "-5",
            "5-4",
            "a-b",
            "+0-5",
            "bytes 0-5/6",
            "0-5-6",
            "0-18446744073709551615",
            "0-99999999999999999999",
        ] {
            assert_eq!(ChunkRange::parse(wrong).unwrap_err().code, ErrorCode::BlobUploadInvalid, "{wrong}");
        }
        assert_eq!((received(0), received(1), received(10)), ("0-0".into(), "0-0".into(), "0-9".into()));
    }
}
