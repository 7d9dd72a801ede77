//! A bundle before it is written: its head, and how large every piece of it will be.

use crate::{
    contents::Contents,
    error::BundleError,
    export::Options,
    head::{ABSENT, KEY_DIGEST, absent, blob_name},
    pack, plan, tools,
    volume::cut,
};
use lsrepo_oci::{Descriptor, ImageLayout, Index, annotation};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::borrow::Cow;

/// The index of a bundle: its sets, then maybe the images in them by name.
pub(crate) fn index(
    contents: &Contents,
    images: &[Descriptor],
    key: &str,
    date: Timestamp,
    more: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<u8> {
    let sets = contents.manifests.iter().map(|(descriptor, _)| descriptor);
    let mut index = Index::new(sets.chain(images).cloned().collect());
    index.annotations.insert(annotation::CREATED.to_owned(), date.to_string());
    index.annotations.insert(KEY_DIGEST.to_owned(), Digest::of(key.as_bytes()).to_string());
    index.annotations.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    index.to_bytes()
}

/// What will be written, but for the blobs.
pub(crate) struct Planned<'a> {
    /// of the index
    pub(crate) digest: Digest,
    /// everything before the blobs
    pub(crate) head: Vec<(String, Vec<u8>)>,
    /// then the packs
    pub(crate) blobs: Vec<Cow<'a, Descriptor>>,
}

impl<'a> Planned<'a> {
    pub(crate) fn of(contents: &'a Contents, (key, date): (&SecretKey, Timestamp), options: &Options) -> Result<Self, BundleError> {
        let public = key.public_armored();
        let (absent, blobs): (Vec<_>, Vec<_>) = contents.blobs.iter().partition(|one| options.leaves_out(one));
        let (packs, packed) = (&options.packs.packs, options.packs.blobs());
        let as_they_are = blobs.into_iter().filter(|one| !packed.contains(&one.digest)).map(Cow::Borrowed);
        let blobs = as_they_are.chain(packs.iter().map(|pack| Cow::Owned(pack.descriptor()))).collect();
        let packs = if packs.is_empty() { Vec::new() } else { pack::render(packs) };
        let absent = absent::render(&absent.into_iter().map(|one| one.digest).collect());
        let mut said = Vec::new();
        said.extend(options.tools.said()?.map(|text| (tools::ANNOTATION, text)));
        if !absent.is_empty() {
            said.push((ABSENT, format!("{} {}", Digest::of(&absent), absent.len())));
        }
        if !packs.is_empty() {
            said.push((pack::ANNOTATION, format!("{} {}", Digest::of(&packs), packs.len())));
        }
        let index = index(contents, &contents.images, &public, date, said);
        let signature = key.sign_detached(&index, date.max(key.created()))?;
        let digest = Digest::of(&index);
        let mut head = vec![
            ("oci-layout".to_owned(), ImageLayout::BYTES.to_vec()),
            ("index.json".to_owned(), index),
            ("index.json.asc".to_owned(), signature.into_bytes()),
            ("key.asc".to_owned(), public.into_bytes()),
        ];
        head.extend(contents.manifests.iter().map(|(descriptor, bytes)| (blob_name(&descriptor.digest), bytes.clone())));
        for more in [absent, packs].into_iter().filter(|more| !more.is_empty()) {
            head.push((blob_name(&Digest::of(&more)), more));
        }
        Ok(Self { digest, head, blobs })
    }

    fn sizes(&self) -> impl Iterator<Item = u64> {
        self.head.iter().map(|(_, bytes)| bytes.len() as u64).chain(self.blobs.iter().map(|one| one.size))
    }

    /// What must not be cut, by its bytes in the bundle.
    fn pieces(&self, options: &Options) -> impl Iterator<Item = u64> {
        let tools = Some(options.tools.packed()).filter(|&size| size > 0);
        let ending = plan::ending_len(self.sizes().map(plan::frame_count).sum());
        let frames = self.sizes().flat_map(|size| plan::frames("", size).map(|frame| frame.size().packed()));
        tools.into_iter().chain(frames).chain([ending])
    }

    pub(crate) fn size(&self, options: &Options) -> u64 {
        let ending = plan::ending_len(self.sizes().map(plan::frame_count).sum());
        options.tools.packed() + self.sizes().map(plan::packed).sum::<u64>() + ending
    }

    pub(crate) fn volumes(&self, options: &Options, limit: u64) -> Result<Vec<u64>, BundleError> {
        cut(self.pieces(options), limit)
    }
}
