//! The checks of a row: the beginning of the SHA-256 of each of its shards.

use super::layout::Layout;
use lsrepo_types::{Digest, Hasher};

const CHECK: usize = 8;

/// Enough to find damage; that a file is whole is proven by the digests of its columns.
pub(super) type Check = [u8; CHECK];

pub(super) fn check(digest: &Digest) -> Check {
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest.as_bytes()[..CHECK]);
    check
}

/// How many bytes the checks of one row take.
pub(super) fn bytes(layout: &Layout) -> usize {
    (layout.all() + 1) * CHECK
}

/// As they stand in a stripe, with a check over them. A row's number is part of it: zeros are no checks, and those of
/// another row neither.
pub(super) fn seal(row: u64, checks: &[Check]) -> Vec<u8> {
    let mut bytes = checks.concat();
    bytes.extend_from_slice(&over(row, &bytes));
    bytes
}

/// The other way round.
pub(super) fn unseal(row: u64, bytes: &[u8]) -> Option<Vec<Check>> {
    let (checks, seal) = bytes.split_last_chunk::<CHECK>().map(|(checks, seal)| (checks, *seal))?;
    (over(row, checks) == seal).then(|| checks.as_chunks::<CHECK>().0.to_vec())
}

fn over(row: u64, checks: &[u8]) -> Check {
    let mut hasher = Hasher::new();
    hasher.update(&row.to_le_bytes());
    hasher.update(checks);
    check(&hasher.finish())
}
