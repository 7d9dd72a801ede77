//! From what is wanted and what upstreams offer to a platform's lock.

pub(crate) mod by_url;
mod deb;
mod rpm;

use crate::{
    cli::Upstreams,
    context::Context,
    host,
    upstreams::{apt, yum},
    wanted::Wanted,
};
use anyhow::Result;
use by_url::UrlPackage;
use lsrepo_bom::{
    ModuleName, Requirement,
    lock::{LockedPackage, PlatformLock},
};
use lsrepo_deb::sources::Source;
use lsrepo_fetch::{Client, ClientOptions, Event};
use lsrepo_resolve::{Conflict, Resolution};
use lsrepo_types::{Bytes, Family};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One platform, resolved.
pub(crate) struct Solved {
    pub(crate) lock: PlatformLock,
    pub(crate) conflicts: Vec<Conflict>,
    /// why some requests stand apart, in words
    pub(crate) apart: Vec<String>,
    /// why these requests cannot stand on one host, where that is what the platform's clients would ask
    pub(crate) exclusive: Vec<Conflict>,
    pub(crate) shares: Vec<Share>,
    /// packages of which no SHA-256 is known before they are here
    pub(crate) unpinned: Vec<Unpinned>,
}

/// A package that the lock cannot name by digest before it is fetched.
pub(crate) struct Unpinned {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) arch: String,
    /// what the index says of the file instead
    pub(crate) checksum: lsrepo_rpm::Checksum,
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
    let debian = flags.sources.iter().filter(|line| !yum::is_source(line));
    let named = debian.map(|line| line.parse::<Source>()).collect::<Result<Vec<_>, _>>()?;
    for uri in host::apt_sources()?.iter().chain(&named).flat_map(|source| &source.uris) {
        credentials.take_from(uri);
    }
    Ok(Client::new(ClientOptions { proxy: flags.proxy.clone(), credentials, ..ClientOptions::default() })?)
}

/// Asks the upstreams of a platform and resolves what is wanted. `favour` names versions to be kept where possible;
/// `by_url` are packages of the store that lie in no repository.
pub(crate) async fn resolve(
    context: &Context,
    wanted: &Wanted,
    flags: &Upstreams,
    favour: &[LockedPackage],
    by_url: &[UrlPackage],
) -> Result<Solved> {
    if wanted.asked.requirements.is_empty() && by_url.is_empty() {
        // Nobody need be asked for nothing.
        let lock = PlatformLock::new(wanted.platform.clone(), wanted.asked.clone());
        let (conflicts, apart, exclusive, shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        return Ok(Solved { lock, conflicts, apart, exclusive, shares, unpinned: Vec::new() });
    }
    match wanted.platform.os.family() {
        Family::Debian => deb::resolve(context, wanted, flags, favour, by_url).await,
        Family::RedHat => rpm::resolve(context, wanted, flags, favour, by_url).await,
    }
}

/// Whether it is known where a platform's packages come from. Asks nobody.
pub(crate) fn check(wanted: &Wanted, flags: &Upstreams) -> Result<()> {
    let (platform, asked) = (&wanted.platform, &wanted.asked);
    match platform.os.family() {
        _ if asked.requirements.is_empty() => Ok(()),
        Family::Debian => apt::find(platform, asked, flags).map(drop),
        Family::RedHat => yum::find(platform, asked, flags).map(drop),
    }
}

/// What is said of indexes while they are refreshed.
fn say(context: &Context) -> impl Fn(Event<'_>) + Send + Sync + '_ {
    |event| match event {
        Event::Index { url, bytes } => context.progress.detail(&format!("{url}: {}", Bytes(bytes))),
        Event::Unchanged { url } => context.progress.detail(&format!("{url}: unchanged")),
        Event::Warning(text) => context.progress.warn(text),
        _ => {}
    }
}

/// The picks of all sets as a lock has them, each once, with who wants it; and what each requirement leads to.
fn gather(
    answer: &Resolution,
    requirements: &[Requirement],
    mut locked: impl FnMut(lsrepo_resolve::CandidateId) -> Result<LockedPackage>,
) -> Result<(Vec<LockedPackage>, Vec<Share>)> {
    let modules: Vec<&ModuleName> = requirements.iter().map(|wish| &wish.module).collect();
    let mut packages: BTreeMap<(String, String, String), LockedPackage> = BTreeMap::new();
    let share =
        |wish: &Requirement| Share { module: wish.module.to_string(), request: wish.package.to_string(), packages: 0, bytes: 0 };
    let mut shares: Vec<Share> = requirements.iter().map(share).collect();
    for set in &answer.sets {
        for pick in &set.picks {
            let locked = locked(pick.candidate)?;
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
    Ok((packages.into_values().collect(), shares))
}

/// Why some requests stand apart, in words.
fn apart(answer: &Resolution) -> Vec<String> {
    let apart = answer.sets.iter().filter_map(|set| {
        let why = set.apart.as_ref()?;
        Some(format!("`{}` stands apart in the component `{}`:\n{why}", why.request, set.name))
    });
    apart.collect()
}

/// A name for each source, unique in the platform.
pub(crate) fn unique_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut unique = Vec::new();
    for name in names {
        let mut candidates = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
        unique.extend(candidates.find(|candidate: &String| taken.insert(candidate.clone())));
    }
    unique
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique_whatever_they_are() {
        let names = super::unique_names(["x", "x", "x-2", "y", "x"].into_iter());
        assert_eq!(names, ["x", "x-2", "x-2-2", "y", "x-3"]);
    }
}
