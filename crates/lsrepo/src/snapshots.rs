//! Snapshots: what the store held at a time, and which of them is shown.
//!
//! ```text
//! snapshots/<number>.json   when and by what it came to be, and its sets; never changed
//! snapshots/shown.json      which one is shown, and the date that it bears
//! snapshots/next.json       one that is to be shown once it is published
//! snapshots/keep.json       how many are kept; all where this is not there
//! ```
//! Whatever changes the store's sets ends with a new snapshot, which is then shown. Showing another one is one rename. The
//! date of what is shown only ever rises, also where an old snapshot is shown again: clients refuse to go back in time.

use crate::{prepared, shelves};
use anyhow::{Context as _, Result};
use lsrepo_publish::date_after;
use lsrepo_store::{Store, StoreError};
use lsrepo_types::{Digest, RelPath, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, time::Duration};

const FOLDER: &str = "snapshots";

/// A snapshot that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) number: u64,
    /// when it came to be
    pub(crate) made: Timestamp,
    /// what made it: `import bundle.tar.zst`
    pub(crate) cause: String,
    /// the date of its newest input
    pub(crate) newest: Timestamp,
    pub(crate) roots: BTreeMap<String, Digest>,
}

/// Which one is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    number: u64,
    date: Timestamp,
}

/// A snapshot as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) number: u64,
    pub(crate) date: Option<Timestamp>,
    pub(crate) roots: BTreeMap<String, Digest>,
}

fn path(name: &str) -> Result<RelPath> {
    Ok(format!("{FOLDER}/{name}.json").parse()?)
}

fn read<T: for<'de> Deserialize<'de>>(store: &Store, name: &str) -> Result<Option<T>> {
    let path = path(name)?;
    match store.read_document(&path)? {
        Some(bytes) => Ok(Some(serde_json::from_slice(&bytes).with_context(|| path.to_string())?)),
        None => Ok(None),
    }
}

fn write<T: Serialize>(store: &Store, name: &str, value: &T) -> Result<()> {
    Ok(store.write_document(&path(name)?, &serde_json::to_vec_pretty(value)?)?)
}

/// All that are remembered, the oldest first.
pub(crate) fn all(store: &Store) -> Result<Vec<Record>> {
    let mut all = Vec::new();
    for path in store.documents(&FOLDER.parse()?)? {
        let number = path.file_name().strip_suffix(".json").and_then(|name| name.parse::<u64>().ok());
        if let Some(record) = number.map(|number| find(store, number)).transpose()?.flatten() {
            all.push(record);
        }
    }
    all.sort_by_key(|record: &Record| record.number);
    Ok(all)
}

/// One of them.
pub(crate) fn find(store: &Store, number: u64) -> Result<Option<Record>> {
    read(store, &number.to_string())
}

/// What is shown; nothing where nothing ever was, or where it is not remembered any more.
pub(crate) fn shown(store: &Store) -> Result<Snapshot> {
    let Some(Pointer { number, date }) = pointer(store)? else { return Ok(Snapshot::default()) };
    let snapshot = find(store, number)?.map(|record| Snapshot { number, date: Some(date), roots: record.roots });
    Ok(snapshot.unwrap_or_default())
}

/// How long what is shown has been shown, where that is known.
pub(crate) fn shown_since(store: &Store) -> Option<Duration> {
    let file = store.root().join(FOLDER).join("shown.json");
    fs::metadata(file).ok()?.modified().ok()?.elapsed().ok()
}

/// What a store holds that cannot be written, with the date that it would get.
pub(crate) fn unrecorded(store: &Store) -> Result<Snapshot> {
    let roots = store.roots()?;
    let date = date_after(prepared::newest(store, &roots)?, pointer(store)?.map(|last| last.date));
    Ok(Snapshot { number: 1, date: Some(date), roots })
}

/// The number and the date that were shown last. Before there were several snapshots, they stood with the sets in one document.
fn pointer(store: &Store) -> Result<Option<Pointer>> {
    match read(store, "shown")? {
        Some(pointer) => Ok(Some(pointer)),
        None => read(store, "current"),
    }
}

/// Remembers what the store holds now, where the newest snapshot is another, and says what is to be shown: that one. Nothing is
/// shown by this. The store must be locked.
pub(crate) fn record(store: &Store, now: Timestamp, cause: &str) -> Result<Snapshot> {
    let roots = store.roots()?;
    let last = all(store)?.pop();
    let record = match last {
        Some(last) if last.roots == roots => last,
        last => {
            let shown = pointer(store)?.map_or(0, |pointer| pointer.number);
            let number = last.map_or(0, |last| last.number).max(shown) + 1;
            let newest = prepared::newest(store, &roots)?;
            let record = Record { number, made: now, cause: cause.to_owned(), newest, roots };
            write(store, &number.to_string(), &record)?;
            // Between this and showing it lies all of publishing.
            write(store, "next", &number)?;
            record
        }
    };
    next(store, &record)
}

/// How a snapshot would be shown now: as it is, where it is shown already; with a later date otherwise.
pub(crate) fn next(store: &Store, record: &Record) -> Result<Snapshot> {
    let last = pointer(store)?;
    let date = match last {
        Some(last) if last.number == record.number => last.date,
        last => date_after(record.newest, last.map(|last| last.date)),
    };
    Ok(Snapshot { number: record.number, date: Some(date), roots: record.roots.clone() })
}

