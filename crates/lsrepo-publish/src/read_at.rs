//! Bytes that are read where they lie, in small pieces.

use std::io;

/// Bytes that can be read at any place: a blob, a slice.
pub trait ReadAt {
    /// How many there are.
    fn size(&self) -> io::Result<u64>;
    /// Fills the room with the bytes at this place, or fails.
    fn read_exact_at(&self, room: &mut [u8], at: u64) -> io::Result<()>;
}

impl<T: AsRef<[u8]>> ReadAt for T {
    fn size(&self) -> io::Result<u64> {
        Ok(self.as_ref().len() as u64)
    }

    fn read_exact_at(&self, room: &mut [u8], at: u64) -> io::Result<()> {
        let part = usize::try_from(at).ok().and_then(|at| self.as_ref().get(at..)?.get(..room.len()));
        room.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
