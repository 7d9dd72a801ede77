//! What changes a repository: uploads, manifests, deletions.

mod delete;
mod manifest;
mod receive;
mod upload;

pub(super) use upload::status;

use super::{answer::not_allowed, ask::Ask, incoming::Incoming};
use crate::answer::Answer;
use http::Method;
use lsrepo_oci::api::{ApiError, Route};
use std::time::{SystemTime, UNIX_EPOCH};

/// Answers a request whose method is not GET or HEAD. Who asks may push.
pub(super) async fn route(ask: &Ask<'_>, route: Route, incoming: &mut Incoming) -> Result<Answer, ApiError> {
    let method = &ask.head.method;
    match route {
        Route::Uploads { name } if method == Method::POST => upload::begin(ask, name, incoming).await,
        Route::Upload { name, id } if method == Method::PATCH => upload::chunk(ask, &name, &id, incoming).await,
        Route::Upload { name, id } if method == Method::PUT => upload::finish(ask, &name, &id, incoming).await,
        Route::Upload { name, id } if method == Method::DELETE => upload::cancel(ask, &name, &id).await,
        Route::Manifest { name, reference } if method == Method::PUT => manifest::put(ask, name, reference, incoming).await,
        Route::Manifest { name, reference } if method == Method::DELETE => delete::manifest(ask, name, reference).await,
        Route::Blob { name, digest } if method == Method::DELETE => delete::blob(ask, name, digest).await,
        Route::Uploads { .. } => Ok(not_allowed("POST", "an upload is begun with POST")),
        Route::Upload { .. } => Ok(not_allowed("GET, HEAD, PATCH, PUT, DELETE", "an upload knows no such method")),
        Route::Manifest { .. } => Ok(not_allowed("GET, HEAD, PUT, DELETE", "a manifest knows no such method")),
        Route::Blob { .. } => Ok(not_allowed("GET, HEAD, DELETE", "a blob knows no such method")),
        Route::Base | Route::Catalog | Route::Tags { .. } | Route::Referrers { .. } => {
            Ok(not_allowed("GET, HEAD", "this can only be read"))
        }
    }
}

/// When something was added, in seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
