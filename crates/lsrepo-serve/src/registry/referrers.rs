//! What refers to a manifest: by its own word, or listed under the tag that stands for this list where a registry has no
//! such list. Spec: "Listing Referrers", "Referrers Tag Schema".

use super::{
    answer::{FILTERS, json},
    ask::Ask,
    pushed::{Pushed, disk},
    repository::{Repository, StoredManifest},
    view::View,
};
use crate::{
    answer::{Answer, value},
    site::Site,
};
use http::{HeaderValue, StatusCode, header};
use lsrepo_oci::{
    AnyDigest, Content, Descriptor, MOST_MANIFEST, RepositoryName, Tag,
    api::{ApiError, ErrorCode, ManifestReference, Page, ReferrersList},
    media_type,
};
use lsrepo_store::Store;
use std::{collections::BTreeMap, sync::Arc};

/// What clients take for one manifest.
const MOST_BYTES: usize = MOST_MANIFEST as usize;

pub(super) async fn list(ask: &Ask<'_>, name: RepositoryName, subject: AnyDigest) -> Result<Answer, ApiError> {
    let last = match ask.query.first("last").filter(|last| !last.is_empty()).map(str::parse::<AnyDigest>) {
        None => None,
        Some(Ok(last)) => Some(last),
        Some(Err(why)) => return Err(ApiError::new(ErrorCode::DigestInvalid, why.to_string())),
    };
    let filter = ask.query.first("artifactType").filter(|filter| !filter.is_empty()).map(str::to_owned);
    // A name that is unknown has no referrers; one that is hidden has no answer.
    if let Err(error) = ask.view(&name)
        && error.code != ErrorCode::NameUnknown
    {
        return Err(error);
    }
    let _room = ask.registry.large.clone().acquire_owned().await.map_err(disk)?;
    let search = Search { subject, last, filter: filter.clone() };
    let (site, registry, ns) = (ask.site.clone(), ask.registry, ask.ns.clone());
    let (pushed, store) = (registry.pushed.clone(), registry.store.clone());
    let work = move || search.run(&site, &pushed, &store, &name, ns.as_deref());
    let (bytes, more) = tokio::task::spawn_blocking(work).await.map_err(disk)?;
    let mut answer = json(StatusCode::OK, bytes);
    answer.set(header::CONTENT_TYPE, HeaderValue::from_static(media_type::INDEX));
    if filter.is_some() {
        answer.set(FILTERS, HeaderValue::from_static("artifactType"));
    }
    if let Some(last) = more {
        let kept = filter.iter().map(|filter| ("artifactType", filter.as_str())).chain(ask.ns.iter().map(|ns| ("ns", ns.as_str())));
        let keep: Vec<(&str, &str)> = kept.collect();
        let link = Page::default().link(ask.head.uri.path(), &last.to_string(), &keep);
        answer.set(header::LINK, value(&link));
    }
    Ok(answer)
}

struct Search {
    subject: AnyDigest,
    last: Option<AnyDigest>,
    filter: Option<String>,
}

impl Search {
    /// The list, and its last entry where there are more. Of a repository that is not there it is empty.
    fn run(
        &self,
        site: &Site,
        pushed: &Pushed,
        store: &Store,
        name: &RepositoryName,
        ns: Option<&str>,
    ) -> (Vec<u8>, Option<AnyDigest>) {
        let view = View::of(&site.images, pushed, name, ns).unwrap_or_default();
        let mut found: BTreeMap<AnyDigest, &StoredManifest> = BTreeMap::new();
        for repository in view.contents() {
            found.extend(repository.referrers(self.subject).map(|(digest, one)| (*digest, one)));
            found.extend(self.tagged(repository, store));
        }
        let mut list = ReferrersList::new(MOST_BYTES);
        let mut added = None;
        let wanted = |one: &StoredManifest| self.filter.is_none() || self.filter.as_deref() == one.artifact_type.as_deref();
        let rest = found.into_iter().filter(|(digest, one)| self.last.is_none_or(|last| *digest > last) && wanted(one));
        for (digest, one) in rest {
            if !list.add(&describe(digest, one, store)) {
                return (list.into_bytes(), added);
            }
            added = Some(digest);
        }
        (list.into_bytes(), None)
    }

    /// Those in the index that is tagged as this list, as far as they are here.
    fn tagged<'a>(&self, repository: &'a Arc<Repository>, store: &Store) -> Vec<(AnyDigest, &'a StoredManifest)> {
        let index = self.subject.referrers_tag().parse::<Tag>().ok();
        let index = index.and_then(|tag| repository.manifest(&ManifestReference::Tag(tag)));
        let content = index.and_then(|(_, index)| parse(index, store));
        let children = content.iter().flat_map(Content::children);
        children.filter_map(|child| Some((child.digest, repository.manifests.get(&child.digest)?))).collect()
    }
}

fn parse(manifest: &StoredManifest, store: &Store) -> Option<Content> {
    let bytes = store.read(&manifest.blob, MOST_MANIFEST).ok()?;
    Content::parse(manifest.media_type.to_str().ok()?, &bytes).ok()
}

fn describe(digest: AnyDigest, manifest: &StoredManifest, store: &Store) -> Descriptor<AnyDigest> {
    let mut one = Descriptor::new(manifest.media_type.to_str().unwrap_or_default(), digest, manifest.size);
    one.artifact_type = manifest.artifact_type.as_deref().map(str::to_owned);
    one.annotations = parse(manifest, store).map(|content| content.annotations).unwrap_or_default();
    one
}
