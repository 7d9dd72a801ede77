//! Registries of container images as this machine and the flags know them.

use crate::cli::RegistryFlags;
use anyhow::{Context as _, Result};
use lsrepo_fetch::registry::{Registries, RegistryOptions};
use lsrepo_oci::RegistryHost;
use std::fs;

/// The way to the registries of a run. `asked` are those that will be asked, whose logins are needed.
pub(crate) fn registries(flags: &RegistryFlags, proxy: Option<&str>, asked: &[RegistryHost]) -> Result<Registries> {
    let mirrors = flags.registry_mirrors.iter().map(|mirror| &mirror.host);
    let maybe_plain = asked.iter().chain(mirrors).filter(|host| host.is_loopback()).cloned().collect();
    let authorities = flags.registry_authorities.iter().map(|file| fs::read(file).with_context(|| file.display().to_string()));
    Ok(Registries::new(RegistryOptions {
        plain_http: flags.plain_http.iter().cloned().collect(),
        maybe_plain,
        mirrors: flags.registry_mirrors.clone(),
        authorities: authorities.collect::<Result<_>>()?,
        proxy: proxy.map(str::to_owned),
        ..RegistryOptions::default()
    })?)
}
