//! Runs `ansible-playbook` in a folder of its own, and hears what it says.

use super::{Event, Outcome};
use crate::{module::Method, vault};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A folder that is on no disk.
const MEMORY: &str = "/dev/shm";

/// Why a run did not come about.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// its folder cannot be used
    #[error("{}: {error}", path.display())]
    Io {
        /// the folder
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// there is no such program
    #[error("{}: {error}\nhint: ansible-core has it; `--ansible PROGRAM` says where it is", program.display())]
    Program {
        /// what was started
        program: PathBuf,
        /// why not
        error: io::Error,
    },
    /// it ended without saying how
    #[error("{} ended with {code} before its end{}", program.display(), if said.is_empty() { String::new() } else { format!(": {said}") })]
    Ended {
        /// what was started
        program: PathBuf,
        /// its exit code
        code: String,
        /// the last that it said on stderr
        said: String,
    },
}

/// Writes the files below `folder`, which must not be there yet, and runs the playbook of the method there.
/// Each event is given to `hear` as it happens. The program holds `share` open as long as it lives, as its empty stdin. It is
/// told where the vault is and from which memory it reads the password; what is in there it reads by itself.
pub fn run(
    program: &Path,
    folder: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    method: Method,
    share: File,
    vault: Option<&vault::Opened>,
    hear: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| RunError::Io { path: path.clone(), error }
    };
    // The program runs in that folder, where what is relative here would be something else.
    let folder = &std::path::absolute(folder).map_err(io(folder))?;
    let program = &found(program)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.parent().unwrap_or(folder)).map_err(io(folder))?;
    // Whoever was there before us might have left more than we write.
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(io(folder))?;
    write(folder, files).map_err(io(folder))?;
    let errors = folder.join("stderr");
    let mut command = Command::new(program);
    command.arg("--extra-vars").arg("@variables.json").arg(format!("module/{}", method.playbook().unwrap_or_default()));
    // what the caller set up for its own runs of Ansible is not meant for ours
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANSIBLE_")) {
        command.env_remove(name);
    }
    command.env("ANSIBLE_SSH_CONTROL_PATH_DIR", connections(folder));
    // what it writes on its way, also what it got out of the vault, is in memory, where there is such a folder
    if Path::new(MEMORY).is_dir() {
        command.env("ANSIBLE_LOCAL_TEMP", MEMORY);
    }
    command.env_remove("LAMBDASTACK_OPENED_VAULT");
    if let Some(vault) = vault {
        command.env("LAMBDASTACK_OPENED_VAULT", &vault.path).env("ANSIBLE_VAULT_PASSWORD_FILE", vault.password.path());
    }
    command.env("ANSIBLE_CONFIG", folder.join("ansible.cfg")).current_dir(folder).stdin(share).stdout(Stdio::piped());
    command.stderr(private(&errors).map_err(io(&errors))?);
    let mut child = command.spawn().map_err(|error| RunError::Program { program: program.to_owned(), error })?;
    let mut outcome = Outcome::default();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(io(folder))? > 0 {
            if let Some(event) = Event::parse(&String::from_utf8_lossy(&line)) {
                hear(&event);
                outcome.take(event);
            }
            line.clear();
        }
    }
    let status = child.wait().map_err(io(folder))?;
    if status.success() {
        // tasks that failed and were rescued
        outcome.failures.clear();
    }
    match outcome.ended && (status.success() || !outcome.failures.is_empty()) {
        true => Ok(outcome),
        false => {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
            let said = last[last.len().saturating_sub(5)..].join("\n");
            let code = status.code().map_or("a signal".to_owned(), |code| code.to_string());
            Err(RunError::Ended { program: program.to_owned(), code, said })
        }
    }
}

/// Connections stay open for a while, and are found again by their address: those of one state, and never those of another one,
/// whose machines may have the same addresses elsewhere. Short, as the path of a socket has to be.
fn connections(folder: &Path) -> String {
    let runs = folder.parent().unwrap_or(folder);
    format!("~/.ansible/cp-{}", &Digest::of(runs.as_os_str().as_encoded_bytes()).hex()[..6])
}

/// Where a program is, so that nothing is begun where there is none.
pub fn found(program: &Path) -> Result<PathBuf, RunError> {
    let missing = |error: io::Error| RunError::Program { program: program.to_owned(), error };
    let is_program = |path: &Path| fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    if program.components().count() > 1 {
        let path = std::path::absolute(program).map_err(missing)?;
        return if is_program(&path) { Ok(path) } else { Err(missing(io::ErrorKind::NotFound.into())) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|path| is_program(path)).ok_or_else(|| missing(io::ErrorKind::NotFound.into()))
}

/// Configurations are nobody else's business.
pub(crate) fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true).mode(0o700);
    folders.create(folder)?;
    for (path, bytes) in files {
        let path = folder.join(path);
        folders.create(path.parent().unwrap_or(folder))?;
        private(&path)?.write_all(bytes)?;
    }
    Ok(())
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)
}
