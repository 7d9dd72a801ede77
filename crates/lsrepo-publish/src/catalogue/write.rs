//! Writing a catalogue. Equal things give equal bytes, in whatever order they come.

use super::{
    CatalogueError, Key, Range, Row, VERSION,
    format::{
        BLOCK, HEADER, Head, MAGIC, MOST_HEAD, MOST_NAME, MOST_NAMES, MOST_ROW, MOST_ROWS, MOST_SUMMARY, MOST_THINGS, cut,
        push_number,
    },
};
use flate2::{Compression, write::DeflateEncoder};
use lsrepo_types::{Digest, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
};

/// Something that a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// what it is called
    pub key: Key,
    /// one line, plain; it is searched too
    pub summary: String,
    /// how much there is of it
    pub bytes: u64,
    /// tells whether two snapshots hold the same under this name
    pub mark: u64,
    /// the platforms that it is for; none: it does not matter
    pub platforms: BTreeSet<String>,
    /// all that its page shows
    pub row: Row,
}

impl Thing {
    /// A mark of what makes this thing what it is.
    pub fn mark(identity: &str) -> u64 {
        let hex = Digest::of(identity.as_bytes()).hex();
        u64::from_str_radix(hex.get(..16).unwrap_or_default(), 16).unwrap_or_default()
    }
}

/// The document of these things. Of two of one name the later one counts. Names longer than 1024 bytes are left out; a row of
/// more than 256 KiB is shortened, and left out where that does not help: one thing out of bounds must not hide all others.
pub fn write(date: Timestamp, things: Vec<Thing>) -> Result<Vec<u8>, CatalogueError> {
    let fitting = things.into_iter().filter(|thing| thing.key.name.len() <= MOST_NAME).filter_map(|mut thing| {
        let fits = |row: &Row| serde_json::to_vec(row).is_ok_and(|bytes| bytes.len() <= MOST_ROW);
        if !fits(&thing.row) {
            thing.row.shorten();
        }
        fits(&thing.row).then_some((thing.key.clone(), thing))
    });
    let things: BTreeMap<Key, Thing> = fitting.collect();
    let platforms: BTreeSet<&str> =
        things.values().flat_map(|thing| thing.platforms.iter().chain(Some(&thing.key.place))).map(String::as_str).collect();
    let platforms: Vec<String> = platforms.into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let head = serde_json::to_vec(&Head { date, platforms: platforms.clone(), ranges: ranges(&things) })?;
    let count =
        u32::try_from(things.len()).ok().filter(|count| *count <= MOST_THINGS).ok_or(large("things", MOST_THINGS.into()))?;
    if head.len() as u64 > MOST_HEAD {
        return Err(large("bytes of kinds and platforms", MOST_HEAD));
    }
    let (mut names, mut rows, mut table) = (Vec::new(), Vec::new(), Vec::new());
    let all: Vec<&Thing> = things.values().collect();
    for block in all.chunks(BLOCK as usize) {
        table.push((names.len(), rows.len()));
        push_names(&mut names, block, &platforms)?;
        push_rows(&mut rows, block)?;
    }
    table.push((names.len(), rows.len()));
    let names_at = HEADER + head.len() as u64;
    let rows_at = names_at + names.len() as u64;
    let table_at = rows_at + rows.len() as u64;
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((head.len() as u32).to_le_bytes());
    out.extend(table_at.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend([0; 4]);
    out.extend(head);
    out.extend(names);
    out.extend(rows);
    for (names, rows) in table {
        out.extend((names_at + names as u64).to_le_bytes());
        out.extend((rows_at + rows as u64).to_le_bytes());
    }
    Ok(out)
}

fn large(what: &'static str, most: u64) -> CatalogueError {
    CatalogueError::Large { what, most }
}

fn ranges(things: &BTreeMap<Key, Thing>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for (at, (key, thing)) in things.iter().enumerate() {
        match ranges.last_mut().filter(|range| range.kind == key.kind && range.place == key.place) {
            Some(range) => {
                range.end += 1;
                range.bytes = range.bytes.saturating_add(thing.bytes);
            }
            None => {
                let (first, end) = (at as u32, at as u32 + 1);
                ranges.push(Range { kind: key.kind, place: key.place.clone(), first, end, bytes: thing.bytes });
            }
        }
    }
    ranges
}

fn push_names(out: &mut Vec<u8>, block: &[&Thing], platforms: &[String]) -> Result<(), CatalogueError> {
    let start = out.len();
    let mut before: &[u8] = b"";
    for thing in block {
        let name = thing.key.name.as_bytes();
        let shared = name.iter().zip(before).take_while(|(a, b)| a == b).count();
        push_number(out, shared as u64);
        push_number(out, (name.len() - shared) as u64);
        out.extend(&name[shared..]);
        push_number(out, thing.bytes);
        out.extend(thing.mark.to_le_bytes());
        let at = |name: &String| platforms.binary_search(name).ok().filter(|at| *at < 64);
        push_number(out, thing.platforms.iter().filter_map(at).fold(0, |mask, at| mask | 1 << at));
        let summary = cut(&thing.summary, MOST_SUMMARY);
        push_number(out, summary.len() as u64);
        out.extend(summary.as_bytes());
        before = name;
    }
    match (out.len() - start) as u64 {
        bytes if bytes > MOST_NAMES => Err(large("bytes of sixteen names", MOST_NAMES)),
        _ => Ok(()),
    }
}

fn push_rows(out: &mut Vec<u8>, block: &[&Thing]) -> Result<(), CatalogueError> {
    let mut plain = Vec::new();
    for thing in block {
        let row = serde_json::to_vec(&thing.row)?;
        push_number(&mut plain, row.len() as u64);
        plain.extend(row);
    }
    if plain.len() as u64 > MOST_ROWS {
        return Err(large("bytes of sixteen rows", MOST_ROWS));
    }
    let mut packed = DeflateEncoder::new(out, Compression::default());
    packed.write_all(&plain)?;
    packed.finish()?;
    Ok(())
}
