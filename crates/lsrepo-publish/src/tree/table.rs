//! A tree on disk: looked up in where it lies, so that a server that shows a hundred thousand packages need not hold their
//! paths in memory.
//!
//! ```text
//! "lsrepo-tree-1\n"
//! block …            32 files each, sorted by path: how many bytes of the path are those of the path before, the rest of
//!                    it, how many pieces the file consists of, and of each its size, doubled, and the digest of a blob of
//!                    the store; or its size, doubled and one more, and its bytes
//! index              for each block where it begins, and the path of its first file
//! u64 u64 u64        how many files there are, where the index begins, where it ends (little endian)
//! ```
//! Numbers are LEB128. Nothing is kept in memory but the index.

use super::{Entry, Tree};
use crate::{Part, read_at::ReadAt};
use lsrepo_types::{Digest, RelPath};
use std::{io, sync::Arc};

const MAGIC: &[u8] = b"lsrepo-tree-1\n";
const FOOTER: u64 = 24;
/// Files in a block.
const BLOCK: usize = 32;
/// No block and no path is longer, in bytes; a file of many parts takes 40 for each.
const MOST_BLOCK: u64 = 4 << 20;
const MOST_PATH: usize = 4096;
const MOST_INDEX: u64 = 256 << 20;

/// A file, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// where it is
    pub path: String,
    /// one behind the other; most files are one blob
    pub parts: Vec<Part>,
}

impl TableFile {
    /// Bytes of the whole.
    pub fn size(&self) -> u64 {
        self.parts.iter().map(Part::size).sum()
    }
}

/// What a directory of a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChild {
    /// a directory below, by its name
    Directory(String),
    /// a file: its name and its size
    File(String, u64),
}

/// Renders a tree. `keep` gives made bytes a name in the store.
pub fn render<E>(tree: &Tree, mut keep: impl FnMut(&[u8]) -> Result<Digest, E>) -> Result<Vec<u8>, E> {
    let mut out = MAGIC.to_vec();
    let mut index = Vec::new();
    let mut before = "";
    for (count, (path, entry)) in tree.entries.iter().enumerate() {
        let path = path.as_str();
        if count % BLOCK == 0 {
            number(&mut index, out.len() as u64);
            text(&mut index, path);
            before = "";
        }
        let shared = before.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        // Never in the middle of a character.
        let shared = (0..=shared).rev().find(|at| path.is_char_boundary(*at)).unwrap_or(0);
        number(&mut out, shared as u64);
        text(&mut out, &path[shared..]);
        let parts = parts(entry, &mut keep)?;
        number(&mut out, parts.len() as u64);
        for part in parts {
            match part {
                Part::Blob { digest, size } => {
                    number(&mut out, size << 1);
                    out.extend_from_slice(digest.as_bytes());
                }
                Part::Bytes(bytes) => {
                    number(&mut out, (bytes.len() as u64) << 1 | 1);
                    out.extend_from_slice(&bytes);
                }
            }
        }
        before = path;
    }
    let (begin, count) = (out.len() as u64, tree.entries.len() as u64);
    out.extend_from_slice(&index);
    let end = out.len() as u64;
    [count, begin, end].iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
    Ok(out)
}

