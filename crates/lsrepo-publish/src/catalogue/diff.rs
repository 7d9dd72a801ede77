//! What differs between two snapshots: one pass over the names of both.

use super::{Catalogue, CatalogueError, Key, Kind, format::BLOCK, format::text};
use crate::ReadAt;
use std::cmp::Ordering;

/// What became of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// its number in the later one
    Added(u32),
    /// its number in the earlier one
    Removed(u32),
    /// its numbers in both
    Changed(u32, u32),
}

/// All differences, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// what became of which
    pub all: Vec<Difference>,
    /// how many were added
    pub added: u64,
    /// how many were removed
    pub removed: u64,
    /// how many changed
    pub changed: u64,
    /// of what was added or is larger now
    pub bytes_more: u64,
    /// of what was removed or is smaller now
    pub bytes_less: u64,
}

/// Compares two snapshots, maybe only things of one kind.
pub fn diff<A: ReadAt, B: ReadAt>(before: &Catalogue<A>, after: &Catalogue<B>, kind: Option<Kind>) -> Result<Diff, CatalogueError> {
    let mut diff = Diff::default();
    let (mut old, mut new) = (Names::new(before, kind), Names::new(after, kind));
    let (mut a, mut b) = (old.next()?, new.next()?);
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(diff),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key.cmp(&b.key),
        };
        if let (Ordering::Less | Ordering::Equal, Some(a)) = (order, &a) {
            diff.bytes_less = diff.bytes_less.saturating_add(a.bytes);
        }
        if let (Ordering::Greater | Ordering::Equal, Some(b)) = (order, &b) {
            diff.bytes_more = diff.bytes_more.saturating_add(b.bytes);
        }
        match (order, &a, &b) {
            (Ordering::Equal, Some(a), Some(b)) => {
                let both = a.bytes.min(b.bytes);
                diff.bytes_more -= both;
                diff.bytes_less -= both;
                if a.mark != b.mark {
                    diff.changed += 1;
                    diff.all.push(Difference::Changed(a.number, b.number));
                }
            }
            (Ordering::Less, Some(a), _) => {
                diff.removed += 1;
                diff.all.push(Difference::Removed(a.number));
            }
            (_, _, Some(b)) => {
                diff.added += 1;
                diff.all.push(Difference::Added(b.number));
            }
            _ => {}
        }
        if order.is_le() {
            a = old.next()?;
        }
        if order.is_ge() {
            b = new.next()?;
        }
    }
}

struct Name {
    key: Key,
    number: u32,
    bytes: u64,
    mark: u64,
}

/// The names of a catalogue, a few blocks in memory.
struct Names<'a, R> {
    catalogue: &'a Catalogue<R>,
    kind: Option<Kind>,
    block: u32,
    ready: std::vec::IntoIter<Name>,
    /// the last one: names that do not rise would never meet
    last: Option<Key>,
}

impl<'a, R: ReadAt> Names<'a, R> {
    fn new(catalogue: &'a Catalogue<R>, kind: Option<Kind>) -> Self {
        let first = catalogue.ranges().iter().find(|range| kind.is_none_or(|kind| kind == range.kind)).map(|range| range.first);
        let block = first.map_or(u32::MAX, |first| first / BLOCK);
        Self { catalogue, kind, block, ready: Vec::new().into_iter(), last: None }
    }

    fn next(&mut self) -> Result<Option<Name>, CatalogueError> {
        loop {
            if let Some(name) = self.ready.next() {
                if self.last.as_ref().is_some_and(|last| *last >= name.key) {
                    return Err(CatalogueError::Damaged("its names do not rise"));
                }
                self.last = Some(name.key.clone());
                return Ok(Some(name));
            }
            let blocks = u32::try_from(self.catalogue.len()).unwrap_or(u32::MAX).div_ceil(BLOCK);
            if self.block >= blocks {
                return Ok(None);
            }
            let end = blocks.min(self.block + 16);
            let mut ready = Vec::new();
            self.catalogue.names(self.block, end, &mut |number, entry| {
                let range = self.catalogue.range_of(number)?;
                if self.kind.is_none_or(|kind| kind == range.kind) {
                    let key = Key { kind: range.kind, place: range.place.clone(), name: text(entry.name)?.to_owned() };
                    ready.push(Name { key, number, bytes: entry.bytes, mark: entry.mark });
                }
                Ok(())
            })?;
            self.block = end;
            self.ready = ready.into_iter();
        }
    }
}
