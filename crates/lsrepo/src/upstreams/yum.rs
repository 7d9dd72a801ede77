//! Repositories of RPM packages: `--source`, this machine's own `yum.repos.d`, or the platform's document.

use crate::{cli::Upstreams, closure::unique_names, context::load_keyring, failure::unsatisfied, host};
use anyhow::{Context as _, Result};
use lsrepo_bom::{
    embedded,
    lock::{Asked, PlatformLock},
    platforms::{Base, PlatformDocument, YumUpstream},
};
use lsrepo_fetch::{Client, Event, YumPolicy};
use lsrepo_rpm::{Modules, Repository, Variables, modules::ActiveModules, modules::StreamRequest};
use lsrepo_sign::Keyring;
use lsrepo_types::{Os, Platform};
use std::{fs, path::Path};

/// The upstreams of one platform.
pub(crate) struct Found {
    pub(crate) repositories: Vec<Repository>,
    /// SHA-1 may stand in signatures and checksums
    pub(crate) allow_sha1: bool,
    /// armoured keys that stand in the platform's document itself, by repository
    inline_keys: Vec<(String, String)>,
}

/// The repositories for what is wanted, each with an id of its own: keys and the lock go by it.
pub(crate) fn find(platform: &Platform, asked: &Asked, flags: &Upstreams) -> Result<Found> {
    let mut found = places(platform, asked, flags)?;
    let ids = unique_names(found.repositories.iter().map(|repository| repository.id.as_str()));
    for (repository, id) in found.repositories.iter_mut().zip(ids) {
        repository.id = id;
    }
    Ok(found)
}

fn places(platform: &Platform, asked: &Asked, flags: &Upstreams) -> Result<Found> {
    let (document, variables) = known(platform)?;
    let allow_sha1 = document.as_ref().is_some_and(|document| document.signatures.allow_sha1);
    let found = |repositories| Found { repositories, allow_sha1, inline_keys: Vec::new() };
    if !flags.sources.is_empty() {
        return Ok(found(named(platform, flags)?));
    }
    let own = match host::os().is_ok_and(|os| os == platform.os) {
        true => host::yum_repositories(variables.clone())?,
        false => Vec::new(),
    };
    // What the distribution itself has is asked where this machine asks for it.
    let of_host = own.iter().any(|repository| repository.enabled);
    let document = match document {
        None if of_host => return Ok(found(own)),
        None => super::document(&platform.os)?,
        Some(document) => document,
    };
    let mut found = found(if of_host { own } else { Vec::new() });
    let fits = |upstream: &&YumUpstream| {
        (!of_host || !upstream.modules.is_empty())
            && asked.has_one_of(&upstream.modules)
            && (upstream.architectures.is_empty() || upstream.architectures.contains(&platform.arch))
    };
    for upstream in document.yum.iter().filter(fits) {
        found.repositories.push(repository(upstream, &variables, &mut found.inline_keys));
    }
    Ok(found)
}

/// The document of a platform, where there is one, and what stands for the variables in its addresses.
fn known(platform: &Platform) -> Result<(Option<PlatformDocument>, Variables)> {
    let document = embedded::platform(&platform.os)?;
    let releasever = document.as_ref().map_or(platform.os.version(), PlatformDocument::releasever);
    let variables = Variables::of(releasever, platform.arch.rpm());
    Ok((document, variables))
}

/// The repositories that `--source` names, for `platform`.
pub(crate) fn named(platform: &Platform, flags: &Upstreams) -> Result<Vec<Repository>> {
    let (_, variables) = known(platform)?;
    let parse = |line: &String| {
        let mut repository = source(&variables.expand(line))?;
        // Who names a keyring wants it used, also where a source is but an address.
        repository.gpgcheck |= !flags.keyrings.is_empty() && repository.gpgkey.is_empty() && !line.contains("gpgcheck=");
        Ok(repository)
    };
    flags.sources.iter().map(parse).collect()
}

/// Whether a `--source` names a repository of RPM packages: an address alone, or after the word `rpm`.
pub(crate) fn is_source(line: &str) -> bool {
    let line = line.trim_start();
    let word = line.split([' ', '\t', '[']).next().unwrap_or("");
    word == "rpm" || (line.starts_with('/') || line.contains("://")) && !["deb", "deb-src"].contains(&word)
}

