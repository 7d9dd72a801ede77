//! Whether a key that is trusted signed an image, by cosign's signatures. Nothing is stored here.

use super::{Root, manifest::Asker};
use crate::FetchError;
use lsrepo_oci::{AnyDigest, Content, Descriptor};
use lsrepo_sign::{CosignKey, cosign};

/// The annotation that bears a signature.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// What cosign calls its signatures where they are referrers.
const ARTIFACT: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
/// The largest payload of a signature, and how many are looked at.
const MOST_PAYLOAD: u64 = 64 << 10;
const MOST_SIGNATURES: usize = 50;

/// Fails unless one of the keys signed the image's root.
pub(super) async fn check(asker: &Asker, root: &Root, keys: &[CosignKey]) -> Result<(), FetchError> {
    let digest = root.descriptor.digest;
    let mut payloads = payloads_of(asker, &format!("{}.sig", digest.referrers_tag())).await?;
    let listed = asker.referrers(&digest).await?.unwrap_or_default();
    for one in listed.iter().filter(|one| one.artifact_type.as_deref() == Some(ARTIFACT)).take(MOST_SIGNATURES) {
        payloads.extend(payloads_of(asker, &one.digest.to_string()).await?);
    }
    if payloads.is_empty() {
        return Err(asker.wrong(
            "it bears no signature of cosign\nhint: leave --verify-key out for images that nobody signed, or ask its owner to sign it",
        ));
    }
    let mut last = String::new();
    for (payload, signature) in payloads.iter().take(MOST_SIGNATURES) {
        let Some(bytes) = small(asker, payload).await? else { continue };
        match cosign::verify(&bytes, signature, keys, &digest.to_string()) {
            Ok(()) => return Ok(()),
            Err(why) => last = why.to_string(),
        }
    }
    Err(asker.wrong(&format!("no given key signed {digest}: {last}")))
}

/// The payloads that a manifest lists, with their signatures.
async fn payloads_of(asker: &Asker, name: &str) -> Result<Vec<(Descriptor<AnyDigest>, String)>, FetchError> {
    let Some(found) = asker.manifest(name, None).await? else { return Ok(Vec::new()) };
    let content = Content::parse(&found.descriptor.media_type, &found.bytes);
    let content = content.map_err(|why| asker.wrong(&format!("its signature {name}: {why}")))?;
    let layers = content.blobs().filter_map(|layer| Some((layer.clone(), layer.annotation(SIGNATURE)?.to_owned())));
    Ok(layers.collect())
}

async fn small(asker: &Asker, payload: &Descriptor<AnyDigest>) -> Result<Option<Vec<u8>>, FetchError> {
    match payload.size <= MOST_PAYLOAD {
        true => asker.blob(&payload.digest).await,
        false => Ok(None),
    }
}
