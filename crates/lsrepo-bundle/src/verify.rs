//! Whether a bundle is as it was written, and where it is not.

use crate::{
    archive::{Archive, Member},
    error::BundleError,
    export::Event,
    hashing::Hashed,
    head::{self, Body, blob_name},
    pack::{self, Pack},
    plan,
    reader::{Input, Piped, Reader},
    side_by_side::{Tell, side_by_side},
    writer,
};
use lsrepo_sign::{Fingerprint, Keyring};
use lsrepo_types::{Digest, Hasher, Timestamp};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    io::{self, Read},
    ops::ControlFlow,
    path::PathBuf,
    thread,
};

/// What is read at once.
const CHUNK: usize = 1 << 20;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// blobs that were read
    pub blobs: u64,
    /// their bytes
    pub bytes: u64,
    /// blobs in packs that were not taken apart: whether they come out is not known
    pub unmade: u64,
    /// what is not as it was written, in the order of the bundle
    pub damage: Vec<Damage>,
}

/// A place that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// the file
    pub file: PathBuf,
    /// where it begins there, in bytes
    pub offset: u64,
    /// how far it goes, in bytes; at most 8 MiB, but where nothing more can be said
    pub bytes: u64,
    /// the blob that it is in
    pub blob: Option<Digest>,
    /// what is wrong
    pub what: String,
}

