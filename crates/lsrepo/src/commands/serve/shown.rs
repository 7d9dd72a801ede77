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
use std::time::{Duration, Instant};

/// What a server that begins shows: what was shown last, or what the store holds; and whether that is to be looked at again soon.
pub(super) fn first(context: &Context, store: &Store, top: &[Platform]) -> Result<(Shown, Snapshot, bool)> {
    match store.lock_exclusive() {
        Ok(guard) => {
            let snapshot = current(store)?;
            match site::show(context, store, &snapshot, Some(top)) {
                Ok(shown) => Ok((shown, snapshot, false)),
                // Some of it lies on media that are away: what is there is shown, and nothing is recorded.
                Err(error) if !shelves::are_all_there(store)? => {
                    context.progress.warn(&format!("{error:#}"));
                    drop(guard);
                    let rest = Snapshot { roots: store.roots()?, ..snapshot };
                    Ok((site::show_once(context, store, &rest, top)?, rest, false))
                }
                Err(error) => Err(error),
            }
        }
        // Somebody works in it: as it was, and the rest once he is done.
        Err(StoreError::Busy { .. }) => {
            let snapshot = snapshots::shown(store)?;
            Ok((site::show_once(context, store, &snapshot, top)?, snapshot, true))
        }
        // A store that cannot be written can be shown all the same.
        Err(error) => {
            context.progress.detail(&format!("{error}"));
            let shown = snapshots::shown(store)?;
            let snapshot = match shown.date {
                Some(_) => shown,
                None => snapshots::unrecorded(store)?,
            };
            Ok((site::show_once(context, store, &snapshot, top)?, snapshot, false))
        }
    }
}

/// What is to be shown: the newest snapshot where the store's sets changed without one, else what was shown last.
fn current(store: &Store) -> Result<Snapshot> {
    // Whoever made the last one did not come to showing it.
    if let Some(record) = snapshots::begun(store)? {
        let snapshot = snapshots::next(store, &record)?;
        snapshots::show(store, &snapshot)?;
        return Ok(snapshot);
    }
    // Media that are away are no change of what was imported.
    if !shelves::are_all_there(store)? {
        let shown = snapshots::shown(store)?;
        if shown.date.is_some() {
            return Ok(shown);
        }
    }
    let newest = snapshots::all(store)?.pop();
    if newest.is_some_and(|newest| store.roots().is_ok_and(|roots| roots == newest.roots)) {
        let shown = snapshots::shown(store)?;
        if shown.date.is_some() {
            return Ok(shown);
        }
    }
    let snapshot = snapshots::record(store, crate::context::now(), "found")?;
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

/// How long a snapshot that could not be published is left alone.
const AGAIN: Duration = Duration::from_secs(60);

/// What is shown, and what was seen of the store.
pub(super) struct Watched {
    snapshot: Snapshot,
    bundles: Vec<shelves::Registered>,
    /// it was asked for anew, and somebody worked in the store
    owed: bool,
    failed: Option<(Snapshot, Instant)>,
}

impl Watched {
    pub(super) fn new(snapshot: Snapshot, owed: bool, store: &Store) -> Result<Self> {
        Ok(Self { snapshot, bundles: shelves::all(store)?, owed, failed: None })
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Another site, where another snapshot is to be shown, or where it is asked for anew.
    pub(super) fn look(&mut self, context: &Context, store: &Store, top: &[Platform], anew: bool) -> Result<Option<Site>> {
        shelves::reload(context, store, &mut self.bundles)?;
        self.owed |= anew;
        let next = match snapshots::is_behind(store)? {
            true => match store.lock_exclusive() {
                Ok(_guard) => current(store)?,
                Err(StoreError::Busy { .. }) => return Ok(None),
                Err(other) => return Err(other.into()),
            },
            false => snapshots::shown(store)?,
        };
        if next == self.snapshot && !self.owed {
            return Ok(None);
        }
        let has_just_failed = |(of, when): &(Snapshot, Instant)| *of == next && when.elapsed() < AGAIN;
        if !anew && self.failed.as_ref().is_some_and(has_just_failed) {
            return Ok(None);
        }
        let shown = match store.lock_exclusive() {
            Ok(_guard) => site::show(context, store, &next, Some(top)),
            Err(StoreError::Busy { .. }) => return Ok(None),
            Err(_) => site::show_once(context, store, &next, top),
        };
        let shown = shown.inspect_err(|_| self.failed = Some((next.clone(), Instant::now())))?;
        (self.snapshot, self.owed, self.failed) = (next, false, None);
        Ok(Some(shown.site))
    }
}
