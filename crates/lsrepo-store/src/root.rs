//! Names for digests.

use crate::{
    disk::{sync_dir, write_whole},
    error::{At, StoreError},
};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn path(root: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    match !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.chars().all(plain) {
        true => Ok(root.join("roots").join(name)),
        false => Err(StoreError::RootName(name.chars().take(80).collect())),
    }
}

pub(crate) fn set(root: &Path, name: &str, digest: &Digest) -> Result<(), StoreError> {
    write_whole(&path(root, name)?, format!("{digest}\n").as_bytes())
}

pub(crate) fn remove(root: &Path, name: &str) -> Result<(), StoreError> {
    let path = path(root, name)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(&path),
        _ => sync_dir(&root.join("roots")),
    }
}

pub(crate) fn all(root: &Path) -> Result<BTreeMap<String, Digest>, StoreError> {
    let dir = root.join("roots");
    let mut roots = BTreeMap::new();
    for entry in fs::read_dir(&dir).at(&dir)? {
        let entry = entry.at(&dir)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let file = entry.path();
        let text = fs::read_to_string(&file).at(&file)?;
        roots.insert(name, text.trim().parse().map_err(|_| StoreError::RootContent(file))?);
    }
    Ok(roots)
}
