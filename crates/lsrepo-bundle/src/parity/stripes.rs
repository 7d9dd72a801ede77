//! One row after the other, from whatever is left of the files.

use super::{
    checks::{self, Check},
    layout::Layout,
};
use lsrepo_types::Digest;
use std::{fs::File, ops::Range, os::unix::fs::FileExt};

/// Rows that the system is asked to have ready.
const AHEAD: u64 = 16;

/// A shard, as it was found.
pub(super) struct Shard<'a> {
    /// data columns, then recovery columns
    pub(super) column: usize,
    /// with its zeros; none where it cannot be read
    pub(super) bytes: Option<&'a [u8]>,
    /// of what is in the file
    pub(super) digest: Option<Digest>,
    /// what is in the file, without the zeros
    pub(super) length: usize,
    /// is it what it was? unknown where the checks of the row are lost
    pub(super) sound: Option<bool>,
}

/// The files of a set; a missing one is `None`. What cannot be read, for whatever reason, is damaged.
pub(super) struct Stripes<'a> {
    pub(super) layout: &'a Layout,
    pub(super) data: &'a [Option<File>],
    pub(super) parity: &'a [Option<File>],
    /// bytes of a table
    pub(super) frame: u64,
}

impl Stripes<'_> {
    /// The checks of a row, and the parity files in which they are damaged.
    pub(super) fn checks(&self, row: u64) -> (Option<Vec<Check>>, Vec<usize>) {
        let start = self.frame + self.layout.stripe_offset(row);
        let end = start + self.layout.in_stripe(self.layout.per_file, row);
        let mut bytes = vec![0; checks::bytes(self.layout)];
        let (mut found, mut damaged) = (None, Vec::new());
        for (index, file) in self.parity.iter().enumerate() {
            for offset in [start, end] {
                match read(file.as_ref(), &mut bytes, offset).then(|| checks::unseal(row, &bytes)).flatten() {
                    Some(checks) => found = found.or(Some(checks)),
                    None => damaged.push(index),
                }
            }
        }
        (found, damaged)
    }

    /// Hands over all shards of a row.
    pub(super) fn row(
        &self,
        row: u64,
        checks: Option<&[Check]>,
        buffer: &mut Vec<u8>,
        mut visit: impl FnMut(Shard<'_>) -> Result<(), super::ParityError>,
    ) -> Result<(), super::ParityError> {
        let shard = self.layout.shard(row) as usize;
        buffer.resize(shard, 0);
        for column in 0..self.layout.all() {
            let (file, offset, length) = self.place(column, row);
            let (bytes, zeros) = buffer.split_at_mut(length);
            let there = read(file, bytes, offset);
            zeros.fill(0);
            let digest = there.then(|| Digest::of(bytes));
            let same = |checks: &[Check]| digest.is_some_and(|digest| checks[column] == checks::check(&digest));
            // A column that has ended is known to be zeros.
            let sound = if length == 0 { Some(true) } else { checks.map(same) };
            visit(Shard { column, bytes: there.then_some(&buffer[..]), digest, length, sound })?;
        }
        Ok(())
    }

    /// Where a shard is, and how many bytes it has there.
    fn place(&self, column: usize, row: u64) -> (Option<&File>, u64, usize) {
        match column.checked_sub(self.layout.columns.len()) {
            None => {
                let (offset, length) = self.layout.data(column, row);
                (self.data[self.layout.columns[column].file].as_ref(), offset, length)
            }
            Some(recovery) => {
                let (home, index) = self.layout.home(recovery);
                let offset = self.frame + self.layout.stripe_offset(row) + self.layout.in_stripe(index, row);
                (self.parity[home].as_ref(), offset, self.layout.shard(row) as usize)
            }
        }
    }

    /// The rows of which anything can be there. A table may speak of more than any disk holds.
    pub(super) fn present(&self) -> Range<u64> {
        let length = |file: &Option<File>| file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |meta| meta.len());
        let data: Vec<u64> = self.data.iter().map(length).collect();
        let begun = self
            .layout
            .columns
            .iter()
            .map(|column| data[column.file].saturating_sub(column.offset).min(column.length).div_ceil(self.layout.row));
        let parity = self.parity.iter().map(|file| self.layout.rows_within(length(file).saturating_sub(self.frame)));
        0..begun.chain(parity).max().unwrap_or(0).min(self.layout.rows)
    }

    pub(super) fn prefetch(&self, row: u64) {
        prefetch(self.layout, row, |file| self.data[file].as_ref());
    }
}

/// Has the system read ahead in every column, now and then.
pub(super) fn prefetch<'a>(layout: &Layout, row: u64, file: impl Fn(usize) -> Option<&'a File>) {
    if !row.is_multiple_of(AHEAD) {
        return;
    }
    for (index, column) in layout.columns.iter().enumerate() {
        let ahead = if row == 0 { 0 } else { AHEAD };
        let (offset, length) = layout.data(index, row + ahead);
        if length > 0
            && let Some(file) = file(column.file)
        {
            let left = column.offset + column.length - offset;
            let rows = if row == 0 { 2 * AHEAD } else { AHEAD };
            super::files::prefetch(file, offset, left.min(rows * layout.row));
        }
    }
}

fn read(file: Option<&File>, bytes: &mut [u8], offset: u64) -> bool {
    bytes.is_empty() || file.is_some_and(|file| file.read_exact_at(bytes, offset).is_ok())
}
