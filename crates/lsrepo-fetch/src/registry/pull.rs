//! From a registry: an image's manifests into the store, byte for byte, and its blobs as downloads of known digest.
//!
//! A tag costs one request; everything behind it is named by digest and is asked for only where the store lacks it.
//! Nothing of an image is stored before its signature is checked, where keys were given. What refers to an image is
//! found by the referrers API, or by the tags that stand for it, and by the tags that cosign uses. oci-client is not used
//! for any of this: it takes no client of ours, knows no mirrors, and neither waits as it is told nor continues a blob.
//! Spec: distribution-spec, "Pull" and "Listing Referrers".

mod manifest;
mod places;
mod referrers;
mod signed;

use super::{Registries, SCHEME, link::OnEvent};
use crate::{Download, Event, FetchError};
use lsrepo_oci::{AnyDigest, Descriptor, Image, MOST_MANIFEST, Reference, Referrer, Survey, Wanted, survey};
use lsrepo_sign::CosignKey;
use lsrepo_store::Store;
use lsrepo_types::Digest;
use manifest::Asker;

/// How many manifests of one image are asked for at once; the host's own limit counts too.
const AT_ONCE: usize = 8;

/// An image to be found.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// which
    pub reference: Reference,
    /// what of it
    pub wanted: Wanted,
    /// with what refers to it
    pub referrers: bool,
    /// what its tag stood for before
    pub known: Option<Digest>,
    /// one of these must have signed it; none: nobody need have
    pub keys: Vec<CosignKey>,
}

/// Gets all manifests of an image into the store and says what belongs to it. Blobs come later: [`image_downloads`].
pub async fn pull(registries: &Registries, store: &Store, request: &PullRequest, on_event: OnEvent) -> Result<Image, FetchError> {
    let asker = Asker::new(registries, &request.reference, on_event)?;
    let root = root(&asker, store, request).await?;
    if !request.keys.is_empty() {
        signed::check(&asker, &root, &request.keys).await?;
    }
    let mut image = Image {
        reference: request.reference.clone(),
        root: root.descriptor.clone(),
        survey: Survey::default(),
        referrers: Vec::new(),
    };
    if let Some(bytes) = &root.bytes {
        put(store, bytes.clone()).await?;
    }
    image.survey = whole(&asker, store, &root.descriptor, &request.wanted).await?;
    if request.referrers {
        image.referrers = referrers::find(&asker, store, &image, &request.wanted).await?;
    }
    Ok(image)
}

/// Gets one more thing that refers to an image, by its digest.
pub async fn pull_referrer(
    registries: &Registries,
    store: &Store,
    image: &Reference,
    root: &Descriptor<AnyDigest>,
    tag: Option<lsrepo_oci::Tag>,
    on_event: OnEvent,
) -> Result<Referrer, FetchError> {
    let asker = Asker::new(registries, image, on_event)?;
    let survey = whole(&asker, store, root, &Wanted::default()).await?;
    Ok(Referrer { tag, root: root.clone(), survey })
}

/// A manifest by itself, as it came; none where no place has it. Nothing is stored.
pub async fn manifest(
    registries: &Registries,
    image: &Reference,
    on_event: OnEvent,
) -> Result<Option<(Descriptor<AnyDigest>, Vec<u8>)>, FetchError> {
    let asker = Asker::new(registries, image, on_event)?;
    let found = asker.manifest(&asker.name(), None).await?;
    Ok(found.map(|found| (found.descriptor, found.bytes)))
}

/// A blob of at most [`MOST_MANIFEST`] bytes, which are checked; none where no place has it. Nothing is stored.
pub async fn small_blob(
    registries: &Registries,
    image: &Reference,
    digest: &AnyDigest,
    on_event: OnEvent,
) -> Result<Option<Vec<u8>>, FetchError> {
    Asker::new(registries, image, on_event)?.blob(digest).await
}

/// The address of a blob for a [`Download`] by a client that knows registries: that of `image`, with the blob's digest.
pub fn blob_address(image: &Reference, digest: &Digest) -> String {
    format!("{SCHEME}{}@{digest}", image.name())
}

/// What an image consists of, by what the store has alone; none where a manifest is missing.
pub fn pulled(store: &Store, root: &Descriptor<AnyDigest>, wanted: &Wanted) -> Option<Survey> {
    let seen = survey(root, wanted, &mut |one| stored(store, one)).ok()?;
    seen.missing.is_empty().then_some(seen)
}

