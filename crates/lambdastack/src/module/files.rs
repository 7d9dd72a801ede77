//! The files of a module, by their paths below its folder; read once, so that all that follows is pure.

use crate::source::Source;
use std::{collections::BTreeMap, fs, io, path::Path};

/// Larger files are no part of a module: packages and images travel in bundles.
const LIMIT: u64 = 4 << 20;

/// Path below the folder → bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// Reads all files below a folder. Links are refused, as are files above 4 MiB.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = Self::default();
        files.add(folder, "", 0)?;
        Ok(files)
    }

    fn add(&mut self, folder: &Path, below: &str, depth: usize) -> io::Result<()> {
        let refused = |path: &str, why: &str| Err(io::Error::other(format!("{path}: {why}")));
        if depth > 16 {
            return refused(below, "folders lie too deep");
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { return refused(below, "a name that is not UTF-8") };
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let metadata = fs::symlink_metadata(entry.path())?;
            match () {
                () if Self::is_foreign(&name) => {}
                () if metadata.is_dir() => self.add(&entry.path(), &path, depth + 1)?,
                () if !metadata.is_file() => return refused(&path, "neither a file nor a folder: links are refused"),
                () if metadata.len() > LIMIT => return refused(&path, "larger than 4 MiB: it belongs into a bundle"),
                () => drop(self.0.insert(path, fs::read(entry.path())?)),
            }
        }
        Ok(())
    }

    /// Whether the name is of what editors and version control leave: that is no part of a module.
    pub(crate) fn is_foreign(name: &str) -> bool {
        name.starts_with('.') || name.ends_with('~')
    }

    /// A file's text, named `prefix/path` in errors; `None` where it is not there or not text.
    pub fn source(&self, prefix: &str, path: &str) -> Option<Source> {
        let text = std::str::from_utf8(self.0.get(path)?).ok()?;
        Some(Source::new(format!("{prefix}/{path}"), text))
    }

    /// Whether the file is there.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The names directly below a folder, sorted.
    pub fn below(&self, folder: &str) -> Vec<&str> {
        let rest = |path: &'_ String| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let name = |path: &'_ String| path.len().min(folder.len() + 1);
        let mut names: Vec<&str> =
            self.0.keys().filter(|path| rest(path)).map(|path| path[name(path)..].split('/').next().unwrap_or_default()).collect();
        names.dedup();
        names
    }
}
