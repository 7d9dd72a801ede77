//! The vault on disk: changed by one at a time, old or new at any moment.

use super::{VaultError, at};
use rustix::{fs::FlockOperation, io::Errno};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// A vault, and the right to change it.
#[derive(Debug)]
pub struct VaultFile {
    path: PathBuf,
    /// what it was when the right was taken; `None` where it was not there
    pub before: Option<Vec<u8>>,
    _lock: File,
}

impl VaultFile {
    /// Takes the right to change the vault, and sweeps what a crash left.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        // a link stays a link
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let beside = with_ending(&path, "lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(&beside).map_err(at(&beside))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Err(VaultError::Busy(path)),
            locked => locked.map_err(|error| at(&beside)(error.into()))?,
        }
        let left = with_ending(&path, "tmp");
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&left)(error)),
            _ => {}
        }
        Ok(Self { before: peek(&path)?, path, _lock: lock })
    }

    /// Puts these bytes in its place, unless somebody changed it who does not know of the right, as `ansible-vault edit`.
    pub fn replace(&self, bytes: &[u8]) -> Result<(), VaultError> {
        if peek(&self.path)? != self.before {
            return Err(VaultError::Changed(self.path.clone()));
        }
        let io = at(&self.path);
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let folder = File::open(folder).map_err(&io)?;
        let temporary = with_ending(&self.path, "tmp");
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary).map_err(at(&temporary))?;
        // The fsync precedes the rename: a crash must not leave a short file under the name of the vault.
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&temporary))?;
        fs::rename(&temporary, &self.path).and_then(|()| folder.sync_all()).map_err(io)
    }
}

/// The bytes of a vault; `None` where there is none.
fn peek(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(at(path)),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
