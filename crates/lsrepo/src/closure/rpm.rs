//! RPM packages: repositories refreshed, modules enabled, their packages resolved.

use super::{
    Solved, Unpinned,
    by_url::{self, Offer, UrlPackage},
    client,
};
use crate::{
    cli::Upstreams,
    context::Context,
    failure::of_fetch,
    upstreams::yum::{self, Found},
    wanted::{BaseGiven, Wanted},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_bom::{
    Lock, Requirement,
    lock::{DocumentKind, LockedDocument, LockedKey, LockedPackage, LockedSource, PackageSignatures, PlatformLock},
};
use lsrepo_fetch::{Credentials, RefreshPolicy, YumPolicy, YumRepository};
use lsrepo_resolve::{
    CandidateId, Resolution,
    rpm::{self, Base, Groups, NevraRef, Policy, Request, SourceId, SourceInfo, Universe},
};
use lsrepo_rpm::{
    Checksum, Comps, Evr, Modules, RepomdRecord,
    comps::MemberKind,
    modules::{ActiveModules, Hidden},
};
use lsrepo_sign::Keyring;
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufReader,
    path::Path,
};

/// Asks the repositories of a platform and resolves what is wanted. `favour` names versions to be kept where possible.
pub(super) async fn resolve(
    context: &Context,
    wanted: &Wanted,
    flags: &Upstreams,
    favour: &[LockedPackage],
    by_url: &[UrlPackage],
) -> Result<Solved> {
    let parse = |wish: &Requirement| wish.package.as_str().parse::<Request>();
    let offer = by_url::rpm(&context.store()?, by_url, wanted.platform.arch)?;
    let requirements: Vec<&Requirement> = wanted.asked.requirements.iter().chain(&offer.requirements).collect();
    let requests: Vec<Request> = requirements.into_iter().map(parse).collect::<Result<_, _>>()?;
    let found = yum::find(&wanted.platform, &wanted.asked, flags)?;
    let refresh =
        RefreshPolicy { now: context.now, allow_expired: flags.allow_expired, allow_future: flags.allow_future, offline: false };
    let policy = YumPolicy { refresh, allow_sha1: found.allow_sha1 };
    let (client, cache, on_event) = (client(flags)?, context.index_cache(), super::say(context));
    let mut keys: BTreeMap<&str, Keyring> = BTreeMap::new();
    for repository in found.repositories.iter().filter(|repository| repository.enabled) {
        if repository.repo_gpgcheck || repository.gpgcheck {
            let keyring = found.keys(&client, repository, flags, &cache, &policy, &on_event).await?;
            keys.insert(&repository.id, keyring);
        }
        if !repository.repo_gpgcheck && !repository.gpgcheck {
            context
                .progress
                .warn(&format!("[{}]: neither the repository nor its packages are checked for signatures", repository.id));
        }
    }
    let of = |repository: &lsrepo_rpm::Repository| Ok(keys.get(repository.id.as_str()).cloned().unwrap_or_default());
    let repositories = lsrepo_fetch::refresh_yum(&client, &found.repositories, of, &cache, &policy, &on_event).await;
    let repositories = repositories.map_err(of_fetch)?;
    if repositories.is_empty() {
        bail!("{}: no source is enabled\nhint: name one with --source 'rpm [gpgkey=FILE] URL'", wanted.platform);
    }
    let (mut universe, sources) = universe(context, wanted, &repositories)?;
    universe.add(&offer.index[..], SourceInfo::new(by_url::SOURCE), |_| None)?;
    let groups = groups(&repositories, &universe)?;
    if universe.wants_filelists(&requests, &groups) {
        for (repository, &source) in repositories.iter().zip(&sources) {
            let lists = lsrepo_fetch::fetch_filelists(repository, &cache, &policy, &on_event).await.map_err(of_fetch)?;
            if let Some(lists) = lists {
                universe.add_filelists(source, open(&lists)?, &requests)?;
            }
        }
    }
    let base = base(wanted, &mut universe)?;
    let keep = favour.iter().map(|package| format!("{}-{}.{}", package.name, package.version, package.arch));
    let rules = Policy {
        recommends: wanted.asked.recommends,
        best: !wanted.asked.any_version,
        exclude: wanted.asked.exclude.clone(),
        keep: keep.collect(),
        ..Policy::default()
    };
    let answer = rpm::solve(&universe, &requests, &base, &rules, &groups);
    solved(wanted, &found, (&keys, &repositories), &universe, answer, (&offer, by_url))
}

fn open(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 18, File::open(path).with_context(|| path.display().to_string())?))
}

