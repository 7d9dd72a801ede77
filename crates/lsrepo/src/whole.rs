//! A file that is there as a whole and on disk, or not at all.

use anyhow::{Context as _, Result};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// A text, readable for all.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<()> {
    write(path, |out| Ok(out.write_all(text.as_bytes())?))
}

/// A text that only its owner reads.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    write_mode(path, 0o600, |out| Ok(out.write_all(text.as_bytes())?))
}

/// A text that only its owner reads, where there is no file of that name yet; else `false`, and that file stays.
pub(crate) fn write_new_secret(path: &Path, text: &str) -> Result<bool> {
    let mut taken = false;
    let link = |part: &Path| match fs::hard_link(part, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            taken = true;
            fs::remove_file(part)
        }
        // some file systems have no links
        Err(_) if !path.exists() => fs::rename(part, path),
        linked => linked.and_then(|()| fs::remove_file(part)),
    };
    settle(path, 0o600, |out| Ok(out.write_all(text.as_bytes())?), link)?;
    Ok(!taken)
}

/// Writes beside `path`, and gives it its name when all of it is on disk.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_mode(path, 0o666, content)
}

fn write_mode(path: &Path, mode: u32, content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    settle(path, mode, content, |part| fs::rename(part, path))
}

/// Writes beside `path`; `name_it` gives what is on disk its name.
fn settle(
    path: &Path,
    mode: u32,
    content: impl FnOnce(&mut dyn Write) -> Result<()>,
    name_it: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // in containers everybody is number 1
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let part = path.with_file_name(format!(".{name}.{}-{nanos}.part", std::process::id()));
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut out = BufWriter::with_capacity(1 << 20, File::options().write(true).create_new(true).mode(mode).open(&part)?);
        content(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        name_it(&part)?;
        File::open(dir)?.sync_all()?;
        anyhow::Ok(())
    };
    write().inspect_err(|_| drop(fs::remove_file(&part))).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_there_already_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        assert!(write_new_secret(&path, "first").unwrap());
        assert!(!write_new_secret(&path, "second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_secret_that_could_not_be_written_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let broken = settle(&path, 0o600, |_| anyhow::bail!("no power"), |part| fs::hard_link(part, &path));
        assert!(broken.is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
