//! This machine: what it is, and where its own apt or yum takes packages from.

use crate::{
    context::{files_in, load_keyring},
    failure::Hint,
};
use anyhow::{Context as _, Result, bail};
use lsrepo_deb::{
    preferences::Pins,
    sources::{self, Source},
};
use lsrepo_fetch::Credentials;
use lsrepo_rpm::{Repository, Variables, repo_file};
use lsrepo_sign::Keyring;
use lsrepo_types::{Arch, Os};
use std::{env, fs, path::Path};

/// The OS of this machine, from `/etc/os-release`.
pub(crate) fn os() -> Result<Os> {
    os_below(Path::new("/"))
}

/// The OS of the system below a folder.
pub(crate) fn os_below(root: &Path) -> Result<Os> {
    let file = root.join("etc/os-release");
    let name = file.display().to_string();
    let text = fs::read_to_string(&file).with_context(|| name.clone()).hint("name the platform with --os")?;
    let value = |key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(|value| value.trim_matches('"').to_owned())
    };
    match (value("ID"), value("VERSION_ID")) {
        (Some(id), Some(version)) => Ok(format!("{id}-{version}").parse()?),
        _ => bail!("{name} does not say ID and VERSION_ID\nhint: name the platform with --os"),
    }
}

/// The architecture of this machine.
pub(crate) fn arch() -> Result<Arch> {
    env::consts::ARCH.parse().context("this machine").hint("name the architecture with --arch")
}

/// The enabled sources of this machine's apt, in apt's order.
pub(crate) fn apt_sources() -> Result<Vec<Source>> {
    let mut all = Vec::new();
    let main = Path::new("/etc/apt/sources.list");
    let files = main.is_file().then(|| main.to_owned()).into_iter().chain(files_in(Path::new("/etc/apt/sources.list.d"))?);
    for file in files {
        let name = file.display().to_string();
        let parse = match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => sources::parse_list,
            Some("sources") => sources::parse_deb822,
            _ => continue,
        };
        let text = fs::read_to_string(&file).with_context(|| name.clone())?;
        all.extend(parse(&text, &name)?.into_iter().filter(|source| source.enabled));
    }
    Ok(all)
}

/// The pins of this machine's apt.
pub(crate) fn apt_pins() -> Result<String> {
    let mut text = String::new();
    let main = Path::new("/etc/apt/preferences");
    let files = main.is_file().then(|| main.to_owned()).into_iter().chain(files_in(Path::new("/etc/apt/preferences.d"))?);
    for file in files {
        let name = file.display().to_string();
        let part = fs::read_to_string(&file).with_context(|| name.clone())?;
        Pins::parse(&part, &name)?;
        text.push_str(&part);
        text.push_str("\n\n");
    }
    Ok(text)
}

/// User names and passwords of this machine's apt. A file that only root may read is passed over.
pub(crate) fn credentials() -> Result<Credentials> {
    let mut text = String::new();
    let main = Path::new("/etc/apt/auth.conf");
    let files = main.is_file().then(|| main.to_owned()).into_iter().chain(files_in(Path::new("/etc/apt/auth.conf.d"))?);
    for file in files {
        match fs::read_to_string(&file) {
            Ok(part) => text.extend([part.as_str(), "\n"]),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        }
    }
    Ok(Credentials::parse_auth_conf(&text)?)
}

/// The keys that this machine's apt trusts for sources that name none.
pub(crate) fn apt_keyring() -> Result<Keyring> {
    let mut keyring = Keyring::default();
    let old = Path::new("/etc/apt/trusted.gpg");
    let files = files_in(Path::new("/etc/apt/trusted.gpg.d"))?;
    for file in files.into_iter().chain(old.is_file().then(|| old.to_owned())) {
        if fs::metadata(&file).is_ok_and(|data| data.len() > 0) {
            // A keybox or a broken file there is apt's to report; the other keys still count.
            if let Ok(keys) = load_keyring(&file) {
                keyring.extend(keys);
            }
        }
    }
    Ok(keyring)
}

/// The repositories of this machine's yum or dnf, with its own variables.
pub(crate) fn yum_repositories(mut variables: Variables) -> Result<Vec<Repository>> {
    for folder in ["/etc/yum/vars", "/etc/dnf/vars"] {
        for file in files_in(Path::new(folder))? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            variables.set(&name, &fs::read_to_string(&file).with_context(|| file.display().to_string())?);
        }
    }
    let mut all = Vec::new();
    for file in files_in(Path::new("/etc/yum.repos.d"))? {
        if file.extension().is_some_and(|extension| extension == "repo") {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file).with_context(|| name.clone())?;
            all.extend(repo_file::parse(&text, &name, &variables)?);
        }
    }
    Ok(all)
}

/// Certificate and key of this machine's subscription, where it has one.
pub(crate) fn entitlement() -> Option<(String, String)> {
    let files = files_in(Path::new("/etc/pki/entitlement")).ok()?;
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let key = files.iter().find(|file| file.to_string_lossy().ends_with("-key.pem"))?;
    let certificate = text(key)?.replace("-key.pem", ".pem");
    Path::new(&certificate).is_file().then_some((certificate, text(key)?))
}
