//! An image layout, which is a folder or a tar of one. Of a tar only the places of its members are kept: images that travel in
//! it too may be larger than the memory.
//! Spec: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>.

use super::ArtifactError;
use lsrepo_oci::{Descriptor, ImageLayout, MOST_MANIFEST};
use lsrepo_types::Digest;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

const LAYOUT: &str = "oci-layout";
const INDEX: &str = "index.json";
const BLOBS: &str = "blobs/sha256/";
/// A document of this size is none.
const MOST_HEAD: u64 = 4 << 10;

/// Where blobs are.
pub(super) enum Layout {
    Folder(PathBuf),
    Archive { path: PathBuf, file: File, members: BTreeMap<String, (u64, u64)> },
}

impl Layout {
    pub(super) fn open(path: &Path) -> Result<Self, ArtifactError> {
        let found = fs::metadata(path).map_err(at(path))?;
        let layout = match () {
            () if found.is_dir() => Self::Folder(path.to_owned()),
            () if found.is_file() => {
                let file = File::open(path).map_err(at(path))?;
                let members = members(path, &file)?;
                Self::Archive { path: path.to_owned(), file, members }
            }
            () => return Err(at(path)(io::Error::other("neither a file nor a folder"))),
        };
        let Some(head) = layout.read(LAYOUT, MOST_HEAD)? else {
            return Err(layout.wrong(format!("it is no image layout: there is no `{LAYOUT}` in it\nhint: {WRITTEN}")));
        };
        let said: ImageLayout =
            serde_json::from_slice(&head).map_err(|error| layout.wrong(format!("its `{LAYOUT}` cannot be read: {error}")))?;
        match said.image_layout_version.as_str() {
            "1.0.0" => Ok(layout),
            other => Err(layout
                .wrong(format!("its form is `{other:.40}`, and this lambdastack knows `1.0.0`\nhint: use a newer lambdastack"))),
        }
    }

    pub(super) fn path(&self) -> &Path {
        let (Self::Folder(path) | Self::Archive { path, .. }) = self;
        path
    }

    pub(super) fn wrong(&self, why: impl Into<String>) -> ArtifactError {
        ArtifactError::Layout { path: self.path().to_owned(), why: why.into() }
    }

    /// The file that says what is there.
    pub(super) fn index(&self) -> Result<Vec<u8>, ArtifactError> {
        let missing = || self.wrong(format!("there is no `{INDEX}` in it\nhint: {AGAIN}"));
        self.read(INDEX, MOST_MANIFEST)?.ok_or_else(missing)
    }

    /// A file of the layout, `None` where it is not there.
    pub(super) fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ArtifactError> {
        let large = || self.wrong(format!("its `{name}` is larger than {most} bytes"));
        let mut bytes = Vec::new();
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                let found = match fs::metadata(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    found => found.map_err(at(&path))?,
                };
                // nobody waits for a pipe
                if !found.is_file() {
                    return Err(self.wrong(format!("its `{name}` is no file")));
                }
                File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(at(&path))?;
            }
            Self::Archive { path, file, members } => {
                let Some(&(start, size)) = members.get(name) else { return Ok(None) };
                if size > most {
                    return Err(large());
                }
                bytes.resize(usize::try_from(size).map_err(|_| large())?, 0);
                file.read_exact_at(&mut bytes, start).map_err(at(path))?;
            }
        }
        if bytes.len() as u64 > most { Err(large()) } else { Ok(Some(bytes)) }
    }

    /// The bytes that a descriptor tells of, and no others.
    pub(super) fn blob(&self, told: &Descriptor, most: u64) -> Result<Vec<u8>, ArtifactError> {
        let Descriptor { digest, size, .. } = told;
        let wrong = |why: String| ArtifactError::Blob { path: self.path().to_owned(), digest: *digest, why };
        if *size > most {
            return Err(wrong(format!("it is said to have {size} bytes, and more than {most} are not taken")));
        }
        let name = format!("{BLOBS}{}", digest.hex());
        let bytes = self.read(&name, most)?.ok_or_else(|| wrong(format!("there is no `{name}` in it\nhint: {AGAIN}")))?;
        if bytes.len() as u64 != *size {
            return Err(wrong(format!("expected {size} bytes, found {}\nhint: {AGAIN}", bytes.len())));
        }
        match Digest::of(&bytes) {
            found if found == *digest => Ok(bytes),
            found => Err(wrong(format!("its bytes have the digest {found}\nhint: {AGAIN}"))),
        }
    }
}

const WRITTEN: &str = "`lambdastack module pack` and `lsrepo image export` write one that is taken";
const AGAIN: &str = "the copy is not whole, or was changed: copy it again";

/// Where those members of the archive lie that a layout has. A name that is there twice is two answers to one question.
fn members(path: &Path, file: &File) -> Result<BTreeMap<String, (u64, u64)>, ArtifactError> {
    let wrong = |why: String| ArtifactError::Layout { path: path.to_owned(), why };
    let mut start = [0; 4];
    let packed = file.read_exact_at(&mut start, 0).is_ok().then_some(start);
    match packed {
        Some([0x1f, 0x8b, ..]) => return Err(wrong("it is compressed\nhint: `gunzip` it first".to_owned())),
        Some([0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]) => {
            let hint = "of a bundle, `lsrepo import` and `lsrepo image export IMAGE -o FILE` hand the module out";
            return Err(wrong(format!("it is compressed by zstd, and no image layout\nhint: {hint}")));
        }
        _ => {}
    }
    // what the parser says would show what is in it
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            wrong(format!("it is no tar, or not all of it\nhint: {WRITTEN}"))
        }
        _ => at(path)(error),
    };
    let mut archive = tar::Archive::new(file);
    let (mut members, length) = (BTreeMap::new(), file.metadata().map_err(at(path))?.len());
    for entry in archive.entries_with_seek().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name);
        let is_blob = || name.strip_prefix(BLOBS).is_some_and(|hex| hex.len() == 64);
        if name != LAYOUT && name != INDEX && !is_blob() {
            continue;
        }
        if !entry.header().entry_type().is_file() {
            return Err(wrong(format!("its `{name}` is no file")));
        }
        let (start, size) = (entry.raw_file_position(), entry.size());
        if start.checked_add(size).is_none_or(|end| end > length) {
            return Err(wrong(format!("its `{name}` is cut off\nhint: {AGAIN}")));
        }
        if members.insert(name.to_owned(), (start, size)).is_some() {
            return Err(wrong(format!("its `{name}` is there twice")));
        }
    }
    Ok(members)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArtifactError + use<> {
    let path = path.to_owned();
    move |error| ArtifactError::Io { path, error }
}