/// What the repositories offer, without what inactive module streams hold.
fn universe(context: &Context, wanted: &Wanted, repositories: &[YumRepository]) -> Result<(Universe, Vec<SourceId>)> {
    let mut modules = Modules::default();
    for path in repositories.iter().filter_map(|repository| repository.modules.as_ref()) {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let (read, problems) = Modules::parse(&text);
        problems.iter().for_each(|problem| context.progress.detail(&format!("modules: {problem}")));
        modules.extend(read);
    }
    let active = yum::active(&modules, &wanted.asked.streams, &wanted.platform.os)?;
    let mut universe = Universe::new(wanted.platform.arch);
    let mut sources = Vec::new();
    for found in repositories {
        let repository = &found.repository;
        let source = SourceInfo {
            priority: repository.priority,
            cost: u32::try_from(repository.cost).unwrap_or(0),
            exclude: repository.excludepkgs.clone(),
            includepkgs: repository.includepkgs.clone(),
            ..SourceInfo::new(repository.id.as_str())
        };
        let hidden = |nevra: &NevraRef<'_>| hidden(&active, nevra, repository.module_hotfixes);
        sources.push(universe.add(open(&found.primary)?, source, hidden)?);
    }
    Ok((universe, sources))
}

/// The module stream that keeps a package from being a candidate.
fn hidden(active: &ActiveModules, nevra: &NevraRef<'_>, hotfixes: bool) -> Option<String> {
    let evr = Evr { epoch: nevra.epoch, version: nevra.version.into(), release: nevra.release.into() };
    match active.hides(nevra.name, &evr, nevra.arch, std::iter::empty(), hotfixes)? {
        Hidden::Inactive { module, stream } | Hidden::Shadowed { module, stream } => Some(format!("{module}:{stream}")),
    }
}

/// Packages by the ids and names of their groups and environments. A conditional one counts where its condition
/// could be met at all.
fn groups(repositories: &[YumRepository], universe: &Universe) -> Result<Groups> {
    let mut comps = Comps::default();
    for path in repositories.iter().filter_map(|repository| repository.comps.as_ref()) {
        comps.extend(Comps::parse(open(path)?).with_context(|| path.display().to_string())?);
    }
    let labels = comps.groups.iter().map(|group| &group.label).chain(comps.environments.iter().map(|one| &one.label));
    let mut groups = Groups::new();
    for word in labels.flat_map(|label| [&label.id, &label.name]) {
        let Some(found) = comps.find(word) else { continue };
        let there = |name: &str| universe.named(name).next().is_some();
        let counts = |kind: &MemberKind| match kind {
            MemberKind::Conditional { requires } => there(requires),
            MemberKind::Mandatory | MemberKind::Default | MemberKind::Optional => true,
        };
        let members = comps.members(found).into_iter().filter(|member| counts(&member.kind));
        groups.insert(word.clone(), members.map(|member| member.name.clone()).collect());
    }
    Ok(groups)
}

fn base(wanted: &Wanted, universe: &mut Universe) -> Result<Base> {
    match (wanted.asked.base.as_str(), &wanted.base) {
        ("none", _) => Ok(Base::None),
        ("minbase", _) => Ok(match yum::base(&wanted.platform.os)? {
            names if names.is_empty() => Base::None,
            names => Base::Names(names),
        }),
        (_, Some(BaseGiven::Folder { primary, .. })) => {
            let source = SourceInfo { priority: i32::MAX, ..SourceInfo::new("base") };
            Ok(Base::Repository(universe.add(&primary[..], source, |_| None)?))
        }
        (_, Some(BaseGiven::Text(text))) => {
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
            let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
            // What `rpm -qa` prints are full names; a list that somebody wrote has names alone.
            let full = lines.iter().filter(|line| NevraRef::parse(line).is_some() || line.starts_with("gpg-pubkey-")).count();
            Ok(if full * 2 > lines.len() { Base::Installed(lines) } else { Base::Names(lines) })
        }
        (word, None) => {
            bail!("the lock was made for the base {word}, which is not here\nhint: name the file again with --base FILE")
        }
    }
}