/// Checks what lies around the blobs, and with `full` every byte of them, on all cores.
pub fn verify(archive: &Archive, full: bool, on_event: &dyn Fn(Event<'_>)) -> Result<Verified, BundleError> {
    let mut verified = Verified::default();
    verified.damage.extend(ending(archive)?);
    if !full {
        return Ok(verified);
    }
    verified.damage.extend(tools(archive)?);
    let made = archive.packs.iter().flat_map(|pack| &pack.blobs).map(|blob| blob.size);
    let sizes = archive.members.iter().map(|member| member.size).chain(made);
    let (blobs, bytes) = (sizes.clone().count() as u64, sizes.sum());
    (verified.blobs, verified.bytes) = (blobs, bytes);
    on_event(Event::Total { blobs, bytes });
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let found = side_by_side(&archive.members, threads, on_event, |member, tell| {
        let mut done = 0;
        let seen = |part: &[u8]| {
            done += part.len() as u64;
            if done >= 1 << 20 {
                tell(std::mem::take(&mut done))?;
            }
            Ok(())
        };
        let found = match archive.read(member, seen) {
            Ok(()) => Vec::new(),
            Err(error) => locate(archive, member, &error)?,
        };
        tell(done)?;
        Ok(found)
    })?;
    verified.damage.extend(found.into_iter().flatten());
    // What is damaged need not be taken apart.
    let bad: BTreeSet<Digest> = verified.damage.iter().filter_map(|damage| damage.blob).collect();
    let good: Vec<&Pack> = archive.packs.iter().filter(|pack| !bad.contains(&pack.digest)).collect();
    let found = side_by_side(&good, pack::workers(), on_event, |pack, tell| packed(archive, pack, tell))?;
    verified.damage.extend(found.into_iter().flatten());
    verified.damage.sort();
    Ok(verified)
}

/// What does not come out of a pack whose bytes are right.
fn packed(archive: &Archive, pack: &Pack, tell: &Tell<'_>) -> Result<Vec<Damage>, BundleError> {
    let Some(member) = archive.find(&pack.digest) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let wrong = |blob: Digest, why: &str| damage(archive, member.start, plan::packed(member.size), Some(blob), why);
    let done = archive.unpack(pack, |blob, plain| {
        let mut hashed = Hashed::new(io::sink());
        match pack::rebuild(blob, plain, &mut hashed) {
            Ok(()) if hashed.digest() == blob.digest => {}
            Ok(()) => found.push(wrong(blob.digest, "packed, and comes out as something else")),
            Err(BundleError::Packed { why, .. }) => {
                found.push(wrong(blob.digest, &format!("packed, and does not come out: {why}")))
            }
            Err(other) => return Err(other),
        }
        tell(blob.size)?;
        Ok(ControlFlow::Continue(()))
    });
    match done {
        Err(BundleError::Packed { blob, why }) => found.push(wrong(blob, &format!("packed, and does not come out: {why}"))),
        other => other?,
    }
    Ok(found)
}

/// Which frames of a bad blob are bad.
fn locate(archive: &Archive, member: &Member, error: &BundleError) -> Result<Vec<Damage>, BundleError> {
    if let BundleError::Io { .. } = error {
        return Err(BundleError::Shape(error.to_string()));
    }
    let (mut at, mut found) = (member.start, Vec::new());
    for frame in plan::frames(&blob_name(&member.digest), member.size) {
        let size = frame.size().packed();
        let mut bytes = vec![0; size as usize];
        let read = archive.source.read_exact_at(&mut bytes, at);
        if read.is_err() || writer::blocks(&frame, &bytes).is_none() {
            found.push(damage(archive, at, size, Some(member.digest), "not the bytes that were written"));
        }
        at += size;
    }
    if found.is_empty() {
        // The checksums fit and the digest does not: somebody wrote it anew.
        found.push(damage(archive, member.start, at - member.start, Some(member.digest), "another content"));
    }
    Ok(found)
}

fn damage(archive: &Archive, at: u64, bytes: u64, blob: Option<Digest>, what: &str) -> Damage {
    let (file, offset) = archive.source.place(at).map(|(path, at)| (path.to_owned(), at)).unwrap_or_default();
    Damage { file, offset, bytes, blob, what: what.to_owned() }
}

/// The end of the tar and the seek table, which follow from names and sizes.
fn ending(archive: &Archive) -> Result<Option<Damage>, BundleError> {
    let mut reader = Reader::behind(archive.source.reader(archive.body, 64 << 10), archive.body, archive.frames.clone());
    for member in archive.members.iter().filter(|member| member.start >= archive.body) {
        reader.pass(&blob_name(&member.digest), member.size)?;
    }
    let at = reader.offset();
    match reader.finish() {
        Ok(()) => Ok(None),
        Err(error @ BundleError::Io { .. }) => Err(error),
        Err(_) => {
            let rest = archive.source.size().saturating_sub(at);
            Ok(Some(damage(archive, at, rest, None, "the end of the bundle is not as it must be")))
        }
    }
}

fn tools(archive: &Archive) -> Result<Option<Damage>, BundleError> {
    let Some((digest, size)) = archive.tools else { return Ok(None) };
    let head = crate::tools::HEAD as u64;
    let mut reader = archive.source.reader(0, CHUNK);
    let failed = crate::error::io("reading the bundle");
    let mut hash = || {
        reader.pass(head)?;
        let (mut hasher, mut buffer, mut left) = (Hasher::new(), vec![0; 64 << 10], size);
        while left > 0 {
            let part = left.min(buffer.len() as u64) as usize;
            reader.read_exact(&mut buffer[..part])?;
            hasher.update(&buffer[..part]);
            left -= part as u64;
        }
        Ok(hasher.finish())
    };
    let found = hash().map_err(failed)?;
    Ok((found != digest).then(|| damage(archive, 0, head + size, None, "the tools are not those that the signed index names")))
}

/// Reads a bundle from a stream, every byte of it, and says who signed it. The first damage is the error: what is behind it
/// cannot be told.
pub fn verify_stream(
    input: impl Read,
    keys: &Keyring,
    now: Timestamp,
    on_event: &dyn Fn(Event<'_>),
) -> Result<(Verified, Fingerprint), BundleError> {
    let mut reader = Reader::new(Piped::new(input));
    let head = head::read(&mut reader, keys, now)?;
    let Body { mut blobs, packs, .. } = head::body(&mut reader, &head.index)?;
    blobs.extend(packs.iter().map(Pack::descriptor));
    let unmade = packs.iter().map(|pack| pack.blobs.len() as u64).sum();
    let bytes = blobs.iter().map(|one| one.size).sum();
    let verified = Verified { blobs: blobs.len() as u64, bytes, unmade, damage: Vec::new() };
    on_event(Event::Total { blobs: verified.blobs, bytes: verified.bytes });
    for blob in &blobs {
        reader.blob(&blob.digest, blob.size, |part| {
            on_event(Event::Bytes(part.len() as u64));
            Ok(())
        })?;
    }
    reader.finish()?;
    Ok((verified, head.signer))
}
