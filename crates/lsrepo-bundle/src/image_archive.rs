//! Images as one file that container tools load: an image layout in a tar, and Docker's manifest beside it.
//!
//! ```text
//! oci-layout  index.json      names and roots; `org.opencontainers.image.ref.name` and containerd's name are whole references
//! manifest.json               only in Docker's format: the files of one platform's image
//! blobs/sha256/…              manifests, then configs and layers; each once, byte for byte, gzip kept
//! ```
//! | format | docker load | podman load | ctr images import | skopeo |
//! |---|---|---|---|---|
//! | [`Oci`](ArchiveFormat::Oci) | with the containerd image store | where `index.json` has one entry | yes | `oci-archive:FILE:NAME` |
//! | [`Docker`](ArchiveFormat::Docker) | any version | yes | yes | `docker-archive:FILE`, and as `oci-archive:` |
//!
//! *Digests.* In `Oci` all survive. `Docker` has no index any more, and what goes by `manifest.json` (Docker without the
//! containerd store, podman with several images, skopeo's `docker-archive:`) forgets the manifest's digest too, and
//! makes a new one. What goes by `index.json` keeps it.
//!
//! *Sparse images.* Where layers were left out, the index and all manifests and configs are still there. podman, ctr and
//! skopeo take their platform and do not miss the others; `skopeo copy --all` does (`reading blob sha256:…: no such
//! file`), and so does whoever wants a platform that is not there. With a platform given the index is left out, and
//! its manifest is the root.
//!
//! *Referrers* are entries of `index.json` of their own. `podman load` takes no layout with several entries, and
//! `ctr images import` tries to unpack those that have a tag, unless told `--no-unpack`: they are written only where
//! that is asked for.
//!
//! Equal images give equal bytes. Spec: image-spec, "OCI Image Layout Specification".

mod error;
mod part_file;
mod plan;
mod tar;
#[cfg(test)]
mod tests;

pub use error::ArchiveError;

use crate::{Event, Summary};
use error::io;
use lsrepo_oci::{Descriptor, Image, ImagePlatform, blob_path};
use lsrepo_store::Store;
use lsrepo_types::Hasher;
use plan::Plan;
use std::{
    io::{Read as _, Write},
    path::Path,
};

/// What an error says was being done.
const WRITING: &str = "writing the archive";

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// an image layout
    Oci,
    /// an image layout of one platform, with Docker's `manifest.json`
    Docker,
}

/// How images are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// what kind of file
    pub format: ArchiveFormat,
    /// only this platform's images, without their indexes
    pub platform: Option<ImagePlatform>,
    /// with signatures, attestations and the like; not in Docker's format
    pub referrers: bool,
    /// in `manifest.json`, names as docker shows them: `nginx:1` for `docker.io/library/nginx:1`. Docker takes both for the
    /// same; podman, where it goes by that file, takes the short one for `localhost/nginx:1`
    pub familiar: bool,
}

/// A part of an archive: put one behind the other, they are its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// headers, documents, padding
    Made(Vec<u8>),
    /// a blob of the store
    Blob(Box<Descriptor>),
}

/// Writes images whose blobs are in the store.
pub fn write(
    store: &Store,
    images: &[Image],
    options: &ArchiveOptions,
    out: impl Write,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Summary, ArchiveError> {
    carry_out(store, &Plan::of(store, images, options)?, out, on_event).map(|(_, summary)| summary)
}

/// [`write()`] into a file, which is there as a whole or not at all.
pub fn write_to_path(
    store: &Store,
    images: &[Image],
    options: &ArchiveOptions,
    path: &Path,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Summary, ArchiveError> {
    let plan = Plan::of(store, images, options)?;
    part_file::write(path, plan.bytes(), |file| carry_out(store, &plan, file, on_event))
}

/// What [`write()`] would write, for who puts it together later. Of the store, only manifests are read; every blob is
/// there with the size that its piece says.
pub fn pieces(store: &Store, images: &[Image], options: &ArchiveOptions) -> Result<Vec<Piece>, ArchiveError> {
    let plan = Plan::of(store, images, options)?;
    for blob in &plan.blobs {
        if store.size_of(&blob.digest)? != Some(blob.size) || blob.size >= crate::plan::TOO_LARGE {
            return Err(ArchiveError::Blob(blob.digest));
        }
    }
    Ok(plan.pieces())
}

fn carry_out<W: Write>(store: &Store, plan: &Plan, out: W, on_event: &dyn Fn(Event<'_>)) -> Result<(W, Summary), ArchiveError> {
    on_event(Event::Total { blobs: plan.blobs.len() as u64, bytes: plan.bytes() });
    let (mut out, mut size, mut buffer) = (out, 0, vec![0; 256 << 10]);
    for piece in plan.pieces() {
        match piece {
            Piece::Made(bytes) => {
                out.write_all(&bytes).map_err(io(WRITING))?;
                size += bytes.len() as u64;
            }
            Piece::Blob(blob) => {
                on_event(Event::Blob(&blob));
                add(store, &mut out, &blob, &mut buffer, on_event)?;
                size += blob.size;
            }
        }
    }
    out.flush().map_err(io(WRITING))?;
    Ok((out, Summary { blobs: plan.blobs.len() as u64, content: plan.bytes(), size, kept: 0 }))
}

fn add(
    store: &Store,
    out: &mut impl Write,
    blob: &Descriptor,
    buffer: &mut [u8],
    on_event: &dyn Fn(Event<'_>),
) -> Result<(), ArchiveError> {
    let damaged = || ArchiveError::Blob(blob.digest);
    if store.size_of(&blob.digest)?.is_some_and(|size| size != blob.size) {
        return Err(damaged());
    }
    let mut content = store.open_blob(&blob.digest)?;
    let (mut hasher, mut left) = (Hasher::new(), blob.size);
    while left > 0 {
        let length = left.min(buffer.len() as u64) as usize;
        let part = &mut buffer[..length];
        content.read_exact(part).map_err(io(&blob_path(&blob.digest.into())))?;
        hasher.update(part);
        on_event(Event::Bytes(part.len() as u64));
        out.write_all(part).map_err(io(WRITING))?;
        left -= length as u64;
    }
    if hasher.finish() == blob.digest { Ok(()) } else { Err(damaged()) }
}
