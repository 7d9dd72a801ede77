//! The state on disk: read by anybody, changed by one at a time, old or new at any moment.
//!
//! ```text
//! lambdastack.state.json           the newest state
//! lambdastack.state.json.6.bak     what it was before the change to serial 7; the last two hundred are kept
//! lambdastack.state.json.tmp       left by a crash; the next one who takes the lock sweeps it
//! lambdastack.state.json.lock      held while the state is changed
//! lambdastack.state.json.run/      where Ansible runs; kept where that went wrong
//! ```

use super::{FORM, State};
use rustix::{fs::FlockOperation, io::Errno};
use serde::Deserialize;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// How many earlier states are kept.
const KEPT: u64 = 200;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// it cannot be read or written
    #[error("{}: {error}", path.display())]
    Io {
        /// what was used
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// somebody else changes it
    #[error("{}: somebody else is changing this state\nhint: wait until that is done", .0.display())]
    Busy(PathBuf),
    /// not a state
    #[error("{}: not a state: {why}\nhint: the states before it are beside it, with the ending `.bak`", path.display())]
    Damaged {
        /// the file
        path: PathBuf,
        /// why not
        why: String,
    },
    /// it was written by a later program
    #[error("{}: its form is {form}, and this lambdastack knows up to {FORM}\nhint: use a newer lambdastack", path.display())]
    Newer {
        /// the file
        path: PathBuf,
        /// of the file
        form: u64,
    },
    /// it was changed since it was read
    #[error("{}: it is {found}, and what was read is {read}\nhint: plan again", path.display())]
    Changed {
        /// the file
        path: PathBuf,
        /// lineage and serial on disk
        found: String,
        /// lineage and serial that were read
        read: String,
    },
}

/// The state, and the right to change it.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    lock: File,
}

/// Reads the state without a right to change it. `None` where nothing was done yet.
pub fn peek(path: &Path) -> Result<Option<State>, StateError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(at(path))?,
    };
    parse(&bytes, path).map(Some)
}

/// A state from its bytes.
fn parse(bytes: &[u8], path: &Path) -> Result<State, StateError> {
    /// What every form has.
    #[derive(Deserialize)]
    struct Head {
        form: u64,
    }
    let damaged = |why: serde_json::Error| StateError::Damaged { path: path.to_owned(), why: why.to_string() };
    let head: Head = serde_json::from_slice(bytes).map_err(damaged)?;
    match head.form {
        form if form > u64::from(FORM) => Err(StateError::Newer { path: path.to_owned(), form }),
        _ => serde_json::from_slice(bytes).map_err(damaged),
    }
}

/// A moment of a change at which a machine may lose its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    BackupWritten,
    BackupNamed,
    HalfWritten,
    Written,
    Synced,
    Renamed,
    FolderSynced,
}

impl StateFile {
    /// Takes the right to change the state, and sweeps what a crash left.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let beside = with_ending(path, "lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .map_err(at(&beside))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Err(StateError::Busy(path.to_owned())),
            locked => locked.map_err(|error| at(&beside)(error.into()))?,
        }
        let file = Self { path: path.to_owned(), lock };
        for ending in ["tmp", "bak.tmp"] {
            let left = with_ending(path, ending);
            match fs::remove_file(&left) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&left)(error)),
                _ => {}
            }
        }
        Ok(file)
    }

    /// The state. `None` where nothing was done yet.
    pub fn load(&self) -> Result<Option<State>, StateError> {
        peek(&self.path)
    }

    /// Writes the state under the next serial, which it then has. What is on disk must be what was read: the same lineage
    /// and serial. What was there before is kept beside it.
    pub fn save(&self, state: &mut State) -> Result<(), StateError> {
        self.save_stepwise(state, &mut |_| Ok(()))
    }

    fn save_stepwise(&self, state: &mut State, step: &mut dyn FnMut(Step) -> io::Result<()>) -> Result<(), StateError> {
        let before = self.load()?;
        let name = |state: &State| format!("{} {}", state.lineage, state.serial);
        let (found, read) = (before.as_ref().map_or_else(|| "not there".to_owned(), name), name(state));
        if found != read && (before.is_some() || state.serial != 0) {
            return Err(StateError::Changed { path: self.path.clone(), found, read });
        }
        let mut next = state.clone();
        (next.form, next.serial) = (FORM, state.serial + 1);
        let bytes = serde_json::to_vec_pretty(&next).map_err(|error| at(&self.path)(error.into()))?;
        self.replace(before.map(|before| before.serial), &bytes, step).map_err(at(&self.path))?;
        *state = next;
        Ok(())
    }

    /// Nothing is tidied up where a step fails: it may be a crash as well, and the next one sweeps.
    fn replace(&self, serial: Option<u64>, bytes: &[u8], step: &mut dyn FnMut(Step) -> io::Result<()>) -> io::Result<()> {
        let folder = File::open(match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        })?;
        if let Some(serial) = serial {
            let temporary = with_ending(&self.path, "bak.tmp");
            let mut backup = private(&temporary)?;
            backup.write_all(&fs::read(&self.path)?)?;
            backup.sync_all()?;
            step(Step::BackupWritten)?;
            fs::rename(&temporary, self.backup(serial))?;
            step(Step::BackupNamed)?;
        }
        let temporary = with_ending(&self.path, "tmp");
        let mut file = private(&temporary)?;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        step(Step::HalfWritten)?;
        file.write_all(second)?;
        step(Step::Written)?;
        // The fsync precedes the rename: a crash must not leave a short file under the name of the state.
        file.sync_all()?;
        step(Step::Synced)?;
        fs::rename(&temporary, &self.path)?;
        step(Step::Renamed)?;
        folder.sync_all()?;
        step(Step::FolderSynced)?;
        if let Some(old) = serial.and_then(|serial| serial.checked_sub(KEPT)) {
            match fs::remove_file(self.backup(old)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// A share in that right, for a program that does the work: while it lives the state stays locked, also where whoever
    /// started it was killed.
    pub fn share(&self) -> Result<File, StateError> {
        self.lock.try_clone().map_err(at(&self.path))
    }

    /// The folder in which runs may happen while the state is held; it is not there yet.
    pub fn workplace(&self) -> Result<PathBuf, StateError> {
        let folder = with_ending(&self.path, "run");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&folder)(error)),
            _ => Ok(folder),
        }
    }

    /// The folder of one run below that.
    pub fn workplace_of(&self, name: &str) -> PathBuf {
        with_ending(&self.path, "run").join(name)
    }

    fn backup(&self, serial: u64) -> PathBuf {
        with_ending(&self.path, &format!("{serial}.bak"))
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn at(path: &Path) -> impl Fn(io::Error) -> StateError {
    let path = path.to_owned();
    move |error| StateError::Io { path: path.clone(), error }
}

#[cfg(test)]
mod tests;
