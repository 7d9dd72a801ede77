//! The archive on disk: written beside its name, read back and proven, and only then called by it.

use super::{FORM, Metadata, Piece, Saved, name};
use lsrepo_bom::ModuleName;
use lsrepo_types::{Hasher, RelPath};
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

const METADATA: &str = "metadata.json";
/// A metadata file is small; what claims to be larger is none.
const LIMIT: u64 = 64 << 20;

/// Why an archive cannot be written or used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// it cannot be read or written
    #[error("{}: {error}", path.display())]
    Io {
        /// what was used
        path: PathBuf,
        /// why not
        error: io::Error,
    },
    /// it is not what it should be
    #[error("{}: it is damaged, or no backup: {why}", path.display())]
    Damaged {
        /// the archive
        path: PathBuf,
        /// why
        why: String,
    },
    /// it was written by a later program
    #[error("{}: its form is {form}, and this lambdastack knows up to {FORM}\nhint: use a newer lambdastack", path.display())]
    Newer {
        /// the archive
        path: PathBuf,
        /// of the archive
        form: u64,
    },
}

/// Size and digest of each file below a folder of what a module handed out.
pub fn gather(folder: &Path) -> Result<Saved, ArchiveError> {
    let mut saved = Saved::default();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            match fs::symlink_metadata(&path).map_err(at(&path))? {
                kind if kind.is_dir() => open.push((path, name)),
                kind if kind.is_file() => {
                    let unsafe_path = |error| at(&path)(io::Error::other(format!("{error}")));
                    let piece = copy(File::open(&path).map_err(at(&path))?, &mut io::sink()).map_err(at(&path))?;
                    saved.files.insert(name.parse::<RelPath>().map_err(unsafe_path)?, piece);
                }
                _ => return Err(at(&path)(io::Error::other("neither a file nor a folder"))),
            }
        }
    }
    Ok(saved)
}

/// Writes an archive of the files below `from`, where each module has a folder, into the folder `target`, and gives its path.
pub fn write(target: &Path, metadata: &Metadata, from: &Path) -> Result<PathBuf, ArchiveError> {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true).mode(0o700).create(target).map_err(at(target))?;
    let partial = target.join(format!(".{}.{}.partial", name(&metadata.cluster, metadata.time, 0), std::process::id()));
    let written = pack(&partial, metadata, from).and_then(|()| match read(&partial, None)? == *metadata {
        true => settle(target, metadata, &partial),
        false => Err(at(&partial)(io::Error::other("what was written is not what was read back"))),
    });
    let _ = fs::remove_file(&partial);
    written
}

/// Calls what was written by the first of its names that is free.
fn settle(target: &Path, metadata: &Metadata, partial: &Path) -> Result<PathBuf, ArchiveError> {
    let mut attempt = 0;
    loop {
        let path = target.join(name(&metadata.cluster, metadata.time, attempt));
        // a link takes no name that somebody else has, also where two begin in the same second
        match fs::hard_link(partial, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            linked => {
                linked.map_err(at(&path))?;
                File::open(target).and_then(|folder| folder.sync_all()).map_err(at(target))?;
                return Ok(path);
            }
        }
    }
}

fn pack(path: &Path, metadata: &Metadata, from: &Path) -> Result<(), ArchiveError> {
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(at(path))?;
    let mut packed = zstd::Encoder::new(BufWriter::new(file), 3).map_err(at(path))?;
    packed.include_checksum(true).map_err(at(path))?;
    let mut tar = tar::Builder::new(packed);
    let head = |size_bytes: u64| {
        let mut head = tar::Header::new_gnu();
        head.set_size(size_bytes);
        head.set_mode(0o600);
        head.set_mtime(metadata.time.0.unsigned_abs());
        head
    };
    let text = serde_json::to_vec_pretty(metadata).map_err(|error| at(path)(error.into()))?;
    tar.append_data(&mut head(text.len() as u64), METADATA, &text[..]).map_err(at(path))?;
    for (module, saved) in &metadata.modules {
        for (file, piece) in &saved.files {
            let member = format!("{module}/{}", file.as_str());
            let source = from.join(&member);
            let bytes = File::open(&source).map_err(at(&source))?;
            tar.append_data(&mut head(piece.size_bytes), member, bytes.take(piece.size_bytes)).map_err(at(path))?;
        }
    }
    let mut file = tar.into_inner().and_then(zstd::Encoder::finish).map_err(at(path))?;
    file.flush().map_err(at(path))?;
    let file = file.into_inner().map_err(|error| at(path)(error.into_error()))?;
    file.sync_all().map_err(at(path))
}

