//! Debian packages: suites refreshed, their packages resolved.

use super::{
    Solved,
    by_url::{self, Offer, UrlPackage},
    client,
};
use crate::{
    cli::Upstreams,
    context::Context,
    failure::of_fetch,
    upstreams::apt,
    wanted::{BaseGiven, Wanted},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, Requirement,
    lock::{LockedPackage, LockedSource, PackageSignatures, PlatformLock},
};
use lsrepo_deb::{
    Request,
    preferences::{Origin, Pins},
    status,
};
use lsrepo_fetch::{Credentials, RefreshPolicy, Suite};
use lsrepo_resolve::deb::{self, Base, Installed, Policy, SourceInfo, Universe};
use lsrepo_types::Digest;
use std::fs;

/// Asks the upstreams of a platform and resolves what is wanted. `favour` names versions to be kept where possible.
pub(super) async fn resolve(
    context: &Context,
    wanted: &Wanted,
    flags: &Upstreams,
    favour: &[LockedPackage],
    by_url: &[UrlPackage],
) -> Result<Solved> {
    let platform = &wanted.platform;
    let native = platform.arch.deb();
    let parse = |wish: &Requirement| wish.package.as_str().parse::<Request>();
    let offer = by_url::deb(&context.store()?, by_url, platform.arch)?;
    let requirements: Vec<&Requirement> = wanted.asked.requirements.iter().chain(&offer.requirements).collect();
    let requests: Vec<Request> = requirements.into_iter().map(parse).collect::<Result<_, _>>()?;
    let mut arches = vec![native];
    arches.extend(requests.iter().filter_map(|request| request.arch.as_deref()).filter(|arch| *arch != native && *arch != "all"));
    arches.dedup();
    let client = client(flags)?;
    let mut found = apt::find(&wanted.platform, &wanted.asked, flags)?;
    apt::fetch_keys(&client, &mut found.sources).await?;
    for uri in found.sources.iter_mut().flat_map(|source| &mut source.uris) {
        // The client knows the password; the lock need not.
        *uri = Credentials::default().take_from(uri);
    }
    let policy =
        RefreshPolicy { now: context.now, allow_expired: flags.allow_expired, allow_future: flags.allow_future, offline: false };
    let on_event = super::say(context);
    let keys = |signed_by: &[_]| apt::keyring(signed_by, flags).map_err(|error| format!("{error:#}"));
    let cache = context.index_cache();
    let suites = lsrepo_fetch::refresh(&client, &found.sources, &arches, keys, &cache, &policy, &on_event).await;
    let suites = suites.map_err(of_fetch)?;
    if suites.is_empty() {
        bail!(
            "{platform}: no source offers packages for {native}\nhint: name one with --source 'deb [signed-by=KEYRING] URL SUITE COMPONENT…'"
        );
    }
    let pins = format!("{}{}", favoured(favour), found.pins);
    solve(wanted, &suites, &pins, &arches[1..], &requests, (&offer, by_url))
}

/// Pins that keep what is locked.
fn favoured(packages: &[LockedPackage]) -> String {
    let pin =
        |package: &LockedPackage| format!("Package: {}\nPin: version {}\nPin-Priority: 995\n\n", package.name, package.version);
    packages.iter().map(pin).collect()
}

