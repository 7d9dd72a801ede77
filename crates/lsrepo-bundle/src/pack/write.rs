//! Makes packs of blobs of a store.
//!
//! First it is found out how each blob can be rebuilt, then they are packed. Both take long, so what is known and what is
//! packed stays in the store until the bundle is written: a run that was killed is gone on with.

use super::{
    Gzip, Level, MOST_BLOBS, Pack, Packed, WINDOW, may_be_packed,
    notes::{self, Done, Found},
    workers,
};
use crate::{
    BundleError, Event,
    error::io as failed,
    hashing::Hashed,
    side_by_side::{Tell, side_by_side},
};
use flate2::bufread::GzDecoder;
use lsrepo_oci::Descriptor;
use lsrepo_store::{Blob, Store};
use lsrepo_types::Digest;
use std::{
    collections::BTreeSet,
    io::{self, BufReader, Read, Write},
};

/// Smaller blobs are carried as they are.
const SMALLEST: u64 = 32 << 10;
/// What is in a pack has no more bytes than a window, but for a single blob.
pub(super) const LARGEST: u64 = 1 << WINDOW;
/// A single blob has no more in it.
const MOST: u64 = 32 << 30;
/// What is tried of a blob that is no gzip stream.
const SAMPLE: u64 = 1 << 20;

/// How blobs can be packed.
#[derive(Debug)]
pub struct Known {
    packable: Vec<Packed>,
}

impl Known {
    /// Blobs that will be packed.
    pub fn count(&self) -> u64 {
        self.packable.len() as u64
    }

    /// Their bytes as they are.
    pub fn bytes(&self) -> u64 {
        self.packable.iter().map(|one| one.size).sum()
    }

    /// Bytes of what is in them.
    pub fn plain(&self) -> u64 {
        self.packable.iter().map(|one| one.plain).sum()
    }
}

/// Packs of a bundle that is going to be written. They lie in the store until [`super::forget`].
#[derive(Clone, Debug, Default)]
pub struct Packs {
    pub(crate) packs: Vec<Pack>,
}

impl Packs {
    /// What is in them.
    pub(crate) fn blobs(&self) -> BTreeSet<Digest> {
        self.packs.iter().flat_map(|pack| &pack.blobs).map(|blob| blob.digest).collect()
    }

    /// Their bytes.
    pub fn size(&self) -> u64 {
        self.packs.iter().map(|pack| pack.size).sum()
    }
}

/// Blobs for which packing may pay.
pub(super) fn candidates<'a>(blobs: impl IntoIterator<Item = &'a Descriptor>) -> Vec<&'a Descriptor> {
    blobs.into_iter().filter(|blob| blob.size >= SMALLEST && may_be_packed(blob)).collect()
}

/// Finds out how blobs can be packed; what is told is bytes of them.
pub fn recognise<'a>(
    store: &Store,
    blobs: impl IntoIterator<Item = &'a Descriptor>,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Known, BundleError> {
    let blobs = candidates(blobs);
    on_event(Event::Total { blobs: blobs.len() as u64, bytes: blobs.iter().map(|blob| blob.size).sum() });
    let found = side_by_side(&blobs, workers(), on_event, |blob, tell| {
        let path = notes::of_blob(&blob.digest)?;
        let found = match notes::said(store, &path)? {
            Some(found) => found,
            None => {
                let found = find_out(store, blob)?;
                notes::say(store, &path, &found)?;
                found
            }
        };
        tell(blob.size)?;
        // Nor is anything packed that grows beyond all measure.
        let Some(plain) = found.plain.filter(|&plain| plain <= MOST) else { return Ok(None) };
        let recipe = found.gzip.map(|gzip| gzip.recipe()).transpose().map_err(BundleError::Shape)?;
        Ok(Some(Packed { digest: blob.digest, size: blob.size, plain, recipe }))
    })?;
    Ok(Known { packable: found.into_iter().flatten().collect() })
}

fn find_out(store: &Store, blob: &Descriptor) -> Result<Found, BundleError> {
    let open = || open(store, blob);
    let name = blob.digest.hex();
    let failed = || failed(&name);
    let mut magic = [0; 2];
    open().and_then(|mut blob| blob.read_exact(&mut magic)).map_err(failed())?;
    if magic == [0x1F, 0x8B] {
        let (recipe, plain) = lsrepo_gzip::recognise(open).map_err(failed())?.unzip();
        return Ok(Found { plain, gzip: recipe.as_ref().map(Gzip::of) });
    }
    // A bit at the front and in the middle tell.
    let mut sample = Vec::new();
    let mut read = |from: u64| {
        let mut blob = open()?;
        io::Seek::seek(&mut blob, io::SeekFrom::Start(from))?;
        blob.take(SAMPLE / 2).read_to_end(&mut sample)
    };
    read(0).map_err(failed())?;
    if blob.size > SAMPLE {
        read(blob.size / 2).map_err(failed())?;
    }
    Ok(Found { plain: pays(&sample).map_err(failed())?.then_some(blob.size), gzip: None })
}

