//! Bits as DEFLATE packs them: the lowest first (RFC 1951, 3.1.1).

/// Whole bytes go to the end of a vector, what is left waits here.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    waiting: u64,
    count: u32,
}

impl Bits {
    /// Appends the lowest `count` bits of `value`, at most 32, the others being zero.
    #[inline]
    pub(crate) fn put(&mut self, value: u32, count: u32, out: &mut Vec<u8>) {
        debug_assert!(count <= 32 && u64::from(value) >> count == 0);
        self.waiting |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            out.extend((self.waiting as u32).to_le_bytes());
            self.waiting >>= 32;
            self.count -= 32;
        }
    }

    /// Fills up to the next byte with zeros.
    pub(crate) fn align(&mut self, out: &mut Vec<u8>) {
        let bytes = self.count.div_ceil(8) as usize;
        out.extend(&self.waiting.to_le_bytes()[..bytes]);
        (self.waiting, self.count) = (0, 0);
    }
}
