//! Packs: what is in several blobs, compressed together, for the smallest bundle.
//!
//! A gzip layer is compressed badly, and compressing it once more gains nothing. So the layer stays at home: a pack is one zstd
//! frame (RFC 8878, a window of at most 128 MiB) over what is in one blob after the other, and lies in the bundle like any
//! blob, under its own digest. A document that the signed index names by digest and size says what is made of it:
//!
//! ```text
//! {"packs": [{"digest": "sha256:…", "size": 25945133, "blobs": [
//!   {"digest": "sha256:…", "plain": 74240000, "gzip": {"writer": "go-6", "header": "1f8b08…"}},
//!   {"digest": "sha256:…", "plain": 51380224}]}]}
//! ```
//! The first is rebuilt from the next 74,240,000 bytes of the frame ([`lsrepo_gzip`]), the second is these bytes. Either is
//! checked against its digest before it is anything. Packs follow the blobs that are carried as they are.

mod notes;
mod read;
mod survey;
mod write;

use crate::{BundleError, plan};
use lsrepo_gzip::Recipe;
use lsrepo_oci::{Descriptor, media_type};
use lsrepo_types::Digest;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
};

pub use notes::forget;
pub(crate) use read::{each, rebuild};
pub use survey::{Survey, survey};
pub use write::{Known, Packs, pack, recognise};

/// Names the document in the signed index: its digest and size.
pub(crate) const ANNOTATION: &str = "com.lambdastack.lsrepo.packs";
pub(crate) const MEDIA_TYPE: &str = "application/vnd.lambdastack.bundle.packs.v1+json";
/// Of a pack.
pub(crate) const PACK_TYPE: &str = "application/vnd.lambdastack.bundle.pack.v1+zstd";
/// Bytes of a window, as a power of two.
const WINDOW: u32 = 27;
/// No pack has more blobs: each is an open file while it is made.
const MOST_BLOBS: usize = 128;
/// Memory that packing or unpacking one takes at most, roughly; in bytes.
const MEMORY: u64 = 1 << 30;

/// How hard is tried, as zstd counts it: 1 to 19.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// The smallest bundle.
    pub const SMALLEST: Self = Self(19);

    /// One of 1 to 19.
    pub fn new(level: u8) -> Option<Self> {
        (1..=19).contains(&level).then_some(Self(level))
    }
}

/// A pack in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pack {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// what is made of it, in its order
    pub(crate) blobs: Vec<Packed>,
}

/// A blob in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// bytes in the pack
    pub(crate) plain: u64,
    /// how it is rebuilt from these; none where it is these
    pub(crate) recipe: Option<Recipe>,
}

impl Pack {
    pub(crate) fn descriptor(&self) -> Descriptor {
        Descriptor::new(PACK_TYPE, self.digest, self.size)
    }
}

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    packs: Vec<PackEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackEntry {
    digest: Digest,
    size: u64,
    blobs: Vec<BlobEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobEntry {
    digest: Digest,
    plain: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gzip: Option<Gzip>,
}

/// A recipe in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gzip {
    writer: String,
    header: String,
}

impl Gzip {
    fn of(recipe: &Recipe) -> Self {
        let header = recipe.header().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { writer: recipe.writer().to_string(), header }
    }

    fn recipe(&self) -> Result<Recipe, String> {
        let (pairs, rest) = self.header.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let header: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let header = header.filter(|_| rest.is_empty()).ok_or("a gzip header that is not hexadecimal")?;
        let writer = self.writer.parse().map_err(|error: lsrepo_gzip::RecipeError| error.to_string())?;
        Recipe::new(writer, header).map_err(|error| error.to_string())
    }
}

/// Equal packs give equal bytes.
pub(crate) fn render(packs: &[Pack]) -> Vec<u8> {
    let blob = |one: &Packed| BlobEntry { digest: one.digest, plain: one.plain, gzip: one.recipe.as_ref().map(Gzip::of) };
    let entry = |pack: &Pack| PackEntry { digest: pack.digest, size: pack.size, blobs: pack.blobs.iter().map(blob).collect() };
    // Strings and numbers have no way to fail.
    serde_json::to_vec(&Document { packs: packs.iter().map(entry).collect() }).unwrap_or_default()
}

/// Reads the document. Everything that it makes must be among `blobs`, which lose it.
pub(crate) fn parse(bytes: &[u8], blobs: &mut Vec<Descriptor>) -> Result<Vec<Pack>, BundleError> {
    let bad = |why: String| BundleError::Shape(format!("what it says of its packs: {why}"));
    let document: Document = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
    let sizes: BTreeMap<Digest, u64> = blobs.iter().filter(|one| may_be_packed(one)).map(|one| (one.digest, one.size)).collect();
    let (mut made, mut packs) = (BTreeSet::new(), Vec::new());
    let fits = |size: u64| size < plan::TOO_LARGE;
    for entry in document.packs {
        let mut parts = Vec::new();
        for blob in entry.blobs {
            let size = *sizes.get(&blob.digest).ok_or_else(|| bad(format!("{} is nothing that it carries packed", blob.digest)))?;
            if !made.insert(blob.digest) {
                return Err(bad(format!("{} is in two packs", blob.digest)));
            }
            if !fits(blob.plain) || blob.gzip.is_none() && blob.plain != size {
                return Err(bad(format!("{} cannot be made of {} bytes", blob.digest, blob.plain)));
            }
            let recipe = blob.gzip.map(|gzip| gzip.recipe()).transpose();
            let recipe = recipe.map_err(|why| bad(format!("{}: {why}", blob.digest)))?;
            parts.push(Packed { digest: blob.digest, size, plain: blob.plain, recipe });
        }
        if parts.is_empty() || parts.len() > MOST_BLOBS || !fits(entry.size) {
            return Err(bad(format!("pack {} has {} blobs in {} bytes", entry.digest, parts.len(), entry.size)));
        }
        packs.push(Pack { digest: entry.digest, size: entry.size, blobs: parts });
    }
    blobs.retain(|one| !made.contains(&one.digest));
    let mut seen: BTreeSet<Digest> = blobs.iter().map(|one| one.digest).collect();
    match packs.iter().find(|pack| !seen.insert(pack.digest)) {
        Some(twice) => Err(bad(format!("{} twice", twice.digest))),
        None => Ok(packs),
    }
}

/// Whether a blob may be in a pack: what describes is read without the others, and what tools look at first they find.
fn may_be_packed(blob: &Descriptor) -> bool {
    !media_type::DESCRIBING.contains(&blob.media_type.as_str()) && !blob.media_type.ends_with("json")
}

/// How many packs are worked at together: as many as there are cores, and as the free memory lets.
pub(crate) fn workers() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kib = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?.trim().strip_suffix(" kB")?;
        kib.parse::<u64>().ok()
    });
    let free = free.map(|kib| kib * 1024).into_iter().chain(of_container()).min();
    free.map_or(cores, |free| cores.min((free / 2 / MEMORY) as usize)).max(1)
}

/// What a container has left of its memory, where that is limited.
fn of_container() -> Option<u64> {
    let read = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/memory.{name}")).ok()?.trim().parse::<u64>().ok();
    Some(read("max")?.saturating_sub(read("current")?))
}

#[cfg(test)]
mod tests;
