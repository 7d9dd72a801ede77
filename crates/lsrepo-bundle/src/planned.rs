//! A bundle before it is written: its head, and how large every piece of it will be.

use crate::{
    contents::Contents,
    error::BundleError,
    export::{Options, files_dir},
    files::hidden,
    head::{ABSENT, KEY_DIGEST, absent, blob_name},
    plan,
    reader::Reader,
    source::{Source, files_in, header},
    tools,
    volume::{bundle_name, cut},
};
use lsrepo_oci::{Descriptor, ImageLayout, Index, annotation, media_type};
use lsrepo_sign::SecretKey;
use lsrepo_types::{Digest, Timestamp};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

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
    pub(crate) blobs: Vec<&'a Descriptor>,
}

impl<'a> Planned<'a> {
    pub(crate) fn of(contents: &'a Contents, (key, date): (&SecretKey, Timestamp), options: &Options) -> Result<Self, BundleError> {
        let public = key.public_armored();
        let describes = |one: &Descriptor| media_type::DESCRIBING.contains(&one.media_type.as_str());
        let is_absent = |one: &&Descriptor| !describes(one) && options.have.contains(&one.digest);
        let (absent, blobs): (Vec<_>, Vec<_>) = contents.blobs.iter().partition(is_absent);
        let absent = absent::render(&absent.into_iter().map(|one| one.digest).collect());
        let mut said = Vec::new();
        said.extend(options.tools.said()?.map(|text| (tools::ANNOTATION, text)));
        if !absent.is_empty() {
            said.push((ABSENT, format!("{} {}", Digest::of(&absent), absent.len())));
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
        if !absent.is_empty() {
            head.push((blob_name(&Digest::of(&absent)), absent));
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

    /// Whether this very bundle is in a file already. What it says of itself is enough: it got its name when it was whole.
    pub(crate) fn lies_at(&self, path: &Path) -> bool {
        let Ok(source) = Source::open(&[path.to_owned()]) else { return false };
        let source = Arc::new(source);
        let mut reader = Reader::new(source.reader(0, 64 << 10));
        let read = reader.pass_tools().is_ok()
            && self.head.iter().all(|(name, bytes)| reader.open(name, bytes.len() as u64).is_ok_and(|found| found == *bytes));
        read && source.paths().eq([path])
    }

    /// What an export of another bundle left that had begun to move it to the same place.
    pub(crate) fn other_moved_to(&self, path: &Path) -> Result<Option<PathBuf>, BundleError> {
        let whole = hidden(path, true);
        let head: u64 = self.head.iter().map(|(_, bytes)| plan::packed(bytes.len() as u64)).sum();
        // Nothing is taken over before the head is on disk.
        if fs::metadata(&whole).is_ok_and(|data| data.len() > head) && !self.lies_at(&whole) {
            return Ok(Some(whole));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_volume = |other: &str| {
            let other = other.strip_prefix('.').and_then(|other| other.strip_suffix(".moving"));
            other.and_then(bundle_name) == Some(&name)
        };
        let volumes = files_in(files_dir(path), is_volume)?;
        let is_other = |file: &PathBuf| {
            let header = File::open(file).and_then(|file| header(&file)).ok().flatten();
            header.is_some_and(|header| header.bundle != self.digest)
        };
        Ok(volumes.into_iter().find(is_other))
    }
}