/// The blobs of an image as downloads: from mirrors, from its registry, and where a layer says that it may be had (no password
/// goes there).
pub fn image_downloads(registries: &Registries, image: &Image) -> Result<Vec<Download>, FetchError> {
    let places = registries.places(&image.reference)?;
    let mut seen = std::collections::BTreeSet::new();
    let all = image.manifests().chain(image.blobs()).filter(|blob| seen.insert(blob.digest));
    all.map(|blob| {
        let digest = ours(&image.reference, &blob.digest)?;
        let own = blob.urls.iter().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        let short: String = digest.hex().chars().take(12).collect();
        Ok(Download {
            digest,
            size: blob.size,
            urls: places.iter().map(|place| blob_address(place, &digest)).chain(own.cloned()).collect(),
            name: format!("{} {short}", image.reference),
        })
    })
    .collect()
}

/// The root of an image, and its bytes where they are not in the store.
pub(super) struct Root {
    descriptor: Descriptor<AnyDigest>,
    bytes: Option<Vec<u8>>,
}

async fn root(asker: &Asker, store: &Store, request: &PullRequest) -> Result<Root, FetchError> {
    let reference = &request.reference;
    if let Some(digest) = &reference.digest {
        let wanted = ours(reference, digest)?;
        // What is named by digest and is here need not be asked for.
        if let Some(size) = store.size_of(&wanted)?.filter(|&size| size <= MOST_MANIFEST) {
            return Ok(Root { descriptor: Descriptor::new("", *digest, size), bytes: None });
        }
    }
    // A question without a body costs nothing where registries count.
    if let (None, Some(known)) = (&reference.digest, request.known)
        && let Some(size) = store.size_of(&known)?
        && asker.head(&asker.name()).await? == Some(known.into())
    {
        (asker.on_event)(Event::Unchanged { url: &reference.to_string() });
        return Ok(Root { descriptor: Descriptor::new("", known.into(), size), bytes: None });
    }
    let found = asker.manifest(&asker.name(), None).await?;
    let Some(found) = found else {
        return Err(asker
            .wrong("there is no such image\nhint: is its name right, and its tag? `skopeo list-tags` shows those that there are"));
    };
    ours(reference, &found.descriptor.digest)?;
    Ok(Root { descriptor: found.descriptor, bytes: Some(found.bytes) })
}

/// Fetches manifests until all of them are here.
async fn whole(asker: &Asker, store: &Store, root: &Descriptor<AnyDigest>, wanted: &Wanted) -> Result<Survey, FetchError> {
    use futures_util::{StreamExt, TryStreamExt};
    loop {
        let seen = survey(root, wanted, &mut |one| stored(store, one));
        let seen = seen.map_err(|why| asker.wrong(&why.to_string()))?;
        if seen.missing.is_empty() {
            let all = seen.manifests.iter().chain(&seen.blobs);
            all.map(|one| ours(&asker.reference, &one.digest)).collect::<Result<Vec<_>, _>>()?;
            return Ok(seen);
        }
        let fetched = futures_util::stream::iter(seen.missing.iter().map(|one| asker.by_digest(one)));
        let fetched: Vec<Vec<u8>> = fetched.buffer_unordered(AT_ONCE).try_collect().await?;
        for bytes in fetched {
            put(store, bytes).await?;
        }
    }
}

fn stored(store: &Store, one: &Descriptor<AnyDigest>) -> Option<Vec<u8>> {
    let digest = one.digest.sha256()?;
    store.contains(&digest, one.size).then(|| store.read(&digest, MOST_MANIFEST).ok()).flatten()
}

async fn put(store: &Store, bytes: Vec<u8>) -> Result<(), FetchError> {
    let store = store.clone();
    let put = tokio::task::spawn_blocking(move || store.put(&bytes)).await;
    put.map_err(|error| FetchError::Client(error.to_string()))??;
    Ok(())
}

/// A digest that the store can name.
fn ours(reference: &Reference, digest: &AnyDigest) -> Result<Digest, FetchError> {
    digest.sha256().ok_or_else(|| FetchError::Image {
        image: reference.to_string(),
        why: format!("it names content by SHA-512 ({digest:.24}…), which cannot be carried by this version"),
    })
}

#[cfg(test)]
mod tests;
