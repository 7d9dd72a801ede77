//! What every writer's decisions come down to.

/// A DEFLATE stream that comes into being. What is written depends on the bytes alone, not on how they were cut.
pub(crate) trait Encoder {
    /// Takes the next plain bytes; what is ready of the stream is appended to `out`.
    fn write(&mut self, plain: &[u8], out: &mut Vec<u8>);
    /// Ends the stream, and begins anew.
    fn finish(&mut self, out: &mut Vec<u8>);
}
