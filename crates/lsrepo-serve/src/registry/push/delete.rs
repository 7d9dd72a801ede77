//! What clients take away again. Only what was pushed; images that were imported belong to whoever imports.

use crate::{
    answer::Answer,
    registry::{answer::plain, ask::Ask, pushed::disk, view::whole_name},
};
use http::StatusCode;
use lsrepo_oci::{
    AnyDigest, RepositoryName,
    api::{ApiError, ErrorCode, ManifestReference},
};
use tokio::task::spawn_blocking;

/// DELETE of a tag, which leaves the manifest, or of a manifest, with its tags.
pub(super) async fn manifest(ask: &Ask<'_>, name: RepositoryName, reference: ManifestReference) -> Result<Answer, ApiError> {
    let imported = ask.view(&name)?.is_imported(&reference);
    let message = format!("there is no manifest `{reference}` in this repository");
    let unknown = ApiError::new(ErrorCode::ManifestUnknown, message);
    remove(ask, &name, imported, unknown, move |repository| match &reference {
        ManifestReference::Tag(tag) => repository.tags.remove(tag).is_some(),
        ManifestReference::Digest(digest) => repository.remove_manifest(digest),
    })
    .await
}

/// DELETE of a blob.
pub(super) async fn blob(ask: &Ask<'_>, name: RepositoryName, digest: AnyDigest) -> Result<Answer, ApiError> {
    let imported = ask.view(&name)?.is_imported_blob(&digest);
    let unknown = ApiError::new(ErrorCode::BlobUnknown, "there is no such blob in this repository").about("digest", digest);
    remove(ask, &name, imported, unknown, move |repository| repository.remove_blob(&digest)).await
}

async fn remove(
    ask: &Ask<'_>,
    name: &RepositoryName,
    imported: bool,
    unknown: ApiError,
    remove: impl FnOnce(&mut crate::registry::repository::Repository) -> bool + Send + 'static,
) -> Result<Answer, ApiError> {
    let missing = match imported {
        true => {
            let message = "it was imported with a bundle, and not pushed; `lsrepo` on the server decides about it";
            ApiError::new(ErrorCode::Denied, message)
        }
        false => unknown,
    };
    let whole = whole_name(name, ask.ns.as_deref())?.into_owned();
    let pushed = ask.registry.pushed.clone();
    let work = move || {
        if pushed.get(&whole).is_none() {
            return Err(missing);
        }
        pushed.change(&whole, |repository| if remove(repository) { Ok(()) } else { Err(missing) })
    };
    spawn_blocking(work).await.map_err(disk)??;
    Ok(plain(StatusCode::ACCEPTED))
}
