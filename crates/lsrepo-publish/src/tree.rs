//! A published repository as a value: path → blob or bytes.

pub mod table;

use crate::Parts;
use lsrepo_types::{Digest, RelPath};
use std::{
    collections::{BTreeMap, btree_map},
    ops::Bound,
    sync::Arc,
};

/// Every file of a repository. Directories exist where a path goes through them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// the files, by path
    pub entries: BTreeMap<RelPath, Entry>,
}

/// What a path of a tree holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// bytes of the store
    Blob {
        /// their name in the store
        digest: Digest,
        /// how many there are
        size: u64,
    },
    /// bytes made by publishing
    Bytes(Arc<[u8]>),
    /// both, one behind the other
    Parts(Arc<Parts>),
}

impl Entry {
    /// How many bytes a client gets.
    pub fn size(&self) -> u64 {
        match self {
            Entry::Blob { size, .. } => *size,
            Entry::Bytes(bytes) => bytes.len() as u64,
            Entry::Parts(parts) => parts.size(),
        }
    }
}

/// What a directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child<'a> {
    /// a directory below, by its name
    Directory(&'a str),
    /// a file, by its name
    File(&'a str, &'a Entry),
}

impl Tree {
    /// The file at this path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Adds a file, and hands back what was there with other content.
    pub fn insert(&mut self, path: RelPath, entry: Entry) -> Option<Entry> {
        match self.entries.entry(path) {
            btree_map::Entry::Vacant(place) => {
                place.insert(entry);
                None
            }
            btree_map::Entry::Occupied(place) if *place.get() == entry => None,
            btree_map::Entry::Occupied(mut place) => Some(place.insert(entry)),
        }
    }

    /// The sum of all sizes.
    pub fn size_bytes(&self) -> u64 {
        self.entries.values().map(Entry::size).sum()
    }

    /// What lies in a directory (`""` is the top), in order; nothing if there is no such directory.
    ///
    /// Costs one look-up a child, however much lies below: a `pool/` holds thousands of files.
    pub fn children(&self, directory: &str) -> Vec<Child<'_>> {
        let prefix = match directory {
            "" => String::new(),
            _ => format!("{directory}/"),
        };
        let mut children = Vec::new();
        let mut from = prefix.clone();
        while let Some((path, entry)) = self.entries.range::<str, _>((Bound::Included(from.as_str()), Bound::Unbounded)).next() {
            let Some(rest) = path.as_str().strip_prefix(&prefix) else {
                break;
            };
            match rest.split_once('/') {
                // `0` is the character after `/`: the next place is behind all that starts with this name.
                Some((name, _)) => {
                    children.push(Child::Directory(name));
                    from = format!("{prefix}{name}0");
                }
                None => {
                    children.push(Child::File(rest, entry));
                    from = format!("{prefix}{rest}\0");
                }
            }
        }
        children
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for path in paths {
            tree.insert(path.parse().unwrap(), Entry::Bytes(Arc::from(path.as_bytes())));
        }
        tree
    }

    #[test]
    fn a_directory_lists_each_child_once() {
        let tree = tree(&["a/x/1", "a/x/2", "a/x.txt", "a/x0", "a/y", "ab", "a.b/c"]);
        let names = |directory: &str| -> Vec<String> {
            let name = |child: &Child<'_>| match child {
                Child::Directory(name) => format!("{name}/"),
                Child::File(name, _) => (*name).to_owned(),
            };
            tree.children(directory).iter().map(name).collect()
        };
        assert_eq!(names(""), ["a.b/", "a/", "ab"]);
        assert_eq!(names("a"), ["x.txt", "x/", "x0", "y"]);
        assert_eq!(names("a/x"), ["1", "2"]);
        assert!(names("a/y").is_empty() && names("nothing").is_empty());
    }

    #[test]
    fn inserting_tells_what_it_displaced() {
        let mut tree = tree(&["a"]);
        assert_eq!(tree.insert("a".parse().unwrap(), Entry::Bytes(Arc::from(&b"a"[..]))), None);
        assert!(tree.insert("a".parse().unwrap(), Entry::Bytes(Arc::from(&b"b"[..]))).is_some());
        assert_eq!(tree.size_bytes(), 1);
    }
}
