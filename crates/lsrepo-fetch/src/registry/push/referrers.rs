//! What refers to an image: signatures, attestations, SBOMs.
//!
//! A registry with the referrers API puts each on its subject's list by itself, and says so (`OCI-Subject`). For one
//! without, the client keeps that list as an index under a tag that is made of the subject's digest; entries of others stay
//! on it. Cosign's own tags are tags like any other. Spec: distribution-spec, "Pushing Manifests with Subject".

use super::{Listed, ManifestName, PushError, PushReport, Pusher, tree};
use crate::{Event, FetchError};
use lsrepo_oci::{AnyDigest, Content, Descriptor, Image, Kind, Referrer, RepositoryName, media_type};
use lsrepo_store::Store;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What one manifest's list of referrers must have.
#[derive(Default)]
struct List<'a> {
    /// pushed by their digests
    referrers: Vec<&'a Referrer>,
    /// that somebody kept under a tag
    kept: Vec<&'a Referrer>,
}

/// Pushes all that refers to an image.
pub(super) async fn push(
    pusher: &Pusher,
    store: &Store,
    repository: &RepositoryName,
    image: &Image,
    report: &mut PushReport,
) -> Result<(), FetchError> {
    let subjects: BTreeMap<String, AnyDigest> =
        image.manifests().map(|manifest| (manifest.digest.referrers_tag(), manifest.digest)).collect();
    let (mut lists, mut order): (BTreeMap<AnyDigest, List<'_>>, Vec<AnyDigest>) = Default::default();
    for referrer in &image.referrers {
        let kept = match referrer.tag.as_ref().and_then(|tag| subjects.get(tag.as_str())) {
            // Some tools give an image the tag of its own digest.
            Some(subject) if matches!(content(store, &referrer.root)?.kind, Kind::Index { .. }) => Some(subject),
            _ => None,
        };
        let subject = match kept {
            Some(subject) => *subject,
            None if referrer.tag.is_some() => {
                tagged(pusher, store, repository, referrer, report).await?;
                continue;
            }
            None => match content(store, &referrer.root)?.subject {
                Some(subject) => subject.digest,
                None => {
                    let name = ManifestName::Digest(referrer.root.digest);
                    pusher.tree(store, repository, &referrer.root, &referrer.survey, &name, report).await?;
                    continue;
                }
            },
        };
        let list = lists.entry(subject).or_default();
        if list.referrers.is_empty() && list.kept.is_empty() {
            order.push(subject);
        }
        if kept.is_some() { list.kept.push(referrer) } else { list.referrers.push(referrer) }
    }
    // What refers to the image before what refers to that.
    let own: BTreeSet<AnyDigest> = image.survey.manifests.iter().map(|manifest| manifest.digest).collect();
    order.sort_by_key(|subject| !own.contains(subject));
    for subject in order {
        listed(pusher, store, repository, &subject, &lists[&subject], report).await?;
    }
    Ok(())
}

async fn tagged(
    pusher: &Pusher,
    store: &Store,
    repository: &RepositoryName,
    referrer: &Referrer,
    report: &mut PushReport,
) -> Result<(), FetchError> {
    let Some(tag) = &referrer.tag else { return Ok(()) };
    let name = ManifestName::Tag(tag.clone());
    match pusher.tree(store, repository, &referrer.root, &referrer.survey, &name, report).await? {
        Listed::No => record(pusher, store, repository, &referrer.root).await,
        Listed::NoNeed | Listed::Yes => Ok(()),
    }
}

/// Pushes what is on one list, and the list where the registry does not keep it.
async fn listed(
    pusher: &Pusher,
    store: &Store,
    repository: &RepositoryName,
    subject: &AnyDigest,
    list: &List<'_>,
    report: &mut PushReport,
) -> Result<(), FetchError> {
    let tag = tag(subject)?;
    let api = pusher.referrers(repository, subject).await?;
    let old = match &api {
        Some(bytes) => Some(bytes.clone()),
        None => pusher.read_manifest(repository, &tag).await?,
    };
    let there = digests(old.as_deref().unwrap_or_default());
    let (mut kept_there, mut entries) = (api.is_some(), Vec::new());
    for (referrer, manifest) in list.manifests(store)? {
        if there.contains(&manifest.digest.to_string()) {
            report.manifests_present += 1;
            continue;
        }
        let name = ManifestName::Digest(manifest.digest);
        let answer = pusher.tree(store, repository, &manifest, &referrer.survey, &name, report).await?;
        kept_there |= answer == Listed::Yes;
        entries.push(entry(store, &manifest)?);
    }
    if kept_there || entries.is_empty() {
        return Ok(());
    }
    report.manifests_sent += 1;
    if let (None, [one]) = (&old, &list.kept[..]) {
        let bytes = tree::read(store, &one.root)?;
        let known = digests(&bytes);
        if entries.iter().all(|entry| entry["digest"].as_str().is_some_and(|digest| known.contains(digest))) {
            // As it was where it comes from.
            return pusher.manifest(repository, &tag, &one.root.media_type, &bytes).await.map(drop);
        }
    }
    write(pusher, repository, &tag, old.as_deref(), entries).await
}

impl<'a> List<'a> {
    /// Every manifest that must be on it, and what it was found with.
    fn manifests(&self, store: &Store) -> Result<Vec<(&'a Referrer, Descriptor<AnyDigest>)>, FetchError> {
        let mut all: Vec<_> = self.referrers.iter().map(|referrer| (*referrer, referrer.root.clone())).collect();
        for kept in &self.kept {
            let children: BTreeSet<AnyDigest> = content(store, &kept.root)?.children().iter().map(|child| child.digest).collect();
            let known = kept.survey.manifests.iter().filter(|manifest| children.contains(&manifest.digest));
            all.extend(known.map(|manifest| (*kept, manifest.clone())));
        }
        let mut seen = BTreeSet::new();
        all.retain(|(_, manifest)| seen.insert(manifest.digest));
        Ok(all)
    }
}

/// Puts a manifest that was pushed to a registry without the API on its subject's list.
pub(super) async fn record(
    pusher: &Pusher,
    store: &Store,
    repository: &RepositoryName,
    manifest: &Descriptor<AnyDigest>,
) -> Result<(), FetchError> {
    let Some(subject) = content(store, manifest)?.subject else { return Ok(()) };
    let tag = tag(&subject.digest)?;
    let old = pusher.read_manifest(repository, &tag).await?;
    match digests(old.as_deref().unwrap_or_default()).contains(&manifest.digest.to_string()) {
        true => Ok(()),
        false => write(pusher, repository, &tag, old.as_deref(), vec![entry(store, manifest)?]).await,
    }
}

async fn write(
    pusher: &Pusher,
    repository: &RepositoryName,
    tag: &ManifestName,
    old: Option<&[u8]>,
    entries: Vec<Value>,
) -> Result<(), FetchError> {
    let Some(list) = merged(old, entries) else {
        pusher.say(Event::Warning(&format!("{repository}:{tag} is no list of referrers, and is left as it is")));
        return Ok(());
    };
    pusher.manifest(repository, tag, media_type::INDEX, &list).await.map(drop)
}

/// The list with more entries. What is not ours stays as it is, unknown fields too. None where it is no list.
fn merged(old: Option<&[u8]>, entries: Vec<Value>) -> Option<Vec<u8>> {
    let mut list = match old {
        None => json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": []}),
        Some(old) => serde_json::from_slice(old).ok()?,
    };
    list.get_mut("manifests")?.as_array_mut()?.extend(entries);
    serde_json::to_vec(&list).ok()
}

/// The digests on a list.
fn digests(list: &[u8]) -> BTreeSet<String> {
    let list: Value = serde_json::from_slice(list).unwrap_or_default();
    let manifests = list.get("manifests").and_then(Value::as_array).into_iter().flatten();
    manifests.filter_map(|one| one.get("digest")?.as_str().map(str::to_owned)).collect()
}

/// What a list says of a manifest: distribution-spec, "Listing Referrers".
fn entry(store: &Store, manifest: &Descriptor<AnyDigest>) -> Result<Value, FetchError> {
    let content = content(store, manifest)?;
    let mut entry = Descriptor::new(&manifest.media_type, manifest.digest, manifest.size);
    entry.artifact_type = content.referrer_type().map(str::to_owned);
    entry.annotations = content.annotations;
    serde_json::to_value(entry).map_err(|error| FetchError::Client(error.to_string()))
}

fn tag(subject: &AnyDigest) -> Result<ManifestName, FetchError> {
    let tag = subject.referrers_tag().parse();
    tag.map(ManifestName::Tag).map_err(|error: lsrepo_oci::ReferenceError| FetchError::Client(error.to_string()))
}

fn content(store: &Store, manifest: &Descriptor<AnyDigest>) -> Result<Content, FetchError> {
    let bytes = tree::read(store, manifest)?;
    let content = Content::parse(&manifest.media_type, &bytes);
    content.map_err(|why| PushError::Image { name: manifest.digest.to_string(), why: why.to_string() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_others_stay_on_the_list() {
        let old = br#"{"schemaVersion":2,"manifests":[{"digest":"sha256:a","size":1,"new":[1]}],"annotations":{"x":"y"}}"#;
        let list = merged(Some(old), vec![json!({"digest": "sha256:b"})]).unwrap();
        let wanted = json!({"schemaVersion": 2, "annotations": {"x": "y"},
            "manifests": [{"digest": "sha256:a", "size": 1, "new": [1]}, {"digest": "sha256:b"}]});
        assert_eq!(serde_json::from_slice::<Value>(&list).unwrap(), wanted);
        assert_eq!(digests(&list).into_iter().collect::<Vec<_>>(), ["sha256:a", "sha256:b"]);
        assert!(merged(None, Vec::new()).is_some() && digests(b"[").is_empty());
        for wrong in ["", "[]", r#"{"manifests":{}}"#, r#"{"config":{}}"#] {
            assert_eq!(merged(Some(wrong.as_bytes()), Vec::new()), None, "{wrong}");
        }
    }
}
