//! The password of a vault: kept in memory that has no name in any folder, from where programs read it.

use super::{VaultError, at};
use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
use std::{
    fs::{self, File},
    io::{IsTerminal as _, Write as _},
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::Path,
    process::{Command, Stdio},
};

/// A password, as an open file that the programs inherit.
#[derive(Debug)]
pub struct Password(File);

impl Password {
    /// Takes a password; `place` says in errors where it comes from.
    pub fn new(text: &str, place: &str) -> Result<Self, VaultError> {
        let wrong = |why: &str| VaultError::Password { place: place.to_owned(), why: why.to_owned() };
        match text {
            "" => return Err(wrong("there is no password")),
            // Ansible takes blanks around a password for none of it
            text if text.trim() != text || text.contains(['\n', '\0']) => {
                return Err(wrong("a password is one line, without blanks around it"));
            }
            _ => {}
        }
        let memory = at(Path::new("memory"));
        let file = File::from(memfd_create("vault", MemfdFlags::empty()).map_err(|error| memory(error.into()))?);
        // what can be executed is executed by Ansible, and not read
        fchmod(&file, Mode::RUSR | Mode::WUSR).map_err(|error| memory(error.into()))?;
        (&file).write_all(text.as_bytes()).map_err(memory)?;
        Ok(Self(file))
    }

    /// Reads it as Ansible does: a file holds it, and a program says it.
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        let whole = std::path::absolute(path).map_err(at(path))?;
        let data = fs::metadata(&whole).map_err(at(path))?;
        let place = path.display().to_string();
        let wrong = |why: String| VaultError::Password { place: place.clone(), why };
        let bytes = if data.is_file() && data.permissions().mode() & 0o111 != 0 {
            let mut command = Command::new(&whole);
            // by this ending Ansible knows those that want to be told which password
            if whole.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client")) {
                command.args(["--vault-id", "default"]);
            }
            // what else comes on stdin is not meant for it
            let stdin = if std::io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
            let done = command.stderr(Stdio::inherit()).stdin(stdin).output().map_err(at(path))?;
            if !done.status.success() {
                return Err(wrong(format!("the program ended with {}", done.status.code().unwrap_or(-1))));
            }
            done.stdout
        } else {
            fs::read(&whole).map_err(at(path))?
        };
        let text = String::from_utf8(bytes).map_err(|_| wrong("a password is text in UTF-8".to_owned()))?;
        Self::new(text.trim(), &place)
    }

    /// Where a program that was started by us finds it.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}
