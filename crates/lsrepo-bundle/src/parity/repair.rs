//! Looks for damage, and repairs it.

use super::{
    ParityError,
    files::{self, PartFile, io},
    report::{FileReport, FileState, ParityFile, ParityState, Report, Verdict},
    scan::{Findings, scan},
    set::Set,
    stripes::Stripes,
    write::impossible,
};
use lsrepo_types::Digest;
use reed_solomon_simd::ReedSolomonDecoder;
use std::{fs::File, ops::Range, os::unix::fs::FileExt, path::Path};

/// Says what is missing or damaged of the set in this folder, or of the one to which this file belongs. Reads
/// everything; `on_bytes` is told how many bytes of the protected files are done.
pub fn check(path: &Path, on_bytes: &dyn Fn(u64)) -> Result<Report, ParityError> {
    let set = Set::find(path)?;
    let (data, sizes) = open(&set)?;
    let findings = scan(&stripes(&set, &data), &set.table, on_bytes)?;
    Ok(report(&set, &sizes, findings))
}

/// [`check`], and repairs what is damaged: in place, with bytes that are proven, and missing files under another name
/// until they are whole. Files that are too long or too short get their size. With `dry_run`, nothing is changed;
/// where parity is not enough, nothing is changed either, and that is an error. After a repair, everything is read
/// once more, so that `on_bytes` hears of it twice. A repair that was broken off is taken up by the next one.
pub fn repair(path: &Path, dry_run: bool, on_bytes: &dyn Fn(u64)) -> Result<Report, ParityError> {
    let set = Set::find(path)?;
    if !dry_run {
        let protected = set.table.files.iter().map(|(name, _)| name);
        let names: Vec<String> = protected.chain(set.names.iter().flatten()).cloned().collect();
        files::sweep(&set.dir, &names);
    }
    let (mut data, sizes) = open(&set)?;
    let findings = scan(&stripes(&set, &data), &set.table, on_bytes)?;
    if let Some((file, damage)) = findings.lost {
        let name = set.table.files[file].0.clone();
        let (offset, length) = (damage.offset, damage.length);
        return Err(ParityError::Lost { name, offset, length, needed: damage.needed, left: damage.left });
    }
    let rows = findings.rows.clone();
    let mut report = report(&set, &sizes, findings);
    if dry_run || report.verdict == Verdict::Whole {
        return Ok(report);
    }
    let parts = open_to_write(&set, &mut data, &report)?;
    let stripes = stripes(&set, &data);
    restore(&set, &stripes, rows)?;
    // What counts is what is on disk.
    let again = scan(&stripes, &set.table, on_bytes)?;
    if let Some(file) = again.damage.iter().position(|damage| !damage.is_empty()) {
        return Err(ParityError::Unproven(set.table.files[file].0.clone()));
    }
    for (file, state) in report.files.iter().enumerate() {
        if let (Some(data), true) = (&data[file], !matches!(state.state, FileState::Whole | FileState::Missing)) {
            data.sync_all().map_err(io(&set.path(file)))?;
        }
    }
    for part in &parts {
        part.sync()?;
    }
    for part in &parts {
        part.keep()?;
    }
    files::sync_dir(&set.dir)?;
    report.verdict = Verdict::Repaired;
    Ok(report)
}

fn stripes<'a>(set: &'a Set, data: &'a [Option<File>]) -> Stripes<'a> {
    Stripes { layout: &set.table.layout, data, parity: &set.parity, frame: set.table.frame(0).len() as u64 }
}

/// What there is of the files, and their sizes.
type Opened = (Vec<Option<File>>, Vec<Option<u64>>);

fn open(set: &Set) -> Result<Opened, ParityError> {
    let opened = (0..set.table.files.len()).map(|file| files::open(&set.path(file), false));
    Ok(opened.collect::<Result<Vec<_>, _>>()?.into_iter().map(Option::unzip).unzip())
}

