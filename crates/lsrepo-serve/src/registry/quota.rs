//! How much of the disk pushes may take. What was deleted counts until it is collected: it still lies there.

use lsrepo_oci::api::{ApiError, ErrorCode};
use lsrepo_types::{Bytes, Digest};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts the bytes of what was pushed and of what is on its way.
#[derive(Clone)]
pub(crate) struct Quota {
    most: Option<u64>,
    used: Arc<Mutex<Used>>,
}

#[derive(Default)]
struct Used {
    blobs: HashMap<Digest, u64>,
    pushed: u64,
    under_way: u64,
}

impl Quota {
    pub(crate) fn new(most: Option<u64>) -> Self {
        Self { most, used: Arc::default() }
    }

    /// Counts a blob once.
    pub(crate) fn add(&self, blob: Digest, size: u64) {
        let mut used = self.lock();
        if used.blobs.insert(blob, size).is_none() {
            used.pushed += size;
        }
    }

    /// Nothing under way yet.
    pub(crate) fn begin(&self) -> UnderWay {
        UnderWay { quota: self.clone(), bytes: 0 }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of an upload, until it is dropped.
pub(crate) struct UnderWay {
    quota: Quota,
    bytes: u64,
}

impl UnderWay {
    /// Takes so many bytes more, where there is room.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<(), ApiError> {
        let mut used = self.quota.lock();
        let wanted = used.pushed.saturating_add(used.under_way).saturating_add(bytes);
        if let Some(most) = self.quota.most.filter(|most| wanted > *most) {
            let message = format!(
                "pushed content may take {} here, and that is used up; delete what is not needed and let `lsrepo gc` collect it",
                Bytes(most)
            );
            return Err(ApiError::new(ErrorCode::Denied, message));
        }
        used.under_way += bytes;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives all but so many back.
    pub(crate) fn keep(&mut self, bytes: u64) {
        let mut used = self.quota.lock();
        used.under_way = used.under_way.saturating_sub(self.bytes.saturating_sub(bytes));
        self.bytes = self.bytes.min(bytes);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.keep(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_and_what_is_there_share_the_room() {
        let quota = Quota::new(Some(10));
        let mut first = quota.begin();
        first.take(6).unwrap();
        let mut second = quota.begin();
        assert_eq!(second.take(5).unwrap_err().code, ErrorCode::Denied);
        first.keep(5);
        second.take(5).unwrap();
        drop((first, second));
        quota.add(Digest::of(b"x"), 10);
        quota.add(Digest::of(b"x"), 10);
        assert!(quota.begin().take(1).is_err() && quota.begin().take(0).is_ok());
    }
}
