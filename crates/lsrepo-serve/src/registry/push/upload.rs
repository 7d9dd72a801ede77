//! Uploads of blobs: begun, continued, ended, given up. Spec: "Pushing blobs".

use super::{
    now,
    receive::{Announced, receive},
};
use crate::{
    answer::{Answer, value},
    registry::{
        Pushing,
        answer::{CONTENT_DIGEST, UPLOAD_ID, done, error, plain},
        ask::Ask,
        incoming::Incoming,
        location,
        pushed::{Pushed, disk},
        repository::StoredBlob,
        uploads::{Busy, Session, Uploads, written},
        view::whole_name,
    },
};
use http::{HeaderName, StatusCode, header};
use lsrepo_oci::{
    AnyDigest, RepositoryName,
    api::{ApiError, ChunkRange, ErrorCode, UploadId, received},
};
use lsrepo_store::Store;
use std::sync::Arc;
use tokio::task::spawn_blocking;

const RANGE: HeaderName = header::RANGE;

/// POST: from another repository, in one request, or step by step.
pub(super) async fn begin(ask: &Ask<'_>, name: RepositoryName, incoming: &mut Incoming) -> Result<Answer, ApiError> {
    let whole = whole_name(&name, ask.ns.as_deref())?.into_owned();
    if let Some(algorithm) = ask.query.first("digest-algorithm").filter(|name| !matches!(*name, "sha256" | "sha512")) {
        let message = "digests are of SHA-256 or SHA-512 here";
        return Err(ApiError::new(ErrorCode::DigestInvalid, message).about("digest-algorithm", algorithm));
    }
    if let Some(mount) = ask.query.first("mount").filter(|mount| !mount.is_empty()) {
        let digest = digest(mount)?;
        if let Some(blob) = elsewhere(ask, &digest) {
            let pushed = ask.registry.pushed.clone();
            spawn_blocking(move || add(&pushed, &whole, digest, blob)).await.map_err(disk)??;
            return Ok(stored(ask, &name, digest));
        }
    }
    let at_once = ask.query.first("digest").map(digest).transpose()?;
    let Pushing { uploads, .. } = ask.registry.pushing()?;
    let (sessions, store, quota) = (uploads.clone(), ask.registry.store.clone(), ask.registry.pushed.quota.clone());
    let named = name.clone();
    let began = spawn_blocking(move || sessions.begin(&store, &quota, named, whole)).await;
    let session = began.map_err(disk)??;
    let Some(digest) = at_once else {
        let mut answer = done(StatusCode::ACCEPTED, "");
        progress(ask, &session, &mut answer);
        return Ok(answer);
    };
    // The client does not know this upload: it ends with the request, however that ends.
    let _ends = Ends(uploads, &session.id);
    let busy = Arc::new(session.take()?);
    let announced = Announced { length: ask.content_length(), range: None };
    receive(&busy, incoming, &ask.registry.budget, announced).await?;
    commit(ask, &session, busy, digest).await?;
    Ok(stored(ask, &name, digest))
}

/// PATCH: more of it.
pub(super) async fn chunk(
    ask: &Ask<'_>,
    name: &RepositoryName,
    id: &UploadId,
    incoming: &mut Incoming,
) -> Result<Answer, ApiError> {
    let session = ask.registry.pushing()?.uploads.get(name, id)?;
    let busy = Arc::new(session.take()?);
    if let Some(answer) = more(ask, &session, &busy, incoming).await? {
        return Ok(answer);
    }
    let mut answer = done(StatusCode::ACCEPTED, "");
    progress(ask, &session, &mut answer);
    Ok(answer)
}

/// PUT: the rest of it, and its digest.
pub(super) async fn finish(
    ask: &Ask<'_>,
    name: &RepositoryName,
    id: &UploadId,
    incoming: &mut Incoming,
) -> Result<Answer, ApiError> {
    let Pushing { uploads, .. } = ask.registry.pushing()?;
    let session = uploads.get(name, id)?;
    let missing = || ApiError::new(ErrorCode::DigestInvalid, "`digest` must say what was uploaded");
    let digest = digest(ask.query.first("digest").ok_or_else(missing)?)?;
    let busy = Arc::new(session.take()?);
    if let Some(answer) = more(ask, &session, &busy, incoming).await? {
        return Ok(answer);
    }
    let _ends = Ends(uploads, id);
    commit(ask, &session, busy, digest).await?;
    Ok(stored(ask, name, digest))
}

/// GET: how far it is.
pub(in crate::registry) fn status(ask: &Ask<'_>, name: &RepositoryName, id: &UploadId) -> Result<Answer, ApiError> {
    let unknown = |_| ApiError::new(ErrorCode::BlobUploadUnknown, "this registry is read-only, there are no uploads");
    let session = ask.registry.pushing().map_err(unknown)?.uploads.get(name, id)?;
    let mut answer = plain(StatusCode::NO_CONTENT);
    progress(ask, &session, &mut answer);
    Ok(answer)
}

