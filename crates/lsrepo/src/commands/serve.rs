//! `lsrepo serve`: what the store holds, over HTTP.

mod config;

use super::{carry, runtime};
use crate::{cli::ServeArgs, context::Context, failure::Hint, prepared, shelves, site};
use anyhow::{Context as _, Result, bail};
use lsrepo_serve::{Current, Event, Htpasswd, Listener, Options, Push, Pushers};
use lsrepo_store::{Shelf as _, Store};
use lsrepo_types::{Bytes, Platform};
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time,
};

/// How often the store is looked at for a newer import.
const LOOK: Duration = Duration::from_secs(2);

pub(crate) fn run(context: &Context, args: &ServeArgs) -> Result<()> {
    let in_place = !args.bundle.is_empty();
    let store = Arc::new(if in_place { context.own_store()? } else { context.store()? });
    if let Some(client) = args.print_config {
        return config::print(&store, client, args);
    }
    let options = options(args)?;
    refuse_twins(&args.lsrepo_shows)?;
    let mut older = BTreeMap::new();
    let mut snapshot = if in_place { in_place_of(context, &store, args)? } else { site::settled(&store)? };
    let (site, shown) = site::publish(context, &store, &snapshot, &args.lsrepo_shows, &mut older)?;
    let current = Arc::new(Current::new(site));
    let mut bundles = shelves::all(&store)?;
    runtime()?.block_on(async {
        let listener = TcpListener::bind(args.listen).await;
        let listener = listener.with_context(|| args.listen.to_string()).hint("choose another address with --listen")?;
        let address = listener.local_addr()?;
        shown.iter().for_each(|line| context.progress.note(line));
        if shown.is_empty() && args.allow_push {
            context.progress.note("the store is empty; what is pushed is kept");
        } else if shown.is_empty() {
            context
                .progress
                .warn("the store is empty\nhint: `lsrepo import BUNDLE`, or `lsrepo prepare`; what is added is shown at once");
        }
        context.progress.note(&format!("listening on http://{address}/"));
        check_behind(context, &store);
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        };
        let verbose = context.verbose;
        let listen = move |event: Event| match event {
            Event::Broken { path, why } => crate::progress::say(&format!("warning: {path}: {why}")),
            Event::Accept(error) => crate::progress::say(&format!("warning: {error}")),
            Event::Access(access) if verbose => {
                let peer = access.peer.map_or("-".to_owned(), |peer| peer.to_string());
                crate::progress::say(&format!("{peer} {} {} {} {}", access.method, access.path, access.status, access.bytes));
            }
            _ => {}
        };
        let options = Options { listener: Some(Listener::new(listen)), ..options };
        let serving = lsrepo_serve::serve_with(listener, current.clone(), store.clone(), options, stop);
        let watching = async {
            let mut look = time::interval(LOOK);
            loop {
                look.tick().await;
                if in_place {
                    continue;
                }
                match newer(context, &store, &snapshot, &args.lsrepo_shows, (&mut older, &mut bundles)) {
                    Ok(Some((next, site))) => {
                        current.replace(site);
                        context.progress.note(&format!("snapshot {} is shown", next.number));
                        snapshot = next;
                    }
                    Ok(None) => {}
                    Err(error) => context.progress.warn(&format!("{error:#}")),
                }
            }
        };
        tokio::select! {
            done = serving => done.context("serving"),
            () = watching => Ok(()),
        }
    })
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

/// The sets of bundles that are served from where they lie, instead of the store's.
fn in_place_of(context: &Context, store: &Store, args: &ServeArgs) -> Result<site::Snapshot> {
    let asked = carry::Asked { approve: args.approve.as_deref(), on_first_use: args.trust_on_first_use };
    let archive = carry::opened(context, store, &args.bundle, asked)?;
    let roots = archive.roots().clone();
    store.set_shelves(vec![Arc::new(archive)]);
    let date = prepared::newest(store, &roots)?;
    Ok(site::Snapshot { number: 1, date: Some(date), roots })
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

/// Who may do what with the registry.
fn options(args: &ServeArgs) -> Result<Options> {
    let users = args.htpasswd.as_ref().map(|file| {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let users =
            Htpasswd::parse(&text).with_context(|| file.display().to_string()).hint("`htpasswd -B -n NAME` makes a line")?;
        anyhow::Ok(Arc::new(users))
    });
    let users = users.transpose()?;
    let pushers = match (args.allow_push, &users) {
        (false, _) => None,
        (true, Some(users)) if users.is_empty() => bail!("nobody could push: there are no users in the file of --htpasswd"),
        (true, Some(_)) => Some(Pushers::Users),
        (true, None) if args.anonymous_push => Some(Pushers::Anyone),
        (true, None) => bail!(
            "who may push?\nhint: name users with --htpasswd FILE (a line: `htpasswd -B -n NAME`), or let anybody with --anonymous-push"
        ),
    };
    let quota_bytes = args.quota.map(|Bytes(bytes)| bytes);
    let push = pushers.map(|pushers| Push { quota_bytes, accept_missing_layers: args.accept_missing_layers, ..Push::by(pushers) });
    Ok(Options { push, users, require_auth_for_pull: args.require_login, ..Options::default() })
}

fn newer(
    context: &Context,
    store: &Store,
    shown: &site::Snapshot,
    top: &[Platform],
    (older, bundles): (&mut BTreeMap<lsrepo_types::Os, lsrepo_publish::Tree>, &mut Vec<shelves::Registered>),
) -> Result<Option<(site::Snapshot, lsrepo_serve::Site)>> {
    shelves::reload(context, store, bundles)?;
    if store.roots()? == shown.roots {
        return Ok(None);
    }
    let next = site::settled(store)?;
    if next.roots == shown.roots {
        return Ok(None);
    }
    let (site, _) = site::publish(context, store, &next, top, older)?;
    Ok(Some((next, site)))
}
