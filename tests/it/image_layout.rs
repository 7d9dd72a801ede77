//! Somebody's image layout, taken into a store as a pull would have done it.

use lsrepo_oci::{AnyDigest, Content, Descriptor, Image, ImagePlatform, Reference, Referrer, Survey, Wanted, survey};
use lsrepo_store::Store;
use std::{fs, path::Path};

/// Takes the image with this tag (or the first one), and what refers to it.
pub(crate) fn take(
    store: &Store,
    layout: &Path,
    tag: Option<&str>,
    reference: Reference,
    platforms: &[ImagePlatform],
) -> Result<Image, Box<dyn std::error::Error>> {
    let index = Content::parse("", &fs::read(layout.join("index.json"))?)?;
    let entries = index.children();
    let named = |one: &Descriptor<AnyDigest>| one.annotation("org.opencontainers.image.ref.name").map(str::to_owned);
    let root = entries.iter().find(|one| tag.is_none() || named(one).as_deref() == tag).ok_or("no such tag")?;
    let take = |one: &Descriptor<AnyDigest>, wanted: &[ImagePlatform]| walk(store, layout, one, wanted);
    let (root, below) = take(root, platforms)?;
    let mut referrers = Vec::new();
    for one in entries {
        let Ok(content) = Content::parse(&one.media_type, &blob(layout, one)?) else { continue };
        let tag = named(one).filter(|tag| tag.starts_with("sha256-")).map(|tag| tag.parse()).transpose()?;
        let ours = content.subject.is_some_and(|subject| below.manifests.iter().any(|own| own.digest == subject.digest));
        if tag.is_some() || ours {
            let (root, survey) = take(one, &[])?;
            referrers.push(Referrer { tag, root, survey });
        }
    }
    Ok(Image { reference, root, survey: below, referrers })
}

fn walk(
    store: &Store,
    layout: &Path,
    root: &Descriptor<AnyDigest>,
    platforms: &[ImagePlatform],
) -> Result<(Descriptor<AnyDigest>, Survey), Box<dyn std::error::Error>> {
    let wanted = Wanted { platforms: platforms.to_vec(), foreign: false };
    let found = survey(root, &wanted, &mut |one| blob(layout, one).ok())?;
    for one in found.manifests.iter().chain(&found.blobs) {
        if !one.digest.sha256().is_some_and(|digest| store.contains(&digest, one.size)) {
            store.put(&blob(layout, one)?)?;
        }
    }
    let root = &found.manifests[0];
    Ok((Descriptor::new(&root.media_type, root.digest, root.size), found))
}

fn blob(layout: &Path, one: &Descriptor<AnyDigest>) -> Result<Vec<u8>, std::io::Error> {
    fs::read(layout.join(lsrepo_oci::blob_path(&one.digest)))
}
