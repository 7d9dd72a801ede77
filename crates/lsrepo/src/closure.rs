//! From what is wanted and what upstreams offer to a platform's lock.

use crate::{cli::Upstreams, context::Context, failure::of_fetch, host, upstreams, wanted::Wanted};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, ModuleName, PackageRequest,
    lock::{LockedPackage, LockedSource, PlatformLock},
};
use lsrepo_deb::{
    preferences::{Origin, Pins},
    sources::Source,
    status,
};
use lsrepo_fetch::{Client, ClientOptions, Credentials, Event, RefreshPolicy, Suite};
use lsrepo_resolve::{
    Conflict,
    deb::{self, Base, Installed, Policy, SourceInfo, Universe},
};
use lsrepo_types::Digest;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// One platform, resolved.
pub(crate) struct Solved {
    pub(crate) lock: PlatformLock,
    pub(crate) conflicts: Vec<Conflict>,
    /// why some requests stand apart, in words
    pub(crate) apart: Vec<String>,
    pub(crate) shares: Vec<Share>,
}

/// What one requirement leads to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Share {
    pub(crate) module: String,
    pub(crate) request: String,
    pub(crate) packages: u64,
    pub(crate) bytes: u64,
}

/// The client for upstreams, with this machine's passwords and those that sources name.
pub(crate) fn client(flags: &Upstreams) -> Result<Client> {
    let mut credentials = host::credentials()?;
    let named = flags.sources.iter().map(|line| line.parse::<Source>()).collect::<Result<Vec<_>, _>>()?;
    for uri in host::apt_sources()?.iter().chain(&named).flat_map(|source| &source.uris) {
        credentials.take_from(uri);
    }
    Ok(Client::new(ClientOptions { proxy: flags.proxy.clone(), credentials, ..ClientOptions::default() })?)
}

/// Asks the upstreams of a platform and resolves what is wanted. `favour` names versions to be kept where possible.
pub(crate) async fn resolve(context: &Context, wanted: &Wanted, flags: &Upstreams, favour: &[LockedPackage]) -> Result<Solved> {
    let platform = &wanted.platform;
    let native = platform.arch.deb();
    let requests: Vec<PackageRequest> = wanted.asked.requirements.iter().map(|wish| wish.package.clone()).collect();
    let mut arches = vec![native];
    arches.extend(requests.iter().filter_map(|request| request.arch.as_deref()).filter(|arch| *arch != native && *arch != "all"));
    arches.dedup();
    let mut found = upstreams::find(platform, flags)?;
    for uri in found.sources.iter_mut().flat_map(|source| &mut source.uris) {
        // The client knows the password; the lock need not.
        *uri = Credentials::default().take_from(uri);
    }
    let policy =
        RefreshPolicy { now: context.now, allow_expired: flags.allow_expired, allow_future: flags.allow_future, offline: false };
    let on_event = |event: Event<'_>| match event {
        Event::Index { url, bytes } => context.progress.detail(&format!("{url}: {}", lsrepo_types::Bytes(bytes))),
        Event::Unchanged { url } => context.progress.detail(&format!("{url}: unchanged")),
        Event::Warning(text) => context.progress.warn(text),
        _ => {}
    };
    let keys = |signed_by: &[_]| upstreams::keyring(signed_by, flags).map_err(|error| format!("{error:#}"));
    let cache = context.index_cache();
    let suites = lsrepo_fetch::refresh(&client(flags)?, &found.sources, &arches, keys, &cache, &policy, &on_event).await;
    let suites = suites.map_err(of_fetch)?;
    if suites.is_empty() {
        bail!(
            "{platform}: no source offers packages for {native}\nhint: name one with --source 'deb [signed-by=KEYRING] URL SUITE COMPONENT…'"
        );
    }
    solve(wanted, &suites, &format!("{}{}", favoured(favour), found.pins), &arches[1..], &requests)
}

/// Pins that keep what is locked.
fn favoured(packages: &[LockedPackage]) -> String {
    let pin =
        |package: &LockedPackage| format!("Package: {}\nPin: version {}\nPin-Priority: 995\n\n", package.name, package.version);
    packages.iter().map(pin).collect()
}

fn solve(wanted: &Wanted, suites: &[Suite], pins: &str, foreign: &[&str], requests: &[PackageRequest]) -> Result<Solved> {
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
    let policy =
        Policy { recommends: wanted.asked.recommends, suggests: wanted.asked.suggests, exclude: wanted.asked.exclude.clone() };
    let answer = deb::solve(&universe, requests, &base(wanted)?, &policy);
    let modules: Vec<&ModuleName> = wanted.asked.requirements.iter().map(|wish| &wish.module).collect();
    let mut packages: BTreeMap<(String, String, String), LockedPackage> = BTreeMap::new();
    let mut shares: Vec<Share> = wanted
        .asked
        .requirements
        .iter()
        .map(|wish| Share { module: wish.module.to_string(), request: wish.package.to_string(), packages: 0, bytes: 0 })
        .collect();
    for set in &answer.sets {
        for pick in &set.picks {
            let stanza = universe.candidate(pick.candidate);
            let locked = locked(&stanza, &universe.source(pick.candidate).name)?;
            for &number in &pick.wanted_by {
                shares[number].packages += 1;
                shares[number].bytes += locked.size;
            }
            let wanted_by: BTreeSet<ModuleName> = match pick.wanted_by.is_empty() {
                true => modules.iter().copied().cloned().collect(),
                false => pick.wanted_by.iter().map(|&number| modules[number].clone()).collect(),
            };
            let key = (locked.name.clone(), locked.version.clone(), locked.arch.clone());
            let entry = packages.entry(key).or_insert(locked);
            entry.wanted_by.extend(wanted_by);
            entry.sets.push(set.name.clone());
        }
    }
    let sources = suites.iter().zip(names).map(|(suite, name)| LockedSource {
        name,
        uris: suite.uris.clone(),
        signer: suite.signer.as_ref().map(ToString::to_string),
        date: suite.release.date,
    });
    let date = suites.iter().filter_map(|suite| suite.release.date).max().unwrap_or(lsrepo_types::Timestamp(0));
    let lock = PlatformLock {
        name: wanted.platform.clone(),
        date,
        asked: wanted.asked.clone(),
        sources: sources.collect(),
        packages: packages.into_values().collect(),
    };
    let lock = Lock::new(vec![lock]).platforms.remove(0);
    let apart = answer.sets.iter().filter_map(|set| {
        let why = set.apart.as_ref()?;
        Some(format!("`{}` stands apart in the component `{}`:\n{why}", why.request, set.name))
    });
    Ok(Solved { lock, apart: apart.collect(), conflicts: answer.conflicts, shares })
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
    })
}

/// A name for each suite, unique in the platform.
fn source_names(suites: &[Suite]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut name = |suite: &Suite| {
        let plain = suite.suite.trim_matches(['.', '/']).replace('/', "-");
        let plain = if plain.is_empty() { "flat".to_owned() } else { plain };
        let count = seen.entry(plain.clone()).or_default();
        *count += 1;
        if *count == 1 { plain } else { format!("{plain}-{count}") }
    };
    suites.iter().map(&mut name).collect()
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
    match (wanted.asked.base.as_str(), &wanted.base_text) {
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
