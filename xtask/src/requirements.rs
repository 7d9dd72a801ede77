//! `requirements/<os>/requirements_<arch>.txt`, one for each platform of the BOM; and the schema of its documents.

use anyhow::{Context as _, Result};
use lsrepo_bom::{embedded, requirements_file};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// Path below the project's root → text.
fn wanted() -> Result<BTreeMap<String, String>> {
    let modules = embedded::modules()?;
    let mut files = BTreeMap::new();
    for platform in embedded::all_platforms()? {
        let path = format!("requirements/{}/requirements_{}.txt", platform.os, platform.arch);
        files.insert(path, requirements_file::render(&platform, &modules));
    }
    let schema = serde_json::to_string_pretty(&lsrepo_bom::Module::schema())? + "\n";
    files.insert("bom/module.schema.json".to_owned(), schema);
    Ok(files)
}

/// The files below `requirements/`, as paths below the root.
fn present(root: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let folders = match fs::read_dir(root.join("requirements")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders.context("requirements")?,
    };
    for folder in folders {
        let folder = folder?.path();
        for file in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            found.insert(file?.path().strip_prefix(root)?.display().to_string());
        }
    }
    Ok(found)
}

/// Writes what is wanted and removes what no platform has any more.
pub(crate) fn write(root: &Path) -> Result<()> {
    let wanted = wanted()?;
    for path in present(root)?.iter().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root.join(path)).with_context(|| path.clone())?;
    }
    for (path, text) in wanted {
        let file = root.join(&path);
        fs::create_dir_all(file.parent().unwrap_or(root))?;
        fs::write(file, text).with_context(|| path)?;
    }
    Ok(())
}

/// The files that are missing, different or of no platform.
pub(crate) fn stale(root: &Path) -> Result<Vec<String>> {
    let (wanted, present) = (wanted()?, present(root)?);
    let mut stale: BTreeSet<String> = present.into_iter().filter(|path| !wanted.contains_key(path)).collect();
    for (path, text) in wanted {
        if fs::read_to_string(root.join(&path)).ok().as_ref() != Some(&text) {
            stale.insert(path);
        }
    }
    Ok(stale.into_iter().collect())
}
