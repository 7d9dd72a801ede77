//! A blob from some byte on, asked for once; the engine of downloads decides what to do with the answer.

use super::{
    Registries,
    answer::Answer,
    link::{Failure, Link, Request},
    token::Scope,
};
use crate::FetchError;
use lsrepo_oci::Reference;
use reqwest::{Method, RequestBuilder, header::RANGE};
use std::sync::Arc;

/// What the addresses of blobs begin with here: `oci://docker.io/library/nginx@sha256:…`. Whether they are asked for by
/// https is known by the registry's name.
pub(crate) const SCHEME: &str = "oci://";

impl Registries {
    /// Asks for the blob at an address.
    pub(crate) async fn blob(&self, address: &str, offset: u64) -> Result<Answer, Failure> {
        let wrong = || Failure::Lasting(FetchError::Client(format!("{address}: not the address of a blob")));
        let reference: Reference = address.strip_prefix(SCHEME).and_then(|rest| rest.parse().ok()).ok_or_else(wrong)?;
        let Some(digest) = &reference.digest else { return Err(wrong()) };
        let link = Link::new(self, &reference.registry, Arc::new(|_| ())).map_err(Failure::Lasting)?;
        let scopes = [Scope::pull(reference.repository.as_str())];
        let add = |request: RequestBuilder| match offset {
            0 => request,
            offset => request.header(RANGE, format!("bytes={offset}-")),
        };
        let url = link.url(&format!("{}/blobs/{digest}", reference.repository));
        link.once(&Request { add: &add, ..Request::new(Method::GET, url, &scopes) }).await
    }
}