/// Whether compression takes a tenth off a sample.
pub(super) fn pays(sample: &[u8]) -> io::Result<bool> {
    Ok(zstd::bulk::compress(sample, 1)?.len() < sample.len() / 10 * 9)
}

pub(super) fn open(store: &Store, blob: &Descriptor) -> io::Result<Blob> {
    store.open_blob(&blob.digest).map_err(io::Error::other)
}

pub(super) fn gunzip<R: Read>(stream: R) -> GzDecoder<BufReader<R>> {
    GzDecoder::new(BufReader::with_capacity(64 << 10, stream))
}

/// Packs blobs into the store; what is told is bytes of what is in them.
pub fn pack(store: &Store, known: &Known, level: Level, on_event: &dyn Fn(Event<'_>)) -> Result<Packs, BundleError> {
    let groups = groups(&known.packable);
    on_event(Event::Total { blobs: known.count(), bytes: known.plain() });
    let packs = side_by_side(&groups, workers(), on_event, |group, tell| {
        let path = notes::of_pack(&key(group, level))?;
        if let Some(Done { digest, size }) =
            notes::said(store, &path)?.filter(|done: &Done| store.contains(&done.digest, done.size))
        {
            tell(group.iter().map(|blob| blob.plain).sum())?;
            return Ok(Pack { digest, size, blobs: group.to_vec() });
        }
        let written = one(store, group, level, tell)?;
        let (digest, size) = (written.digest, written.size);
        store.commit(vec![written])?;
        notes::say(store, &path, &Done { digest, size })?;
        Ok(Pack { digest, size, blobs: group.to_vec() })
    })?;
    Ok(Packs { packs })
}

/// What goes together, in the order of the bundle.
fn groups(packable: &[Packed]) -> Vec<&[Packed]> {
    let (mut groups, mut rest) = (Vec::new(), packable);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(MOST_BLOBS).take_while(|blob| {
            bytes += blob.plain;
            bytes <= LARGEST
        });
        let (group, behind) = rest.split_at(fits.count().max(1));
        groups.push(group);
        rest = behind;
    }
    groups
}

/// What a pack is known by before it is made.
fn key(group: &[Packed], level: Level) -> Digest {
    let digests: String = group.iter().map(|blob| blob.digest.to_string()).collect();
    Digest::of(format!("{} {digests}", level.0).as_bytes())
}

fn one(store: &Store, group: &[Packed], Level(level): Level, tell: &Tell<'_>) -> Result<lsrepo_store::Pending, BundleError> {
    let bytes: u64 = group.iter().map(|blob| blob.plain).sum();
    let mut frame = frame(store.writer()?, level, bytes).map_err(failed("packing"))?;
    let mut buffer = vec![0; 256 << 10];
    for blob in group {
        let digest = blob.digest;
        let name = digest.hex();
        let failed = || failed(&name);
        let mut stream = Hashed::new(store.open_blob(&digest)?);
        let mut done = 0;
        {
            let mut plain: Box<dyn Read + '_> = match blob.recipe {
                None => Box::new(&mut stream),
                Some(_) => Box::new(gunzip(&mut stream)),
            };
            loop {
                let read = plain.read(&mut buffer).map_err(failed())?;
                if read == 0 {
                    break;
                }
                frame.write_all(&buffer[..read]).map_err(failed())?;
                done += read as u64;
                tell(read as u64)?;
            }
        }
        // What is packed must be what the digest says, or nobody could make it again.
        if done != blob.plain || stream.digest() != digest {
            return Err(BundleError::Blob(digest));
        }
    }
    Ok(frame.finish().map_err(failed("packing"))?.finish())
}

/// A frame that says how much is in it, with a checksum.
pub(super) fn frame<W: Write>(out: W, level: u8, bytes: u64) -> io::Result<zstd::stream::write::Encoder<'static, W>> {
    let mut frame = zstd::stream::write::Encoder::new(out, i32::from(level))?;
    frame.set_pledged_src_size(Some(bytes))?;
    frame.include_contentsize(true)?;
    frame.include_checksum(true)?;
    if bytes > 1 << 20 {
        frame.long_distance_matching(true)?;
        frame.window_log(WINDOW.min(bytes.ilog2() + 1))?;
    }
    Ok(frame)
}
