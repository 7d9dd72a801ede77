//! Who works in a store: many readers, or one writer.

use crate::error::{At, StoreError};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File, OpenOptions},
    path::Path,
};

/// Holds a store until it is dropped.
#[derive(Debug)]
pub struct Guard(#[allow(dead_code)] File);

pub(crate) fn take(root: &Path, exclusive: bool) -> Result<Guard, StoreError> {
    open(&root.join("lock"), exclusive)?.ok_or_else(|| StoreError::Busy { root: root.to_owned() })
}

/// For the one server that takes pushes, or who collects what it left.
pub(crate) fn take_registry(root: &Path) -> Result<Guard, StoreError> {
    let dir = root.join("registry");
    fs::create_dir_all(&dir).at(&dir)?;
    open(&dir.join("lock"), true)?.ok_or_else(|| StoreError::Pushing { root: root.to_owned() })
}

fn open(path: &Path, exclusive: bool) -> Result<Option<Guard>, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).at(path)?;
    let how = if exclusive { FlockOperation::NonBlockingLockExclusive } else { FlockOperation::NonBlockingLockShared };
    match flock(&file, how) {
        Ok(()) => Ok(Some(Guard(file))),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(std::io::Error::from(error)).at(path),
    }
}
