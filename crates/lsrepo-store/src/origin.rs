//! The rest of a store that lies somewhere else: a store of this kind is only a cache of it.

use crate::spool::Filler;
use lsrepo_types::Digest;
use std::{fmt::Debug, io};

/// Where blobs come from that are not here yet. It is asked from threads that may wait.
pub trait Origin: Debug + Send + Sync {
    /// What is told of it: `s3://bucket/prefix`.
    fn name(&self) -> String;
    /// How long a blob is; none where there is no such blob.
    fn size_of(&self, digest: &Digest) -> io::Result<Option<u64>>;
    /// Begins to bring a blob and returns at once; whatever becomes of it is told to `into`, from any thread.
    fn fetch(&self, digest: &Digest, into: Filler);
    /// As many bytes of a blob as fit, from `offset` on, without keeping them.
    fn read_at(&self, digest: &Digest, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}
