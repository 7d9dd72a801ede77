//! Reading a catalogue in small pieces.

use super::{
    CatalogueError, Key, Kind, Row, VERSION,
    format::{
        BLOCK, Bytes, HEADER, Head, MAGIC, MOST_HEAD, MOST_NAME, MOST_NAMES, MOST_ROWS, MOST_SUMMARY, MOST_THINGS, ROW, damaged,
        text,
    },
};
use crate::read_at::ReadAt;
use flate2::read::DeflateDecoder;
use lsrepo_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::Read as _;

/// The things of one kind and place: they stand in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// what they are
    pub kind: Kind,
    /// of packages their platform, else empty
    pub place: String,
    /// the number of the first
    pub first: u32,
    /// behind the last
    pub end: u32,
    /// of all together; what two of them share counts twice
    pub bytes: u64,
}

impl Range {
    /// How many there are.
    pub fn count(&self) -> u64 {
        u64::from(self.end - self.first)
    }
}

/// A catalogue that is read where it lies. It keeps its head in memory and nothing else.
pub struct Catalogue<R> {
    pub(super) source: R,
    head: Head,
    table: u64,
    things: u32,
}

/// A thing, with its summary and all that is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// what it is called
    pub key: Key,
    /// one line
    pub summary: String,
    /// all else
    pub row: Row,
}

/// What the names say of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) bytes: u64,
    pub(super) mark: u64,
    pub(super) platforms: u64,
    pub(super) summary: &'a [u8],
}

impl<R: ReadAt> Catalogue<R> {
    /// Reads the head, and checks that the rest can be there.
    pub fn open(source: R) -> Result<Self, CatalogueError> {
        let size = source.size()?;
        if size < HEADER {
            return Err(damaged("it is too short"));
        }
        let mut header = [0; HEADER as usize];
        source.read_exact_at(&mut header, 0)?;
        let mut header = Bytes(&header);
        if header.take(MAGIC.len())? != MAGIC {
            return Err(damaged("it does not begin as one"));
        }
        let version = header.u32()?;
        if version != VERSION {
            return Err(CatalogueError::Version(version));
        }
        let (head, table, things) = (u64::from(header.u32()?), header.u64()?, header.u32()?);
        let rows = (u64::from(things.div_ceil(BLOCK)) + 1) * ROW;
        if things > MOST_THINGS || head > MOST_HEAD || table < HEADER + head || table.checked_add(rows) != Some(size) {
            return Err(damaged("its parts do not fit it"));
        }
        let mut bytes = vec![0; head as usize];
        source.read_exact_at(&mut bytes, HEADER)?;
        let head: Head = serde_json::from_slice(&bytes)?;
        let mut next = 0;
        for range in &head.ranges {
            if range.first != next || range.end <= range.first {
                return Err(damaged("its kinds do not follow each other"));
            }
            next = range.end;
        }
        let sorted = head.ranges.is_sorted_by(|a, b| (a.kind, &a.place) < (b.kind, &b.place));
        match next == things && sorted && head.platforms.is_sorted() {
            true => Ok(Self { source, head, table, things }),
            false => Err(damaged("its kinds do not fit it")),
        }
    }

    /// That of the snapshot.
    pub fn date(&self) -> Timestamp {
        self.head.date
    }

    /// The platforms that anything is for, sorted.
    pub fn platforms(&self) -> &[String] {
        &self.head.platforms
    }

    /// How many things there are.
    pub fn len(&self) -> u64 {
        self.things.into()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.things == 0
    }

    /// The things by kind and place.
    pub fn ranges(&self) -> &[Range] {
        &self.head.ranges
    }

    /// The things of a kind in a place.
    pub fn range(&self, kind: Kind, place: &str) -> Option<&Range> {
        self.head.ranges.iter().find(|range| range.kind == kind && range.place == place)
    }

    /// How many things of a kind there are, in all places.
    pub fn count(&self, kind: Kind) -> u64 {
        self.head.ranges.iter().filter(|range| range.kind == kind).map(Range::count).sum()
    }

    /// The number of a thing, where it is there.
    pub fn find(&self, key: &Key) -> Result<Option<u32>, CatalogueError> {
        let Some(range) = self.range(key.kind, &key.place) else { return Ok(None) };
        let at = self.first_from(range, &key.name)?;
        let found = at < range.end && self.key(at)?.name == key.name;
        Ok(found.then_some(at))
    }

    /// The first of a range whose name is not before this one.
    pub fn first_from(&self, range: &Range, name: &str) -> Result<u32, CatalogueError> {
        let (mut first, mut end) = (range.first, range.end);
        while first < end {
            let middle = first + (end - first) / 2;
            match self.key(middle)?.name.as_str() < name {
                true => first = middle + 1,
                false => end = middle,
            }
        }
        Ok(first)
    }

    /// What a thing is called.
    pub fn key(&self, number: u32) -> Result<Key, CatalogueError> {
        Ok(self.named(number)?.0)
    }

