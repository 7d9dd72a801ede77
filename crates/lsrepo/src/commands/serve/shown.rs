//! Which snapshot a server shows, and when it shows another.

use crate::{
    context::Context,
    shelves,
    site::{self, Shown},
    snapshots::{self, Snapshot},
};
use anyhow::Result;
use lsrepo_publish::client::BaseUrl;
use lsrepo_serve::Site;
use lsrepo_store::{Store, StoreError};
use lsrepo_types::Platform;

/// What a server that begins shows: what was shown last, or what the store holds.
pub(super) fn first(context: &Context, store: &Store, top: &[Platform]) -> Result<(Shown, Snapshot)> {
    match store.lock_exclusive() {
        Ok(_guard) => {
            let snapshot = current(context, store)?;
            Ok((site::show(context, store, &snapshot, Some(top))?, snapshot))
        }
        // Somebody works in it: as it was, and the rest once he is done.
        Err(StoreError::Busy { .. }) => {
            let snapshot = snapshots::shown(store)?;
            Ok((site::show_once(context, store, &snapshot, top)?, snapshot))
        }
        // A store that cannot be written can be shown all the same.
        Err(error) => {
            context.progress.detail(&format!("{error}"));
            let shown = snapshots::shown(store)?;
            let snapshot = match shown.date {
                Some(_) => shown,
                None => Snapshot { number: 1, date: None, roots: store.roots()? },
            };
            Ok((site::show_once(context, store, &snapshot, top)?, snapshot))
        }
    }
}

/// What is to be shown: the newest snapshot where the store's sets changed without one, else what was shown last.
fn current(context: &Context, store: &Store) -> Result<Snapshot> {
    let newest = snapshots::all(store)?.pop();
    if newest.is_some_and(|newest| store.roots().is_ok_and(|roots| roots == newest.roots)) {
        let shown = snapshots::shown(store)?;
        if shown.date.is_some() {
            return Ok(shown);
        }
    }
    let snapshot = snapshots::record(store, context.now, "found")?;
    snapshots::show(store, &snapshot)?;
    Ok(snapshot)
}

/// A site at the address that clients use.
pub(super) fn at(site: Site, url: Option<&BaseUrl>) -> Site {
    match url {
        Some(url) => site.with_base_url(url.clone()),
        None => site,
    }
}

/// What is shown, and what was seen of the store.
pub(super) struct Watched {
    snapshot: Snapshot,
    bundles: Vec<shelves::Registered>,
}

impl Watched {
    pub(super) fn new(snapshot: Snapshot, store: &Store) -> Result<Self> {
        Ok(Self { snapshot, bundles: shelves::all(store)? })
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Another site, where another snapshot is to be shown, or where it is asked for anew.
    pub(super) fn look(&mut self, context: &Context, store: &Store, top: &[Platform], anew: bool) -> Result<Option<Site>> {
        shelves::reload(context, store, &mut self.bundles)?;
        let next = match snapshots::is_behind(store)? {
            true => match store.lock_exclusive() {
                Ok(_guard) => current(context, store)?,
                Err(StoreError::Busy { .. }) => return Ok(None),
                Err(other) => return Err(other.into()),
            },
            false => snapshots::shown(store)?,
        };
        if next == self.snapshot && !anew {
            return Ok(None);
        }
        let shown = match store.lock_exclusive() {
            Ok(_guard) => site::show(context, store, &next, Some(top))?,
            Err(StoreError::Busy { .. }) => return Ok(None),
            Err(_) => site::show_once(context, store, &next, top)?,
        };
        self.snapshot = next;
        Ok(Some(shown.site))
    }
}
