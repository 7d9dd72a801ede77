//! `ansible-vault` does what is to be done with a password: nothing here knows how a vault is encrypted.

use super::{Password, Secrets, VaultError, at};
use std::{
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
};

/// What is in a vault.
pub fn open(program: &Path, password: &Password, vault: &[u8]) -> Result<Secrets, VaultError> {
    let clear = run(program, password, &["decrypt"], vault)?;
    let text = String::from_utf8(clear).map_err(|_| super::ParseError::Yaml(0))?;
    Ok(Secrets::parse(&text)?)
}

/// A vault of these secrets, under that password.
pub fn seal(program: &Path, password: &Password, secrets: &Secrets) -> Result<Vec<u8>, VaultError> {
    run(program, password, &["encrypt", "--encrypt-vault-id", "default"], secrets.render().as_bytes())
}

/// Everything goes through pipes.
fn run(program: &Path, password: &Password, words: &[&str], input: &[u8]) -> Result<Vec<u8>, VaultError> {
    let missing = |error| VaultError::Program { program: program.to_owned(), error };
    let whole = if program.components().count() > 1 { &std::path::absolute(program).map_err(missing)? } else { program };
    let mut command = Command::new(whole);
    command.args(words).args(["--vault-password-file", &password.path(), "--output", "-", "-"]);
    // what the caller set up for vaults of its own is not meant for ours
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANSIBLE_")) {
        command.env_remove(name);
    }
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(missing)?;
    // It reads to the end before it writes. Where it does not want to, its exit code says so.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
    let done = child.wait_with_output().map_err(at(program))?;
    if done.status.success() {
        written.map_err(at(program))?;
        return match done.stdout.is_empty() {
            true => Err(at(program)(io::ErrorKind::UnexpectedEof.into())),
            false => Ok(done.stdout),
        };
    }
    let said = String::from_utf8_lossy(&done.stderr);
    if said.contains("Decryption failed") {
        return Err(VaultError::WrongPassword);
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    Err(VaultError::Refused { program: program.to_owned(), said: last.trim_start_matches("ERROR! ").to_owned() })
}
