//! The logins of this machine, from the files of podman and docker and from the programs that these name.
//!
//! As for podman: the file that was named alone, or several in an order; what an earlier one says of a registry, or of a
//! path in it, a later one does not change. A program that a file names for one registry counts more than the file's own
//! login, one that it names for all counts less. Programs are run only for registries that will be asked.

use super::{folder, helper, home, text};
use crate::cli::RegistryFlags;
use anyhow::{Context as _, Result};
use lsrepo_fetch::registry::Login;
use lsrepo_oci::{AuthFile, RegistryHost, RepositoryName};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// By registry, and by registry and path.
type Logins = (BTreeMap<RegistryHost, Login>, BTreeMap<(RegistryHost, RepositoryName), Login>);

/// The logins of these hosts.
pub(super) fn of(flags: &RegistryFlags, hosts: &[RegistryHost]) -> Result<Logins> {
    let (mut logins, mut path_logins): Logins = Default::default();
    for (file, text) in files(flags)? {
        let parsed = AuthFile::parse(&text).with_context(|| file.display().to_string())?;
        for host in hosts.iter().filter(|host| !logins.contains_key(*host)).cloned().collect::<Vec<_>>() {
            let found = found(&parsed, &host).with_context(|| file.display().to_string())?;
            let known: Vec<RepositoryName> =
                path_logins.keys().filter(|(of, _)| *of == host).map(|(_, path): &(_, RepositoryName)| path.clone()).collect();
            for (path, login) in found {
                match path {
                    None => drop(logins.insert(host.clone(), login)),
                    Some(path) if known.iter().any(|known| is_below(&path, known)) => {}
                    Some(path) => drop(path_logins.insert((host.clone(), path), login)),
                }
            }
        }
    }
    Ok((logins, path_logins))
}

fn is_below(path: &RepositoryName, known: &RepositoryName) -> bool {
    path.as_str().strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The files that there are, those that count more first.
fn files(flags: &RegistryFlags) -> Result<Vec<(PathBuf, String)>> {
    if let Some(named) = &flags.auth_file {
        return Ok(vec![(named.clone(), fs::read_to_string(named).with_context(|| named.display().to_string())?)]);
    }
    // podman's own; for a user without a session, such as root, it is somewhere else.
    let user = rustix::process::geteuid().as_raw();
    let session = folder("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json"));
    let own = [
        Some(session.unwrap_or_else(|| format!("/run/containers/{user}/auth.json").into())),
        folder("XDG_CONFIG_HOME").or_else(|| home(".config")).map(|dir| dir.join("containers/auth.json")),
        folder("DOCKER_CONFIG").or_else(|| home(".docker")).map(|dir| dir.join("config.json")),
    ];
    let mut files = Vec::new();
    for file in own.into_iter().flatten() {
        if let Some(text) = text(&file)? {
            files.push((file, text));
        }
    }
    Ok(files)
}

/// What one file says of a host: logins for all of it or for paths in it.
fn found(file: &AuthFile, host: &RegistryHost) -> Result<Vec<(Option<RepositoryName>, Login)>> {
    let of_all = |login: Option<Login>| login.map(|login| (None, login));
    if let Some(named) = file.helper(host) {
        return Ok(of_all(helper::login(named, host)?).into_iter().collect());
    }
    let mut logins = file.logins(host)?;
    if let (Some(store), false) = (file.store(), logins.iter().any(|(path, _)| path.is_none())) {
        logins.extend(of_all(helper::login(store, host)?));
    }
    Ok(logins)
}
