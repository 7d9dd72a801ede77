//! Files that are there as a whole or not at all, and what may be their names.

use super::ParityError;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    num::NonZeroU64,
    path::{Path, PathBuf},
};

const MARK: &str = ".parity-";

/// What comes before the mark in the name of a parity file.
pub(super) fn stem(name: &str) -> Option<&str> {
    let (stem, number) = name.rsplit_once(MARK)?;
    (number.len() >= 2 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(stem)
}

/// The name of the parity file of this index.
pub(super) fn parity_name(stem: &str, index: usize) -> String {
    format!("{stem}{MARK}{:02}", index + 1)
}

/// A name that stays in its folder, can be shown, and is not that of a parity file.
pub(super) fn is_plain(name: &str) -> bool {
    let hostile = |char: char| char == '/' || char.is_control();
    !matches!(name, "" | "." | "..") && name.len() <= 255 && !name.contains(hostile) && stem(name).is_none()
}

/// The folder of a file, also where its path is its name only.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> ParityError + '_ {
    |why| ParityError::Io { path: path.to_owned(), why }
}

/// Opens a plain file and says how long it is; `None` where there is none. Links are not followed: what is repaired
/// must lie where it is.
pub(super) fn open(path: &Path, writable: bool) -> Result<Option<(File, u64)>, ParityError> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(io(path)(why)),
    };
    if !meta.is_file() {
        return Err(ParityError::NotAFile(path.to_owned()));
    }
    let file = OpenOptions::new().read(true).write(writable).open(path).map_err(io(path))?;
    let size = file.metadata().map_err(io(path))?.len();
    Ok(Some((file, size)))
}

/// Tells the system what is read next. The columns of a file lie far apart, and a disk that turns wants long reads.
pub(super) fn prefetch(file: &File, offset: u64, length: u64) {
    let _ = rustix::fs::fadvise(file, offset, NonZeroU64::new(length), rustix::fs::Advice::WillNeed);
}

/// Refuses before anything is written.
pub(super) fn room(dir: &Path, path: &Path, needed: u64) -> Result<(), ParityError> {
    match lsrepo_store::free_bytes(dir) {
        Ok(free) if free < needed => Err(ParityError::Full { path: path.to_owned(), needed, free }),
        _ => Ok(()),
    }
}

/// Makes renames durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), ParityError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io(dir))
}

/// A file that has its name only once it is right, and is removed where it never is.
pub(super) struct PartFile {
    pub(super) path: PathBuf,
    part: PathBuf,
    pub(super) file: File,
}

impl PartFile {
    pub(super) fn create(path: PathBuf) -> Result<Self, ParityError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        // Not through what somebody else may have put there.
        let _ = fs::remove_file(&part);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&part).map_err(io(&path))?;
        Ok(Self { path, part, file })
    }

    /// Its bytes are on disk before its name is.
    pub(super) fn sync(&self) -> Result<(), ParityError> {
        self.file.sync_all().map_err(io(&self.path))
    }

    /// Gives it its name.
    pub(super) fn keep(&self) -> Result<(), ParityError> {
        fs::rename(&self.part, &self.path).map_err(io(&self.path))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

/// Removes what processes that died left of these files.
pub(super) fn sweep(dir: &Path, names: &[String]) {
    let is_left = |file: &str| {
        let Some((name, process)) =
            file.strip_prefix('.').and_then(|rest| rest.strip_suffix(".part")).and_then(|rest| rest.rsplit_once('.'))
        else {
            return false;
        };
        let process = process.parse().ok().and_then(rustix::process::Pid::from_raw);
        let dead = process
            .is_some_and(|process| rustix::process::test_kill_process(process).is_err_and(|why| why == rustix::io::Errno::SRCH));
        dead && names.iter().any(|one| one == name)
    };
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_left) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
