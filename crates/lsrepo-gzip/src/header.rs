//! The front of a gzip stream (RFC 1952, 2.3).

/// Bytes that every header has.
pub(crate) const FIXED: usize = 10;
/// No header of a writer that we know is longer.
pub(crate) const MOST: usize = 1024;

/// How long the header is that these bytes begin with, where it is whole.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let fixed = bytes.first_chunk::<FIXED>()?;
    let flags = fixed[3];
    if fixed[..3] != [0x1F, 0x8B, 8] || flags & 0xE0 != 0 {
        return None;
    }
    let mut at = FIXED;
    if flags & 4 != 0 {
        let [low, high] = bytes.get(at..at + 2)?.try_into().ok()?;
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    // a name, a comment
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= bytes.len().min(MOST)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_comments_belong_to_it() {
        let plain = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 9, 9];
        assert_eq!(length(&plain), Some(10));
        let named = [&[0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3][..], b"a.tar\0", &[9]].concat();
        assert_eq!(length(&named), Some(16));
        assert_eq!(length(&named[..15]), None);
        let all = [&[0x1F, 0x8B, 8, 30, 0, 0, 0, 0, 0, 3][..], &[2, 0, 1, 2], b"a\0", b"b\0", &[1, 2, 9]].concat();
        assert_eq!(length(&all), Some(20));
        assert_eq!(length(b"\x1f\x8b\x08\x80\0\0\0\0\0\0"), None);
        assert_eq!(length(b"PK"), None);
    }
}
