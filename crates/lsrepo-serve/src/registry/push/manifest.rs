//! Manifests that are pushed: understood where they can be, kept byte for byte in any case. Spec: "Pushing manifests".

use super::now;
use crate::{
    answer::{Answer, value},
    registry::{
        answer::{CONTENT_DIGEST, SUBJECT, TAG, done},
        ask::Ask,
        incoming::Incoming,
        location,
        pushed::{Pushed, disk},
        repository::{StoredBlob, StoredManifest},
        uploads::written,
        view::{View, whole_name},
    },
    site::Site,
};
use http::{HeaderValue, StatusCode, header};
use lsrepo_oci::{
    AnyDigest, Content, MOST_MANIFEST, RepositoryName, Tag,
    api::{ApiError, ErrorCode, ManifestReference, UploadId},
    media_type,
};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, de::IgnoredAny};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{task::spawn_blocking, time::timeout};

/// A body of that size is taken without asking for room.
const SMALL: u64 = 64 * 1024;
/// Tags that one push may set.
const MOST_TAGS: usize = 100;
/// Longer names of types are nobody's.
const MOST_TYPE: usize = 255;

/// PUT: a manifest under its digest or a tag, and under the tags of `?tag=`.
pub(super) async fn put(
    ask: &Ask<'_>,
    name: RepositoryName,
    reference: ManifestReference,
    incoming: &mut Incoming,
) -> Result<Answer, ApiError> {
    let whole = whole_name(&name, ask.ns.as_deref())?.into_owned();
    let asked = asked_tags(ask)?;
    let large = || {
        let message = format!("a manifest may have {MOST_MANIFEST} bytes");
        ApiError::new(ErrorCode::SizeInvalid, message).with_status(413)
    };
    let length = ask.content_length();
    if length.is_some_and(|length| length > MOST_MANIFEST) {
        return Err(large());
    }
    let _room = match length {
        Some(..=SMALL) => None,
        _ => Some(ask.registry.large.clone().acquire_owned().await.map_err(disk)?),
    };
    incoming.restart_clock();
    let slow = |_| ApiError::new(ErrorCode::ManifestInvalid, "the manifest did not come in time");
    let bytes = timeout(ask.registry.stall * 5, incoming.whole(MOST_MANIFEST)).await.map_err(slow)??.ok_or_else(large)?;
    let tag = match &reference {
        ManifestReference::Tag(tag) => Some(tag.clone()),
        ManifestReference::Digest(_) => None,
    };
    let push = Push {
        site: ask.site.clone(),
        store: ask.registry.store.clone(),
        pushed: ask.registry.pushed.clone(),
        announced: announced(ask)?,
        tags: asked.iter().cloned().chain(tag).collect(),
        ns: ask.ns.clone(),
        name: name.clone(),
        whole,
        reference,
        bytes,
        may_lack_layers: ask.registry.pushing()?.accept_missing_layers,
    };
    let (digest, subject) = spawn_blocking(move || push.run()).await.map_err(disk)??;
    let mut answer = done(StatusCode::CREATED, &location(ask, &name, "manifests", &digest));
    answer.set(CONTENT_DIGEST, value(&digest.to_string()));
    if let Some(subject) = subject {
        answer.set(SUBJECT, value(&subject.to_string()));
    }
    answer.headers.extend(asked.iter().map(|tag| (TAG, value(tag.as_str()))));
    Ok(answer)
}

fn asked_tags(ask: &Ask<'_>) -> Result<Vec<Tag>, ApiError> {
    let invalid = |text: &str| ApiError::new(ErrorCode::ManifestInvalid, "that is not a tag").about("tag", text);
    let tags: Vec<Tag> =
        ask.query.all("tag").map(|text| text.parse().map_err(|_| invalid(text))).collect::<Result<_, ApiError>>()?;
    match tags.len() > MOST_TAGS {
        true => Err(ApiError::new(ErrorCode::ManifestInvalid, format!("one push may set {MOST_TAGS} tags")).with_status(414)),
        false => Ok(tags),
    }
}

