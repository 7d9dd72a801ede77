//! `lsrepo serve`: what the store holds, over HTTP.

mod config;
mod depot;
mod shown;

use super::{carry, runtime};
use crate::{
    cli::ServeArgs,
    context::Context,
    prepared,
    service::{
        access_log::{self, AccessLog},
        doors, figures, notify,
        settings::Settings,
    },
    site::{self, Shown},
    snapshots::Snapshot,
    storage,
};
use anyhow::{Context as _, Result};
use depot::Remote;
use lsrepo_depot::Depot;
use lsrepo_serve::{App, Current, Event, Identity, Listener, Options, Refresh};
use lsrepo_store::{Shelf as _, Store};
use shown::Watched;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time,
};

/// How often the store is looked at for another snapshot.
const LOOK: Duration = Duration::from_secs(2);
/// How often figures are gathered, and certificates are looked at.
const GATHER: Duration = Duration::from_secs(60);

pub(crate) fn run(context: &Context, args: &ServeArgs) -> Result<()> {
    if let Some(client) = args.print_config {
        return config::print(&context.store()?, client, args);
    }
    let settings = Settings::read(args)?;
    let runtime = runtime()?;
    // From here on a reload is not the end, however long the first publication takes.
    let mut reload = runtime.block_on(async { signal(SignalKind::hangup()) })?;
    let identity = settings.identity(context)?.map(Arc::new);
    let (store, shown, snapshot, source) = begin(context, args, &settings)?;
    let site = Arc::new(Current::new(shown::at(shown.site, settings.url.as_ref())));
    let log = AccessLog::begin(&settings.log)?;
    let refresh = match &source {
        Source::Depot(remote) => {
            let (remote, site) = (remote.clone(), site.clone());
            Some(Refresh::new(move || remote.look(&site)))
        }
        Source::Store(_) | Source::Bundles => None,
    };
    let options = Options {
        listener: Some(listener(context, log.clone())),
        refresh,
        seal: seal(args, &settings)?,
        ..settings.options.clone()
    };
    let app = App::new(site, store.clone(), &options)?;
    let server = Server { context, args, store: store.clone(), app: app.clone(), identity, log };
    runtime.block_on(async {
        let opened = doors::open(&settings.listen, server.identity.as_ref()).await?;
        shown.lines.iter().for_each(|line| context.progress.note(line));
        if shown.lines.is_empty() && options.push.is_some() {
            context.progress.note("the store is empty; what is pushed is kept");
        } else if shown.lines.is_empty() {
            context
                .progress
                .warn("the store is empty\nhint: `lsrepo import BUNDLE`, or `lsrepo prepare`; what is added is shown at once");
        }
        let status = format!("snapshot {}", snapshot.number);
        opened.iter().for_each(|one| context.progress.note(&format!("listening on {}", one.url())));
        check_behind(context, &store);
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            notify::stopping();
        };
        let doors = opened.into_iter().map(|one| one.door).collect();
        let serving = tokio::spawn(lsrepo_serve::serve_at(doors, app, options, stop));
        notify::ready(&status);
        tokio::select! {
            done = serving => done?.context("serving"),
            ended = server.watch(settings, (source, snapshot), &mut reload) => ended,
        }
    })
}

/// Where what is shown comes from.
enum Source {
    /// the store of this machine
    Store(Watched),
    /// bundles, which never change
    Bundles,
    /// object storage
    Depot(Arc<Remote>),
}

/// What is shown first, and where it comes from.
fn begin(context: &Context, args: &ServeArgs, settings: &Settings) -> Result<(Arc<Store>, Shown, Snapshot, Source)> {
    if let Some(stored) = &settings.depot {
        let depot = Depot::open(&stored.place, &storage::access(&args.s3, &stored.s3)?)?;
        let remote = Arc::new(Remote::open(context, depot, stored.cache.clone(), stored.size)?);
        remote.at(settings.url.clone());
        let (shown, snapshot) = remote.first()?;
        return Ok((remote.store.clone(), shown, snapshot, Source::Depot(remote)));
    }
    if !args.bundle.is_empty() {
        let store = Arc::new(context.own_store()?);
        let snapshot = in_place_of(context, &store, args)?;
        let shown = site::show_once(context, &store, &snapshot, &settings.lsrepo_shows)?;
        return Ok((store, shown, snapshot, Source::Bundles));
    }
    let store = Arc::new(context.store()?);
    let (shown, snapshot, owed) = shown::first(context, &store, &settings.lsrepo_shows)?;
    let watched = Watched::new(snapshot.clone(), owed, &store)?;
    Ok((store, shown, snapshot, Source::Store(watched)))
}

/// Servers of the same storage take each other's tokens: a client's next request may reach another one.
fn seal(args: &ServeArgs, settings: &Settings) -> Result<Option<[u8; 32]>> {
    let Some(stored) = &settings.depot else { return Ok(None) };
    Ok(Some(storage::access(&args.s3, &stored.s3)?.shared_secret(&stored.place, "tokens")))
}

/// A server that runs, and what can be changed of it.
struct Server<'a> {
    context: &'a Context,
    args: &'a ServeArgs,
    store: Arc<Store>,
    app: App,
    identity: Option<Arc<Identity>>,
    log: Option<AccessLog>,
}

