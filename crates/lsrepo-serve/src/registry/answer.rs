//! Answers of the registry that are made on the spot.

use crate::answer::{Answer, Content, value};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use lsrepo_oci::api::{ApiError, ErrorCode};

pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(crate) const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");
pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(crate) const TAG: HeaderName = HeaderName::from_static("oci-tag");
pub(crate) const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const NAMESPACE: HeaderName = HeaderName::from_static("oci-namespace");

/// An error as JSON.
pub(crate) fn error(error: &ApiError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = json(status, error.body());
    if error.code == ErrorCode::TooManyRequests {
        answer.set(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// A method that is not for this place.
pub(crate) fn not_allowed(allowed: &'static str, why: &str) -> Answer {
    let mut answer = error(&ApiError::new(ErrorCode::Unsupported, why));
    answer.set(header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// JSON that nobody may keep without asking again.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Answer { status, headers, content: Content::Bytes(body.into()) }
}

/// It is done, and there.
pub(crate) fn done(status: StatusCode, location: &str) -> Answer {
    let headers = vec![(header::LOCATION, value(location))];
    let content = if status == StatusCode::NO_CONTENT { Content::Nothing } else { Content::Bytes(Bytes::new()) };
    Answer { status, headers, content }
}

/// Nothing more to say.
pub(crate) fn plain(status: StatusCode) -> Answer {
    let mut answer = done(status, "");
    answer.headers.clear();
    answer
}

/// What every answer says.
pub(crate) fn complete(answer: &mut Answer, ns: Option<&str>) {
    answer.headers.push((API_VERSION, HeaderValue::from_static("registry/2.0")));
    if let Some(Ok(ns)) = ns.filter(|_| !answer.status.is_client_error()).map(HeaderValue::from_str) {
        answer.headers.push((NAMESPACE, ns));
    }
}
