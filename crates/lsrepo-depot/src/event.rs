//! What a long operation reports.

use lsrepo_types::Digest;

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// a blob's turn has come
    Blob(&'a Digest),
    /// so many bytes went over the line
    Bytes(u64),
}

/// Hears of it, from any thread.
pub type Listener<'a> = dyn Fn(Event<'_>) + Send + Sync + 'a;
