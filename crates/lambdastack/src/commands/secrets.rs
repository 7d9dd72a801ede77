//! The vault of a run: found beside the documents, opened where somebody can say the password.

use super::{Context, terminal};
use crate::{
    failure::unsatisfied,
    module::{Catalogue, Module},
    schema::Settings,
    stack::{Stack, Wanted},
    vault::{self, Opened, Password, Secrets, VaultError},
};
use anyhow::{Context as _, Result};
use lsrepo_bom::ModuleName;
use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
};

/// What is done where the password has to be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// the vault stays shut
    Never,
    /// on a terminal; elsewhere it stays shut
    IfPossible,
    /// on a terminal; elsewhere it is an error
    Always,
}

/// Exit code 1 for what a vault and its password are, 2 for what keeps us from them.
pub(super) fn of_vault(path: &Path) -> impl Fn(VaultError) -> anyhow::Error {
    let path = path.display().to_string();
    move |error| match error {
        error @ (VaultError::WrongPassword | VaultError::Content(_)) => unsatisfied(format!("{path}: {error}")),
        error => error.into(),
    }
}

impl Context {
    /// Where the vault of these documents is.
    pub(super) fn vault_path(&self, files: &[PathBuf]) -> PathBuf {
        let beside = || {
            let first = files.iter().find(|path| *path != Path::new("-"));
            first.and_then(|path| path.parent()).unwrap_or(Path::new("")).join(vault::NAME)
        };
        self.vault.vault.clone().unwrap_or_else(beside)
    }

    /// The password of a vault; `None` where it would have to be asked for, and must not be.
    pub(super) fn vault_password(&self, path: &Path, ask: Ask) -> Result<Option<Password>> {
        if let Some(file) = &self.vault.vault_password_file {
            return Ok(Some(Password::read(file)?));
        }
        match ask {
            Ask::IfPossible | Ask::Always if terminal::is_there() => {
                let typed = terminal::ask_unseen(&format!("Password of {}", path.display()))?;
                Ok(Some(Password::new(&typed, "the terminal")?))
            }
            Ask::Always => {
                let hint = "hint: `--vault-password-file FILE`, or LAMBDASTACK_VAULT_PASSWORD_FILE";
                Err(anyhow::anyhow!("{}: nobody can be asked for its password\n{hint}", path.display()))
            }
            _ => Ok(None),
        }
    }

    /// The vault of these documents, which need these secrets of it; which of those are not in it is an error. `None` where none is
    /// needed, or where the vault stays shut.
    pub(super) fn open_vault(&self, files: &[PathBuf], needed: &[Needed], ask: Ask) -> Result<Option<Opened>> {
        let path = self.vault_path(files);
        if needed.is_empty() {
            return Ok(None);
        }
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && ask == Ask::Always => {
                return Err(unsatisfied(absent(&path, needed)));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.note(&format!("note: {}", absent(&path, needed)));
                return Ok(None);
            }
            read => read.with_context(|| path.display().to_string())?,
        };
        let Some(password) = self.vault_password(&path, ask)? else { return Ok(None) };
        let secrets = match vault::open(&self.vault.ansible_vault, &password, &bytes) {
            // whoever only plans may well have no Ansible
            Err(VaultError::Program { program, .. }) if ask == Ask::Never => {
                self.note(&format!("note: nobody looked into {}: there is no {} here", path.display(), program.display()));
                return Ok(None);
            }
            opened => opened.map_err(of_vault(&path))?,
        };
        // what a method of yesterday's documents does not need may be gone
        if ask != Ask::IfPossible {
            all_there(&path, &secrets, needed)?;
        }
        let path = fs::canonicalize(&path).with_context(|| path.display().to_string())?;
        Ok(Some(Opened { path, password }))
    }
}

/// A secret of the vault that somebody needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Needed {
    /// where it is named
    pub(super) place: String,
    /// its name
    pub(super) name: String,
}

fn absent(path: &Path, needed: &[Needed]) -> String {
    let first = needed.first().map_or("", |needed| needed.name.as_str());
    let hint = format!("hint: `lambdastack vault{} init` makes it", flag(path));
    format!("{}: there is no such vault, and `vault:{first}` is needed\n{hint}", path.display())
}

/// How the vault is named on the command line; not at all where it is the one in the current folder.
fn flag(path: &Path) -> String {
    if path == Path::new(vault::NAME) { String::new() } else { format!(" --vault {}", path.display()) }
}

fn all_there(path: &Path, secrets: &Secrets, needed: &[Needed]) -> Result<()> {
    let missing = needed.iter().filter(|needed| !secrets.0.contains_key(&needed.name));
    let line = |Needed { place, name }: &Needed| {
        let hint = format!("hint: `lambdastack vault{} set {name}` puts it in", flag(path));
        format!("{place}: `vault:{name}` is not in {}\n{hint}", path.display())
    };
    let lines: Vec<String> = missing.map(line).collect();
    if lines.is_empty() { Ok(()) } else { Err(unsatisfied(lines.join("\n"))) }
}

/// The secrets of the vault that a module needs with its configuration.
pub(super) fn needed(module: &Module, configuration: &Settings) -> Vec<Needed> {
    let places = vault::places(&module.manifest.configuration, configuration.as_json());
    let line =
        |vault::Place { name, pointer }| Needed { place: format!("configuration/{}: {pointer}", module.manifest.name), name };
    places.into_iter().map(line).collect()
}

/// The same of all modules that the documents want.
pub(super) fn needed_by(stack: &Stack, modules: &Catalogue) -> Vec<Needed> {
    let one = |(name, wanted): (&ModuleName, &Wanted)| modules.get(name).map(|module| needed(module, &wanted.configuration));
    stack.modules.iter().filter_map(one).flatten().collect()
}

/// A vault that is opened once somebody needs it.
#[derive(Debug, Default)]
pub(super) struct Later(OnceCell<Option<Opened>>);

impl Later {
    /// The vault before anything is done, for work that could not be left half done without it.
    pub(super) fn open_now(&self, context: &Context, files: &[PathBuf], needed: &[Needed]) -> Result<()> {
        if self.0.get().is_none() {
            let opened = context.open_vault(files, needed, Ask::Always)?;
            self.0.get_or_init(|| opened);
        }
        Ok(())
    }

    /// The vault for a module; `None` where it needs none, or where nobody can say the password.
    pub(super) fn open(&self, context: &Context, files: &[PathBuf], needed: &[Needed]) -> Result<Option<&Opened>> {
        if needed.is_empty() {
            return Ok(None);
        }
        if self.0.get().is_none() {
            let opened = context.open_vault(files, needed, Ask::IfPossible)?;
            return Ok(self.0.get_or_init(|| opened).as_ref());
        }
        Ok(self.0.get().and_then(Option::as_ref))
    }
}
