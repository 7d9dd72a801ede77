//! Finds the parity files that belong together, and what they protect.

use super::{
    ParityError,
    files::{self, io},
    table::Table,
};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// A set, as far as it is there.
pub(super) struct Set {
    pub(super) dir: PathBuf,
    pub(super) table: Table,
    /// the names of its parity files
    pub(super) names: Vec<Option<String>>,
    pub(super) parity: Vec<Option<File>>,
    /// what is called like them, and says nothing
    pub(super) unreadable: Vec<String>,
}

/// A table, and the parity files that have it.
type Found = (Table, Vec<(usize, String)>);

impl Set {
    /// In a folder, or the one to which a file belongs.
    pub(super) fn find(path: &Path) -> Result<Self, ParityError> {
        let whole = path.is_dir();
        let dir = if whole { path } else { files::folder(path) };
        let (mut sets, mut unreadable): (BTreeMap<Digest, Found>, _) = (BTreeMap::new(), Vec::new());
        for name in names(dir)? {
            let opened = files::open(&dir.join(&name), false);
            match opened.ok().flatten().and_then(|(file, _)| Table::of(&file)) {
                Some((table, index)) => {
                    let (_, files) = sets.entry(table.id()).or_insert_with(|| (table, Vec::new()));
                    files.push((index, name));
                }
                None => unreadable.push(name),
            }
        }
        let mut sets: Vec<Found> = sets.into_values().collect();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| !whole) {
            choose(&mut sets, name);
        }
        if sets.len() > 1 {
            let sets = sets.iter().filter_map(|(_, files)| files.first()).map(|(_, name)| name.clone()).collect();
            return Err(ParityError::Several { path: path.to_owned(), sets });
        }
        let (table, files) =
            sets.pop().ok_or_else(|| ParityError::NoParity { path: path.to_owned(), unreadable: unreadable.clone() })?;
        let count = table.layout.parity_files();
        let mut set = Self { dir: dir.to_owned(), table, names: vec![None; count], parity: Vec::new(), unreadable };
        set.unreadable.retain(|name| files.iter().any(|(_, one)| files::stem(one) == files::stem(name)));
        for (index, name) in files {
            set.names[index].get_or_insert(name);
        }
        for name in &set.names {
            let file = name.as_ref().map(|name| files::open(&dir.join(name), false)).transpose()?;
            set.parity.push(file.flatten().map(|(file, _)| file));
        }
        Ok(set)
    }

    /// Where one of the protected files lies.
    pub(super) fn path(&self, file: usize) -> PathBuf {
        self.dir.join(&self.table.files[file].0)
    }
}

/// All that are called parity.
fn names(dir: &Path) -> Result<Vec<String>, ParityError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(io(dir))? {
        let name = entry.map_err(io(dir))?.file_name();
        names.extend(name.to_str().filter(|name| files::stem(name).is_some()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The sets to which a file belongs; a parity file that is damaged belongs to those that are called alike.
fn choose(sets: &mut Vec<Found>, name: &str) {
    let belongs =
        |(table, files): &Found| files.iter().any(|(_, one)| one == name) || table.files.iter().any(|(one, _)| one == name);
    if sets.iter().any(belongs) {
        sets.retain(belongs);
    } else {
        let stem = files::stem(name);
        sets.retain(|(_, files)| stem.is_some() && files.iter().any(|(_, one)| files::stem(one) == stem));
    }
}
