//! Files that are on disk when we say so.

use crate::error::{At, StoreError};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Bytes that this user may still write on the disk of `dir`.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    room(dir).map(|(bytes, _)| bytes)
}

/// Bytes and files that this user may still write on the disk of `dir`.
pub(crate) fn room(dir: &Path) -> io::Result<(u64, u64)> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok((stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_favail))
}

/// Makes renames within a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).at(dir)
}

/// Everything that was written to the file system of a folder is on disk.
pub(crate) fn sync_all(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| Ok(rustix::fs::syncfs(dir)?)).at(dir)
}

/// Writes a small file as a whole, or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = dir.join(format!(".{name}.{}.new", std::process::id()));
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&part, path)
    };
    if let Err(error) = write() {
        let _ = fs::remove_file(&part);
        return Err(error).at(path);
    }
    sync_dir(dir)
}
