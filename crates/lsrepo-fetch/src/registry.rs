//! Registries of container images: who is asked, and as whom.
//!
//! A registry says with its first 401 how it wants to know us: by password, or by a token that somebody else gives for
//! one repository and for some minutes. Tokens are kept for the run and fetched again when they are old, also in the middle
//! of an upload. A password goes to the host that it is for and to the giver of tokens that this host names, and to nobody
//! that an answer points to. Plain http is spoken only where that was allowed.
//! Specs: distribution-spec; distribution's "Token Authentication Specification".

mod answer;
mod blob;
mod link;
mod mirror;
mod pull;
mod push;
#[cfg(test)]
mod testing;
mod tls;
mod token;

pub(crate) use blob::SCHEME;
pub(crate) use link::Failure;
pub use mirror::{Mirror, MirrorError};
pub use pull::{PullRequest, blob_address, image_downloads, manifest, pull, pull_referrer, pulled, small_blob};
pub use push::{ManifestName, PushError, PushOptions, PushPlan, PushReport, Pushed, Pusher, Refusal, Source, push};

use crate::{FetchError, host::Hosts};
/// Who we are to a registry.
pub use lsrepo_oci::StoredLogin as Login;
use lsrepo_oci::{RegistriesConf, RegistryHost, RepositoryName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use token::Tokens;

/// How registries are asked.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// those that may be asked in plain http
    pub plain_http: BTreeSet<RegistryHost>,
    /// those that may be asked in plain http where they do not speak TLS
    pub maybe_plain: BTreeSet<RegistryHost>,
    /// who we are to whom
    pub logins: BTreeMap<RegistryHost, Login>,
    /// who we are to a part of a registry: to the repositories below a path. The longest path counts, and before `logins`
    pub path_logins: BTreeMap<(RegistryHost, RepositoryName), Login>,
    /// other places for their images, in the order in which they are asked
    pub mirrors: Vec<Mirror>,
    /// what `registries.conf` says of further places
    pub conf: RegistriesConf,
    /// certificates of authorities in PEM, trusted beside the usual ones
    pub authorities: Vec<Vec<u8>>,
    /// the same, for one host alone
    pub host_authorities: BTreeMap<RegistryHost, Vec<Vec<u8>>>,
    /// for all addresses, instead of what the environment says
    pub proxy: Option<String>,
    /// the wait before a request is made for the second time; each further one waits twice as long
    pub first_wait: Duration,
    /// how long nothing may happen before a request counts as failed
    pub patience: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        let (plain_http, maybe_plain) = (BTreeSet::new(), BTreeSet::new());
        let (logins, path_logins) = (BTreeMap::new(), BTreeMap::new());
        let (first_wait, patience) = (Duration::from_millis(500), Duration::from_secs(60));
        Self {
            plain_http,
            maybe_plain,
            logins,
            path_logins,
            mirrors: Vec::new(),
            conf: RegistriesConf::default(),
            authorities: Vec::new(),
            host_authorities: BTreeMap::new(),
            proxy: None,
            first_wait,
            patience,
        }
    }
}

impl RegistryOptions {
    /// Who we are to a repository of a registry.
    fn login(&self, host: &RegistryHost, repository: Option<&str>) -> Option<&Login> {
        let below = |path: &RepositoryName| {
            let rest = repository?.strip_prefix(path.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some(path.as_str().len())
        };
        let paths = self.path_logins.iter().filter(|((of, _), _)| of == host);
        let longest = paths.filter_map(|((_, path), login)| Some((below(path)?, login))).max_by_key(|(length, _)| *length);
        longest.map(|(_, login)| login).or_else(|| self.logins.get(host))
    }
}

/// Asks registries. A copy is the same again: limits and tokens are shared.
#[derive(Clone)]
pub struct Registries(Arc<Shared>);

impl std::fmt::Debug for Registries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Registries").field(&self.0.options).finish()
    }
}

struct Shared {
    http: reqwest::Client,
    /// for hosts that have authorities of their own
    special: BTreeMap<RegistryHost, reqwest::Client>,
    options: RegistryOptions,
    hosts: Hosts,
    tokens: Tokens,
    /// the addresses of those that may be without TLS
    spoken: tokio::sync::Mutex<BTreeMap<RegistryHost, url::Url>>,
}

impl Registries {
    /// Needs no runtime yet.
    pub fn new(options: RegistryOptions) -> Result<Self, FetchError> {
        // The first provider of the process stays; a second installation is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = client(&options, &[])?;
        let special = options.host_authorities.iter().map(|(host, own)| Ok((host.clone(), client(&options, own)?)));
        let special = special.collect::<Result<_, FetchError>>()?;
        Ok(Self(Arc::new(Shared {
            http,
            special,
            options,
            hosts: Hosts::default(),
            tokens: Tokens::default(),
            spoken: tokio::sync::Mutex::default(),
        })))
    }
}

fn client(options: &RegistryOptions, more: &[Vec<u8>]) -> Result<reqwest::Client, FetchError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("lsrepo/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        .pool_max_idle_per_host(32)
        // Where an answer points to is looked at here, before anything of ours goes there.
        .redirect(reqwest::redirect::Policy::none())
        .http1_only();
    if let Some(proxy) = &options.proxy {
        let proxy = reqwest::Proxy::all(proxy).map_err(|error| FetchError::Client(format!("proxy `{proxy}`: {error}")))?;
        builder = builder.proxy(proxy);
    }
    let authorities = [&options.authorities[..], more].concat();
    if !authorities.is_empty() {
        builder = builder.tls_backend_preconfigured(tls::config(&authorities)?);
    }
    builder.build().map_err(|error| FetchError::Client(error.to_string()))
}