fn solved(
    wanted: &Wanted,
    found: &Found,
    (keys, repositories): (&BTreeMap<&str, Keyring>, &[YumRepository]),
    universe: &Universe,
    answer: Resolution,
    (offer, by_url): (&Offer, &[UrlPackage]),
) -> Result<Solved> {
    let requirements: Vec<Requirement> = wanted.asked.requirements.iter().chain(&offer.requirements).cloned().collect();
    // By candidate: one that stands in several sets is fetched once.
    let mut unpinned = BTreeMap::new();
    let (packages, shares) = super::gather(&answer, &requirements, |id| {
        let (mut package, checksum) = locked(universe, id)?;
        by_url::place(&mut package, by_url);
        if let Some(checksum) = checksum {
            let (name, version, arch) = (package.name.clone(), package.version.clone(), package.arch.clone());
            unpinned.insert(id, Unpinned { name, version, arch, checksum });
        }
        Ok(package)
    })?;
    let unpinned = unpinned.into_values().collect();
    let used: BTreeSet<&str> = packages.iter().map(|package| package.source.as_str()).collect();
    let (mut sources, mut documents, mut armored) = (Vec::new(), Vec::new(), BTreeMap::<String, LockedKey>::new());
    for one in repositories {
        let name = one.repository.id.clone();
        let signatures = match (one.repository.gpgcheck, found.allow_sha1) {
            (false, _) => PackageSignatures::Unchecked,
            (true, false) => PackageSignatures::Required,
            (true, true) => PackageSignatures::Old,
        };
        let is_used = used.contains(name.as_str());
        let own = keys.get(name.as_str()).filter(|_| one.repository.gpgcheck && is_used);
        for key in own.into_iter().flat_map(Keyring::keys) {
            let fingerprint = key.fingerprint.to_string();
            let text = key.armored.trim_end().to_owned() + "\n";
            let locked = armored.entry(fingerprint.clone());
            locked.or_insert(LockedKey { fingerprint, sources: Vec::new(), armored: text }).sources.push(name.clone());
        }
        let records = [
            (DocumentKind::Comps, one.comps_record()),
            (DocumentKind::Modules, one.modules_record()),
            (DocumentKind::Updateinfo, one.updateinfo_record()),
        ];
        documents.extend(records.into_iter().filter(|_| is_used).filter_map(|(kind, record)| document(kind, &name, record?)));
        sources.push(LockedSource {
            // The client knows the password; the lock need not.
            uris: one.bases.iter().map(|uri| Credentials::default().take_from(uri)).collect(),
            name,
            signer: one.signer.as_ref().map(ToString::to_string),
            date: one.timestamp,
            package_signatures: signatures,
            module_hotfixes: one.repository.module_hotfixes,
        });
    }
    sources.extend((!by_url.is_empty()).then(by_url::source));
    let date = sources.iter().filter_map(|source| source.date).max().unwrap_or(Timestamp(0));
    let keys = armored.into_values().collect();
    let lock = PlatformLock {
        name: wanted.platform.clone(),
        date,
        asked: wanted.asked.clone(),
        sources,
        keys,
        documents,
        packages,
        images: Vec::new(),
        files: Vec::new(),
    };
    let lock = Lock::new(vec![lock]).platforms.remove(0);
    let apart = super::apart(&answer);
    let exclusive = answer.sets.iter().filter_map(|set| set.apart.clone()).collect();
    Ok(Solved { lock, apart, conflicts: answer.conflicts, exclusive, shares, unpinned })
}

/// A document that can be fetched again by what the index says of it; others do not travel.
fn document(kind: DocumentKind, source: &str, record: &RepomdRecord) -> Option<LockedDocument> {
    let checksum = record.checksum.as_ref().filter(|checksum| checksum.kind().word() == "sha256")?;
    Some(LockedDocument {
        kind,
        source: source.to_owned(),
        path: record.location.to_string(),
        size: record.size?,
        digest: Digest::from_hex(checksum.hex()).ok()?,
    })
}

/// A candidate as the lock has it; with its checksum where that is no SHA-256, so that the digest is not known yet.
fn locked(universe: &Universe, id: CandidateId) -> Result<(LockedPackage, Option<Checksum>)> {
    let facts = universe.candidate(id);
    let source = &universe.source(facts.source).name;
    let of = || format!("{} of {source}", facts.nevra);
    let sha256 = (facts.checksum.kind.word() == "sha256").then(|| Digest::from_hex(facts.checksum.hex)).transpose()?;
    let other = match sha256 {
        Some(_) => None,
        None => Some(Checksum::parse(facts.checksum.kind.word(), facts.checksum.hex).with_context(of)?),
    };
    let package = LockedPackage {
        name: facts.nevra.name.to_owned(),
        version: facts.evr.to_owned(),
        arch: facts.nevra.arch.to_owned(),
        source: source.clone(),
        path: facts.href.to_owned(),
        size: facts.size.unwrap_or(0),
        digest: sha256.unwrap_or_else(|| Digest::of(facts.checksum.hex.as_bytes())),
        wanted_by: Vec::new(),
        sets: Vec::new(),
        urls: Vec::new(),
        proof: None,
    };
    Ok((package, other))
}