/// Reads an archive to its end and sees that every file is what the metadata says; with `into`, the files of those modules
/// are written below that folder, which is new.
pub fn read(path: &Path, into: Option<(&Path, &BTreeSet<ModuleName>)>) -> Result<Metadata, ArchiveError> {
    let damaged = |why: String| ArchiveError::Damaged { path: path.to_owned(), why };
    let broken = |error: io::Error| damaged(error.to_string());
    let file = File::open(path).map_err(at(path))?;
    let mut tar = tar::Archive::new(zstd::Decoder::new(BufReader::new(file)).map_err(broken)?);
    let mut entries = tar.entries().map_err(broken)?;
    let first = entries.next().ok_or_else(|| damaged("it is empty".to_owned()))?.map_err(broken)?;
    if first.path_bytes().as_ref() != METADATA.as_bytes() || first.size() > LIMIT {
        return Err(damaged(format!("it does not begin with `{METADATA}`")));
    }
    let mut text = Vec::new();
    first.take(LIMIT).read_to_end(&mut text).map_err(broken)?;
    let metadata = parse(&text, path)?;
    let mut left: BTreeSet<String> = BTreeSet::new();
    for (module, saved) in &metadata.modules {
        left.extend(saved.files.keys().map(|file| format!("{module}/{}", file.as_str())));
    }
    for entry in entries {
        let entry = entry.map_err(broken)?;
        let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !left.remove(&member) {
            return Err(damaged(format!("`{member}` is not in its metadata, or is there twice")));
        }
        let (module, file) = member.split_once('/').unwrap_or((&member, ""));
        let saved = metadata.modules.iter().find(|(name, _)| name.as_str() == module);
        let expected = saved.and_then(|(_, saved)| saved.files.iter().find(|(name, _)| name.as_str() == file));
        let wanted = into.filter(|(_, modules)| saved.is_some_and(|(name, _)| modules.contains(name)));
        let found = match wanted {
            Some((folder, _)) => {
                let place = folder.join(&member);
                let mut folders = fs::DirBuilder::new();
                folders.recursive(true).mode(0o700).create(place.parent().unwrap_or(folder)).map_err(at(&place))?;
                let mut out = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&place).map_err(at(&place))?;
                copy(entry, &mut out)
            }
            None => copy(entry, &mut io::sink()),
        };
        if expected.map(|(_, piece)| piece) != Some(&found.map_err(broken)?) {
            return Err(damaged(format!("`{member}` is not what it was")));
        }
    }
    // the checksum of the whole lies behind the last file
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(broken)?;
    match left.first() {
        Some(missing) => Err(damaged(format!("`{missing}` is missing"))),
        None => Ok(metadata),
    }
}

fn parse(text: &[u8], path: &Path) -> Result<Metadata, ArchiveError> {
    #[derive(serde::Deserialize)]
    struct Head {
        form: u64,
    }
    let damaged = |error: serde_json::Error| ArchiveError::Damaged { path: path.to_owned(), why: error.to_string() };
    match serde_json::from_slice::<Head>(text).map_err(damaged)?.form {
        form if form > u64::from(FORM) => Err(ArchiveError::Newer { path: path.to_owned(), form }),
        _ => serde_json::from_slice(text).map_err(damaged),
    }
}

fn copy(mut from: impl Read, to: &mut dyn Write) -> io::Result<Piece> {
    let (mut hasher, mut size_bytes, mut buffer) = (Hasher::new(), 0, vec![0; 1 << 16]);
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(Piece { size_bytes, digest: hasher.finish() }),
            count => {
                hasher.update(&buffer[..count]);
                to.write_all(&buffer[..count])?;
                size_bytes += count as u64;
            }
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + use<> {
    let path = path.to_owned();
    move |error| ArchiveError::Io { path, error }
}
