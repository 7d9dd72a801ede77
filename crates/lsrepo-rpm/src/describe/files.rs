//! The files of a package.

use crate::{
    package::{Header, PackageError, tag},
    text,
};
use std::borrow::Cow;

/// The most files of one package: ten times those of the packages with the most.
const MOST_FILES: usize = 1 << 21;
/// The most bytes of their paths.
const MOST_BYTES: usize = 256 << 20;

/// One path that a package owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageFile<'a> {
    pub(crate) directory: &'a [u8],
    pub(crate) name: &'a [u8],
    /// what it is
    pub kind: FileKind,
}

/// What an index tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// a file, a link, a device
    File,
    /// a directory
    Directory,
    /// a path that the package owns and does not bring
    Ghost,
}

impl PackageFile<'_> {
    /// `/usr/bin/bash`
    pub fn path(&self) -> Cow<'static, str> {
        let (mut path, mut room) = (String::new(), Vec::new());
        self.push_path(&mut path, &mut room);
        Cow::Owned(path)
    }

    /// Appends the path; `room` is reused between calls.
    pub(crate) fn push_path(&self, out: &mut String, room: &mut Vec<u8>) {
        match (str::from_utf8(self.directory), str::from_utf8(self.name)) {
            (Ok(directory), Ok(name)) => {
                out.push_str(directory);
                out.push_str(name);
            }
            // one encoding for the whole path
            _ => {
                room.clear();
                room.extend_from_slice(self.directory);
                room.extend_from_slice(self.name);
                out.push_str(&text::decode(room));
            }
        }
    }
}

/// Whether a path stands in the short list of files that every client reads: those that others may require
/// without the long list.
///
/// ```
/// # use lsrepo_rpm::describe::is_primary;
/// assert!(is_primary("/etc/passwd") && is_primary("/opt/x/bin/y") && is_primary("/usr/lib/sendmail"));
/// assert!(!is_primary("/usr/share/doc/README") && !is_primary("/opt/x/bin"));
/// ```
pub fn is_primary(path: &str) -> bool {
    path.starts_with("/etc/") || path == "/usr/lib/sendmail" || path.contains("bin/")
}

/// As far as the five lists that describe them go.
///
/// A header may name one long directory for each of many files, so the paths are counted before anybody writes
/// them out.
pub(super) fn read(header: &Header, title: impl Fn() -> String + Copy) -> Result<Vec<PackageFile<'_>>, PackageError> {
    let (mut files, mut bytes) = (Vec::new(), 0);
    for file in listed(header) {
        bytes += file.directory.len() + file.name.len();
        if files.len() == MOST_FILES || bytes > MOST_BYTES {
            return Err(PackageError::TooMuch { package: title(), what: "files" });
        }
        text::checked(file.name, "file name", title)?;
        files.push(file);
    }
    let mut directories: Vec<&[u8]> = files.iter().map(|file: &PackageFile<'_>| file.directory).collect();
    directories.dedup();
    directories.into_iter().try_for_each(|directory| text::checked(directory, "file name", title).map(drop))?;
    Ok(files)
}

fn listed(header: &Header) -> impl Iterator<Item = PackageFile<'_>> {
    let names: Vec<(&[u8], &[u8])> = match header.has(tag::BASE_NAMES) {
        true => {
            let directories: Vec<&[u8]> = header.texts(tag::DIR_NAMES).collect();
            let directory =
                |index: u64| usize::try_from(index).ok().and_then(|index| directories.get(index)).copied().unwrap_or_default();
            header.numbers(tag::DIR_INDEXES).map(directory).zip(header.texts(tag::BASE_NAMES)).collect()
        }
        // before rpm 4: whole paths
        false => header.texts(tag::OLD_FILE_NAMES).map(split).collect(),
    };
    let modes = header.numbers(tag::FILE_MODES).zip(header.numbers(tag::FILE_FLAGS)).zip(header.texts(tag::FILE_DIGESTS));
    let file = |((directory, name), ((mode, flags), _))| PackageFile { directory, name, kind: kind(mode, flags) };
    names.into_iter().zip(modes).map(file)
}

fn kind(mode: u64, flags: u64) -> FileKind {
    match (mode & 0o170_000 == 0o040_000, flags & 1 << 6 != 0) {
        (true, _) => FileKind::Directory,
        (false, true) => FileKind::Ghost,
        (false, false) => FileKind::File,
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    path.split_at(end)
}

/// As in a source package.
pub(super) fn lie_in_no_directory(header: &Header) -> bool {
    let old = || header.texts(tag::OLD_FILE_NAMES).map(|path| split(path).0);
    let in_none =
        |mut names: Box<dyn Iterator<Item = &[u8]> + '_>| names.next().is_some_and(<[u8]>::is_empty) && names.all(<[u8]>::is_empty);
    match header.has(tag::BASE_NAMES) {
        true => {
            let mut directories = header.texts(tag::DIR_NAMES);
            directories.next().is_some_and(<[u8]>::is_empty) && directories.next().is_none()
        }
        false => in_none(Box::new(old())),
    }
}
