//! `lambdastack vault`: secrets are put in and taken out. None is an argument, and none is shown unasked.

use super::{
    Context,
    secrets::{Ask, of_vault},
    terminal::{self, ask_twice},
};
use crate::{
    cli::VaultCommand,
    failure::unsatisfied,
    output,
    source::unknown,
    vault::{self, Password, Secret, Secrets, VaultFile},
};
use anyhow::{Context as _, Result, bail};
use std::{
    fs::{self, File},
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

pub(super) fn run(context: &Context, command: &VaultCommand) -> Result<u8> {
    let path = context.vault_path(&[]);
    match command {
        VaultCommand::Init => init(context, &path)?,
        VaultCommand::Set { name, from_file } => {
            named(name)?;
            change(context, &path, |secrets| {
                let secret = read_secret(name, from_file.as_deref())?;
                let known = secrets.0.insert(name.clone(), secret).is_some();
                Ok(format!("`vault:{name}` is {}", if known { "another one now" } else { "in it" }))
            })?;
        }
        VaultCommand::Generate { name, length, force } => {
            named(name)?;
            change(context, &path, |secrets| {
                if secrets.0.contains_key(name) && !force {
                    return Err(unsatisfied(format!("`{name}` is in {} already\nhint: `--force` replaces it", path.display())));
                }
                secrets.0.insert(name.clone(), generate((*length).into())?);
                Ok(format!("`vault:{name}` is in it, {length} letters and digits"))
            })?;
        }
        VaultCommand::List { output } => {
            let names: Vec<String> = look(context, &path)?.0.into_keys().collect();
            output::print(*output, &names, |names| names.iter().map(|name| format!("{name}\n")).collect())?;
        }
        VaultCommand::Show { name, force } => {
            if !force && !io::stdout().is_terminal() {
                bail!("a secret is shown to a terminal, and stdout is none\nhint: `--force` shows it all the same");
            }
            let secrets = look(context, &path)?;
            let secret = secrets.0.get(name).ok_or_else(|| none(&path, name, &secrets))?;
            output::write(format!("{}\n", secret.reveal()).as_bytes())?;
        }
        VaultCommand::Rm { name } => change(context, &path, |secrets| {
            secrets.0.remove(name).ok_or_else(|| none(&path, name, secrets))?;
            Ok(format!("`vault:{name}` is not in it any more"))
        })?,
        VaultCommand::Rekey { new_vault_password_file } => {
            let (file, secrets, _) = begin(context, &path)?;
            let password = match new_vault_password_file {
                Some(file) => Password::read(file)?,
                None => new_password(&path, "--new-vault-password-file")?,
            };
            file.replace(&vault::seal(&context.vault.ansible_vault, &password, &secrets)?)?;
            context.note(&format!("{}: has another password now", path.display()));
        }
    }
    Ok(0)
}

fn init(context: &Context, path: &Path) -> Result<()> {
    let file = VaultFile::open(path)?;
    if file.before.is_some() {
        return Err(unsatisfied(format!("{} is there already", path.display())));
    }
    let password = match &context.vault.vault_password_file {
        Some(file) => Password::read(file)?,
        None => new_password(path, "--vault-password-file")?,
    };
    file.replace(&vault::seal(&context.vault.ansible_vault, &password, &Secrets::default())?)?;
    context.note(&format!("{}: an empty vault", path.display()));
    Ok(())
}

/// A vault that nobody else changes meanwhile, what is in it, and its password.
fn begin(context: &Context, path: &Path) -> Result<(VaultFile, Secrets, Password)> {
    there(path)?;
    let file = VaultFile::open(path)?;
    let (secrets, password) = open(context, path, file.before.as_deref().unwrap_or_default())?;
    Ok((file, secrets, password))
}

fn change(context: &Context, path: &Path, how: impl FnOnce(&mut Secrets) -> Result<String>) -> Result<()> {
    let (file, mut secrets, password) = begin(context, path)?;
    let said = how(&mut secrets)?;
    file.replace(&vault::seal(&context.vault.ansible_vault, &password, &secrets)?)?;
    context.note(&format!("{}: {said}", path.display()));
    Ok(())
}

fn look(context: &Context, path: &Path) -> Result<Secrets> {
    there(path)?;
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(open(context, path, &bytes)?.0)
}

fn there(path: &Path) -> Result<()> {
    let none = || unsatisfied(format!("{}: there is no such vault\nhint: `lambdastack vault init` makes it", path.display()));
    if path.exists() { Ok(()) } else { Err(none()) }
}

fn open(context: &Context, path: &Path, bytes: &[u8]) -> Result<(Secrets, Password)> {
    let none = || unsatisfied(format!("{}: it has no password", path.display()));
    let password = context.vault_password(path, Ask::Always)?.ok_or_else(none)?;
    let secrets = vault::open(&context.vault.ansible_vault, &password, bytes).map_err(of_vault(path))?;
    Ok((secrets, password))
}

fn new_password(path: &Path, flag: &str) -> Result<Password> {
    if !terminal::is_there() {
        bail!("{}: nobody can be asked for its password\nhint: `{flag} FILE`", path.display());
    }
    Ok(Password::new(&ask_twice(&format!("New password of {}", path.display()))?, "the terminal")?)
}

fn named(name: &str) -> Result<()> {
    let said = "this cannot be the name of a secret: letters, digits, `-`, `_` and `.`, beginning with a letter";
    if vault::is_name(name) { Ok(()) } else { Err(unsatisfied(said)) }
}

fn none(path: &Path, name: &str, secrets: &Secrets) -> anyhow::Error {
    unsatisfied(format!("{}: {}", path.display(), unknown("secret", name, secrets.0.keys().map(String::as_str))))
}

/// From a file, from the terminal, or from stdin.
fn read_secret(name: &str, from: Option<&Path>) -> Result<Secret> {
    let bytes = match from {
        Some(path) if path != Path::new("-") => fs::read(path).with_context(|| path.display().to_string())?,
        None if terminal::is_there() => ask_twice(&format!("Secret `{name}`"))?.into_bytes(),
        _ => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).context("stdin")?;
            bytes
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| unsatisfied("a secret is text in UTF-8"))?;
    let secret = Secret::new(&text);
    if secret.reveal().is_empty() { Err(unsatisfied("the secret is empty")) } else { Ok(secret) }
}

/// Letters and digits, each as likely as any other.
fn generate(length: usize) -> Result<Secret> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = File::open("/dev/urandom").context("/dev/urandom")?;
    let (mut text, mut byte) = (String::with_capacity(length), [0]);
    while text.len() < length {
        random.read_exact(&mut byte).context("/dev/urandom")?;
        // four times 62 is 248: what is above would make some signs more likely
        if let Some(sign) = SIGNS.get(usize::from(byte[0] % 62)).filter(|_| byte[0] < 248) {
            text.push(char::from(*sign));
        }
    }
    Ok(Secret::new(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_as_long_as_asked_and_never_the_same() {
        let made = [generate(64).unwrap(), generate(64).unwrap()];
        assert!(
            made.iter().all(|secret| secret.reveal().len() == 64 && secret.reveal().chars().all(|c| c.is_ascii_alphanumeric()))
        );
        assert!(made[0] != made[1]);
    }
}
