//! One request, with what is needed to answer it.

use super::{Registry, view::View};
use crate::site::Site;
use http::{HeaderName, header, request};
use lsrepo_oci::{
    RepositoryName,
    api::{ApiError, Query},
};
use std::{net::SocketAddr, sync::Arc};

/// A request.
pub(crate) struct Ask<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) site: Arc<Site>,
    pub(crate) head: &'a request::Parts,
    pub(crate) query: Query,
    /// the upstream host that is meant
    pub(crate) ns: Option<String>,
    /// how to call us where the client does not say
    pub(crate) local: Option<SocketAddr>,
}

impl Ask<'_> {
    /// What is behind a name.
    pub(crate) fn view(&self, name: &RepositoryName) -> Result<View<'_>, ApiError> {
        View::of(&self.site.images, &self.registry.pushed, name, self.ns.as_deref())
    }

    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// How long the body will be, where that is said.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header(header::CONTENT_LENGTH)?.parse().ok()
    }
}