fn parts<E>(entry: &Entry, keep: &mut impl FnMut(&[u8]) -> Result<Digest, E>) -> Result<Vec<Part>, E> {
    Ok(match entry {
        Entry::Blob { digest, size } => vec![Part::Blob { digest: *digest, size: *size }],
        Entry::Bytes(bytes) => vec![Part::Blob { digest: keep(bytes)?, size: bytes.len() as u64 }],
        Entry::Parts(parts) => parts.parts().to_vec(),
    })
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A tree that is looked up in where it lies.
pub struct Table<R> {
    source: R,
    count: u64,
    /// where each block begins, and the path of its first file; the end of the last
    blocks: Vec<(u64, Box<str>)>,
    end: u64,
}

impl<R: ReadAt> Table<R> {
    /// Reads the index. What is not such a table is refused.
    pub fn open(source: R) -> io::Result<Self> {
        let size = source.size()?;
        let mut magic = [0; MAGIC.len()];
        let mut footer = [0; FOOTER as usize];
        source.read_exact_at(&mut magic, 0)?;
        source.read_exact_at(&mut footer, size.checked_sub(FOOTER).ok_or_else(damaged)?)?;
        let (count, rest) = footer.split_first_chunk().ok_or_else(damaged)?;
        let (begin, end) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (count, begin) = (u64::from_le_bytes(*count), u64::from_le_bytes(*begin));
        let end = u64::from_le_bytes(end.try_into().map_err(|_| damaged())?);
        let fits =
            magic == MAGIC && end == size - FOOTER && begin >= MAGIC.len() as u64 && begin <= end && end - begin <= MOST_INDEX;
        if !fits {
            return Err(damaged());
        }
        let mut index = vec![0; (end - begin) as usize];
        source.read_exact_at(&mut index, begin)?;
        let (mut rest, mut blocks) = (Cursor(&index), Vec::<(u64, Box<str>)>::new());
        while !rest.0.is_empty() {
            let (at, path) = (rest.number()?, rest.text()?);
            let rises = blocks.last().is_none_or(|(before, first)| *before < at && **first < *path);
            if !rises || at >= begin {
                return Err(damaged());
            }
            blocks.push((at, path.into()));
        }
        if blocks.len() as u64 != count.div_ceil(BLOCK as u64) {
            return Err(damaged());
        }
        Ok(Self { source, count, blocks, end: begin })
    }

    /// How many files there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The file at this path.
    pub fn get(&self, path: &str) -> io::Result<Option<TableFile>> {
        let Some(block) = self.block_of(path) else { return Ok(None) };
        Ok(self.read(block)?.into_iter().find(|file| file.path == path))
    }

    /// All files, block by block.
    pub fn files(&self) -> impl Iterator<Item = io::Result<TableFile>> {
        let blocks = (0..self.blocks.len()).map(|block| self.read(block));
        blocks.flat_map(|files| match files {
            Ok(files) => files.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    /// What lies in a directory (`""` is the top), in order; nothing if there is no such directory.
    pub fn children(&self, directory: &str) -> io::Result<Vec<TableChild>> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let (mut children, mut from) = (Vec::new(), prefix.clone());
        let mut held: Option<(usize, Vec<TableFile>)> = None;
        loop {
            // the first file that is not before `from`
            let mut block = self.block_of(&from).unwrap_or(0);
            let found = loop {
                if block >= self.blocks.len() {
                    break None;
                }
                if held.as_ref().is_none_or(|(of, _)| *of != block) {
                    held = Some((block, self.read(block)?));
                }
                let files = held.as_ref().map_or(&[][..], |(_, files)| files);
                match files.iter().find(|file| *file.path >= *from) {
                    Some(file) => break Some(file),
                    None => block += 1,
                }
            };
            let Some((file, rest)) = found.and_then(|file| Some((file, file.path.strip_prefix(&prefix)?))) else {
                return Ok(children);
            };
            match rest.split_once('/') {
                // `0` is the character after `/`: the next place is behind all that starts with this name.
                Some((name, _)) => {
                    children.push(TableChild::Directory(name.to_owned()));
                    from = format!("{prefix}{name}0");
                }
                None => {
                    children.push(TableChild::File(rest.to_owned(), file.size()));
                    from = format!("{prefix}{rest}\0");
                }
            }
        }
    }

    /// The block in which a path would be.
    fn block_of(&self, path: &str) -> Option<usize> {
        self.blocks.partition_point(|(_, first)| **first <= *path).checked_sub(1)
    }

    fn read(&self, block: usize) -> io::Result<Vec<TableFile>> {
        let (begin, first) = self.blocks.get(block).ok_or_else(damaged)?;
        let end = self.blocks.get(block + 1).map_or(self.end, |(at, _)| *at);
        let length = end.checked_sub(*begin).filter(|length| *length <= MOST_BLOCK).ok_or_else(damaged)?;
        let mut bytes = vec![0; length as usize];
        self.source.read_exact_at(&mut bytes, *begin)?;
        let (mut rest, mut files) = (Cursor(&bytes), Vec::<TableFile>::with_capacity(BLOCK));
        while !rest.0.is_empty() {
            let (shared, suffix) = (rest.number()?, rest.text()?);
            let before = files.last().map_or("", |file| file.path.as_str());
            let shared = usize::try_from(shared).ok().and_then(|shared| before.get(..shared)).ok_or_else(damaged)?;
            let path = format!("{shared}{suffix}");
            let parts = rest.number()?;
            let mut file = TableFile { path, parts: Vec::new() };
            for _ in 0..parts {
                let size = rest.number()?;
                file.parts.push(match size & 1 {
                    0 => Part::Blob { size: size >> 1, digest: rest.digest()? },
                    _ => Part::Bytes(Arc::from(rest.take(usize::try_from(size >> 1).map_err(|_| damaged())?)?)),
                });
            }
            if files.len() >= BLOCK || file.path.len() > MOST_PATH || file.path.parse::<RelPath>().is_err() {
                return Err(damaged());
            }
            files.push(file);
        }
        match files.first().is_some_and(|file| *file.path == **first) && files.is_sorted_by(|a, b| a.path < b.path) {
            true => Ok(files),
            false => Err(damaged()),
        }
    }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(part)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut number = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    fn text(&mut self) -> io::Result<&'a str> {
        let length = usize::try_from(self.number()?).ok().filter(|length| *length <= MOST_PATH).ok_or_else(damaged)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| damaged())
    }

    fn digest(&mut self) -> io::Result<Digest> {
        let bytes: [u8; 32] = self.take(32)?.try_into().map_err(|_| damaged())?;
        Ok(Digest::from_bytes(bytes))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the published tree is damaged; `lsrepo snapshot switch` makes it anew")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{convert::Infallible, sync::Arc};

    fn tree(paths: &[String]) -> Tree {
        let mut tree = Tree::default();
        for path in paths {
            tree.insert(path.parse().unwrap(), Entry::Bytes(Arc::from(path.as_bytes())));
        }
        tree
    }

    fn table(tree: &Tree) -> Vec<u8> {
        render(tree, |bytes| Ok::<_, Infallible>(Digest::of(bytes))).unwrap()
    }

    #[test]
    fn an_empty_tree_has_nothing() {
        let table = Table::open(table(&Tree::default())).unwrap();
        assert!(table.is_empty() && table.get("a").unwrap().is_none() && table.children("").unwrap().is_empty());
    }

    #[test]
    fn a_file_of_several_parts_keeps_them() {
        let parts = vec![Part::Bytes(Arc::from(&b"head"[..])), Part::Blob { digest: Digest::of(b"x"), size: 1 }];
        let mut tree = Tree::default();
        tree.insert("a/b.tar".parse().unwrap(), Entry::Parts(Arc::new(crate::Parts::new(parts.clone()).unwrap())));
        let file = Table::open(table(&tree)).unwrap().get("a/b.tar").unwrap().unwrap();
        assert_eq!((file.size(), &file.parts), (5, &parts));
    }

    proptest! {
        /// Few different parts, so that directories have several children and names begin alike.
        #[test]
        fn everything_is_found_as_it_is_in_the_tree(paths in prop::collection::btree_set("[ab0é]{1,2}(/[ab.]b?){0,3}", 0..200)) {
            // a file is not a directory as well
            let all: Vec<String> = paths.iter().filter(|path| path.parse::<RelPath>().is_ok()).cloned().collect();
            let clash = |path: &&String| all.iter().any(|other| other.starts_with(&format!("{path}/")));
            let paths: Vec<String> = all.iter().filter(|path| !clash(path)).cloned().collect();
            let tree = tree(&paths);
            let table = Table::open(table(&tree)).unwrap();
            prop_assert_eq!(table.len(), paths.len() as u64);
            let listed: Vec<String> = table.files().map(|file| file.unwrap().path).collect();
            prop_assert_eq!(&listed, &tree.entries.keys().map(|path| path.as_str().to_owned()).collect::<Vec<_>>());
            for path in &paths {
                let found = table.get(path).unwrap().unwrap();
                prop_assert_eq!(found.parts, vec![Part::Blob { digest: Digest::of(path.as_bytes()), size: path.len() as u64 }]);
                let longer = format!("{path}x");
                prop_assert!(table.get(&longer).unwrap().is_none());
            }
            let directories = paths.iter().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at])).chain(["", "nothing"]);
            for directory in directories {
                let expected: Vec<TableChild> = tree.children(directory).into_iter().map(|child| match child {
                    super::super::Child::Directory(name) => TableChild::Directory(name.to_owned()),
                    super::super::Child::File(name, entry) => TableChild::File(name.to_owned(), entry.size()),
                }).collect();
                prop_assert_eq!(table.children(directory).unwrap(), expected);
            }
        }

        #[test]
        fn damaged_bytes_are_an_error_and_nothing_worse(flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..6)) {
            let paths: Vec<String> = (0..100).map(|n| format!("pool/{}/{n}.deb", n % 7)).collect();
            let mut bytes = table(&tree(&paths));
            for (at, flip) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
            }
            if let Ok(table) = Table::open(bytes) {
                _ = table.files().count();
                _ = (table.get("pool/3/3.deb"), table.children("pool"));
            }
        }
    }
}