fn solve(
    wanted: &Wanted,
    suites: &[Suite],
    pins: &str,
    foreign: &[&str],
    requests: &[Request],
    (offer, by_url): (&Offer, &[UrlPackage]),
) -> Result<Solved> {
    let names = source_names(suites);
    let pins = Pins::parse(pins, "preferences")?;
    let mut texts = Vec::new();
    for (suite, name) in suites.iter().zip(&names) {
        for index in &suite.indexes {
            let text = fs::read_to_string(&index.path).with_context(|| index.path.display().to_string())?;
            texts.push((suite, name, &index.component, text));
        }
    }
    let mut universe = Universe::new(wanted.platform.arch, foreign);
    for (suite, name, component, text) in &texts {
        let source = SourceInfo { name: (*name).clone(), origin: origin(suite, component) };
        universe.add(text, source, &pins)?;
    }
    let own = std::str::from_utf8(&offer.index)?;
    universe.add(own, SourceInfo { name: by_url::SOURCE.to_owned(), origin: Origin::default() }, &pins)?;
    let policy =
        Policy { recommends: wanted.asked.recommends, suggests: wanted.asked.suggests, exclude: wanted.asked.exclude.clone() };
    let answer = deb::solve(&universe, requests, &base(wanted)?, &policy);
    let requirements: Vec<Requirement> = wanted.asked.requirements.iter().chain(&offer.requirements).cloned().collect();
    let (packages, shares) = super::gather(&answer, &requirements, |id| {
        let mut package = locked(&universe.candidate(id), &universe.source(id).name)?;
        by_url::place(&mut package, by_url);
        Ok(package)
    })?;
    let sources = suites.iter().zip(names).map(|(suite, name)| LockedSource {
        name,
        uris: suite.uris.clone(),
        signer: suite.signer.as_ref().map(ToString::to_string),
        date: suite.release.date,
        package_signatures: PackageSignatures::Unchecked,
        module_hotfixes: false,
    });
    let date = suites.iter().filter_map(|suite| suite.release.date).max().unwrap_or(lsrepo_types::Timestamp(0));
    let lock = PlatformLock {
        name: wanted.platform.clone(),
        date,
        asked: wanted.asked.clone(),
        sources: sources.chain((!by_url.is_empty()).then(by_url::source)).collect(),
        keys: Vec::new(),
        documents: Vec::new(),
        packages,
        images: Vec::new(),
        files: Vec::new(),
    };
    let lock = Lock::new(vec![lock]).platforms.remove(0);
    let apart = super::apart(&answer);
    Ok(Solved { lock, apart, conflicts: answer.conflicts, exclusive: Vec::new(), shares, unpinned: Vec::new() })
}

fn locked(stanza: &lsrepo_deb::packages::Stanza<'_>, source: &str) -> Result<LockedPackage> {
    let of = || format!("{} {} of {source}", stanza.package, stanza.version);
    let path =
        stanza.filename.map(|path| path.trim_start_matches("./")).and_then(|path| path.parse::<lsrepo_types::RelPath>().ok());
    let path = path.with_context(|| format!("{}: its Filename is not a path below the archive", of()))?;
    let digest = stanza.sha256.and_then(|hex| Digest::from_hex(hex).ok());
    let digest = digest.with_context(|| format!("{}: the index does not say its SHA256", of()))?;
    Ok(LockedPackage {
        name: stanza.package.to_owned(),
        version: stanza.version.to_owned(),
        arch: stanza.architecture.to_owned(),
        source: source.to_owned(),
        path: path.to_string(),
        size: stanza.size.with_context(|| format!("{}: the index does not say its Size", of()))?,
        digest,
        wanted_by: Vec::new(),
        sets: Vec::new(),
        urls: Vec::new(),
        proof: None,
    })
}

/// A name for each suite, unique in the platform.
fn source_names(suites: &[Suite]) -> Vec<String> {
    let plain = |suite: &Suite| match suite.suite.trim_matches(['.', '/']).replace('/', "-") {
        plain if plain.is_empty() => "flat".to_owned(),
        plain => plain,
    };
    let plain: Vec<String> = suites.iter().map(plain).collect();
    super::unique_names(plain.iter().map(String::as_str))
}

fn origin(suite: &Suite, component: &str) -> Origin {
    let release = &suite.release;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let uri = suite.uris.first().map_or("", String::as_str);
    let site = uri.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or("");
    Origin {
        origin: text(&release.origin),
        label: text(&release.label),
        suite: text(&release.suite),
        codename: text(&release.codename),
        version: text(&release.version),
        component: component.to_owned(),
        site: site.rsplit('@').next().unwrap_or(site).to_owned(),
        not_automatic: release.not_automatic,
        but_automatic_upgrades: release.but_automatic_upgrades,
    }
}

fn base(wanted: &Wanted) -> Result<Base> {
    match (wanted.asked.base.as_str(), wanted.base.as_ref().and_then(BaseGiven::text)) {
        ("none", _) => Ok(Base::None),
        ("minbase", _) => Ok(Base::Minbase),
        (_, Some(text)) if text.lines().any(|line| line.starts_with("Package:")) => {
            let installed = status::installed(text).into_iter().map(|stanza| Installed {
                name: stanza.package.to_owned(),
                version: stanza.version.to_owned(),
                arch: stanza.architecture.to_owned(),
            });
            Ok(Base::Status(installed.collect()))
        }
        (_, Some(text)) => {
            let names = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
            Ok(Base::Names(names.filter(|name| !name.is_empty()).map(str::to_owned).collect()))
        }
        (word, None) => {
            bail!("the lock was made for the base {word}, which is not here\nhint: name the file again with --base FILE")
        }
    }
}
