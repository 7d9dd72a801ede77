//! A module as an archive of an image layout (`oci-archive`), which every tool of registries copies. The same module gives the
//! same bytes, and so the same digest in every registry.

use super::{EMPTY, LAYER, LayerError, MOST_UNPACKED, TYPE, layer::head, pack, unpack};
use crate::module::{Files, Manifest};
use flate2::{Compression, write::GzEncoder};
use lsrepo_oci::{Descriptor, ImageLayout, Index, annotation, media_type};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};
use tar::EntryType;

/// What the image-spec calls these.
const VERSION: &str = "org.opencontainers.image.version";
const DESCRIPTION: &str = "org.opencontainers.image.description";
/// `oras pull` makes a folder of such a layer again, and proves what came out.
const ORAS_UNPACK: &str = "io.deis.oras.content.unpack";
const ORAS_DIGEST: &str = "io.deis.oras.content.digest";

/// An archive of one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// the archive
    pub bytes: Vec<u8>,
    /// of the manifest: what a registry calls it
    pub digest: Digest,
}

/// Writes the archive of a module, where it is one that is taken again.
pub fn write(module: &Manifest, files: &Files) -> Result<Packed, LayerError> {
    let (name, version) = (module.name.as_str(), module.version.to_string());
    let tar = pack(name, files)?;
    if tar.len() as u64 > MOST_UNPACKED {
        return Err(LayerError::Large(MOST_UNPACKED));
    }
    if unpack(&tar)? != (name.to_owned(), files.clone()) {
        return Err(io::Error::other("what was packed is not what is unpacked").into());
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&tar)?;
    let mut blobs = BTreeMap::new();
    let mut put = |kind: &str, bytes: Vec<u8>| {
        let told = Descriptor::new(kind, Digest::of(&bytes), bytes.len() as u64);
        blobs.insert(format!("blobs/sha256/{}", told.digest.hex()), bytes);
        told
    };
    let layer = put(LAYER, packed.finish()?)
        .with(annotation::TITLE, name)
        .with(ORAS_UNPACK, "true")
        .with(ORAS_DIGEST, Digest::of(&tar).to_string());
    let mut manifest = lsrepo_oci::Manifest::new(TYPE, put(EMPTY, b"{}".to_vec()), vec![layer]);
    manifest.annotations =
        [(annotation::TITLE, name.to_owned()), (VERSION, version.clone()), (DESCRIPTION, module.summary.clone())]
            .map(|(key, value)| (key.to_owned(), value))
            .into();
    let mut told = put(media_type::MANIFEST, manifest.to_bytes()).with(annotation::REF_NAME, version);
    told.artifact_type = Some(TYPE.to_owned());
    let digest = told.digest;
    blobs.insert("index.json".to_owned(), Index::new(vec![told]).to_bytes());
    blobs.insert("oci-layout".to_owned(), ImageLayout::BYTES.to_vec());
    Ok(Packed { bytes: archive(&blobs)?, digest })
}

/// The tar of a layout.
pub(super) fn archive(members: &BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    // what says what it is comes first
    for (path, bytes) in members.iter().rev() {
        tar.append_data(&mut head(EntryType::Regular, 0o644, bytes), path, &bytes[..])?;
    }
    tar.into_inner()
}
