//! Reads everything once, and says what is damaged.

use super::{ParityError, report::Damage, stripes::Stripes, table::Table};
use lsrepo_types::Hasher;
use std::ops::Range;

/// What is wrong.
pub(super) struct Findings {
    /// of each file
    pub(super) damage: Vec<Vec<Damage>>,
    /// the rows to be restored
    pub(super) rows: Vec<Range<u64>>,
    /// parity files with a row that is of no use
    pub(super) parity: Vec<bool>,
    /// the first range that parity does not bring back, and its file
    pub(super) lost: Option<(usize, Damage)>,
}

/// What is known of a column.
struct Known {
    hasher: Hasher,
    damage: Vec<Damage>,
    /// rows of which it is not known whether they are damaged
    unknown: Vec<Range<u64>>,
}

/// Goes through all rows. `on_bytes` is told of every byte of data, read or missing.
pub(super) fn scan(stripes: &Stripes<'_>, table: &Table, on_bytes: &dyn Fn(u64)) -> Result<Findings, ParityError> {
    let layout = stripes.layout;
    let count = layout.columns.len();
    let known = || Known { hasher: Hasher::new(), damage: Vec::new(), unknown: Vec::new() };
    let mut columns: Vec<Known> = (0..count).map(|_| known()).collect();
    let mut findings = Findings {
        damage: vec![Vec::new(); stripes.data.len()],
        rows: Vec::new(),
        parity: stripes.parity.iter().map(Option::is_none).collect(),
        lost: None,
    };
    let range = |column: usize, row: u64, needed, left| {
        let (offset, length) = layout.data(column, row);
        Damage { offset, length: length as u64, needed, left }
    };
    let mut buffer = Vec::new();
    let present = stripes.present();
    for row in present.clone() {
        stripes.prefetch(row);
        let (checks, damaged) = stripes.checks(row);
        damaged.into_iter().for_each(|file| findings.parity[file] = true);
        let (mut bad, mut left) = (Vec::new(), 0);
        stripes.row(row, checks.as_deref(), &mut buffer, |shard| {
            if let Some(recovery) = shard.column.checked_sub(count) {
                match shard.sound {
                    Some(true) => left += 1,
                    _ => findings.parity[layout.home(recovery).0] = true,
                }
            } else if shard.length > 0 {
                let column = &mut columns[shard.column];
                column.hasher.update(shard.digest.as_ref().map_or(&[], |digest| digest.as_bytes()));
                match shard.sound {
                    Some(true) => {}
                    None if shard.digest.is_some() => push(&mut column.unknown, row),
                    _ => bad.push(shard.column),
                }
                on_bytes(shard.length as u64);
            }
            Ok(())
        })?;
        for column in &bad {
            let damage = range(*column, row, bad.len(), left);
            if left < bad.len() && findings.lost.is_none() {
                findings.lost = Some((layout.columns[*column].file, damage.clone()));
            }
            add(&mut columns[*column].damage, damage);
        }
        if !bad.is_empty() {
            push(&mut findings.rows, row);
        }
    }
    // Of what comes after, there is nothing at all.
    let gone = (0..count).filter(|column| layout.data(*column, present.end).1 > 0 && present.end < layout.rows);
    for index in gone.clone() {
        let first = range(index, present.end, gone.clone().count(), 0);
        let column = layout.columns[index];
        let rest = Damage { length: column.offset + column.length - first.offset, ..first.clone() };
        on_bytes(rest.length);
        findings.lost.get_or_insert((column.file, first));
        add(&mut columns[index].damage, rest);
    }
    for (index, mut column) in columns.into_iter().enumerate() {
        let file = layout.columns[index].file;
        if column.damage.is_empty() && column.hasher.finish().as_bytes() != &table.digests[index] {
            // It is one of those whose checks are lost, and nobody can say which; or else it is any.
            if column.unknown.is_empty() {
                column.unknown.push(0..layout.columns[index].length.div_ceil(layout.row));
            }
            for row in column.unknown.into_iter().flatten() {
                add(&mut column.damage, range(index, row, 1, 0));
            }
            findings.lost = findings.lost.or_else(|| column.damage.first().map(|damage| (file, damage.clone())));
        }
        column.damage.into_iter().for_each(|damage| add(&mut findings.damage[file], damage));
    }
    Ok(findings)
}

fn add(all: &mut Vec<Damage>, next: Damage) {
    if !all.last_mut().is_some_and(|last| last.merge(&next)) {
        all.push(next);
    }
}

fn push(rows: &mut Vec<Range<u64>>, row: u64) {
    match rows.last_mut() {
        Some(last) if last.end == row => last.end += 1,
        _ => rows.push(row..row + 1),
    }
}
