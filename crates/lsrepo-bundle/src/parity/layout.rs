//! Which byte stands where: columns of files, rows of columns, stripes of parity files.

use super::checks;

/// The longest row; with very many columns it is shorter, so that the memory for one is bounded.
const ROW: u64 = 64 << 10;
const WORKING_MEMORY: u64 = 16 << 20;
const SLICES: u64 = 100;
/// Shards and slices are multiples of this, which is how the code works inside.
const STEP: u64 = 64;

/// Files in one set: each is an open file, and a shard in memory.
pub(super) const MAX_FILES: usize = 250;
/// Bytes in one set: what is computed with them does not overflow.
pub(super) const MAX_BYTES: u64 = 1 << 56;

/// A range of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) file: usize,
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What follows from the sizes of the files and from `percent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) columns: Vec<Column>,
    /// recovery columns
    pub(super) recovery: usize,
    /// of these in each parity file
    pub(super) per_file: usize,
    pub(super) rows: u64,
    /// bytes of a shard, but for those of the last row
    pub(super) row: u64,
    longest: u64,
}

impl Layout {
    /// `None` where there is nothing to protect, or too much of it.
    pub(super) fn of(sizes: &[u64], percent: u32) -> Option<Self> {
        let total = sizes.iter().try_fold(0_u64, |sum, size| sum.checked_add(*size))?;
        if total == 0 || total > MAX_BYTES || sizes.len() > MAX_FILES || !(1..=100).contains(&percent) {
            return None;
        }
        let columns: Vec<Column> = match sizes {
            [size] => {
                let slice = size.div_ceil(SLICES).next_multiple_of(STEP);
                let cut = |offset| Column { file: 0, offset, length: slice.min(size - offset) };
                (0..size.div_ceil(slice)).map(|index| cut(index * slice)).collect()
            }
            _ => sizes.iter().enumerate().map(|(file, length)| Column { file, offset: 0, length: *length }).collect(),
        };
        let recovery = (columns.len() * percent as usize).div_ceil(100);
        let per_file = if sizes.len() == 1 { recovery } else { 1 };
        let longest = columns.iter().map(|column| column.length).max()?.next_multiple_of(STEP);
        let shards = shards_in_memory(columns.len(), recovery);
        let row = ROW.min(WORKING_MEMORY / shards / STEP * STEP);
        Some(Self { rows: longest.div_ceil(row), columns, recovery, per_file, row, longest })
    }

    /// Data and recovery.
    pub(super) fn all(&self) -> usize {
        self.columns.len() + self.recovery
    }

    pub(super) fn parity_files(&self) -> usize {
        self.recovery / self.per_file
    }

    /// Bytes of a shard of this row, with its zeros.
    pub(super) fn shard(&self, row: u64) -> u64 {
        self.longest.saturating_sub(row * self.row).min(self.row)
    }

    /// Where in its file the shard of a data column begins, and how many bytes it has there.
    pub(super) fn data(&self, column: usize, row: u64) -> (u64, usize) {
        let column = &self.columns[column];
        let start = row * self.row;
        (column.offset + start, column.length.saturating_sub(start).min(self.row) as usize)
    }

    /// The parity file that has the recovery column, and which of its own it is there.
    pub(super) fn home(&self, recovery: usize) -> (usize, usize) {
        (recovery / self.per_file, recovery % self.per_file)
    }

    /// Bytes of a stripe, counted after the table.
    fn stripe(&self, row: u64) -> u64 {
        2 * checks::bytes(self) as u64 + self.per_file as u64 * self.shard(row)
    }

    /// Where a stripe begins, counted after the table; with the number of rows, where all end.
    pub(super) fn stripe_offset(&self, row: u64) -> u64 {
        match row.checked_sub(1) {
            None => 0,
            Some(before) => before * self.stripe(0) + self.stripe(before),
        }
    }

    /// Where in its stripe a shard begins; after the last of them stand the checks again.
    pub(super) fn in_stripe(&self, index: usize, row: u64) -> u64 {
        checks::bytes(self) as u64 + index as u64 * self.shard(row)
    }

    /// How many rows a parity file of this length has at least begun.
    pub(super) fn rows_within(&self, stripes: u64) -> u64 {
        stripes.div_ceil(self.stripe(0)).min(self.rows)
    }
}

/// What the decoder works on: it rounds up to powers of two.
fn shards_in_memory(data: usize, recovery: usize) -> u64 {
    let high = (recovery.next_power_of_two() + data).next_power_of_two();
    let low = (data.next_power_of_two() + recovery).next_power_of_two();
    high.max(low) as u64
}
