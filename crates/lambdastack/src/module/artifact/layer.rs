//! The layer: a tar of one folder, which is the module. Written the same each time; read as if somebody hostile had written it.

use crate::module::Files;
use lsrepo_types::{RelPath, RelPathError, visible};
use std::{
    collections::BTreeMap,
    io::{self, Read as _},
};
use tar::EntryType;

/// As of a folder: larger files are no part of a module.
const MOST_FILE: u64 = 4 << 20;
/// Files and folders.
const MOST_ENTRIES: usize = 8192;
/// Folders within folders, as of a folder.
const MOST_DEEP: usize = 18;

/// Why a layer is no module.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// no tar, or not all of it
    #[error("it cannot be unpacked: {}", visible(&.0.to_string().chars().take(160).collect::<String>()))]
    Io(#[from] io::Error),
    /// a bomb
    #[error("it unpacks to more than {} MiB: packages and images belong into a bundle", .0 >> 20)]
    Large(u64),
    /// a bomb as well
    #[error("it has more than {MOST_ENTRIES} files and folders")]
    Many,
    /// no text
    #[error("`{0}` is a name that is not UTF-8")]
    Name(String),
    /// a path that leads out
    #[error("{0}")]
    Path(#[from] RelPathError),
    /// no file and no folder
    #[error("`{path}` is {what}: a module has files and folders alone")]
    Kind {
        /// in the layer
        path: String,
        /// what it is
        what: &'static str,
    },
    /// more than a playbook can be
    #[error("`{0}` is larger than 4 MiB: it belongs into a bundle")]
    File(RelPath),
    /// which of both is meant?
    #[error("`{0}` is in it twice")]
    Twice(String),
    /// a file where others need a folder
    #[error("`{0}` is a file, and others lie below it")]
    Below(String),
    /// beside the folder of the module
    #[error(
        "`{path}` lies beside the folder `{folder}`: a layer holds one module\nhint: `lambdastack module pack` makes one of each"
    )]
    Beside {
        /// in the layer
        path: String,
        /// the first one
        folder: String,
    },
    /// folders within folders within folders
    #[error("`{0}` lies too deep")]
    Deep(RelPath),
    /// the module is elsewhere, or none
    #[error("there is no `FOLDER/module.yml` in it\nhint: `lambdastack module pack` makes it of a folder")]
    NoModule,
}

/// The tar of a module's files below a folder of its name. The same files give the same bytes: sorted, of nobody, of no time.
pub fn pack(folder: &str, files: &Files) -> io::Result<Vec<u8>> {
    // those who unpack it do not make folders that are not in it
    let mut members: BTreeMap<String, Option<&[u8]>> = BTreeMap::new();
    for (path, bytes) in &files.0 {
        let path = format!("{folder}/{path}");
        members.extend(path.match_indices('/').map(|(end, _)| (path[..end].to_owned(), None)));
        members.insert(path, Some(bytes));
    }
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in members {
        let (kind, mode) = if bytes.is_some() { (EntryType::Regular, 0o644) } else { (EntryType::Directory, 0o755) };
        let bytes = bytes.unwrap_or_default();
        tar.append_data(&mut head(kind, mode, bytes), path, bytes)?;
    }
    tar.into_inner()
}

/// Of nobody, of no time.
pub(super) fn head(kind: EntryType, mode: u32, bytes: &[u8]) -> tar::Header {
    let mut head = tar::Header::new_gnu();
    head.set_entry_type(kind);
    head.set_mode(mode);
    head.set_uid(0);
    head.set_gid(0);
    head.set_mtime(0);
    head.set_size(bytes.len() as u64);
    head
}

/// The files of the one folder in a tar, and its name. What is no part of a folder of a module, as version control leaves it, is
/// left out here too.
pub fn unpack(tar: &[u8]) -> Result<(String, Files), LayerError> {
    let mut folder: Option<String> = None;
    let (mut files, mut seen) = (Files::default(), BTreeMap::new());
    for (count, entry) in tar::Archive::new(tar).entries()?.enumerate() {
        let entry = entry?;
        let shown = || String::from_utf8_lossy(&entry.path_bytes()).chars().take(200).collect::<String>();
        let is_file = match entry.header().entry_type() {
            // what tells of all that follows, as git writes it, tells us nothing
            EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous => true,
            EntryType::Directory => false,
            kind => return Err(LayerError::Kind { path: shown(), what: word(kind) }),
        };
        if count >= MOST_ENTRIES {
            return Err(LayerError::Many);
        }
        let bytes = entry.path_bytes();
        let Some(path) = path(std::str::from_utf8(&bytes).map_err(|_| LayerError::Name(shown()))?, is_file)? else { continue };
        let (first, rest) = path.as_str().split_once('/').unwrap_or((path.as_str(), ""));
        let folder = folder.get_or_insert_with(|| first.to_owned());
        if is_file && rest.is_empty() {
            return Err(LayerError::NoModule);
        }
        if *folder != first {
            return Err(LayerError::Beside { path: path.to_string(), folder: folder.clone() });
        }
        if seen.insert(path.as_str().to_owned(), is_file).is_some_and(|was_file| was_file || is_file) {
            return Err(LayerError::Twice(path.to_string()));
        }
        if path.as_str().split('/').count() > MOST_DEEP {
            return Err(LayerError::Deep(path));
        }
        if is_file && !rest.split('/').any(Files::is_foreign) {
            if entry.size() > MOST_FILE {
                return Err(LayerError::File(path));
            }
            let (mut bytes, rest, size) = (Vec::new(), rest.to_owned(), entry.size());
            entry.take(MOST_FILE).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != size {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            files.0.insert(rest, bytes);
        }
    }
    let is_file = |path: &str| seen.get(path) == Some(&true);
    let mut parents = seen.keys().flat_map(|path| path.match_indices('/').map(|(end, _)| &path[..end]));
    if let Some(parent) = parents.find(|parent| is_file(parent)) {
        return Err(LayerError::Below(parent.to_owned()));
    }
    match folder {
        Some(folder) if files.has("module.yml") => Ok((folder, files)),
        _ => Err(LayerError::NoModule),
    }
}

/// `None` for the folder in which all lies.
fn path(text: &str, is_file: bool) -> Result<Option<RelPath>, RelPathError> {
    let plain = text.strip_prefix("./").unwrap_or(text);
    let plain = if is_file { plain } else { plain.strip_suffix('/').unwrap_or(plain) };
    if !is_file && matches!(plain, "" | ".") { Ok(None) } else { plain.parse().map(Some) }
}

fn word(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link | EntryType::Symlink => "a link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a file with holes",
        _ => "neither a file nor a folder",
    }
}
