//! How much file content is in memory at once, whatever the number of clients.
//!
//! A share is taken before bytes are read and given back once the connection has written them. Shares
//! are large while there is plenty and shrink as it gets tight: a client that reads nothing holds
//! on to its share, so the last quarter is dealt out in units only, one for each connection that can be.
//! The last buffer given back is the next one taken: it is still in the processor's own memory.

use bytes::Bytes;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The smallest share.
const UNIT: usize = 16 * 1024;
/// The largest share: what one read brings, and what counts as a small file. Larger ones fall out of the
/// processor's second cache between read and write, and cost nearly twice the time.
pub(crate) const LARGEST: usize = 64 * 1024;
const TOTAL_UNITS: usize = 40 * 1024 * 1024 / UNIT;
/// Buffers of the largest size that are kept for the next read: 1 MiB.
const KEPT: usize = 16;

/// With this many streams at most, each of them can always have a unit: holders of large shares stop
/// where a quarter of the total is left (480 of them), which is 640 units.
pub(crate) const STREAMS: usize = 800;

/// The memory of a server for file content.
#[derive(Clone)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { units: Arc::new(Semaphore::new(TOTAL_UNITS)), kept: Arc::default() }
    }

    /// A buffer for up to `wanted` bytes, perhaps for fewer.
    pub(crate) async fn take(&self, wanted: u64) -> io::Result<Chunk> {
        let free = self.units.available_permits();
        let most = if free * 4 >= TOTAL_UNITS { LARGEST / UNIT } else { 1 };
        let units = usize::try_from(wanted.div_ceil(UNIT as u64)).unwrap_or(usize::MAX).clamp(1, most);
        let held = match self.units.clone().try_acquire_many_owned(units as u32) {
            Ok(held) => held,
            Err(_) => self.units.clone().acquire_owned().await.map_err(io::Error::other)?,
        };
        let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(held.num_permits() * UNIT);
        Ok(Chunk { buffer: self.buffer(length), length, kept: self.kept.clone(), _held: held })
    }

    fn buffer(&self, length: usize) -> Vec<u8> {
        if length <= LARGEST / 2 {
            return vec![0; length];
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop().unwrap_or_else(|| vec![0; LARGEST])
    }
}

/// Room for bytes, which ends with the last use of them.
pub(crate) struct Chunk {
    buffer: Vec<u8>,
    length: usize,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    _held: OwnedSemaphorePermit,
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.length]
    }

    /// Keeps the first bytes only.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if self.buffer.len() == LARGEST {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < KEPT {
                kept.push(std::mem::take(&mut self.buffer));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn shares_shrink_before_they_run_out_and_every_stream_gets_one() {
        let budget = Budget::new();
        let mut held = Vec::new();
        let mut sizes = Vec::new();
        for _ in 0..STREAMS {
            let chunk = budget.take(1 << 30).await.unwrap();
            sizes.push(chunk.len() / UNIT);
            held.push(chunk.into_bytes());
        }
        assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
        assert_eq!((sizes[0], sizes[STREAMS - 1]), (4, 1));
        assert!(held.iter().map(Bytes::len).sum::<usize>() <= 40 * 1024 * 1024);
        held.clear();
        assert_eq!(budget.units.available_permits(), TOTAL_UNITS);
        assert_eq!(budget.take(1000).await.unwrap().len(), 1000);
    }
}
