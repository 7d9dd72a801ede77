//! What an archive will hold, decided before a byte is written.

use super::{ArchiveError, ArchiveFormat, ArchiveOptions, Piece, tar::Tar};
use lsrepo_oci::{
    AnyDigest, Content, Descriptor, DockerImage, Image, ImageLayout, ImagePlatform, Index, MOST_MANIFEST, Reference, SurveyError,
    annotation, docker_manifest,
};
use lsrepo_store::Store;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// The documents of an archive, and its blobs in order.
pub(super) struct Plan {
    pub(super) index: Vec<u8>,
    /// `manifest.json`
    pub(super) docker: Option<Vec<u8>>,
    /// manifests first; each once
    pub(super) blobs: Vec<Descriptor>,
}

impl Plan {
    pub(super) fn of(store: &Store, images: &[Image], options: &ArchiveOptions) -> Result<Self, ArchiveError> {
        if images.is_empty() {
            return Err(ArchiveError::Nothing);
        }
        let images = images.iter().map(|image| chosen(store, image, options)).collect::<Result<Vec<_>, _>>()?;
        let referrers = options.referrers && options.format == ArchiveFormat::Oci;
        let (mut entries, mut names, mut blobs) = (Vec::new(), BTreeSet::new(), Blobs::default());
        for image in &images {
            let name = called(&image.reference);
            if !names.insert(name.clone()) {
                return Err(ArchiveError::Twice(name));
            }
            blobs.image(image, referrers)?;
            entries.push(named(plain(&image.root, &name)?, name));
        }
        for image in images.iter().filter(|_| referrers) {
            for referrer in &image.referrers {
                let root = plain(&referrer.root, &called(&image.reference))?;
                entries.push(match &referrer.tag {
                    Some(tag) => named(root, format!("{}:{tag}", image.reference.name())),
                    None => root,
                });
            }
        }
        let docker = (options.format == ArchiveFormat::Docker).then(|| docker(store, &images, options.familiar)).transpose()?;
        let index = Index::new(unique(entries)).to_bytes();
        Ok(Self { index, docker, blobs: blobs.manifests.into_iter().chain(blobs.others).collect() })
    }

    /// The archive itself.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let mut tar = Tar::default();
        tar.bytes("oci-layout", ImageLayout::BYTES);
        tar.bytes("index.json", &self.index);
        if let Some(manifest) = &self.docker {
            tar.bytes("manifest.json", manifest);
        }
        self.blobs.iter().for_each(|blob| tar.blob(blob));
        tar.finish()
    }

    /// Bytes of all blobs; the archive is a little larger.
    pub(super) fn bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }
}

/// The image as it will be written: whole, or one platform of it.
fn chosen<'a>(store: &Store, image: &'a Image, options: &ArchiveOptions) -> Result<Cow<'a, Image>, ArchiveError> {
    let name = || called(&image.reference);
    if let Some(missing) = image.survey.missing.first() {
        return Err(ArchiveError::Missing { name: name(), digest: missing.digest });
    }
    let mut read = |one: &Descriptor<AnyDigest>| store.read(&one.digest.sha256()?, MOST_MANIFEST).ok();
    let platform = match (&options.platform, options.format) {
        (None, ArchiveFormat::Oci) => return Ok(Cow::Borrowed(image)),
        (Some(platform), _) => platform.clone(),
        (None, ArchiveFormat::Docker) => match one_of(image.whole_platforms(&mut read), image) {
            Ok(Some(platform)) => platform,
            Ok(None) => return Ok(Cow::Borrowed(image)),
            Err(error) => return Err(error),
        },
    };
    let one = image.only(&platform, &mut read).map_err(|why| ArchiveError::Survey { name: name(), why: why.into() })?;
    match one.survey.left_out.len() {
        0 => Ok(Cow::Owned(one)),
        missing => Err(ArchiveError::LeftOut { name: name(), platform: Some(platform.into()), missing }),
    }
}

/// The platform that is meant where none was named; none where the image itself is all there is.
fn one_of(mut platforms: Vec<ImagePlatform>, image: &Image) -> Result<Option<ImagePlatform>, ArchiveError> {
    let name = called(&image.reference);
    match (platforms.len(), image.survey.left_out.len()) {
        (1, _) => Ok(platforms.pop()),
        (0, 0) => Ok(None),
        (0, missing) => Err(ArchiveError::LeftOut { name, platform: None, missing }),
        _ => Err(ArchiveError::Platforms { name, platforms }),
    }
}

/// `manifest.json`: equal images stand there once, with all their names.
fn docker(store: &Store, images: &[Cow<'_, Image>], familiar: bool) -> Result<Vec<u8>, ArchiveError> {
    let mut names: BTreeMap<AnyDigest, Vec<&Reference>> = BTreeMap::new();
    let mut order: Vec<&Image> = Vec::new();
    for image in images {
        let all = names.entry(image.root.digest).or_default();
        if all.is_empty() {
            order.push(image);
        }
        all.push(&image.reference);
    }
    let entry = |image: &&Image| {
        let name = called(&image.reference);
        let digest = plain(&image.root, &name)?.digest;
        let bytes = store.read(&digest, MOST_MANIFEST)?;
        let unread = |why| SurveyError::Manifest { digest: digest.into(), why };
        let content = Content::parse(&image.root.media_type, &bytes)
            .map_err(|why| ArchiveError::Survey { name: name.clone(), why: unread(why).into() })?;
        DockerImage::of(&content, &names[&image.root.digest], familiar)
            .map_err(|why| ArchiveError::Docker { name, why: why.into() })
    };
    Ok(docker_manifest(&order.iter().map(entry).collect::<Result<Vec<_>, _>>()?))
}

/// Manifests and other blobs, each digest once, in the order in which they are met.
#[derive(Default)]
struct Blobs {
    seen: BTreeSet<AnyDigest>,
    manifests: Vec<Descriptor>,
    others: Vec<Descriptor>,
}

impl Blobs {
    fn image(&mut self, image: &Image, referrers: bool) -> Result<(), ArchiveError> {
        let name = called(&image.reference);
        let surveys = image.surveys().take(if referrers { usize::MAX } else { 1 });
        for survey in surveys {
            for (list, all) in [(&mut self.manifests, &survey.manifests), (&mut self.others, &survey.blobs)] {
                for one in all {
                    if self.seen.insert(one.digest) {
                        list.push(plain(one, &name)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What the image is called in the archive: by its tag, or else by its digest.
fn called(reference: &Reference) -> String {
    match &reference.tag {
        Some(tag) => format!("{}:{tag}", reference.name()),
        None => reference.to_string(),
    }
}

/// A descriptor of a blob of the store, without what an index said of it.
fn plain(one: &Descriptor<AnyDigest>, name: &str) -> Result<Descriptor, ArchiveError> {
    let digest = one.digest.sha256().ok_or_else(|| ArchiveError::Algorithm { name: name.to_owned(), digest: one.digest })?;
    Ok(Descriptor::new(&one.media_type, digest, one.size))
}

fn named(root: Descriptor, name: String) -> Descriptor {
    root.with(annotation::CONTAINERD_NAME, name.clone()).with(annotation::REF_NAME, name)
}

/// Without entries that stand there already: two images may have the same referrer.
fn unique(entries: Vec<Descriptor>) -> Vec<Descriptor> {
    let mut seen = BTreeSet::new();
    entries.into_iter().filter(|one| seen.insert((one.digest, one.annotations.clone()))).collect()
}
