//! What a server does, of the command line and its configuration together.

use super::config::{Config, Listen, Log, S3, Word};
use crate::{authority, cli::ServeArgs, context::Context, failure::Hint};
use anyhow::{Context as _, Result, bail};
use lsrepo_depot::Place;
use lsrepo_publish::client::BaseUrl;
use lsrepo_serve::{Admission, Htpasswd, Identity, Options, PerClient, Push, Right, Rights, Who};
use lsrepo_types::{Bytes, Platform};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where a server listens that was told nothing.
const USUAL: &str = "127.0.0.1:8080";

/// All of it.
pub(crate) struct Settings {
    pub(crate) listen: Vec<Listen>,
    pub(crate) url: Option<BaseUrl>,
    pub(crate) options: Options,
    pub(crate) log: Log,
    /// the platforms that `/lsrepo` shows
    pub(crate) lsrepo_shows: Vec<Platform>,
    /// object storage that is served instead of a store of this machine
    pub(crate) depot: Option<Stored>,
    /// certificate and key; none: those of our own authority
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
}

/// What is served, where it lies in object storage.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) place: Place,
    pub(crate) cache: Option<PathBuf>,
    /// of the cache, in bytes
    pub(crate) size: Option<u64>,
    /// how it is reached, besides what the command line says
    pub(crate) s3: S3,
}

impl Settings {
    /// Reads the configuration; the command line comes before it.
    pub(crate) fn read(args: &ServeArgs) -> Result<Self> {
        let config = Config::load(args.config.as_deref())?;
        let mut listen = if args.listen.is_empty() { config.listen.clone() } else { args.listen.clone() };
        if listen.is_empty() {
            listen = vec![USUAL.parse().map_err(anyhow::Error::msg)?];
        }
        let tls = match (&args.tls_certificate, &args.tls_key, &config.tls.certificate, &config.tls.key) {
            (Some(certificate), Some(key), _, _) | (None, None, Some(certificate), Some(key)) => {
                Some((certificate.clone(), key.clone()))
            }
            (None, None, None, None) => None,
            _ => bail!("[tls]: a certificate and a key belong together"),
        };
        let mut log = config.log.clone();
        if let Some(form) = args.access_log {
            log = Log { access: form, file: None };
        }
        let url = args.url.clone().or_else(|| config.url.as_ref().map(|url| url.0.clone()));
        let lsrepo_shows = if args.lsrepo_shows.is_empty() { config.lsrepo_shows.clone() } else { args.lsrepo_shows.clone() };
        refuse_twins(&lsrepo_shows)?;
        // Bundles in place come before what the configuration says of a store.
        let place = args.store.clone().or_else(|| config.store.clone().map(|store| store.0).filter(|_| args.bundle.is_empty()));
        let depot = place.map(|place| Stored {
            place,
            cache: args.cache.clone().or_else(|| config.cache.folder.clone()),
            size: args.cache_size.or(config.cache.size.map(|size| size.0)).map(|Bytes(bytes)| bytes),
            s3: config.s3.clone(),
        });
        let options = options(args, &config)?;
        if depot.is_some() && options.push.is_some() {
            bail!(
                "object storage is shown as it is: pushes need a store of this machine\nhint: push there, then `lsrepo sync --to`"
            );
        }
        if depot.is_some() && !lsrepo_shows.is_empty() {
            bail!(
                "what /lsrepo shows is decided where it is published\nhint: `lsrepo serve --lsrepo-shows` there once, then `lsrepo sync --to`"
            );
        }
        Ok(Self { listen, url, options, log, lsrepo_shows, depot, tls })
    }

    /// Who the server is to clients that speak TLS; none where nobody said.
    pub(crate) fn identity(&self, context: &Context) -> Result<Option<Identity>> {
        match &self.tls {
            None => authority::identity(context),
            Some((certificate, key)) => {
                let (certificate, key) = (read(certificate)?, read(key)?);
                Ok(Some(Identity::from_pem(&certificate, &key).context("TLS")?))
            }
        }
    }