    fn named(&self, number: u32) -> Result<(Key, String), CatalogueError> {
        let range = self.range_of(number)?;
        let mut found = (String::new(), String::new());
        self.names(number / BLOCK, number / BLOCK + 1, &mut |at, entry| {
            if at == number {
                found = (text(entry.name)?.to_owned(), text(entry.summary)?.to_owned());
            }
            Ok(())
        })?;
        let (name, summary) = found;
        Ok((Key { kind: range.kind, place: range.place.clone(), name }, summary))
    }

    /// All that is said of a thing.
    pub fn row(&self, number: u32) -> Result<Row, CatalogueError> {
        self.range_of(number)?;
        let plain = self.rows(number / BLOCK)?;
        let mut rows = Bytes(&plain);
        for _ in 0..number % BLOCK {
            let length = rows.length(MOST_ROWS as usize)?;
            rows.take(length)?;
        }
        let length = rows.length(MOST_ROWS as usize)?;
        Ok(serde_json::from_slice(rows.take(length)?)?)
    }

    /// Those of `numbers` that are there.
    pub fn some(&self, numbers: impl IntoIterator<Item = u32>) -> Result<Vec<Line>, CatalogueError> {
        numbers.into_iter().filter(|number| *number < self.things).map(|number| self.line(number)).collect()
    }

    /// A thing as a list shows it.
    pub fn line(&self, number: u32) -> Result<Line, CatalogueError> {
        let (key, summary) = self.named(number)?;
        Ok(Line { key, summary, row: self.row(number)? })
    }

    pub(super) fn range_of(&self, number: u32) -> Result<&Range, CatalogueError> {
        let at = self.head.ranges.partition_point(|range| range.end <= number);
        self.head.ranges.get(at).ok_or(damaged("there is no such thing"))
    }

    /// Where the names and the rows of blocks begin; one more for the end.
    fn table(&self, first: u32, end: u32) -> Result<Vec<(u64, u64)>, CatalogueError> {
        let blocks = self.things.div_ceil(BLOCK);
        if first > end || end > blocks {
            return Err(damaged("there is no such block"));
        }
        let mut bytes = vec![0; ((end - first) as usize + 1) * ROW as usize];
        self.source.read_exact_at(&mut bytes, self.table + u64::from(first) * ROW)?;
        let mut bytes = Bytes(&bytes);
        let table = (first..=end).map(|_| Ok((bytes.u64()?, bytes.u64()?))).collect::<Result<Vec<_>, CatalogueError>>()?;
        let rise = table.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1);
        match rise && table.iter().all(|(names, rows)| names <= rows && *rows <= self.table) {
            true => Ok(table),
            false => Err(damaged("a block is nowhere")),
        }
    }

    /// The names of these blocks, one after the other.
    pub(super) fn names(
        &self,
        first: u32,
        end: u32,
        each: &mut dyn FnMut(u32, Entry<'_>) -> Result<(), CatalogueError>,
    ) -> Result<(), CatalogueError> {
        let (mut bytes, mut name) = (Vec::new(), Vec::with_capacity(MOST_NAME));
        // as many at once as make the reads worth it
        for from in (first..end).step_by(64) {
            let to = end.min(from + 64);
            let table = self.table(from, to)?;
            let (start, stop) = (table[0].0, table[table.len() - 1].0);
            if table.windows(2).any(|pair| pair[1].0 - pair[0].0 > MOST_NAMES) {
                return Err(damaged("a block has too many bytes"));
            }
            bytes.resize((stop - start) as usize, 0);
            self.source.read_exact_at(&mut bytes, start)?;
            for (block, pair) in (from..to).zip(table.windows(2)) {
                let mut names = Bytes(&bytes[(pair[0].0 - start) as usize..(pair[1].0 - start) as usize]);
                name.clear();
                let things = BLOCK * block..self.things.min(BLOCK * (block + 1));
                for at in things {
                    let shared = names.length(name.len())?;
                    name.truncate(shared);
                    let length = names.length(MOST_NAME - shared)?;
                    name.extend(names.take(length)?);
                    let (bytes, mark, platforms) = (names.number()?, names.u64()?, names.number()?);
                    let length = names.length(MOST_SUMMARY)?;
                    each(at, Entry { name: &name, bytes, mark, platforms, summary: names.take(length)? })?;
                }
            }
        }
        Ok(())
    }

    fn rows(&self, block: u32) -> Result<Vec<u8>, CatalogueError> {
        let table = self.table(block, block + 1)?;
        let (start, stop) = (table[0].1, table[1].1);
        if stop - start > MOST_ROWS {
            return Err(damaged("a block has too many bytes"));
        }
        let mut packed = vec![0; (stop - start) as usize];
        self.source.read_exact_at(&mut packed, start)?;
        let mut plain = Vec::new();
        let read = DeflateDecoder::new(&packed[..]).take(MOST_ROWS + 1).read_to_end(&mut plain);
        match read {
            Ok(length) if length as u64 <= MOST_ROWS => Ok(plain),
            _ => Err(damaged("rows cannot be unpacked")),
        }
    }
}