/// The media type that the client says, without parameters; empty where it says none.
fn announced(ask: &Ask<'_>) -> Result<String, ApiError> {
    let Some(said) = ask.head.headers.get(header::CONTENT_TYPE) else { return Ok(String::new()) };
    let said = said.to_str().ok().and_then(|said| said.split(';').next()).map(str::trim);
    let fits = |said: &&str| said.len() <= MOST_TYPE && said.contains('/');
    let wrong = || ApiError::new(ErrorCode::ManifestInvalid, "`Content-Type` is not a media type");
    Ok(said.filter(fits).ok_or_else(wrong)?.to_owned())
}

/// Everything that a push needs, to be done where one may wait for the disk.
struct Push {
    site: Arc<Site>,
    store: Arc<Store>,
    pushed: Arc<Pushed>,
    name: RepositoryName,
    ns: Option<String>,
    whole: String,
    reference: ManifestReference,
    announced: String,
    tags: Vec<Tag>,
    bytes: Vec<u8>,
    may_lack_layers: bool,
}

impl Push {
    /// Its digest, and what it refers to.
    fn run(self) -> Result<(AnyDigest, Option<AnyDigest>), ApiError> {
        let blob = Digest::of(&self.bytes);
        let digest = match self.reference {
            ManifestReference::Tag(_) => AnyDigest::from(blob),
            ManifestReference::Digest(digest) => digest,
        };
        if !(digest == AnyDigest::from(blob) || digest.sha256().is_none() && digest.is_of(&self.bytes)) {
            let message = format!("the bytes that came are {blob}, not {digest}");
            return Err(ApiError::new(ErrorCode::DigestInvalid, message).about("digest", digest));
        }
        let content = understand(&self.announced, &self.bytes)?;
        let said = content.as_ref().map(|content| content.media_type.as_str());
        let media_type = Some(self.announced.as_str()).filter(|said| !said.is_empty()).or(said).unwrap_or_default();
        let invalid = |_| ApiError::new(ErrorCode::ManifestInvalid, "its media type cannot be said in a header");
        let artifact_type = content.as_ref().and_then(Content::referrer_type);
        if artifact_type.is_some_and(|text| text.len() > MOST_TYPE) {
            return Err(ApiError::new(ErrorCode::ManifestInvalid, format!("an artifact type may have {MOST_TYPE} characters")));
        }
        let manifest = StoredManifest {
            blob,
            size: self.bytes.len() as u64,
            media_type: HeaderValue::from_str(media_type).map_err(invalid)?,
            subject: content.as_ref().and_then(|content| content.subject.as_ref()).map(|subject| subject.digest),
            artifact_type: artifact_type.map(Into::into),
            added: now(),
        };
        let adopted = self.adopt(content.as_ref())?;
        self.write(&digest, blob)?;
        let subject = manifest.subject;
        self.pushed.change(&self.whole, |repository| {
            repository.removed.remove(&manifest.blob);
            for (digest, blob) in adopted.blobs {
                repository.blobs.entry(digest).or_insert(blob);
            }
            for (digest, child) in adopted.manifests {
                repository.manifests.entry(digest).or_insert(child);
            }
            repository.manifests.insert(digest, manifest);
            repository.tags.extend(self.tags.iter().map(|tag| (tag.clone(), digest)));
            Ok(())
        })?;
        Ok((digest, subject))
    }