fn report(set: &Set, sizes: &[Option<u64>], findings: Findings) -> Report {
    let files: Vec<FileReport> = std::iter::zip(&set.table.files, std::iter::zip(sizes, findings.damage))
        .map(|((name, size), (actual, damage))| {
            let state = match *actual {
                None => FileState::Missing,
                Some(actual) if actual != *size => FileState::WrongSize { actual },
                Some(_) if !damage.is_empty() => FileState::Damaged,
                Some(_) => FileState::Whole,
            };
            FileReport { name: name.clone(), size: *size, state, damage }
        })
        .collect();
    let parity = std::iter::zip(&set.names, findings.parity).enumerate().map(|(index, (name, damaged))| {
        let state = match name {
            None => ParityState::Missing,
            Some(_) if damaged => ParityState::Damaged,
            Some(_) => ParityState::Whole,
        };
        ParityFile { ordinal: index + 1, name: name.clone(), state }
    });
    let verdict = match findings.lost {
        Some(_) => Verdict::Lost,
        None if files.iter().all(|file| file.state == FileState::Whole) => Verdict::Whole,
        None => Verdict::Repairable,
    };
    Report {
        set: set.table.id().hex(),
        percent: set.table.percent,
        verdict,
        parity: parity.collect(),
        files,
        unreadable: set.unreadable.clone(),
    }
}

/// Opens what is to be changed once more, and gives every file its size.
fn open_to_write(set: &Set, data: &mut [Option<File>], report: &Report) -> Result<Vec<PartFile>, ParityError> {
    let lacking = |file: &FileReport| match file.state {
        FileState::Missing => file.size,
        FileState::WrongSize { actual } => file.size.saturating_sub(actual),
        FileState::Whole | FileState::Damaged => 0,
    };
    files::room(&set.dir, &set.dir, report.files.iter().map(lacking).sum())?;
    let mut parts = Vec::new();
    for (index, file) in report.files.iter().enumerate() {
        let path = set.path(index);
        match file.state {
            FileState::Whole => {}
            FileState::Missing => {
                let part = PartFile::create(path.clone())?;
                part.file.set_len(file.size).map_err(io(&path))?;
                data[index] = Some(part.file.try_clone().map_err(io(&path))?);
                parts.push(part);
            }
            FileState::WrongSize { .. } | FileState::Damaged => {
                let (opened, _) = files::open(&path, true)?.ok_or_else(|| ParityError::NotAFile(path.clone()))?;
                opened.set_len(file.size).map_err(io(&path))?;
                data[index] = Some(opened);
            }
        }
    }
    Ok(parts)
}

/// Brings back every shard of these rows that is not sound, and writes it where its check says that it is right.
fn restore(set: &Set, stripes: &Stripes<'_>, rows: Vec<Range<u64>>) -> Result<(), ParityError> {
    let layout = stripes.layout;
    let count = layout.columns.len();
    let mut decoder = ReedSolomonDecoder::new(count, layout.recovery, layout.shard(0) as usize).map_err(impossible)?;
    let mut buffer = Vec::new();
    for row in rows.into_iter().flatten() {
        decoder.reset(count, layout.recovery, layout.shard(row) as usize).map_err(impossible)?;
        let Some(checks) = stripes.checks(row).0 else { continue };
        stripes.row(row, Some(&checks), &mut buffer, |shard| {
            let Some(bytes) = shard.bytes.filter(|_| shard.sound == Some(true)) else { return Ok(()) };
            let added = match shard.column.checked_sub(count) {
                None => decoder.add_original_shard(shard.column, bytes),
                Some(recovery) => decoder.add_recovery_shard(recovery, bytes),
            };
            added.map_err(impossible)
        })?;
        // What no longer suffices, or comes out wrong, is found when all is read again.
        let Ok(restored) = decoder.decode() else { continue };
        for (column, bytes) in restored.restored_original_iter() {
            let (offset, length) = layout.data(column, row);
            let file = layout.columns[column].file;
            if let (Some(data), true) = (&stripes.data[file], super::checks::check(&Digest::of(&bytes[..length])) == checks[column])
            {
                data.write_all_at(&bytes[..length], offset).map_err(io(&set.path(file)))?;
            }
        }
    }
    Ok(())
}
