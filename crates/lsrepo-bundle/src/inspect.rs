//! What a bundle holds, from its head alone.

use crate::{
    error::BundleError,
    head::{self, Body, Head},
    reader::{Input, Piped, Reader},
    tools,
};
use lsrepo_oci::{Descriptor, Manifest, annotation, media_type};
use lsrepo_sign::Keyring;
use lsrepo_types::{Digest, Timestamp};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// of its signed index: what the bundle is known by
    pub index: Digest,
    /// fingerprint of the key that signed it
    pub signer: String,
    /// whether that key is trusted here
    pub trusted: bool,
    /// when it was made
    pub created: Option<Timestamp>,
    /// different packages
    pub packages: u64,
    /// their bytes
    pub bytes: u64,
    /// different bytes of container images
    pub image_bytes: u64,
    /// different files
    pub files: u64,
    /// their bytes
    pub file_bytes: u64,
    /// bytes of the programs in front of it
    pub tools: u64,
    /// of their tar, as the signed index says
    pub tools_digest: Option<Digest>,
    /// blobs that are made of its packs
    pub packed: u64,
    /// their bytes
    pub packed_bytes: u64,
    /// bytes of the packs
    pub pack_bytes: u64,
    /// blobs that it leaves out, as the far side was said to have them
    pub absent: u64,
    /// their bytes
    pub absent_bytes: u64,
    /// which
    #[serde(skip)]
    pub absent_content: BTreeSet<Digest>,
    /// its prepared sets
    pub parts: Vec<Part>,
    /// container images, by name
    pub images: Vec<Image>,
    /// what is below those: digests and bytes
    #[serde(skip)]
    pub image_content: BTreeMap<Digest, u64>,
}

/// A container image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// how it is called
    pub name: String,
    /// of its first manifest or index
    pub digest: Digest,
}

/// One platform's part for one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// its name in a store
    pub name: String,
    /// `debian-12/x86_64`
    pub platform: String,
    /// `postgresql`
    pub module: String,
    /// bytes of its packages
    pub bytes: u64,
    /// its packages
    pub packages: Vec<Item>,
    /// names of its container images
    pub images: Vec<String>,
    /// different bytes of those
    pub image_bytes: u64,
    /// its files
    pub files: Vec<Item>,
    /// bytes of its files
    pub file_bytes: u64,
}

/// A package's file, or another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// its name
    pub file: String,
    /// bytes
    pub size: u64,
    /// of the content
    pub digest: Digest,
}

/// Reads the head of a bundle, and no further. The signature is checked, by the carried key where none of `trust` made it.
pub fn inspect(input: impl Read, trust: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
    inspected(Reader::new(Piped::new(input)), trust, now)
}

pub(crate) fn inspected(mut reader: Reader<impl Input>, trust: &Keyring, now: Timestamp) -> Result<Inspection, BundleError> {
    let head = head::read(&mut reader, trust, now)?;
    let tools_size = reader.tools.map_or(0, |tools| tools.size);
    let Body { manifests, packs, absent, .. } = head::body(&mut reader, &head.index)?;
    let packed = packs.iter().flat_map(|pack| &pack.blobs);
    Ok(Inspection {
        packed: packed.clone().count() as u64,
        packed_bytes: packed.map(|blob| blob.size).sum(),
        pack_bytes: packs.iter().map(|pack| pack.size).sum(),
        ..of(&head, &manifests, &absent, tools_size)?
    })
}

/// What the head and the manifests of the sets say.
pub(crate) fn of(
    head: &Head,
    manifests: &[(Vec<u8>, Manifest)],
    absent: &[Descriptor],
    tools_size: u64,
) -> Result<Inspection, BundleError> {
    let (mut sizes, mut file_sizes) = (BTreeMap::new(), BTreeMap::new());
    let mut parts = Vec::new();
    let (mut images, mut all_images) = (BTreeMap::new(), BTreeMap::new());
    for (descriptor, (_, manifest)) in head::sets(&head.index).zip(manifests) {
        let describes = |one: &Descriptor| media_type::DESCRIBING.contains(&one.media_type.as_str());
        // A package has its file name; what else is content belongs to images.
        let is_file = |one: &&Descriptor| one.media_type == media_type::FILE;
        let is_package = |one: &&Descriptor| !describes(one) && !is_file(one) && one.annotation(annotation::TITLE).is_some();
        let of_image = |one: &&Descriptor| !describes(one) && one.annotation(annotation::TITLE).is_none();
        let image_sizes: BTreeMap<Digest, u64> =
            manifest.layers.iter().filter(of_image).map(|one| (one.digest, one.size)).collect();
        images.extend(head::named(manifest).map(|(name, image)| (name.to_owned(), image.digest)));
        let item = |one: &Descriptor| Item {
            file: one.annotation(annotation::TITLE).unwrap_or_default().to_owned(),
            size: one.size,
            digest: one.digest,
        };
        let packages: Vec<Item> = manifest.layers.iter().filter(is_package).map(item).collect();
        let files: Vec<Item> = manifest.layers.iter().filter(is_file).map(item).collect();
        file_sizes.extend(files.iter().map(|one| (one.digest, one.size)));
        sizes.extend(packages.iter().map(|one| (one.digest, one.size)));
        let say = |name: &str| manifest.annotations.get(name).cloned().unwrap_or_default();
        parts.push(Part {
            name: descriptor.annotation(annotation::REF_NAME).unwrap_or_default().to_owned(),
            platform: say(annotation::PLATFORM),
            module: say(annotation::MODULE),
            bytes: packages.iter().map(|one| one.size).sum(),
            packages,
            images: head::named(manifest).map(|(name, _)| name.to_owned()).collect(),
            image_bytes: image_sizes.values().sum(),
            file_bytes: files.iter().map(|one| one.size).sum(),
            files,
        });
        all_images.extend(image_sizes);
    }
    Ok(Inspection {
        index: head.digest,
        tools: tools_size,
        tools_digest: head::said(&head.index, tools::ANNOTATION)?.map(|(digest, _)| digest),
        packed: 0,
        packed_bytes: 0,
        pack_bytes: 0,
        absent: absent.len() as u64,
        absent_bytes: absent.iter().map(|one| one.size).sum(),
        absent_content: absent.iter().map(|one| one.digest).collect(),
        signer: head.signer.to_string(),
        trusted: head.trusted,
        created: head.created,
        packages: sizes.len() as u64,
        bytes: sizes.values().sum(),
        image_bytes: all_images.values().sum(),
        files: file_sizes.len() as u64,
        file_bytes: file_sizes.values().sum(),
        parts,
        images: images.into_iter().map(|(name, digest)| Image { name, digest }).collect(),
        image_content: all_images,
    })
}
