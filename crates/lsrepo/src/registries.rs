//! Registries of container images as this machine knows them, and the flags: logins, mirrors, authorities, plain http.
//!
//! What podman and docker were told counts here too: nobody logs in twice. With one difference: where `registries.conf`
//! says `insecure`, a place that speaks no TLS is asked without, with its login too; but one that does must bear a
//! certificate that is believed (`certs.d`, `--registry-ca`).

mod helper;
mod logins;

use crate::{cli::RegistryFlags, context::files_in};
use anyhow::{Context as _, Result, bail};
use lsrepo_fetch::registry::{Mirror, Registries, RegistryOptions};
use lsrepo_oci::{RegistriesConf, RegistryHost};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

/// The way to the registries of a run. `asked` are those whose images are wanted, or which get some.
pub(crate) fn registries(flags: &RegistryFlags, proxy: Option<&str>, asked: &[RegistryHost]) -> Result<Registries> {
    let conf = conf()?;
    let mut mirrors = flags.registry_mirrors.clone();
    mirrors.extend(moved(asked, &mirrors)?);
    let places = mirrors.iter().map(|mirror| &mirror.host);
    let mut hosts: Vec<RegistryHost> = asked.iter().chain(places).cloned().collect();
    hosts.extend(asked.iter().flat_map(|host| conf.hosts(host)));
    hosts.sort();
    hosts.dedup();
    let authorities = flags.registry_authorities.iter().map(|file| fs::read(file).with_context(|| file.display().to_string()));
    let (logins, path_logins) = logins::of(flags, &hosts)?;
    Ok(Registries::new(RegistryOptions {
        plain_http: flags.plain_http.iter().cloned().collect(),
        maybe_plain: hosts.iter().filter(|host| host.is_loopback()).cloned().collect(),
        logins,
        path_logins,
        mirrors,
        conf,
        authorities: authorities.collect::<Result<_>>()?,
        host_authorities: authorities_of(&hosts)?,
        proxy: proxy.map(str::to_owned),
        ..RegistryOptions::default()
    })?)
}

/// Where the registry of Kubernetes went, unless somebody says where it is. Its images keep their names.
fn moved(asked: &[RegistryHost], said: &[Mirror]) -> Result<Option<Mirror>> {
    let mirror: Mirror = "k8s.gcr.io=registry.k8s.io".parse()?;
    let wanted = asked.contains(&mirror.of) && !said.iter().any(|other| other.of == mirror.of);
    Ok(wanted.then_some(mirror))
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

/// The files of a folder; none where it is somebody else's, which only they may read.
fn if_mine(files: Result<Vec<PathBuf>>) -> Result<Vec<PathBuf>> {
    files.or_else(|error| match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => Ok(Vec::new()),
        _ => Err(error),
    })
}

/// What this machine's `registries.conf` says: the file that a variable names, else the user's, else the machine's; then the
/// files of the folders beside it. The machine's folder counts as long as the user has no such file.
fn conf() -> Result<RegistriesConf> {
    let (named, own) = (folder("CONTAINERS_REGISTRIES_CONF"), home(".config/containers/registries.conf"));
    let own = own.filter(|own| named.is_none() && own.is_file());
    let beside = match own {
        Some(_) => None,
        None => Some("/etc/containers/registries.conf.d".into()),
    };
    let main = named.clone().or(own).unwrap_or_else(|| "/etc/containers/registries.conf".into());
    let mut files = vec![main.clone()];
    for folder in beside.into_iter().chain(home(".config/containers/registries.conf.d")) {
        let all = if_mine(files_in(&folder))?;
        files.extend(all.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "conf")));
    }
    let mut conf = RegistriesConf::default();
    for file in files {
        match text(&file)? {
            Some(text) => conf.extend(RegistriesConf::parse(&text).with_context(|| file.display().to_string())?),
            None if named.as_ref() == Some(&file) => bail!("CONTAINERS_REGISTRIES_CONF: {} cannot be read", file.display()),
            None => {}
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
            for file in if_mine(files_in(&folder.join(host.as_str())))? {
                if file.extension().is_some_and(|extension| extension == "crt") {
                    match fs::read(&file) {
                        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                        pem => all.entry(host.clone()).or_default().push(pem.with_context(|| file.display().to_string())?),
                    }
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_that_moved_is_asked_where_it_is_now() {
        let host = |name: &str| name.parse::<RegistryHost>().unwrap();
        let places = |asked: &[RegistryHost], said: &[Mirror]| {
            moved(asked, said).unwrap().into_iter().map(|mirror| mirror.host.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(places(&[host("quay.io"), host("k8s.gcr.io")], &[]), ["registry.k8s.io"]);
        assert!(places(&[host("quay.io")], &[]).is_empty());
        let own: Mirror = "k8s.gcr.io=mirror.example".parse().unwrap();
        assert!(places(&[host("k8s.gcr.io")], &[own]).is_empty());
    }
}
