//! Small blobs that were asked for lately, in memory: manifests, configs, package lists of a few lines. For these, opening
//! and reading would be most of an answer's cost. Bytes never change under their digest.

use bytes::Bytes;
use lsrepo_types::Digest;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The largest blob that is kept.
pub(crate) const LARGEST: u64 = 16 * 1024;
/// What all of them take.
const TOTAL: usize = 2 * 1024 * 1024;

/// The blobs that are kept.
#[derive(Default)]
pub(crate) struct Small(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    blobs: HashMap<Digest, Bytes>,
    bytes: usize,
}

impl Small {
    /// A blob of exactly that size.
    pub(crate) fn get(&self, digest: &Digest, size: u64) -> Option<Bytes> {
        if size > LARGEST {
            return None;
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.blobs.get(digest).filter(|bytes| bytes.len() as u64 == size).cloned()
    }

    /// Keeps a copy. Where there is no room, all others go: what is in use comes back at once.
    pub(crate) fn keep(&self, digest: Digest, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes.len() > TOTAL {
            *kept = Kept::default();
        }
        if kept.blobs.insert(digest, Bytes::copy_from_slice(bytes)).is_none() {
            kept.bytes += bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_never_takes_more_than_its_room() {
        let small = Small::default();
        for n in 0..1000u32 {
            let bytes = vec![n as u8; LARGEST as usize];
            let digest = Digest::of(&n.to_be_bytes());
            small.keep(digest, &bytes);
            assert!(small.get(&digest, LARGEST).is_some_and(|kept| kept == bytes));
            assert_eq!((small.get(&digest, 1), small.get(&digest, LARGEST + 1)), (None, None));
            let kept = small.0.lock().unwrap();
            assert!(kept.bytes <= TOTAL && kept.blobs.len() <= TOTAL / LARGEST as usize);
        }
    }
}