impl Server<'_> {
    /// Looks after the snapshot, the configuration, the certificate and the figures, for ever.
    async fn watch(
        &self,
        mut settings: Settings,
        (mut source, mut snapshot): (Source, Snapshot),
        reload: &mut Signal,
    ) -> Result<()> {
        let mut look = time::interval(LOOK);
        look.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut gathered: Option<Instant> = None;
        loop {
            let mut told = false;
            tokio::select! {
                _ = look.tick() => {}
                _ = reload.recv() => told = true,
            }
            if told {
                notify::reloading();
                match self.reload(&settings) {
                    Ok(fresh) => {
                        settings = fresh;
                        self.context.progress.note("the configuration was read again");
                    }
                    Err(error) => self.context.progress.warn(&format!("nothing was changed: {error:#}")),
                }
            }
            // Publishing takes its time; requests are answered meanwhile.
            let next = tokio::task::block_in_place(|| self.look(&settings, &mut source, told));
            if told {
                notify::ready(&format!("snapshot {}", next.as_ref().unwrap_or(&snapshot).number));
            }
            if let Some(next) = next.filter(|next| *next != snapshot) {
                (snapshot, gathered) = (next, None);
            }
            if gathered.is_none_or(|since| since.elapsed() >= GATHER) {
                gathered = Some(Instant::now());
                tokio::task::block_in_place(|| self.gather(&settings, &snapshot));
            }
        }
    }

    /// Shows another snapshot where there is one, and says which is shown; none where that never changes.
    fn look(&self, settings: &Settings, source: &mut Source, anew: bool) -> Option<Snapshot> {
        match source {
            Source::Bundles => None,
            Source::Depot(remote) => {
                remote.at(settings.url.clone());
                remote.look(self.app.site());
                Some(remote.snapshot())
            }
            Source::Store(watched) => {
                match watched.look(self.context, &self.store, &settings.lsrepo_shows, anew) {
                    Ok(Some(site)) => {
                        self.app.site().replace(shown::at(site, settings.url.as_ref()));
                        self.context.progress.note(&format!("snapshot {} is shown", watched.snapshot().number));
                    }
                    Ok(None) => {}
                    Err(error) => self.context.progress.warn(&format!("{error:#}")),
                }
                Some(watched.snapshot().clone())
            }
        }
    }

    /// Everything that can be changed while the server runs. Where something is wrong, nothing is.
    fn reload(&self, before: &Settings) -> Result<Settings> {
        let mut fresh = Settings::read(self.args)?;
        let identity = match &self.identity {
            Some(_) => Some(fresh.identity(self.context)?.context("TLS: the certificate is gone")?),
            None => None,
        };
        let out = self.log.as_ref().map(|_| access_log::open(fresh.log.file.as_deref())).transpose()?;
        if before.options.push.is_some() && fresh.options.push.is_none() {
            fresh.options.admission.rights.take_pushes_from_all();
        }
        // the last that can fail
        self.app.set_admission(&fresh.options.admission)?;
        if let (Some(own), Some(new)) = (&self.identity, &identity) {
            own.take(new);
        }
        self.app.set_per_client(fresh.options.per_client);
        if let (Some(log), Some(out)) = (&self.log, out) {
            log.go_on_in(out);
        }
        if fresh.needs_new_start(before) {
            self.context.progress.warn(
                "other addresses, limits of all clients, where requests are written down in which form, and that pushes are taken need a new start",
            );
        }
        Ok(fresh)
    }

    fn gather(&self, settings: &Settings, snapshot: &Snapshot) {
        // A certificate of our own authority is made anew in time.
        if let Some(own) = self.identity.as_ref().filter(|_| settings.tls.is_none()) {
            match settings.identity(self.context) {
                Ok(Some(new)) => own.take(&new),
                Ok(None) => self.context.progress.warn("TLS: the certificate is gone"),
                Err(error) => self.context.progress.warn(&format!("{error:#}")),
            }
        }
        let dropped = self.log.as_ref().map_or(0, AccessLog::dropped);
        self.app.metrics().set_gauges(figures::gather(&self.store, snapshot, self.identity.as_ref(), dropped));
    }
}

/// Says what went wrong, and writes requests down where that is asked for.
fn listener(context: &Context, log: Option<AccessLog>) -> Listener {
    let verbose = context.verbose;
    Listener::new(move |event: Event| match event {
        Event::Broken { path, why } => crate::progress::say(&format!("warning: {path}: {why}")),
        Event::Accept(error) => crate::progress::say(&format!("warning: {error}")),
        Event::Access(access) => {
            if let Some(log) = &log {
                log.add(&access);
            }
            if verbose {
                let peer = access.peer.map_or("-".to_owned(), |peer| peer.to_string());
                crate::progress::say(&format!("{peer} {} {} {} {}", access.method, access.path, access.status, access.bytes));
            }
        }
        _ => {}
    })
}

/// The sets of bundles that are served from where they lie, instead of the store's.
fn in_place_of(context: &Context, store: &Store, args: &ServeArgs) -> Result<Snapshot> {
    let asked = carry::Asked { approve: args.approve.as_deref(), on_first_use: args.trust_on_first_use };
    let archive = carry::opened(context, store, &args.bundle, asked)?;
    let roots = archive.roots().clone();
    store.set_shelves(vec![Arc::new(archive)]);
    let date = prepared::newest(store, &roots)?;
    Ok(Snapshot { number: 1, date: Some(date), roots })
}

/// Checks what lies in bundles while it is served already. A blob is checked before it is given in any case.
fn check_behind(context: &Context, store: &Store) {
    for shelf in store.shelves() {
        let progress = context.progress;
        std::thread::spawn(move || {
            let bad = std::cell::Cell::new(0);
            shelf.check_all(&|what| {
                bad.set(bad.get() + 1);
                progress.warn(&format!("{what}; it is not served"));
            });
            if bad.get() == 0 {
                progress.note(&format!("{}: every blob is as it was written", shelf.name()));
            }
        });
    }
}
