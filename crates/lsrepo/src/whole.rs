//! A file that is there as a whole and on disk, or not at all.

use anyhow::{Context as _, Result};
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// A text, readable for all.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<()> {
    write(path, |out| Ok(out.write_all(text.as_bytes())?))
}

/// A text that only its owner reads.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    write_mode(path, 0o600, |out| Ok(out.write_all(text.as_bytes())?))
}

/// Writes beside `path`, and gives it its name when all of it is on disk.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_mode(path, 0o666, content)
}

fn write_mode(path: &Path, mode: u32, content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut out =
            BufWriter::with_capacity(1 << 20, File::options().write(true).create(true).truncate(true).mode(mode).open(&part)?);
        content(&mut out)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&part, path)?;
        File::open(dir)?.sync_all()?;
        anyhow::Ok(())
    };
    write().inspect_err(|_| drop(fs::remove_file(&part))).with_context(|| path.display().to_string())
}