/// DELETE: never mind.
pub(super) async fn cancel(ask: &Ask<'_>, name: &RepositoryName, id: &UploadId) -> Result<Answer, ApiError> {
    let uploads = ask.registry.pushing()?.uploads.clone();
    let session = uploads.get(name, id)?;
    let id = id.clone();
    let gone = move || {
        uploads.end(&id);
        drop(session);
    };
    spawn_blocking(gone).await.map_err(disk)?;
    Ok(plain(StatusCode::NO_CONTENT))
}

/// Takes a body in where it belongs; the answer where it does not belong there.
async fn more(ask: &Ask<'_>, session: &Session, busy: &Arc<Busy>, incoming: &mut Incoming) -> Result<Option<Answer>, ApiError> {
    let range = ask.header(header::CONTENT_RANGE).map(ChunkRange::parse).transpose()?;
    let size = session.size();
    if let Some(range) = range.filter(|range| range.first != size) {
        let message = format!("{size} bytes are there, so the next chunk begins at {size} and not at {}", range.first);
        let mut answer = error(&ApiError::new(ErrorCode::BlobUploadInvalid, message).with_status(416));
        progress(ask, session, &mut answer);
        return Ok(Some(answer));
    }
    let announced = Announced { length: ask.content_length(), range: range.map(|range| range.length) };
    receive(busy, incoming, &ask.registry.budget, announced).await?;
    Ok(None)
}

/// Where to go on.
fn progress(ask: &Ask<'_>, session: &Session, answer: &mut Answer) {
    let id = session.id.as_str();
    let ns = ask.ns.as_ref().map(|ns| format!("?ns={ns}")).unwrap_or_default();
    answer.set(header::LOCATION, value(&format!("/v2/{}/blobs/uploads/{id}{ns}", session.name)));
    answer.set(RANGE, value(&received(session.size())));
    answer.set(UPLOAD_ID, value(id));
}

fn stored(ask: &Ask<'_>, name: &RepositoryName, digest: AnyDigest) -> Answer {
    let mut answer = done(StatusCode::CREATED, &location(ask, name, "blobs", &digest));
    answer.set(CONTENT_DIGEST, value(&digest.to_string()));
    answer
}

fn digest(text: &str) -> Result<AnyDigest, ApiError> {
    text.parse().map_err(|_| {
        let message = "that is not a digest of SHA-256 or SHA-512";
        ApiError::new(ErrorCode::DigestInvalid, message).about("digest", text)
    })
}

/// A blob that another repository has: the one that the client names, else any.
fn elsewhere(ask: &Ask<'_>, digest: &AnyDigest) -> Option<StoredBlob> {
    let (images, pushed) = (&ask.site.images, &ask.registry.pushed);
    match ask.query.first("from").filter(|from| !from.is_empty()) {
        Some(from) => ask.view(&from.parse().ok()?).ok()?.blob(digest).ok().cloned(),
        // Where some repositories are not for everybody, a digest alone gets nothing out of them.
        None if ask.login.hides_something() => None,
        None => pushed.find_blob(digest).or_else(|| images.all().find_map(|one| one.content.blobs.get(digest).cloned())),
    }
}

/// Ends an upload when it is dropped.
struct Ends<'a>(&'a Uploads, &'a UploadId);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

async fn commit(ask: &Ask<'_>, session: &Arc<Session>, busy: Arc<Busy>, digest: AnyDigest) -> Result<(), ApiError> {
    let (store, pushed, session) = (ask.registry.store.clone(), ask.registry.pushed.clone(), session.clone());
    let work = move || {
        let blob = keep(&store, &busy, &digest)?;
        add(&pushed, &session.whole_name, digest, blob)
    };
    spawn_blocking(work).await.map_err(disk)?
}

/// Gives the bytes of an upload their name, where it is the right one.
fn keep(store: &Store, busy: &Busy, digest: &AnyDigest) -> Result<StoredBlob, ApiError> {
    let mut writer = busy.finish()?;
    let mismatch = |found: String| {
        ApiError::new(ErrorCode::DigestInvalid, format!("the bytes that came are {found}, not {digest}")).about("digest", digest)
    };
    if let AnyDigest::Sha512(wanted) = digest {
        let found = writer.sha512().map_err(written)?;
        if found != *wanted {
            return Err(mismatch(found.to_string()));
        }
    }
    let pending = writer.finish();
    if digest.sha256().is_some_and(|wanted| wanted != pending.digest) {
        return Err(mismatch(pending.digest.to_string()));
    }
    let (blob, size) = (pending.digest, pending.size);
    match store.contains(&blob, size) {
        true => drop(pending),
        false => store.commit(vec![pending]).map_err(written)?,
    }
    if let AnyDigest::Sha512(name) = digest {
        store.name_sha512(name, &blob).map_err(written)?;
    }
    Ok(StoredBlob { blob, size, added: now() })
}

fn add(pushed: &Pushed, name: &str, digest: AnyDigest, blob: StoredBlob) -> Result<(), ApiError> {
    pushed.change(name, |repository| {
        repository.removed.remove(&blob.blob);
        repository.blobs.insert(digest, StoredBlob { added: now(), ..blob });
        Ok(())
    })
}
