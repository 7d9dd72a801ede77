//! `/v2/`: a container registry. Spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.
//!
//! Reading shows the images of the [`Site`](crate::Site) and what was pushed. Stored bytes are sent as they are, with the
//! media type they came with; nothing is chosen by `Accept` and nothing is encoded. Pushes are off unless asked for:
//! then bytes go to a file of the store as they arrive, and a repository's new state is on disk before its client hears
//! that it is done. Every error is JSON with one of the spec's codes.

mod answer;
mod ask;
mod collect;
mod content;
mod document;
mod images;
mod incoming;
mod lists;
mod options;
mod push;
mod pushed;
mod quota;
mod referrers;
mod repository;
mod uploads;
mod view;

pub(crate) use answer::{error, json};
pub use collect::{Collected, collect};
pub use images::RegistryImages;
pub(crate) use incoming::Incoming;
pub use options::Push;
pub(crate) use pushed::disk;

use crate::{
    admission::{Caller, Login, TOKEN_PATH},
    answer::{self as answers, Answer},
    app::Ends,
    budget::Budget,
    server::Options,
    site::Site,
};
use ask::Ask;
use http::{Method, request};
use lsrepo_oci::{
    AnyDigest,
    api::{ApiError, ErrorCode, Query, Route},
};
use lsrepo_store::{Guard, Store};
use pushed::Pushed;
use std::{io, sync::Arc};
use tokio::sync::Semaphore;
use uploads::Uploads;

/// The manifests that are large and in memory at once: 4 MiB each.
const MOST_LARGE: usize = 4;

/// What `/v2/` is made of, but for the site.
pub(crate) struct Registry {
    store: Arc<Store>,
    pushed: Arc<Pushed>,
    pushing: Option<Pushing>,
    budget: Budget,
    /// for what takes much memory
    large: Arc<Semaphore>,
    stall: std::time::Duration,
}

/// What there is besides where pushes are taken.
struct Pushing {
    uploads: Arc<Uploads>,
    accept_missing_layers: bool,
    _only_server: Guard,
}

/// Whether a path is the registry's.
pub(crate) fn is_for(path: &str) -> bool {
    path.strip_prefix("/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The store lost what it had.
pub(crate) fn lost() -> Answer {
    answer::error(&ApiError::new(ErrorCode::BlobUnknown, "the store of this registry lacks these bytes"))
}

impl Registry {
    /// Reads what was pushed before. Where pushes are taken, no other server may take them into the same store.
    pub(crate) fn open(store: Arc<Store>, budget: Budget, options: &Options) -> io::Result<Self> {
        let quota = options.push.as_ref().and_then(|push| push.quota_bytes);
        let pushing = match &options.push {
            None => None,
            Some(push) => {
                let only_server = store.lock_registry().map_err(io::Error::other)?;
                store.sweep_uploads().map_err(io::Error::other)?;
                let uploads = Arc::new(Uploads::new(push.max_uploads, push.idle));
                Some(Pushing { uploads, accept_missing_layers: push.accept_missing_layers, _only_server: only_server })
            }
        };
        let pushed = Arc::new(Pushed::load(store.clone(), quota)?);
        let large = Arc::new(Semaphore::new(MOST_LARGE));
        Ok(Self { store, pushed, pushing, budget, large, stall: options.stall_timeout })
    }

    /// Gives up uploads that nobody has touched for too long.
    pub(crate) fn sweep(&self) {
        if let Some(pushing) = &self.pushing {
            pushing.uploads.sweep();
        }
    }

    /// How long a body may bring nothing.
    pub(crate) fn stall(&self) -> std::time::Duration {
        self.stall
    }

    /// Answers one request. `incoming` is there where the method may have a body.
    pub(crate) async fn answer(
        &self,
        site: Arc<Site>,
        head: &request::Parts,
        mut incoming: Option<Incoming>,
        (login, ends): (&Login, Ends),
    ) -> Answer {
        let query = Query::parse(head.uri.query());
        let ns = query.first("ns").filter(|ns| !ns.is_empty()).map(str::to_owned);
        let mut ask = Ask { registry: self, site, head, query, ns, ends, login, caller: Caller::Anybody };
        let decided = self.decide(&mut ask, incoming.as_mut()).await;
        let mut answer = decided.unwrap_or_else(|error| {
            let mut answer = answer::error(&error);
            if error.code == ErrorCode::Unauthorized {
                let base = answers::base(&ask.site, head, ends).map(|base| base.to_string());
                let route = Route::parse(head.uri.path()).ok();
                let name = route.as_ref().and_then(Route::name).map(|name| name.as_str());
                login.challenge(&mut answer, base, head.uri.path(), name);
            }
            answer
        });
        // Whoever is cut while he sends does not hear why; whoever waits for leave to send hears it at once.
        let waits = head.headers.contains_key(http::header::EXPECT);
        if let Some(incoming) = incoming.as_mut().filter(|_| !answer.status.is_success() && !waits) {
            incoming.drain().await;
        }
        answer::complete(&mut answer, ask.ns.as_deref());
        answer
    }

    async fn decide(&self, ask: &mut Ask<'_>, incoming: Option<&mut Incoming>) -> Result<Answer, ApiError> {
        let reads = matches!(ask.head.method, Method::GET | Method::HEAD);
        if !reads && self.pushing.is_none() {
            return Ok(answer::not_allowed("GET, HEAD", "this registry is read-only"));
        }
        if ask.head.uri.path() == TOKEN_PATH {
            return ask.login.token(ask.head, ask.ends).await;
        }
        ask.caller = ask.login.caller(ask.head, ask.ends).await?;
        let route = Route::parse(ask.head.uri.path());
        match (reads, &route) {
            (true, Ok(Route::Base)) => ask.login.may_begin(&ask.caller)?,
            (true, Ok(route)) if route.name().is_some() => {}
            (true, _) => ask.login.may_read(&ask.caller, "/v2")?,
            (false, Ok(route)) => ask.may_push(route.name())?,
            (false, Err(_)) => ask.may_push(None)?,
        }
        match (reads, incoming) {
            (false, Some(incoming)) => push::route(ask, route?, incoming).await,
            _ => self.read(ask, route?).await,
        }
    }

    async fn read(&self, ask: &Ask<'_>, route: Route) -> Result<Answer, ApiError> {
        match route {
            Route::Base => Ok(answer::json(http::StatusCode::OK, "{}")),
            Route::Catalog => lists::catalog(ask),
            Route::Tags { name } => lists::tags(ask, &name),
            Route::Manifest { name, reference } => content::manifest(ask, &name, &reference),
            Route::Blob { name, digest } => content::blob(ask, &name, &digest),
            Route::Referrers { name, digest } => referrers::list(ask, name, digest).await,
            Route::Upload { name, id } => push::status(ask, &name, &id),
            Route::Uploads { .. } => Ok(answer::not_allowed("POST", "an upload is begun with POST")),
        }
    }

    fn pushing(&self) -> Result<&Pushing, ApiError> {
        self.pushing.as_ref().ok_or_else(|| ApiError::new(ErrorCode::Unsupported, "this registry is read-only"))
    }
}

/// Where a blob or a manifest is, as a client may ask for it again.
fn location(ask: &Ask<'_>, name: &lsrepo_oci::RepositoryName, kind: &str, digest: &AnyDigest) -> String {
    let ns = ask.ns.as_ref().map(|ns| format!("?ns={ns}")).unwrap_or_default();
    format!("/v2/{name}/{kind}/{digest}{ns}")
}
