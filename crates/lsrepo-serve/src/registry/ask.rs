//! One request, with what is needed to answer it.

use super::{
    Registry,
    view::{View, whole_name},
};
use crate::{
    admission::{Caller, Login},
    app::Ends,
    site::Site,
};
use http::{HeaderName, header, request};
use lsrepo_oci::{
    RepositoryName,
    api::{ApiError, Query},
};
use std::sync::Arc;

/// A request.
pub(crate) struct Ask<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) site: Arc<Site>,
    pub(crate) head: &'a request::Parts,
    pub(crate) query: Query,
    /// the upstream host that is meant
    pub(crate) ns: Option<String>,
    pub(crate) ends: Ends,
    pub(crate) login: &'a Login,
    /// as far as it is known yet
    pub(crate) caller: Caller,
}

impl Ask<'_> {
    /// What is behind a name, where the caller may read it under every name that it has.
    pub(crate) fn view<'v>(&'v self, name: &'v RepositoryName) -> Result<View<'v>, ApiError> {
        if self.login.hides_something() {
            self.may_read(&whole_name(name, self.ns.as_deref())?)?;
        }
        let view = View::of(&self.site.images, &self.registry.pushed, name, self.ns.as_deref())?;
        if self.login.hides_something() {
            view.names().try_for_each(|name| self.may_read(name))?;
            view.names().try_for_each(|name| self.refuse_ruled_out(name))?;
        }
        Ok(view)
    }

    /// Whether the caller may read what has this whole name.
    pub(crate) fn may_read(&self, name: &str) -> Result<(), ApiError> {
        self.login.may_read(&self.caller, &format!("/v2/{name}"))
    }

    /// A rule for one name of an imported image holds for all that it has.
    fn refuse_ruled_out(&self, whole: &str) -> Result<(), ApiError> {
        let mut others = self.site.images.other_names(whole);
        others.try_for_each(|name| self.login.refuse_ruled_out(&self.caller, &format!("/v2/{name}")))
    }

    /// Whether the caller may see that there is a repository of this whole name.
    pub(crate) fn may_see(&self, whole: &str) -> bool {
        !self.login.hides_something() || self.may_read(whole).is_ok() && self.refuse_ruled_out(whole).is_ok()
    }

    /// Whether the caller may change what has this name.
    pub(crate) fn may_push(&self, name: Option<&RepositoryName>) -> Result<(), ApiError> {
        let path = match name {
            Some(name) => format!("/v2/{}", whole_name(name, self.ns.as_deref())?),
            None => "/v2".to_owned(),
        };
        self.login.may_push(&self.caller, &path)
    }

    /// Whether answers from this are not for caches that others use, under any name that it has.
    pub(crate) fn is_private(&self, view: &View<'_>) -> bool {
        let is_private = |name: &str| self.login.is_private(&format!("/v2/{name}"));
        let any = |whole: &str| is_private(whole) || self.site.images.other_names(whole).any(is_private);
        self.login.hides_something() && view.names().any(any)
    }

    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// How long the body will be, where that is said.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header(header::CONTENT_LENGTH)?.parse().ok()
    }
}
