//! What the far side has: its receipt, and what is left out of the next bundle.

use super::{judge, source, trust};
use crate::{
    cli::{ExportArgs, ReceiptArgs},
    commands::bom::artifacts,
    context::Context,
    failure::OrUnsatisfied,
    whole,
};
use anyhow::{Context as _, Result};
use lsrepo_bom::Lock;
use lsrepo_bundle::{Archive, Receipt, SignedReceipt};
use lsrepo_oci::Manifest;
use lsrepo_store::Store;
use lsrepo_types::{Bytes, Count, Digest};
use std::{collections::BTreeSet, fs, io::Read as _, path::Path};

/// `lsrepo receipt`
pub(crate) fn receipt(context: &Context, args: &ReceiptArgs) -> Result<()> {
    let store = context.store()?;
    let _guard = context.undisturbed(&store)?;
    let key = context.key()?;
    let receipt = Receipt { date: context.now, have: of_store(&store)? };
    let bytes = receipt.sign(&key)?;
    whole::write(&args.output, |out| Ok(out.write_all(&bytes)?))?;
    let (count, size) = (Count(receipt.have.len() as u64), Bytes(bytes.len() as u64));
    context.progress.note(&format!("{}: {count} blobs, {size}, signed by {}", args.output.display(), key.fingerprint()));
    Ok(())
}

/// What the sets of a store consist of, as far as it is there.
fn of_store(store: &Store) -> Result<BTreeSet<Digest>> {
    let mut have = BTreeSet::new();
    for (name, digest) in store.roots()? {
        let manifest = Manifest::parse(&store.read(&digest, 64 << 20)?).with_context(|| name.clone())?;
        have.extend(manifest.descriptors().filter(|one| store.contains(&one.digest, one.size)).map(|one| one.digest));
    }
    Ok(have)
}

/// What a bundle need not carry.
pub(super) fn have(context: &Context, args: &ExportArgs) -> Result<BTreeSet<Digest>> {
    let mut have = BTreeSet::new();
    for file in &args.receipts {
        let signed = parse(context, file)?;
        let trusted = if signed.trusted { "" } else { ", whose key is not trusted here" };
        let count = Count(signed.receipt.have.len() as u64);
        let text = format!("{}: {count} blobs as of {}, signed by {}{trusted}", file.display(), signed.receipt.date, signed.signer);
        context.progress.note(&text);
        have.extend(signed.receipt.have);
    }
    for what in &args.since {
        have.extend(since(context, what).with_context(|| what.display().to_string())?);
    }
    Ok(have)
}

fn parse(context: &Context, file: &Path) -> Result<SignedReceipt> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let read = Receipt::parse(&bytes, &context.trusted()?, context.now).or_unsatisfied();
    read.with_context(|| file.display().to_string())
}

/// A receipt, where the file is one.
pub(in crate::commands) fn read_receipt(context: &Context, file: &Path) -> Result<Option<Receipt>> {
    let mut head = [0; 15];
    let is_one = file.is_file() && fs::File::open(file).and_then(|mut opened| opened.read_exact(&mut head)).is_ok();
    match is_one && head == *b"lsrepo-receipt " {
        true => Ok(Some(parse(context, file)?.receipt)),
        false => Ok(None),
    }
}

/// What a store, a lock or a bundle has.
fn since(context: &Context, what: &Path) -> Result<BTreeSet<Digest>> {
    if what.join("blobs").is_dir() {
        return of_store(&Store::open(what)?);
    }
    if artifacts::is_lock(what)? {
        let lock = Lock::parse(&fs::read_to_string(what)?)?;
        let of = |part: &lsrepo_bom::lock::PlatformLock| {
            let packages = part.packages.iter().map(|package| package.digest);
            packages.chain(part.files.iter().map(|file| file.digest)).collect::<Vec<_>>()
        };
        return Ok(lock.platforms.iter().flat_map(of).collect());
    }
    // Whose it is does not matter: what it has not is missed by the import, and named.
    let (keys, paths) = (context.trusted()?, [what.to_owned()]);
    let archive = judge(Archive::open(&source(&paths)?, &trust(&keys, true, context.now)), &paths)?;
    let absent: Vec<Digest> = archive.absent.iter().map(|one| one.digest).collect();
    Ok(archive.blobs().map(|(digest, _)| digest).chain(absent).collect())
}
