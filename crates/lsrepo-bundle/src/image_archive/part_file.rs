//! A file that is there as a whole or not at all.

use super::{ArchiveError, io};
use std::{
    fs::{self, File},
    io::{BufWriter, ErrorKind},
    path::Path,
};

/// Writes beside `path`, and gives it its name when all is on disk.
pub(super) fn write<T>(
    path: &Path,
    needed: u64,
    content: impl FnOnce(BufWriter<File>) -> Result<(BufWriter<File>, T), ArchiveError>,
) -> Result<T, ArchiveError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = path.display().to_string();
    let full = || {
        let free = lsrepo_store::free_bytes(dir).unwrap_or_default();
        ArchiveError::Full { path: path.to_owned(), needed, free }
    };
    if lsrepo_store::free_bytes(dir).is_ok_and(|free| free < needed) {
        return Err(full());
    }
    let write = || {
        let file = File::create(&part).map_err(io(&shown))?;
        let (out, done) = content(BufWriter::with_capacity(1 << 20, file))?;
        let file = out.into_inner().map_err(|error| io(&shown)(error.into_error()))?;
        file.sync_all().map_err(io(&shown))?;
        fs::rename(&part, path).map_err(io(&shown))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(io(&shown))?;
        Ok(done)
    };
    write().map_err(|error| {
        let lacking = matches!(&error, ArchiveError::Io { why, .. } if why.kind() == ErrorKind::StorageFull);
        let error = if lacking { full() } else { error };
        let _ = fs::remove_file(&part);
        error
    })
}