    /// Whether some of what is asked for can only be had by another start.
    pub(crate) fn needs_new_start(&self, before: &Settings) -> bool {
        let fixed = |one: &Settings| {
            let options = &one.options;
            let push = options.push.as_ref().map(|push| (push.quota_bytes, push.accept_missing_layers));
            let times = (options.header_timeout, options.stall_timeout, options.grace);
            (
                one.listen.clone(),
                one.log.access,
                push,
                options.max_connections,
                options.max_header_bytes,
                times,
                options.proxies.clone(),
                one.depot.clone(),
            )
        };
        fixed(self) != fixed(before)
    }
}

/// One folder has one index of each kind.
fn refuse_twins(shown: &[Platform]) -> Result<()> {
    for (position, one) in shown.iter().enumerate() {
        if let Some(other) = shown[..position].iter().find(|other| other.os.family() == one.os.family()) {
            bail!(
                "--lsrepo-shows: {other} and {one} have the same kind of packages\nhint: name one of them; both are at /lsrepo/OS/ARCH"
            );
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| file.display().to_string())
}

fn options(args: &ServeArgs, config: &Config) -> Result<Options> {
    let allow_push = args.allow_push || config.registry.allow_push;
    let users = args.users.as_ref().or(config.users.as_ref()).map(|file| {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let users = Htpasswd::parse(&text).with_context(|| file.display().to_string());
        anyhow::Ok(Arc::new(users.hint("`htpasswd -B -n NAME` and `lsrepo token NAME` make lines")?))
    });
    let users = users.transpose()?;
    let read = match &config.read {
        _ if args.require_login => Who::Users,
        Some(who) => who.clone().into(),
        None => Who::Anyone,
    };
    let push = match &config.push {
        _ if args.anonymous_push => Who::Anyone,
        Some(who) => who.clone().into(),
        None => Who::Users,
    };
    let says_anyone = args.anonymous_push || config.push == Some(super::config::Who::Word(Word::Anyone));
    match &users {
        Some(users) if users.is_empty() && allow_push && !says_anyone => {
            bail!("nobody could push: there are no users in the file of --users")
        }
        None if allow_push && !says_anyone => bail!(
            "who may push?\nhint: name users with --users FILE (a line: `htpasswd -B -n NAME`), or let anybody with --anonymous-push"
        ),
        _ => {}
    }
    let right = |right: &super::config::Right| Right {
        path: right.path.clone(),
        read: right.read.clone().map_or_else(|| read.clone(), Into::into),
        push: right.push.clone().map_or_else(|| push.clone(), Into::into),
    };
    let below = config.rights.iter().map(right).collect();
    let rights = Rights::everywhere(read.clone(), push.clone()).with(below)?;
    let quota_bytes = args.quota.or(config.registry.quota.map(|quota| quota.0)).map(|Bytes(bytes)| bytes);
    let accept_missing_layers = args.accept_missing_layers || config.registry.accept_missing_layers;
    let usual = Options::default();
    let limits = &config.limits;
    Ok(Options {
        max_connections: limits.connections.unwrap_or(usual.max_connections),
        header_timeout: limits.header_timeout.map_or(usual.header_timeout, |span| span.0),
        max_header_bytes: limits.header_bytes.unwrap_or(usual.max_header_bytes),
        stall_timeout: limits.stall_timeout.map_or(usual.stall_timeout, |span| span.0),
        grace: config.grace.map_or(usual.grace, |span| span.0),
        listener: None,
        refresh: None,
        push: allow_push.then(|| Push { quota_bytes, accept_missing_layers, ..Push::default() }),
        admission: Admission { users, rights },
        proxies: config.proxies.iter().map(|proxy| proxy.0).collect(),
        seal: None,
        per_client: PerClient { requests_per_second: limits.requests_per_second, connections: limits.connections_per_client },
    })
}
