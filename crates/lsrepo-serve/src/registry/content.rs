//! Manifests and blobs as they are sent: whole, in part, or the word that they have not changed.

use super::{
    answer::{CONTENT_DIGEST, error},
    ask::Ask,
};
use crate::{
    answer::{Answer, Content, value},
    condition::Validators,
    range::{self, Wanted},
};
use http::{HeaderValue, Method, StatusCode, header, request};
use lsrepo_oci::{
    AnyDigest, RepositoryName,
    api::{ApiError, ErrorCode, ManifestReference},
    media_type,
};
use lsrepo_types::Digest;

pub(super) fn manifest(ask: &Ask<'_>, name: &RepositoryName, reference: &ManifestReference) -> Result<Answer, ApiError> {
    let view = ask.view(name)?;
    let (digest, manifest) = view.manifest(reference)?;
    let by_digest = matches!(reference, ManifestReference::Digest(_));
    let (blob, size) = (manifest.blob, manifest.size);
    let mut answer = file(ask.head, &File { digest, blob, size, keep: by_digest, private: ask.is_private(&view) });
    if answer.status.is_success() {
        // A type that a browser may take for a page comes from who pushed it: it may do nothing here.
        if !manifest.media_type.to_str().is_ok_and(media_type::is_manifest) {
            answer.set(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        }
        answer.headers.push((header::CONTENT_TYPE, manifest.media_type.clone()));
    }
    Ok(answer)
}

pub(super) fn blob(ask: &Ask<'_>, name: &RepositoryName, digest: &AnyDigest) -> Result<Answer, ApiError> {
    let view = ask.view(name)?;
    let found = view.blob(digest)?;
    let private = ask.is_private(&view);
    let mut answer = file(ask.head, &File { digest: *digest, blob: found.blob, size: found.size, keep: true, private });
    if answer.status.is_success() {
        answer.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")));
    }
    Ok(answer)
}

struct File {
    digest: AnyDigest,
    blob: Digest,
    size: u64,
    /// it was asked for by its digest, and is the same for ever
    keep: bool,
    /// not for caches that others use
    private: bool,
}

fn file(head: &request::Parts, file: &File) -> Answer {
    let File { digest, blob, size, .. } = *file;
    let digest = digest.to_string();
    let etag = format!("\"{digest}\"");
    let control = match (file.keep, file.private) {
        (false, _) => "no-cache",
        (true, false) => "public, max-age=31536000, immutable",
        (true, true) => "private, max-age=31536000, immutable",
    };
    let mut headers = Vec::with_capacity(9);
    headers.push((header::ETAG, value(&etag)));
    headers.push((CONTENT_DIGEST, value(&digest)));
    headers.push((header::ACCEPT_RANGES, HeaderValue::from_static("bytes")));
    headers.push((header::CACHE_CONTROL, HeaderValue::from_static(control)));
    let validators = Validators { etag: &etag, date: None };
    if validators.is_unchanged(&head.headers) {
        return Answer { status: StatusCode::NOT_MODIFIED, headers, content: Content::Nothing };
    }
    let applies = head.method == Method::GET && validators.range_applies(&head.headers);
    let range = head.headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| applies);
    let (status, first, end) = match range::strictly(range, size) {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part { first, end } => {
            headers.push((header::CONTENT_RANGE, value(&format!("bytes {first}-{}/{size}", end - 1))));
            (StatusCode::PARTIAL_CONTENT, first, end)
        }
        Wanted::Nothing => {
            let message = format!("the range is not within the {size} bytes that there are");
            let mut answer = error(&ApiError::new(ErrorCode::SizeInvalid, message).with_status(416));
            answer.set(header::CONTENT_RANGE, value(&format!("bytes */{size}")));
            return answer;
        }
    };
    Answer { status, headers, content: Content::Blob { digest: blob, size, first, end } }
}