    /// What it points at and was imported under the same name: from now on it is kept on this account too. Blobs must be
    /// there, but for those that registries do not distribute; manifests of other platforms need not be.
    fn adopt(&self, content: Option<&Content>) -> Result<Adopted, ApiError> {
        let mut adopted = Adopted::default();
        let Some(content) = content else { return Ok(adopted) };
        let view = View::of(&self.site.images, &self.pushed, &self.name, self.ns.as_deref()).unwrap_or_default();
        for descriptor in content.blobs() {
            match view.blob(&descriptor.digest) {
                Ok(blob) => {
                    adopted.blobs.insert(descriptor.digest, StoredBlob { added: now(), ..blob.clone() });
                }
                Err(_) if self.may_lack_layers || media_type::is_foreign(&descriptor.media_type) => {}
                Err(_) => {
                    let message = format!("it names the blob {}, which was not pushed before", descriptor.digest);
                    return Err(ApiError::new(ErrorCode::ManifestBlobUnknown, message).about("digest", descriptor.digest));
                }
            }
        }
        for child in content.children() {
            if let Ok((digest, manifest)) = view.manifest(&ManifestReference::Digest(child.digest)) {
                adopted.manifests.insert(digest, StoredManifest { added: now(), ..manifest.clone() });
            }
        }
        Ok(adopted)
    }

    fn write(&self, digest: &AnyDigest, blob: Digest) -> Result<(), ApiError> {
        let size = self.bytes.len() as u64;
        if !self.store.contains(&blob, size) {
            let mut under_way = self.pushed.quota.begin();
            under_way.take(size)?;
            let mut random = [0; 16];
            OsRng.try_fill_bytes(&mut random).map_err(disk)?;
            let file = UploadId::from_random(random).as_str().parse().map_err(disk)?;
            let mut writer = self.store.upload(&file).map_err(written)?;
            writer.add(&self.bytes).map_err(written)?;
            self.store.commit(vec![writer.finish()]).map_err(written)?;
        }
        match digest {
            AnyDigest::Sha512(name) => self.store.name_sha512(name, &blob).map_err(written),
            AnyDigest::Sha256(_) => Ok(()),
        }
    }
}

#[derive(Default)]
struct Adopted {
    blobs: BTreeMap<AnyDigest, StoredBlob>,
    manifests: BTreeMap<AnyDigest, StoredManifest>,
}

/// What makes a document ambiguous, whatever it calls itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    layers: Option<IgnoredAny>,
    #[serde(default)]
    manifests: Option<IgnoredAny>,
}

/// Reads a manifest. One of a type that we know must be right; of others nothing is known, and nothing may be two things.
fn understand(announced: &str, bytes: &[u8]) -> Result<Option<Content>, ApiError> {
    let invalid = |why: String| ApiError::new(ErrorCode::ManifestInvalid, why);
    let known = announced.is_empty() || media_type::is_manifest(announced);
    match Content::parse(announced, bytes) {
        Ok(content) => return Ok(Some(content)),
        Err(why) if known => return Err(invalid(why.to_string())),
        Err(_) => {}
    }
    let Ok(shape) = serde_json::from_slice::<Shape>(bytes) else { return Ok(None) };
    if shape.layers.is_some() && shape.manifests.is_some() {
        return Err(invalid("it is an image and an index at once".to_owned()));
    }
    match shape.media_type.filter(|said| said != announced) {
        Some(said) => Err(invalid(format!("it was sent as `{announced}` and calls itself `{said:.120}`"))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_are_kept_unless_they_are_two_things() {
        let other = "application/vnd.example.thing+json";
        for text in [r#"{"a":1}"#, "not json at all", r#"{"layers":[]}"#, r#"{"mediaType":"application/vnd.example.thing+json"}"#] {
            assert!(understand(other, text.as_bytes()).is_ok(), "{text}");
        }
        for text in [r#"{"layers":[],"manifests":[]}"#, r#"{"mediaType":"application/vnd.oci.image.index.v1+json","a":1}"#] {
            assert_eq!(understand(other, text.as_bytes()).unwrap_err().code, ErrorCode::ManifestInvalid, "{text}");
        }
        for (known, text) in [(media_type::MANIFEST, r#"{"a":1}"#), ("", r#"{"a":1}"#), (media_type::INDEX, "x")] {
            assert!(understand(known, text.as_bytes()).is_err(), "{text}");
        }
        assert!(understand("", br#"{"manifests":[]}"#).unwrap().is_some());
    }
}