fn source(line: &str) -> Result<Repository> {
    match line.trim_start().starts_with('/') {
        true => {
            let path = fs::canonicalize(line.trim()).with_context(|| line.to_owned())?;
            Ok(format!("file://{}", path.display()).parse::<Repository>()?)
        }
        false => Ok(line.parse::<Repository>()?),
    }
}

fn repository(upstream: &YumUpstream, variables: &Variables, inline: &mut Vec<(String, String)>) -> Repository {
    let expand = |text: &String| variables.expand(text);
    let (armored, gpgkey): (Vec<String>, Vec<String>) =
        upstream.gpgkey.iter().cloned().partition(|key| key.starts_with("-----BEGIN"));
    inline.extend(armored.into_iter().map(|key| (upstream.id.clone(), key)));
    let mut repository = Repository {
        baseurl: upstream.baseurl.iter().map(expand).collect(),
        mirrorlist: upstream.mirrorlist.as_ref().map(expand),
        metalink: upstream.metalink.as_ref().map(expand),
        gpgkey: gpgkey.iter().map(expand).collect(),
        gpgcheck: upstream.gpgcheck,
        repo_gpgcheck: upstream.repo_gpgcheck,
        enabled: upstream.enabled,
        priority: upstream.priority.unwrap_or(99),
        excludepkgs: upstream.exclude.clone(),
        module_hotfixes: upstream.module_hotfixes,
        ..Repository::new(&upstream.id)
    };
    if upstream.entitlement
        && let Some((certificate, key)) = host::entitlement()
    {
        (repository.tls.client_certificate, repository.tls.client_key) = (Some(certificate), Some(key));
    }
    repository
}

impl Found {
    /// The keys that a repository names: they may sign it and its packages.
    pub(crate) async fn keys(
        &self,
        client: &Client,
        repository: &Repository,
        flags: &Upstreams,
        cache: &Path,
        policy: &YumPolicy,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Keyring> {
        let mut keyring = lsrepo_fetch::fetch_keys(client, repository, cache, policy, on_event).await?;
        for (_, armored) in self.inline_keys.iter().filter(|(id, _)| *id == repository.id) {
            keyring.extend(Keyring::parse(armored.as_bytes()).with_context(|| format!("[{}]: gpgkey", repository.id))?);
        }
        for file in flags.keyrings.iter().filter(|_| repository.gpgkey.is_empty()) {
            keyring.extend(load_keyring(file)?);
        }
        Ok(keyring)
    }
}

/// A client that asks for what a lock names as each of its repositories wants to be asked: with certificates and authorities, through
/// a proxy, as somebody.
pub(crate) fn routed(client: Client, part: &PlatformLock, flags: &Upstreams) -> Result<Client> {
    let found = match find(&part.name, &part.asked, flags) {
        Ok(found) => found.repositories,
        // A lock from elsewhere: what it names is asked for without more.
        Err(_) => Vec::new(),
    };
    let mut routes = Vec::new();
    for source in &part.sources {
        let Some(repository) = found.iter().find(|one| one.id == source.name) else { continue };
        let own = client.for_repository(repository)?;
        routes.extend(source.uris.iter().map(|uri| (uri.clone(), own.clone())));
    }
    Ok(client.with_routes(routes))
}

/// What a host of that OS has at the start, where that is said.
pub(crate) fn base(os: &Os) -> Result<Vec<String>> {
    Ok(match embedded::platform(os)?.map(|document| document.base) {
        Some(Base::Packages(names)) => names,
        Some(Base::None | Base::Minbase) | None => Vec::new(),
    })
}

/// The module streams that are active on an OS where these are asked for.
pub(crate) fn active(modules: &Modules, streams: &[String], os: &Os) -> Result<ActiveModules> {
    let requests = streams.iter().map(|text| text.parse::<StreamRequest>()).collect::<Result<Vec<_>, _>>()?;
    let platform = embedded::platform(os)?.and_then(|document| document.module_platform);
    modules.enable(&requests, platform.as_deref()).map_err(|conflict| unsatisfied(format!("{os}: {conflict}")))
}

#[cfg(test)]
mod tests {
    use super::is_source;

    #[test]
    fn an_address_alone_is_a_yum_repository() {
        for line in ["file:///srv/repo", "/srv/repo", "https://a.example/x", "rpm [gpgkey=/k] http://a.example/", "rpm http://a/"] {
            assert!(is_source(line), "{line}");
        }
        for line in ["deb http://a.example/debian stable main", "deb [signed-by=/k] http://a.example x main", "nonsense"] {
            assert!(!is_source(line), "{line}");
        }
    }
}