/// From now on, this one is shown.
pub(crate) fn show(store: &Store, snapshot: &Snapshot) -> Result<()> {
    let pointer = Pointer { number: snapshot.number, date: snapshot.date.unwrap_or(Timestamp(0)) };
    if read::<Pointer>(store, "shown")? != Some(pointer) {
        write(store, "shown", &pointer)?;
    }
    Ok(store.remove_document(&path("next")?)?)
}

/// Whether the store's sets are others than those of the newest snapshot; never while somebody changes them, or while media are
/// away on which some of them lie, or where nothing can be written.
pub(crate) fn is_behind(store: &Store) -> Result<bool> {
    match store.lock_shared() {
        Ok(_guard) if !shelves::are_all_there(store)? => Ok(false),
        Ok(_guard) => {
            let newest = all(store)?.pop();
            Ok(begun(store)?.is_some() || newest.is_none_or(|last| store.roots().is_ok_and(|roots| roots != last.roots)))
        }
        Err(StoreError::Busy { .. } | StoreError::Io { .. }) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// A snapshot that was made and is not shown yet: whoever made it did not come to that.
pub(crate) fn begun(store: &Store) -> Result<Option<Record>> {
    match read(store, "next")? {
        Some(number) => find(store, number),
        None => Ok(None),
    }
}

/// Forgets a snapshot, which must not be the one that is shown. What only it needs goes with the next `gc`.
pub(crate) fn forget(store: &Store, number: u64) -> Result<()> {
    Ok(store.remove_document(&path(&number.to_string())?)?)
}

/// How many are kept; none: all.
pub(crate) fn kept(store: &Store) -> Result<Option<u64>> {
    read(store, "keep")
}

/// Keeps so many from now on.
pub(crate) fn keep(store: &Store, count: Option<u64>) -> Result<()> {
    match count {
        Some(count) => write(store, "keep", &count),
        None => Ok(store.remove_document(&path("keep")?)?),
    }
}

/// Those that are more than are kept: the oldest, but never the one that is shown, nor the newest, which the store's sets are.
pub(crate) fn superfluous(store: &Store) -> Result<Vec<u64>> {
    let (Some(keep), shown) = (kept(store)?, shown(store)?.number) else { return Ok(Vec::new()) };
    let all = all(store)?;
    let many = all.len().saturating_sub(keep.try_into().unwrap_or(usize::MAX));
    let newest = all.last().map(|record| record.number);
    let may_go = |number: &u64| *number != shown && Some(*number) != newest;
    Ok(all.iter().map(|record| record.number).filter(may_go).take(many).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        (dir, store)
    }

    fn remember(store: &Store, number: u64, newest: i64) -> Record {
        let record = Record { number, made: Timestamp(0), cause: "test".into(), newest: Timestamp(newest), roots: BTreeMap::new() };
        write(store, &number.to_string(), &record).unwrap();
        record
    }

    #[test]
    fn dates_rise_also_where_an_old_snapshot_is_shown_again() {
        let (_dir, store) = store();
        let (old, new) = (remember(&store, 1, 100), remember(&store, 2, 200));
        let mut dates = Vec::new();
        for record in [&old, &new, &new, &old, &new, &old] {
            let next = next(&store, record).unwrap();
            show(&store, &next).unwrap();
            assert_eq!(shown(&store).unwrap(), next);
            dates.push(next.date.unwrap().0);
        }
        assert_eq!(dates, [100, 200, 200, 201, 202, 203]);
    }

    #[test]
    fn what_was_shown_before_there_were_several_snapshots_counts() {
        let (_dir, store) = store();
        write(&store, "current", &serde_json::json!({"number": 7, "date": Timestamp(500), "roots": {}})).unwrap();
        assert_eq!(shown(&store).unwrap(), Snapshot::default());
        let first = record(&store, Timestamp(1), "one").unwrap();
        assert_eq!((first.number, first.date), (8, Some(Timestamp(501))));
        show(&store, &first).unwrap();
        assert_eq!(shown(&store).unwrap(), first);
    }

    #[test]
    fn a_store_that_holds_nothing_new_makes_no_new_snapshot() {
        let (_dir, store) = store();
        let first = record(&store, Timestamp(1), "one").unwrap();
        assert_eq!((first.number, record(&store, Timestamp(2), "two").unwrap().number), (1, 1));
        assert!(is_behind(&store).unwrap(), "it was made, and is not shown yet");
        show(&store, &first).unwrap();
        assert!(!is_behind(&store).unwrap());
        store.set_root("debian-12-x86_64--a", &Digest::of(b"x")).unwrap();
        assert!(is_behind(&store).unwrap());
        let _working = store.lock_exclusive().unwrap();
        assert!(!is_behind(&store).unwrap(), "names come one by one");
    }

    #[test]
    fn the_oldest_go_and_never_the_one_that_is_shown() {
        let (_dir, store) = store();
        let all: Vec<Record> = (1..=5).map(|number| remember(&store, number, 1)).collect();
        show(&store, &next(&store, &all[0]).unwrap()).unwrap();
        assert!(superfluous(&store).unwrap().is_empty());
        keep(&store, Some(2)).unwrap();
        assert_eq!(superfluous(&store).unwrap(), [2, 3, 4]);
        keep(&store, Some(1)).unwrap();
        assert_eq!(superfluous(&store).unwrap(), [2, 3, 4], "the newest stays too");
        keep(&store, Some(2)).unwrap();
        show(&store, &next(&store, &all[4]).unwrap()).unwrap();
        assert_eq!(superfluous(&store).unwrap(), [1, 2, 3]);
        keep(&store, None).unwrap();
        assert!(superfluous(&store).unwrap().is_empty());
    }
}
