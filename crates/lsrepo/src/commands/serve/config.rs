//! `lsrepo serve --print-config`: what container tools have to be told.

use crate::{cli::ServeArgs, failure::Hint, output, prepared, service::config::Listen};
use anyhow::{Context as _, Result, bail};
use lsrepo_oci::{Reference, RegistryHost};
use lsrepo_publish::client::{BaseUrl, RegistryClient, registry_config, render_config};
use lsrepo_store::Store;
use std::collections::BTreeSet;

/// Whose images most clusters want, for a store that has none yet.
const USUAL: [&str; 5] = ["docker.io", "ghcr.io", "k8s.gcr.io", "quay.io", "registry.k8s.io"];

/// Prints the files of a tool.
pub(super) fn print(store: &Store, client: RegistryClient, args: &ServeArgs) -> Result<()> {
    let url = match &args.url {
        Some(url) => url.clone(),
        None => match args.listen.first() {
            Some(listen) if listen.address.ip().is_unspecified() => {
                bail!("which address do clients use?\nhint: name it with --url http://HOST:{}", listen.address.port())
            }
            Some(Listen { address, secure }) => {
                let scheme = if *secure { "https" } else { "http" };
                format!("{scheme}://{address}").parse::<BaseUrl>().context("--listen").hint("name the address with --url")?
            }
            None => "http://127.0.0.1:8080".parse()?,
        },
    };
    let mut hosts = hosts(store)?;
    if hosts.is_empty() {
        hosts = USUAL.iter().map(|host| host.parse()).collect::<Result<_, _>>()?;
    }
    let hosts: Vec<RegistryHost> = hosts.into_iter().collect();
    output::write(render_config(&registry_config(client, &url, &hosts)).as_bytes())
}

/// The registries whose images the store has.
fn hosts(store: &Store) -> Result<BTreeSet<RegistryHost>> {
    let mut hosts = BTreeSet::new();
    for (name, digest) in store.roots()? {
        for image in prepared::lock_of(store, &name, &digest)?.images {
            let reference: Reference = image.reference.parse().with_context(|| format!("{name}: {}", image.reference))?;
            hosts.insert(reference.registry);
        }
    }
    Ok(hosts)
}
