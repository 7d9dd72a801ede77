//! Registries of container images as this machine knows them, and the flags: logins, mirrors, authorities, plain http.
//!
//! What podman and docker were told counts here too: nobody logs in twice.

mod helper;

use crate::{cli::RegistryFlags, context::files_in};
use anyhow::{Context as _, Result};
use lsrepo_fetch::registry::{Login, Registries, RegistryOptions};
use lsrepo_oci::{AuthFile, RegistriesConf, RegistryHost};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

/// The way to the registries of a run. `asked` are those whose images are wanted, or which get some.
pub(crate) fn registries(flags: &RegistryFlags, proxy: Option<&str>, asked: &[RegistryHost]) -> Result<Registries> {
    let conf = conf()?;
    let mirrors = flags.registry_mirrors.iter().map(|mirror| &mirror.host);
    let mut hosts: Vec<RegistryHost> = asked.iter().chain(mirrors).cloned().collect();
    hosts.extend(asked.iter().flat_map(|host| conf.hosts(host)));
    hosts.sort();
    hosts.dedup();
    let authorities = flags.registry_authorities.iter().map(|file| fs::read(file).with_context(|| file.display().to_string()));
    Ok(Registries::new(RegistryOptions {
        plain_http: flags.plain_http.iter().cloned().collect(),
        maybe_plain: hosts.iter().filter(|host| host.is_loopback()).cloned().collect(),
        logins: logins(flags, &hosts)?,
        mirrors: flags.registry_mirrors.clone(),
        conf,
        authorities: authorities.collect::<Result<_>>()?,
        host_authorities: authorities_of(&hosts)?,
        proxy: proxy.map(str::to_owned),
        ..RegistryOptions::default()
    })?)
}

/// A folder of the user's.
fn home(below: &str) -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(below))
}

fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn text(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        // Somebody else's, which only they may read.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// The logins of these hosts. The first file that knows a host counts, as for podman.
fn logins(flags: &RegistryFlags, hosts: &[RegistryHost]) -> Result<BTreeMap<RegistryHost, Login>> {
    let mut files = Vec::new();
    match &flags.auth_file {
        Some(named) => files.push((named.clone(), fs::read_to_string(named).with_context(|| named.display().to_string())?)),
        None => {
            let own = [
                folder("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
                folder("XDG_CONFIG_HOME").or_else(|| home(".config")).map(|dir| dir.join("containers/auth.json")),
                folder("DOCKER_CONFIG").or_else(|| home(".docker")).map(|dir| dir.join("config.json")),
            ];
            for file in own.into_iter().flatten() {
                if let Some(text) = text(&file)? {
                    files.push((file, text));
                }
            }
        }
    }
    let mut logins = BTreeMap::new();
    for (file, text) in files {
        let parsed = AuthFile::parse(&text).with_context(|| file.display().to_string())?;
        for host in hosts {
            if logins.contains_key(host) {
                continue;
            }
            let stored = match (parsed.helper(host), parsed.login(host)) {
                (_, Some(login)) => Some(login.clone()),
                (Some(helper), None) => helper::login(helper, host).with_context(|| file.display().to_string())?,
                (None, None) => None,
            };
            logins.extend(stored.map(|login| (host.clone(), login)));
        }
    }
    Ok(logins)
}

/// What this machine's `registries.conf` says: the file that a variable names, the user's, or the machine's; then the
/// files of the folder beside it.
fn conf() -> Result<RegistriesConf> {
    let main = match (folder("CONTAINERS_REGISTRIES_CONF"), home(".config/containers/registries.conf")) {
        (Some(named), _) => named,
        (None, Some(own)) if own.is_file() => own,
        _ => "/etc/containers/registries.conf".into(),
    };
    let mut files = vec![main];
    let folders = [Some("/etc/containers/registries.conf.d".into()), home(".config/containers/registries.conf.d")];
    if folder("CONTAINERS_REGISTRIES_CONF").is_none() {
        for folder in folders.into_iter().flatten() {
            let all = files_in(&folder)?;
            files.extend(all.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "conf")));
        }
    }
    let mut conf = RegistriesConf::default();
    for file in files {
        if let Some(text) = text(&file)? {
            conf.extend(RegistriesConf::parse(&text).with_context(|| file.display().to_string())?);
        }
    }
    Ok(conf)
}

/// The authorities that podman and docker know for a host alone.
fn authorities_of(hosts: &[RegistryHost]) -> Result<BTreeMap<RegistryHost, Vec<Vec<u8>>>> {
    let folders: Vec<PathBuf> = ["/etc/containers/certs.d", "/etc/docker/certs.d"]
        .map(PathBuf::from)
        .into_iter()
        .chain(home(".config/containers/certs.d"))
        .collect();
    let mut all: BTreeMap<RegistryHost, Vec<Vec<u8>>> = BTreeMap::new();
    for host in hosts {
        for folder in &folders {
            for file in files_in(&folder.join(host.as_str()))? {
                if file.extension().is_some_and(|extension| extension == "crt") {
                    let pem = fs::read(&file).with_context(|| file.display().to_string())?;
                    all.entry(host.clone()).or_default().push(pem);
                }
            }
        }
    }
    Ok(all)
}
