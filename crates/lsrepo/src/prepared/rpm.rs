//! What RPM packages say of themselves, once their signatures are checked; and the documents that speak of them,
//! reduced to what is carried.

use crate::{failure::OrUnsatisfied, upstreams};
use anyhow::{Context as _, Result};
use lsrepo_bom::lock::{DocumentKind, LockedDocument, LockedPackage, LockedSource, PackageSignatures, PlatformLock};
use lsrepo_rpm::{
    Comps, Modules, Nevra, Package, Record,
    package::{Covers, PayloadProof},
    updateinfo,
};
use lsrepo_sign::{Keyring, PackagePolicy, PackageSigned, SignatureError, check_package, check_package_header};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet, btree_map::Entry},
    io::BufReader,
};

/// The largest document, unpacked.
const MOST_DOCUMENT: u64 = 1 << 30;

/// The records of a platform's packages; and in words, which signatures were good enough only by the platform's policy.
pub(super) fn records(store: &Store, part: &PlatformLock) -> Result<(BTreeMap<Digest, Record>, Vec<String>)> {
    let mut records = BTreeMap::new();
    let mut weak: BTreeMap<String, u64> = BTreeMap::new();
    let keyrings = keyrings(part)?;
    for package in &part.packages {
        let Entry::Vacant(free) = records.entry(package.digest) else { continue };
        let source = part.sources.iter().find(|source| source.name == package.source);
        let source = source.with_context(|| format!("{}: its source is not in the lock", package.name))?;
        let keyring = keyrings.get(source.name.as_str()).cloned().unwrap_or_default();
        let what = || format!("{}-{}.{} of {}", package.name, package.version, package.arch, package.source);
        let head = head(store, package).with_context(what)?;
        if let Some(signed) = signature(store, package, &head, source, &keyring).or_unsatisfied().with_context(what)? {
            for weakness in &signed.weaknesses {
                *weak.entry(format!("signed by {} with a weak signature ({weakness})", signed.signer)).or_default() += 1;
            }
        }
        free.insert(Record::new(&head, package.digest, package.size).with_context(what)?);
    }
    let said = weak.into_iter().map(|(what, count)| format!("{}: {count} packages are {what}, taken as usual there", part.name));
    Ok((records, said.collect()))
}

/// The keys that may sign packages, by source.
fn keyrings(part: &PlatformLock) -> Result<BTreeMap<&str, Keyring>> {
    let mut all: BTreeMap<&str, Keyring> = BTreeMap::new();
    for key in &part.keys {
        let parsed = Keyring::parse(key.armored.as_bytes()).with_context(|| format!("lock: the key {}", key.fingerprint))?;
        for source in &key.sources {
            all.entry(source).or_default().extend(parsed.clone());
        }
    }
    Ok(all)
}

/// A package's head; it must be the package that the lock means.
fn head(store: &Store, package: &LockedPackage) -> Result<Package> {
    let head = Package::read(BufReader::new(store.open_blob(&package.digest)?)).or_unsatisfied()?;
    let nevra = head.nevra().or_unsatisfied()?;
    let own = (&*nevra.name, nevra.evr.to_string(), &*nevra.arch);
    match own == (package.name.as_str(), package.version.clone(), package.arch.as_str()) {
        true => Ok(head),
        false => Err(crate::failure::unsatisfied(format!("the package calls itself {nevra}, the index called it otherwise"))),
    }
}

/// Who signed a package, where that matters.
fn signature(
    store: &Store,
    package: &LockedPackage,
    head: &Package,
    source: &LockedSource,
    keyring: &Keyring,
) -> Result<Option<PackageSigned>> {
    let policy = match source.package_signatures {
        PackageSignatures::Unchecked => return Ok(None),
        PackageSignatures::Required => PackagePolicy::STRICT,
        PackageSignatures::Old => PackagePolicy::LEGACY,
    };
    let signatures = head.signatures();
    let over = |covers: Covers| signatures.iter().filter(move |one| one.covers == covers).map(|one| &*one.packets);
    let header = head.header().as_bytes();
    let whole = || {
        let mut file = BufReader::with_capacity(1 << 18, store.open_blob(&package.digest)?);
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(head.header_range().end))?;
        anyhow::Ok(check_package(header, file, over(Covers::HeaderAndPayload), keyring, policy)?)
    };
    let signed = match check_package_header(header, over(Covers::Header), keyring, policy) {
        Ok(signed) => signed,
        Err(SignatureError::NotSigned) => return whole().map(Some),
        Err(other) => return Err(other.into()),
    };
    // Where neither the header nor a signed index vouches for the payload, the older signature does.
    let alone = head.digest_check().proof() == PayloadProof::None && source.signer.is_none();
    match alone && over(Covers::HeaderAndPayload).next().is_some() {
        true => whole().map(Some),
        false => Ok(Some(signed)),
    }
}

/// The documents of all sources, joined and reduced to these packages; one that then says nothing is left out.
pub(super) fn documents(
    store: &Store,
    part: &PlatformLock,
    records: &BTreeMap<Digest, Record>,
) -> Result<Vec<(DocumentKind, String)>> {
    let carried: HashSet<Nevra> = records.values().map(Record::nevra).collect();
    let of = |kind: DocumentKind| part.documents.iter().filter(move |document| document.kind == kind);
    let mut all = Vec::new();
    let mut comps = Comps::default();
    for document in of(DocumentKind::Comps) {
        let text = plain(store, document)?;
        comps.extend(Comps::parse(&text[..]).with_context(|| document.path.clone())?);
    }
    let names: HashSet<&str> = records.values().map(|record| &*record.name).collect();
    let comps = comps.reduce(&names);
    if !comps.groups.is_empty() {
        all.push((DocumentKind::Comps, comps.render()));
    }
    let mut modules = Modules::default();
    for document in of(DocumentKind::Modules) {
        let text = String::from_utf8(plain(store, document)?).with_context(|| document.path.clone())?;
        modules.extend(Modules::parse(&text).0);
    }
    if !modules.is_empty() {
        let active = upstreams::yum::active(&modules, &part.asked.streams, &part.name.os)?;
        let streams = active.streams().iter().map(|(module, stream)| (module.clone(), stream.stream.clone())).collect();
        let text = modules.reduce(&carried, &streams);
        if !text.trim().is_empty() {
            all.push((DocumentKind::Modules, text));
        }
    }
    let mut advisories = Vec::new();
    let mut seen = BTreeSet::new();
    for document in of(DocumentKind::Updateinfo) {
        let text = plain(store, document)?;
        for advisory in updateinfo::advisories(&text[..]) {
            let advisory = advisory.with_context(|| document.path.clone())?;
            advisories.extend(advisory.reduce(&carried).filter(|advisory| seen.insert(advisory.id.clone())));
        }
    }
    if !advisories.is_empty() {
        all.push((DocumentKind::Updateinfo, updateinfo::render(&advisories)));
    }
    Ok(all)
}

/// A document's bytes, unpacked.
fn plain(store: &Store, document: &LockedDocument) -> Result<Vec<u8>> {
    let packed = store.read(&document.digest, MOST_DOCUMENT)?;
    lsrepo_fetch::unpacked(&packed, MOST_DOCUMENT).map_err(|why| anyhow::anyhow!("{}: {why}", document.path))
}
