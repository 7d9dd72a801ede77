//! Writes parity, in one pass.

use super::{
    ParityError, checks,
    files::{self, PartFile, io},
    layout::{Layout, MAX_BYTES, MAX_FILES},
    stripes::prefetch,
    table::Table,
};
use lsrepo_types::{Digest, Hasher};
use reed_solomon_simd::ReedSolomonEncoder;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// Writes parity for `files`, which lie in one folder, beside them, and returns its files. `percent` of what is
/// protected may then be lost: any so many of several files, or so much of a single one. `on_bytes` is told how many
/// bytes of the files were read. Equal files give equal parity.
///
/// A set of the same name that is there already is replaced.
pub fn write(files: &[PathBuf], percent: u32, on_bytes: &dyn Fn(u64)) -> Result<Vec<PathBuf>, ParityError> {
    let dir = folder_of(files)?;
    let (data, mut table) = open(files, percent)?;
    let layout = table.layout.clone();
    let stem = stem(&table);
    let names: Vec<String> = (0..layout.parity_files()).map(|index| files::parity_name(&stem, index)).collect();
    files::sweep(dir, &names);
    let frame = table.frame(0).len() as u64;
    let each = 2 * frame + layout.stripe_offset(layout.rows);
    let needed = each * names.len() as u64;
    files::room(dir, &dir.join(&names[0]), needed)?;
    let parts = names.iter().map(|name| PartFile::create(dir.join(name))).collect::<Result<Vec<_>, _>>()?;
    let full = |error| match error {
        ParityError::Io { path, why } if why.kind() == std::io::ErrorKind::StorageFull => {
            ParityError::Full { path, needed, free: lsrepo_store::free_bytes(dir).unwrap_or_default() }
        }
        error => error,
    };
    table.digests = encode(files, &data, &layout, &parts, frame, on_bytes).map_err(full)?;
    for (index, part) in parts.iter().enumerate() {
        let frame = table.frame(index);
        let end = each - frame.len() as u64;
        let both = part.file.write_all_at(&frame, 0).and_then(|()| part.file.write_all_at(&frame, end));
        both.map_err(io(&part.path)).map_err(full)?;
    }
    for part in &parts {
        part.sync().map_err(full)?;
    }
    for part in &parts {
        part.keep().map_err(full)?;
    }
    remove_older(dir, &stem, &names);
    files::sync_dir(dir)?;
    Ok(parts.iter().map(|part| part.path.clone()).collect())
}

fn folder_of(files: &[PathBuf]) -> Result<&Path, ParityError> {
    let dir = files::folder(files.first().ok_or(ParityError::Nothing)?);
    match files.iter().find(|path| files::folder(path) != dir) {
        Some(apart) => Err(ParityError::Apart(apart.clone())),
        None => Ok(dir),
    }
}

/// The files, and a table that knows all but what is in them.
fn open(paths: &[PathBuf], percent: u32) -> Result<(Vec<File>, Table), ParityError> {
    if !(1..=100).contains(&percent) {
        return Err(ParityError::Percent(percent));
    }
    if paths.len() > MAX_FILES {
        return Err(ParityError::TooMany { count: paths.len(), limit: MAX_FILES });
    }
    let (mut data, mut files, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_str().filter(|name| files::is_plain(name));
        let name = name.ok_or_else(|| ParityError::Name(path.display().to_string()))?;
        if !seen.insert(name) {
            return Err(ParityError::Twice(name.to_owned()));
        }
        let (file, size) = files::open(path, false)?.ok_or_else(|| io(path)(std::io::Error::from(std::io::ErrorKind::NotFound)))?;
        data.push(file);
        files.push((name.to_owned(), size));
    }
    let sizes: Vec<u64> = files.iter().map(|(_, size)| *size).collect();
    let total = sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
    let layout =
        Layout::of(&sizes, percent).ok_or(if total > MAX_BYTES { ParityError::TooLarge(total) } else { ParityError::Nothing })?;
    Ok((data, Table { percent, files, digests: vec![[0; 32]; layout.columns.len()], layout }))
}

/// The name that the set goes by: of several files that of the first, without its number.
fn stem(table: &Table) -> String {
    let (name, _) = &table.files[0];
    let numbered = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match name.rsplit_once('.') {
        Some((stem, number)) if table.files.len() > 1 && !stem.is_empty() && numbered(number) => stem.to_owned(),
        _ => name.clone(),
    }
}

/// Writes all stripes, and returns the digests of the columns.
fn encode(
    paths: &[PathBuf],
    data: &[File],
    layout: &Layout,
    parts: &[PartFile],
    frame: u64,
    on_bytes: &dyn Fn(u64),
) -> Result<Vec<[u8; 32]>, ParityError> {
    let shape = |row| (layout.columns.len(), layout.recovery, layout.shard(row) as usize);
    let (count, recovery, shard) = shape(0);
    let mut encoder = ReedSolomonEncoder::new(count, recovery, shard).map_err(impossible)?;
    let mut columns = vec![Hasher::new(); count];
    let mut buffer = vec![0; shard];
    for row in 0..layout.rows {
        let (count, recovery, shard) = shape(row);
        encoder.reset(count, recovery, shard).map_err(impossible)?;
        prefetch(layout, row, |file| data.get(file));
        let mut row_checks = Vec::with_capacity(layout.all());
        for (index, column) in layout.columns.iter().enumerate() {
            let (offset, length) = layout.data(index, row);
            let (bytes, zeros) = buffer[..shard].split_at_mut(length);
            data[column.file].read_exact_at(bytes, offset).map_err(io(&paths[column.file]))?;
            zeros.fill(0);
            let digest = Digest::of(bytes);
            if length > 0 {
                columns[index].update(digest.as_bytes());
            }
            row_checks.push(checks::check(&digest));
            encoder.add_original_shard(&buffer[..shard]).map_err(impossible)?;
            on_bytes(length as u64);
        }
        let coded = encoder.encode().map_err(impossible)?;
        row_checks.extend(coded.recovery_iter().map(|shard| checks::check(&Digest::of(shard))));
        let sealed = checks::seal(row, &row_checks);
        let start = frame + layout.stripe_offset(row);
        for part in parts {
            let end = start + layout.in_stripe(layout.per_file, row);
            let both = part.file.write_all_at(&sealed, start).and_then(|()| part.file.write_all_at(&sealed, end));
            both.map_err(io(&part.path))?;
        }
        for (index, shard) in coded.recovery_iter().enumerate() {
            let (home, index) = layout.home(index);
            let part = &parts[home];
            part.file.write_all_at(shard, start + layout.in_stripe(index, row)).map_err(io(&part.path))?;
        }
    }
    Ok(columns.into_iter().map(|column| *column.finish().as_bytes()).collect())
}

/// Files of an older set with more files: they would be taken for parity of something else.
fn remove_older(dir: &Path, stem: &str, names: &[String]) {
    for index in names.len()..MAX_FILES {
        let path = dir.join(files::parity_name(stem, index));
        if let Ok(Some((file, _))) = files::open(&path, false)
            && Table::of(&file).is_some()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

/// The code takes every shape that a layout can have.
pub(super) fn impossible(why: reed_solomon_simd::Error) -> ParityError {
    ParityError::Io { path: PathBuf::from("parity"), why: std::io::Error::other(why) }
}
