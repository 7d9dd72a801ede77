//! A tree in its place: in memory, or looked up in a table of the store.

use super::{Found, Resource};
use crate::listing::Row;
use bytes::Bytes;
use lsrepo_publish::{
    Child, Entry, Part, Parts, ReadAt, Tree,
    table::{Table, TableChild, TableFile},
};
use lsrepo_store::Blob;
use lsrepo_types::{Digest, RelPath, Timestamp};
use std::{collections::HashMap, io, sync::Arc};

/// A blob that is read in small pieces.
pub(crate) struct Stored(pub(crate) Blob);

impl ReadAt for Stored {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read_exact_at(&self, room: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(room, at)
    }
}

/// A tree in its place.
pub(super) struct Mount {
    pub(super) files: Files,
    pub(super) date: Timestamp,
}

pub(super) enum Files {
    Memory {
        tree: Tree,
        /// the entries that publishing made, with the digest that nobody wants to compute again per request
        made: HashMap<RelPath, (Digest, Bytes)>,
    },
    Table(Table<Stored>),
}

impl Files {
    pub(super) fn of(tree: Tree) -> Self {
        let made = tree.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::Bytes(bytes) => Some((path.clone(), (Digest::of(bytes), Bytes::from_owner(bytes.clone())))),
            Entry::Blob { .. } | Entry::Parts(_) => None,
        });
        Files::Memory { made: made.collect(), tree }
    }
}

impl Mount {
    /// Adds a file that was made here. A table stays as it is.
    pub(super) fn add(&mut self, path: RelPath, bytes: &[u8]) {
        if let Files::Memory { tree, made } = &mut self.files {
            let bytes: std::sync::Arc<[u8]> = bytes.into();
            made.insert(path.clone(), (Digest::of(&bytes), Bytes::from_owner(bytes.clone())));
            tree.insert(path, Entry::Bytes(bytes));
        }
    }

    pub(super) fn find(&self, path: &str) -> Found {
        let found = match &self.files {
            Files::Memory { tree, made } => self.in_memory(tree, made, path),
            Files::Table(table) => self.in_table(table, path),
        };
        found.unwrap_or_else(|error| Found::Broken(error.to_string()))
    }

    fn in_memory(&self, tree: &Tree, made: &HashMap<RelPath, (Digest, Bytes)>, path: &str) -> io::Result<Found> {
        let date = Some(self.date);
        if let Some((digest, bytes)) = made.get(path) {
            let (digest, size, bytes) = (*digest, bytes.len() as u64, Some(bytes.clone()));
            return Ok(Found::File(Resource { digest, size, bytes, parts: None, date }));
        }
        match tree.get(path) {
            Some(Entry::Blob { digest, size }) => return Ok(Found::File(Resource::blob(*digest, *size, date))),
            Some(Entry::Parts(parts)) => return Ok(Found::File(Resource::parts(parts.clone(), date))),
            _ => {}
        }
        let rows: Vec<Row> = tree.children(path).into_iter().map(row).collect();
        Ok(directory(path, rows))
    }

    fn in_table(&self, table: &Table<Stored>, path: &str) -> io::Result<Found> {
        if let Some(TableFile { parts, .. }) = table.get(path)? {
            let date = Some(self.date);
            return match &parts[..] {
                [Part::Blob { digest, size }] => Ok(Found::File(Resource::blob(*digest, *size, date))),
                _ => match Parts::new(parts) {
                    Some(parts) => Ok(Found::File(Resource::parts(Arc::new(parts), date))),
                    None => Err(io::Error::new(io::ErrorKind::InvalidData, "a file is larger than any can be")),
                },
            };
        }
        let rows = table.children(path)?.into_iter().map(|child| match child {
            TableChild::Directory(name) => Row::directory(&name),
            TableChild::File(name, size) => Row { name, is_directory: false, size: Some(size) },
        });
        Ok(directory(path, rows.collect()))
    }
}

/// Directories exist where a path goes through them, and at the top.
fn directory(path: &str, rows: Vec<Row>) -> Found {
    match rows.is_empty() && !path.is_empty() {
        true => Found::Nothing,
        false => Found::Directory(rows),
    }
}

fn row(child: Child<'_>) -> Row {
    match child {
        Child::Directory(name) => Row::directory(name),
        Child::File(name, entry) => Row { name: name.to_owned(), is_directory: false, size: Some(entry.size()) },
    }
}
