//! Who works in a store: many readers, or one writer.

use crate::error::{At, StoreError};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{File, OpenOptions},
    path::Path,
};

/// Holds a store until it is dropped.
#[derive(Debug)]
pub struct Guard(#[allow(dead_code)] File);

pub(crate) fn take(root: &Path, exclusive: bool) -> Result<Guard, StoreError> {
    let path = root.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).at(&path)?;
    let how = if exclusive { FlockOperation::NonBlockingLockExclusive } else { FlockOperation::NonBlockingLockShared };
    match flock(&file, how) {
        Ok(()) => Ok(Guard(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Busy { root: root.to_owned() }),
        Err(error) => Err(std::io::Error::from(error)).at(&path),
    }
}
